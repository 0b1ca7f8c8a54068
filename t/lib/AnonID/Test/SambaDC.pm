# SPDX-License-Identifier: Apache-2.0
#
# A real Active Directory domain controller (Samba) on loopback: LDAP, KDC and
# winbind. Needs root; its ports and winbind's socket are fixed, so there is
# one at a time on a machine. It must not know who logs on.

package AnonID::Test::SambaDC;

use v5.36;
use parent 'AnonID::Test::Server';
use File::Path qw(make_path);
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64);
use Socket;

use AnonID::Test::Process qw(run);

=head1 NAME

AnonID::Test::SambaDC - a real Active Directory domain controller

=head1 SYNOPSIS

    skip_unless_root;
    skip_unless_program(qw(samba samba-tool ldbmodify));
    my $dc = AnonID::Test::SambaDC->new(
        ca => $ca, users => { anon => $password })->start;

    %ENV = (%ENV, $dc->env);               # KRB5_CONFIG
    $dc->address, $dc->host;               # 127.0.0.10, dc1.example.test
    $dc->realm, $dc->domain;               # EXAMPLE.TEST, EXAMPLE
    $dc->dn('anon');
    $dc->set_state(anon => 'disabled');
    $dc->set_password(anon => 'new');
    $dc->bad_passwords('anon');            # badPwdCount
    $dc->attribute('anon', 'lockoutTime');
    $dc->keytab('anon');                   # path
    $dc->add_service('HTTP/web.example.test', 'anon');
    $dc->tool(qw(user list));              # samba-tool

=head1 SHAPES

States: C<good>, C<disabled>, C<expired> (the account), C<must_change>,
C<password_expired>, C<workstation> (the account may use another one only),
C<hours> (there is none to log on in), and C<locked>, which takes
C<max_failures> (field, default 3) binds with a wrong password. Passwords need
three kinds of characters; canary() has them.

=cut

my $ADDRESS = '127.0.0.10';
my $BASE = 'DC=example,DC=test';

# Windows' time for a day in 2012.
my $LONG_AGO = 130_000_000_000_000_000;

# Attributes by state; undef: there is none. userAccountControl 512 is a normal
# account, 514 a disabled one; accountExpires 0 is never; logonHours is a bit
# for each hour of the week.
my %STATE = (
    good => { userAccountControl => 512, accountExpires => 0,
              pwdLastSet => -1, lockoutTime => 0,
              userWorkstations => undef, logonHours => undef },
    disabled => { userAccountControl => 514 },
    expired => { accountExpires => $LONG_AGO },
    must_change => { pwdLastSet => 0 },
    workstation => { userWorkstations => 'ELSEWHERE' },
    hours => { logonHours => "\0" x 21 },
);

sub new ($class, %field)
{
    my $self = $class->SUPER::new(users => {}, max_failures => 3, %field);

    $self->{lock} = machine_lock();
    $self->provision;
    AnonID::Test::spit($self->path('dc/etc/smb.conf'), $self->smb_conf);
    AnonID::Test::spit($self->path('krb5.conf'), $self->krb5_conf);
    $self->tool(qw(domain passwordsettings set --min-pwd-age=0
                   --history-length=0 --account-lockout-duration=60
                   --reset-account-lockout-after=60),
                "--account-lockout-threshold=$self->{max_failures}");
    $self->tool(qw(user create), $_, $self->{users}{$_})
        for sort keys %{ $self->{users} };
    return $self;
}

# Held by the socket's life, as ports are.
sub machine_lock ()
{
    socket my $lock, AF_UNIX, SOCK_STREAM, 0 or die "socket: $!";
    AnonID::Test::wait_until(
        sub { bind $lock, pack_sockaddr_un("\0anonid-samba-dc") }, 300,
        'no other test has a domain controller');
    return $lock;
}

sub provision ($self)
{
    $self->{admin_password} = AnonID::Test::canary();
    my ($exit, $output) = run([
        qw(samba-tool domain provision --server-role=dc --dns-backend=NONE
           --realm=EXAMPLE.TEST --domain=EXAMPLE --host-name=dc1),
        "--host-ip=$ADDRESS", "--adminpass=$self->{admin_password}",
        '--targetdir=' . $self->path('dc')], timeout => 180);

    $exit == 0 or die "provisioning: $output";
    make_path($self->path('dc/run'), $self->path('dc/ncalrpc'));
}

# The dynamic ports lie between those that tests are given and those of
# outgoing connections: Samba ends if one is taken.
sub smb_conf ($self)
{
    my $dc = $self->path('dc');
    my $certificate = $self->{ca} && $self->{ca}->host_only(
        $self->host, $ADDRESS, 'localhost');
    my $tls = $certificate ? <<"END" : "tls enabled = no\n";
tls certfile = $certificate->{chain}
tls keyfile = $certificate->{key}
tls cafile = @{[$self->{ca}->file]}
END

    return <<"END" . $tls;
[global]
netbios name = DC1
realm = EXAMPLE.TEST
workgroup = EXAMPLE
server role = active directory domain controller
server role check:inhibit = yes
server services = rpc, ldap, cldap, kdc, winbindd
interfaces = lo $ADDRESS/8
bind interfaces only = yes
rpc server dynamic port range = 32000-32700
ldap server require strong auth = no
ntlm auth = ntlmv2-only
private dir = $dc/private
lock directory = $dc
state directory = $dc/state
cache directory = $dc/cache
binddns dir = $dc/bind-dns
pid directory = $dc/run
ncalrpc dir = $dc/ncalrpc
log level = 1 auth:3 kerberos:3
END
}

sub krb5_conf ($self)
{
    return <<"END";
[libdefaults]
default_realm = EXAMPLE.TEST
dns_lookup_kdc = false
dns_lookup_realm = false
rdns = false
dns_canonicalize_hostname = false
[realms]
EXAMPLE.TEST = {
kdc = $ADDRESS
}
[domain_realm]
.example.test = EXAMPLE.TEST
localhost = EXAMPLE.TEST
END
}

sub address ($self) { return $ADDRESS }
sub host ($self) { return 'dc1.example.test' }
sub realm ($self) { return 'EXAMPLE.TEST' }
sub domain ($self) { return 'EXAMPLE' }
sub dn ($self, $name) { return "CN=$name,CN=Users,$BASE" }
sub env ($self) { return (KRB5_CONFIG => $self->path('krb5.conf')) }

# samba -i ends at the end of its standard input, so that is a pipe.
sub start ($self)
{
    my ($exit) = run([qw(ip address add), "$ADDRESS/8", qw(dev lo)]);

    $self->{added_address} = 1 if $exit == 0;
    pipe my $input, $self->{stdin} or die "pipe: $!";
    $self->spawn(['samba', '-i', '--debug-stdout',
                  '-s', $self->path('dc/etc/smb.conf')],
                 stdin => $input, env => { $self->env });
    return $self->wait_ready(sub { $self->answers }, 60);
}

sub kill ($self)
{
    $self->SUPER::kill;
    run([qw(ip address delete), "$ADDRESS/8", qw(dev lo)])
        if delete $self->{added_address};
    return $self;
}

sub answers ($self)
{
    for my $port (389, 88) {
        IO::Socket::INET->new(PeerAddr => $ADDRESS, PeerPort => $port)
            or return;
    }
    return (run(['wbinfo', '--ping-dc']))[0] == 0;
}

sub log_problem ($self, $line)
{
    return $line =~ /\b(?:PANIC|INTERNAL ERROR|Segmentation)/;
}

sub tool ($self, @words)
{
    return $self->ldb_tool('samba-tool', @words,
                           '-s', $self->path('dc/etc/smb.conf'));
}

sub ldb_tool ($self, @command)
{
    my @database = $command[1] =~ /^(?:user|spn|dsacl)$/ || $command[0] =~ /^ldb/
        ? ('-H', $self->path('dc/private/sam.ldb')) : ();
    my ($exit, $output) = run([@command, @database],
                              input => $self->{input} // '');

    $exit == 0 or die "@command: $output";
    return $output;
}

sub modify ($self, $ldif)
{
    local $self->{input} = $ldif;
    $self->ldb_tool('ldbmodify', '--relax');
    return $self;
}

# LDIF that replaces attributes; an undefined one is removed.
sub replacement ($self, $name, %change)
{
    return join '', "dn: @{[$self->dn($name)]}\nchangetype: modify\n",
        join "-\n", map {
            "replace: $_\n" . (defined $change{$_}
                ? "${_}:: " . encode_base64($change{$_}, '') . "\n" : '')
        } sort keys %change;
}

# When the password was set. The directory lets nobody write that, so it goes
# into the database beneath it.
sub age_password ($self, $name, $time)
{
    my $database = $self->path('dc/private/sam.ldb.d', uc($BASE) . '.ldb');
    my ($exit, $output) = run(
        ['ldbmodify', '-H', $database],
        input => $self->replacement($name, pwdLastSet => $time));

    $exit == 0 or die "ldbmodify $database: $output";
    return $self;
}

sub set_password ($self, $name, $password)
{
    $self->tool(qw(user setpassword), $name, "--newpassword=$password");
    $self->{users}{$name} = $password;
    return $self;
}

# -1 makes a password new only if it had to be changed before.
sub set_state ($self, $name, $state)
{
    my %change = (%{ $STATE{good} }, %{ $STATE{$state} // {} });

    $self->modify($self->replacement($name, pwdLastSet => 0))
        if delete $self->{aged}{$name};
    $self->modify($self->replacement($name, %change));
    $self->age_password($name, $self->{aged}{$name} = $LONG_AGO)
        if $state eq 'password_expired';
    return $self if $state ne 'locked';
    $self->bind($name, 'wrong-' . AnonID::Test::canary())
        for 1 .. $self->{max_failures};
    return $self;
}

# A simple bind; returns (exit status, output) of ldapsearch.
sub bind ($self, $name, $password)
{
    return run(['ldapsearch', '-x', '-LLL', '-H', "ldap://$ADDRESS",
                '-D', $self->dn($name), '-w', $password,
                qw(-s base -b), '', '1.1']);
}

sub attribute ($self, $name, $attribute)
{
    my ($value) = $self->ldb_tool('ldbsearch', "(sAMAccountName=$name)",
                                  $attribute) =~ /^\Q$attribute\E: (.*)/m;

    return $value;
}

sub bad_passwords ($self, $name)
{
    return $self->attribute($name, 'badPwdCount') // 0;
}

sub keytab ($self, $name)
{
    my $path = $self->path("$name.keytab");

    unlink $path;
    $self->tool(qw(domain exportkeytab), $path, "--principal=$name");
    return $path;
}

sub add_service ($self, $service, $name)
{
    $self->tool(qw(spn add), $service, $name);
    return $self;
}

1;
