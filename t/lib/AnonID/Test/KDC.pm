# SPDX-License-Identifier: Apache-2.0
#
# A real MIT Kerberos KDC with a realm of its own on loopback. It must not
# know who asks for tickets.

package AnonID::Test::KDC;

use v5.36;
use parent 'AnonID::Test::Server';
use IO::Socket::INET;

use AnonID::Test::Process qw(run);

=head1 NAME

AnonID::Test::KDC - a real MIT Kerberos KDC

=head1 SYNOPSIS

    my $kdc = AnonID::Test::KDC->new(
        realm => 'EXAMPLE.TEST',               # default
        principals => { anon => $password, 'smtp/localhost' => undef },
    )->start;

    %ENV = (%ENV, $kdc->env);                  # KRB5_CONFIG
    $kdc->kadmin('modprinc', '-expire', 'yesterday', 'anon');
    $kdc->set_state(anon => 'expired');
    $kdc->set_password(anon => 'new');
    $kdc->keytab('smtp/localhost');            # path; keys stay as they are
    $kdc->requests('anon');                    # AS requests until now
    $kdc->failed_attempts('anon');             # its own count since a good one
    $kdc->tickets('anon', 'smtp/localhost');   # TGS requests until now
    $kdc->stop; $kdc->start; $kdc->pause; $kdc->resume;

=head1 FIELDS

    libdefaults => "kdc_timesync = 0\n"        # more of that section
    clock => '+10m'                            # faketime's offset of the KDC
    primary => 1                               # clients know two addresses
                                               # of it, one the primary's

The text of a client's krb5.conf for several realms, with the defaults of the
first: C<< $kdc->krb5_conf($other_kdc...) >>.

=head1 SHAPES

A principal without a password gets a random key. All need preauthentication.
States: C<good>, C<disabled>, C<expired> (the account), C<password_expired>,
C<must_change>; C<locked> comes by C<max_failures> (field, default 3) wrong
passwords, and goes by C<good> (which also keeps it from being locked again
within the same second).

=cut

# Arguments of 'modprinc'. A KDC tells must_change and password_expired alike.
my %STATE = (
    good => [qw(+allow_tix -needchange -expire never -pwexpire never
                -unlock)],
    disabled => [qw(-allow_tix)],
    expired => [qw(-expire yesterday)],
    password_expired => [qw(-pwexpire yesterday)],
    must_change => [qw(+needchange)],
);

sub new ($class, %field)
{
    my $self = $class->SUPER::new(realm => 'EXAMPLE.TEST', principals => {},
                                  max_failures => 3, libdefaults => '',
                                  %field);

    AnonID::Test::spit($self->path('krb5.conf'), $self->krb5_conf);
    AnonID::Test::spit($self->path('kdc.conf'), $self->kdc_conf);
    $self->tool('kdb5_util', 'create', '-s', '-r', $self->{realm},
                '-P', AnonID::Test::canary());
    $self->kadmin('addpol', '-maxfailure', $self->{max_failures},
                  '-lockoutduration', '1hour', 'lockout');
    $self->add_principals($self->{principals});
    return $self;
}

# kdc= lines stand alone: a comment after one would become part of it.
sub realm_conf ($self)
{
    my $primary = $self->{primary} ? 'primary_kdc = ' . $self->primary : '';

    return <<"END";
$self->{realm} = {
kdc = 127.0.0.1:@{[$self->port('kdc')]}
$primary
}
END
}

sub krb5_conf ($self, @others)
{
    my $realm = $self->{realm};

    return <<"END";
[libdefaults]
default_realm = $realm
dns_lookup_kdc = false
dns_lookup_realm = false
rdns = false
dns_canonicalize_hostname = false
default_ccache_name = FILE:$self->{dir}/run/ccache
$self->{libdefaults}
[realms]
@{[join '', map { $_->realm_conf } $self, @others]}
[domain_realm]
localhost = $realm
[logging]
kdc = FILE:$self->{dir}/logs/kdc.log
END
}

# Clients know a KDC by its address, whatever the port.
sub primary ($self) { return '127.0.0.2:' . $self->port('primary') }

sub kdc_conf ($self)
{
    my $listen = join ', ', '127.0.0.1:' . $self->port('kdc'),
        $self->{primary} ? $self->primary : ();

    return <<"END";
[realms]
$self->{realm} = {
database_name = $self->{dir}/principal
key_stash_file = $self->{dir}/stash
acl_file = $self->{dir}/kadm5.acl
kdc_listen = $listen
kdc_tcp_listen = $listen
max_life = 10h
max_renewable_life = 7d
}
END
}

# What a client's environment needs.
sub env ($self) { return (KRB5_CONFIG => $self->path('krb5.conf')) }

sub server_env ($self)
{
    return { $self->env, KRB5_KDC_PROFILE => $self->path('kdc.conf') };
}

# The program faketime would stand between us and the KDC.
sub clock_env ($self)
{
    return if !$self->{clock};
    my ($library) = grep { -e }
        glob '/usr/lib{,64}{,/*}/faketime/libfaketime.so.1';

    return (FAKETIME => $self->{clock}, LD_PRELOAD => $library);
}

sub tool ($self, @command)
{
    my ($exit, $output) = run([@command], env => $self->server_env);

    $exit == 0 or die "@command: $output";
    return $output;
}

# Runs one kadmin command on the database; returns what it printed.
sub kadmin ($self, @words)
{
    my $output = $self->tool('kadmin.local', '-r', $self->{realm}, @words);

    die "kadmin @words: $output" if $output =~ /^\w+: .*(?: while |usage)/m;
    return $output;
}

sub add_principal ($self, $name, $password = undef)
{
    $self->kadmin(addprinc_words($name, $password));
    return $self;
}

sub addprinc_words ($name, $password)
{
    return ('addprinc', '+requires_preauth', '-policy', 'lockout',
            defined $password ? ('-pw', $password) : '-randkey', $name);
}

# As many as one likes, in one process: name => password.
sub add_principals ($self, $principals)
{
    my @lines = map { join ' ', map { "\"$_\"" }
                          addprinc_words($_, $principals->{$_}) }
        sort keys %$principals;
    my ($exit, $output) = run(['kadmin.local', '-r', $self->{realm}],
                              env => $self->server_env,
                              input => join '', map { "$_\n" } @lines);
    my $created = () = $output =~ /^Principal ".*" created\.$/mg;

    $created == @lines or die "kadmin.local, exit $exit: $output";
    return $self;
}

sub set_password ($self, $name, $password)
{
    $self->kadmin('cpw', '-pw', $password, $name);
    return $self;
}

sub set_state ($self, $name, $state)
{
    $self->kadmin('modprinc', @{ $STATE{good} }, $name);
    $self->kadmin('modprinc', @{ $STATE{$state} }, $name)
        if $state ne 'good';
    return $self;
}

# A keytab with a principal's keys, readable by its owner only.
sub keytab ($self, $name)
{
    my $path = $self->path($name =~ s{\W}{-}gr . '.keytab');

    $self->kadmin('ktadd', '-norandkey', '-k', $path, $name)
        if !-e $path;
    return $path;
}

sub start ($self)
{
    $self->spawn(['krb5kdc', '-n', '-r', $self->{realm}],
                 env => { %{ $self->server_env }, $self->clock_env });
    return $self->wait_ready(sub { IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $self->port('kdc')) });
}

sub log_files ($self)
{
    return (kdc => $self->path('logs/kdc.log'),
            output => $self->output_path);
}

sub log_problem ($self, $line)
{
    return if $line =~ /: preauth \w+ failed to initialize: /;
    return $line =~ /\((?:Error|Warning|Critical|Alert|Emergency)\)/i;
}

# AS requests for a principal: each counts that could have counted as a wrong
# password; the first round, which only learns what is needed, does not.
sub requests ($self, $name)
{
    my @lines = grep { /AS_REQ .* \Q$name\E\@\S+ for krbtgt/ }
        grep { !/NEEDED_PREAUTH/ } split /\n/, $self->log_text;

    return scalar @lines;
}

# What the KDC itself has counted; see set_state for the states.
sub failed_attempts ($self, $name)
{
    my ($count) = $self->kadmin('getprinc', $name)
        =~ /^Failed password attempts: (\d+)/m;

    return $count;
}

# Tickets issued to a principal for a service.
sub tickets ($self, $name, $service)
{
    return scalar grep {
        /TGS_REQ .*ISSUE:.* \Q$name\E\@\S+ for \Q$service\E\@/
    } split /\n/, $self->log_text;
}

1;
