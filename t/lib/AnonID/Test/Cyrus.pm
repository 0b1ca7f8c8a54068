# SPDX-License-Identifier: Apache-2.0
#
# A real Cyrus IMAP server: IMAP and POP3 on loopback. Debian does not let it
# be installed beside Dovecot, so it runs where its packages were unpacked.
# Needs root. It must not know who logs on.

package AnonID::Test::Cyrus;

use v5.36;
use parent 'AnonID::Test::Server';
use File::Path qw(make_path);
use IO::Socket::INET;

use AnonID::Test::Clients qw(unpacked);
use AnonID::Test::DovecotConfig;
use AnonID::Test::Imap;
use AnonID::Test::Process qw(run);

=head1 NAME

AnonID::Test::Cyrus - a real Cyrus

=head1 SYNOPSIS

    plan skip_all => $reason if my $reason = AnonID::Test::Cyrus->missing;
    my $cyrus = AnonID::Test::Cyrus->new(
        ca => $ca, users => { site => $password },
        mechanisms => [...],              # beside PLAIN, under TLS
        config => "tls_versions: ...\n",  # more of imapd.conf
    )->start;

    $cyrus->port('imap')                         also: imaps pop3
    $cyrus->imap('site')                         an AnonID::Test::Imap

It logs by syslog only, so its logs say nothing.

=cut

my @SERVICES = (
    [imap => 'imapd'], [imaps => 'imapd', '-s'], [pop3 => 'pop3d'],
);

sub program ($name) { return unpacked() . "/usr/lib/cyrus/bin/$name" }

sub missing ($class)
{
    return 'needs root' if $> != 0;
    return "needs cyrus-imapd and cyrus-pop3d, unpacked by build/install-deps"
        if grep { !-x program($_) } qw(master imapd pop3d);
    return '';
}

sub environment ()
{
    return { LD_LIBRARY_PATH => unpacked() . '/usr/lib/x86_64-linux-gnu:'
                 . unpacked() . '/lib/x86_64-linux-gnu' };
}

sub new ($class, %field)
{
    my $self = $class->SUPER::new(
        mechanisms => [qw(SCRAM-SHA-256-PLUS SCRAM-SHA-256)], config => '',
        %field);
    my $user = AnonID::Test::DovecotConfig::mail_user();

    $self->{certificate} //= $self->{ca}->host('localhost');
    make_path(map { $self->path($_) } qw(config spool run/proc));
    AnonID::Test::spit($self->path('imapd.conf'), $self->imapd_conf($user));
    AnonID::Test::spit($self->path('cyrus.conf'), $self->cyrus_conf);
    $self->set_password($_, $self->{users}{$_}) for keys %{ $self->{users} };
    system 'chown', '-R', "$user->{uid}:$user->{gid}", $self->{dir};
    return $self;
}

sub imapd_conf ($self, $user)
{
    my $dir = $self->{dir};

    return <<"END";
configdirectory: $dir/config
partition-default: $dir/spool
defaultpartition: default
proc_path: $dir/run/proc
mboxname_lockpath: $dir/run/lock
lmtpsocket: $dir/run/lmtp
idlesocket: $dir/run/idle
notifysocket: $dir/run/notify
cyrus_user: $user->{name}
servername: localhost
altnamespace: yes
unixhierarchysep: yes
autocreate_quota: 0
autocreate_post: yes
allowplaintext: no
popminpoll: 0
poptimeout: 10
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: $dir/sasldb
sasl_mech_list: @{ $self->{mechanisms} } PLAIN
tls_server_cert: $self->{certificate}{chain}
tls_server_key: $dir/key
$self->{config}
END
}

sub cyrus_conf ($self)
{
    my $config = $self->path('imapd.conf');
    my $services = join '', map {
        my ($name, $program, @options) = @$_;
        "  $name cmd=\"@{[program($program)]} -C $config @options\" "
            . "listen=\"127.0.0.1:@{[$self->port($name)]}\" prefork=0\n"
    } @SERVICES;

    return <<"END";
START {
  recover cmd="@{[program('ctl_cyrusdb')]} -C $config -r"
}
SERVICES {
$services}
EVENTS {
}
END
}

sub set_password ($self, $user, $password)
{
    my ($exit, $output) = run(
        [unpacked() . '/usr/sbin/saslpasswd2', '-p', '-c', '-f',
         $self->path('sasldb'), '-u', 'localhost', $user],
        input => $password, env => environment());

    die "saslpasswd2: $output" if $exit;
}

sub start ($self)
{
    AnonID::Test::spit($self->path('key'),
                       AnonID::Test::slurp($self->{certificate}{key}));
    chown +(stat $self->path('config'))[4, 5], $self->path('key');
    $self->spawn([program('master'), '-D', '-C', $self->path('imapd.conf'),
                  '-M', $self->path('cyrus.conf'), '-p',
                  $self->path('run/pid')], env => environment());
    return $self->wait_ready(sub {
        my $socket = IO::Socket::INET->new(
            PeerAddr => '127.0.0.1', PeerPort => $self->port('imap'))
            or return;
        return (readline($socket) // '') =~ /^\* OK /;
    });
}

sub imap ($self, $user)
{
    return AnonID::Test::Imap->connect(
        port => $self->port('imaps'),
        tls => { SSL_ca_file => $self->{ca}->file,
                 SSL_hostname => 'localhost',
                 SSL_verifycn_name => 'localhost' },
    )->login($user, $self->{users}{$user});
}

sub log_files ($self) { return (output => $self->output_path) }

sub log_problem ($self, $line) { return $line =~ /error|fatal/i }

1;
