# SPDX-License-Identifier: Apache-2.0
#
# A real OpenLDAP server with password policies. It must not know who binds.

package AnonID::Test::Slapd;

use v5.36;
use parent 'AnonID::Test::Server';
use File::Path qw(make_path);
use POSIX qw(strftime);
use IO::Socket::INET;

use AnonID::Test::Process qw(run);

=head1 NAME

AnonID::Test::Slapd - a real OpenLDAP server

=head1 SYNOPSIS

    my $slapd = AnonID::Test::Slapd->new(
        ca    => $ca,                      # for STARTTLS and ldaps
        users => { anon => { password => $password },
                   old => { password => 'x', state => 'expired' } },
        config => '...',                   # appended to the database's part
    )->start;

    $slapd->url('ldap')                    also ldaps, ldapi
    $slapd->dn('anon')
    $slapd->set_state(anon => 'locked');   # 'good' again undoes it
    $slapd->set_password(anon => 'new');
    $slapd->binds('anon')                  attempts until now
    $slapd->failures('anon')               wrong ones that ppolicy counts
    $slapd->modify($ldif)

=head1 SHAPES

States: C<good>, C<locked>, C<expired>, C<must_change>, C<ending> (the password
expires in two days and a half), by the overlay
ppolicy; C<max_failures> (field, default 3) wrong passwords lock a user, too.

=cut

my $BASE = 'dc=example,dc=test';

# How long a password is good, in seconds.
my $MAX_AGE = 31536000;

# What ppolicy keeps in a user's entry, by state.
my %STATE = (
    good => '',
    locked => "pwdAccountLockedTime: 000001010000Z\n",
    expired => "pwdChangedTime: 20200101000000Z\n",
    must_change => "pwdReset: TRUE\n",
    ending => 'pwdChangedTime: '
        . strftime('%Y%m%d%H%M%SZ', gmtime(time - $MAX_AGE + 60 * 3600))
        . "\n",
);

sub new ($class, %field)
{
    my $self = $class->SUPER::new(users => {}, config => '',
                                  max_failures => 3, %field);

    $self->{root_password} = AnonID::Test::canary();
    $self->{certificate} //= $self->{ca}->host('localhost') if $self->{ca};
    make_path($self->path('data'));
    AnonID::Test::spit($self->path('slapd.conf'), $self->slapd_conf, 0600);
    AnonID::Test::spit($self->path('data.ldif'), $self->data_ldif, 0600);
    $self->tool(['slapadd', '-f', $self->path('slapd.conf'),
                 '-l', $self->path('data.ldif')]);
    return $self;
}

sub slapd_conf ($self)
{
    my $tls = $self->{certificate} ? <<"END" : '';
TLSCACertificateFile @{[$self->{ca}->file]}
TLSCertificateFile $self->{certificate}{chain}
TLSCertificateKeyFile $self->{certificate}{key}
END

    return <<"END" . $tls . $self->database_conf;
include @{[schema_directory()]}/core.schema
include @{[schema_directory()]}/cosine.schema
include @{[schema_directory()]}/inetorgperson.schema
modulepath @{[module_directory()]}
moduleload back_mdb
moduleload ppolicy
pidfile $self->{dir}/run/slapd.pid
END
}

sub database_conf ($self)
{
    return <<"END";
database mdb
suffix "$BASE"
rootdn "cn=root,$BASE"
rootpw $self->{root_password}
directory $self->{dir}/data
maxsize 16777216
dbnosync
access to attrs=userPassword by anonymous auth by * none
access to * by * read
overlay ppolicy
ppolicy_default "cn=default,ou=policies,$BASE"
ppolicy_use_lockout
$self->{config}
END
}

sub schema_directory ()
{
    return (grep { -d } qw(/etc/ldap/schema /etc/openldap/schema))[0];
}

sub module_directory ()
{
    return (grep { -d } qw(/usr/lib/ldap /usr/lib64/openldap))[0];
}

sub data_ldif ($self)
{
    my $policy = <<"END";
objectClass: device
objectClass: pwdPolicy
pwdAttribute: userPassword
pwdMustChange: TRUE
pwdLockout: TRUE
pwdLockoutDuration: 3600
pwdMaxFailure: $self->{max_failures}
END

    return join "\n", <<"END", map { $self->user_ldif($_) }
dn: $BASE
objectClass: domain
dc: example

dn: ou=people,$BASE
objectClass: organizationalUnit
ou: people

dn: ou=policies,$BASE
objectClass: organizationalUnit
ou: policies

dn: cn=default,ou=policies,$BASE
cn: default
${policy}pwdMaxAge: $MAX_AGE
pwdExpireWarning: 2592000
END
        sort keys %{ $self->{users} };
}

sub user_ldif ($self, $name)
{
    my $user = $self->{users}{$name};

    return <<"END";
dn: @{[$self->dn($name)]}
objectClass: inetOrgPerson
uid: $name
cn: $name
sn: $name
userPassword: $user->{password}
$STATE{ $user->{state} // 'good' }
END
}

sub dn ($self, $name) { return "uid=$name,ou=people,$BASE" }

# By address: where a URL says localhost, libldap expects the certificate to
# name the machine.
sub url ($self, $scheme)
{
    return 'ldapi://' . $self->path('run/ldapi') =~ s{/}{%2F}gr
        if $scheme eq 'ldapi';
    return "$scheme://127.0.0.1:" . $self->port($scheme);
}

sub start ($self)
{
    my @urls = map { $self->url($_) }
        qw(ldap ldapi), $self->{certificate} ? 'ldaps' : ();

    $self->spawn(['slapd', '-d', 'stats', '-f', $self->path('slapd.conf'),
                  '-h', "@urls"]);
    return $self->wait_ready(sub {
        -S $self->path('run/ldapi') && IO::Socket::INET->new(
            PeerAddr => '127.0.0.1', PeerPort => $self->port('ldap'));
    });
}

sub log_problem ($self, $line)
{
    return $line =~ /\b(?:error|failed|assert)/i
        && $line !~ /TLS negotiation failure/;
}

# Runs an LDAP tool, which must succeed; returns what it printed.
sub tool ($self, $command, %option)
{
    my ($exit, $output) = run($command, %option);

    $exit == 0 or die "@$command: $output";
    return $output;
}

# Changes entries as the directory's root, who may also set what the overlay
# keeps to itself.
sub modify ($self, $ldif)
{
    $self->tool(['ldapmodify', '-e', 'relax', '-H', $self->url('ldapi'),
                 '-D', "cn=root,$BASE", '-w', $self->{root_password}],
                input => $ldif);
    return $self;
}

# The overlay takes a change by root for a reset, which this is not.
sub set_password ($self, $name, $password)
{
    my $head = "dn: @{[$self->dn($name)]}\nchangetype: modify\n";

    return $self->modify(<<"END");
${head}replace: userPassword
userPassword: $password

${head}replace: pwdReset
END
}

sub set_state ($self, $name, $state)
{
    my @changes = map {
        my ($attribute) = /^(\w+)/;

        "replace: $attribute\n" . ($STATE{$state} eq $_ ? $_ : '');
    } grep { length } @STATE{ sort keys %STATE };

    return $self->modify(join '', "dn: @{[$self->dn($name)]}\n",
                         "changetype: modify\n", join "-\n", @changes);
}

# The values of pwdFailureTime: a good bind clears them.
sub failures ($self, $name)
{
    my $entry = $self->tool(
        ['ldapsearch', '-LLL', '-H', $self->url('ldapi'), '-D',
         "cn=root,$BASE", '-w', $self->{root_password}, '-b',
         $self->dn($name), '-s', 'base', 'pwdFailureTime']);
    my @times = $entry =~ /^pwdFailureTime:/mg;

    return scalar @times;
}

sub binds ($self, $name)
{
    my $dn = $self->dn($name);
    my @binds = $self->log_text =~ /BIND dn="\Q$dn\E" method=128/g;

    return scalar @binds;
}

1;
