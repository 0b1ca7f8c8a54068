# SPDX-License-Identifier: Apache-2.0
#
# A POP3 server that misbehaves during the login: the application is told that
# there is no session, nothing of the server's words reaches it, the log names
# server, state and reason, and the next login goes its way.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dialogue;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, protocol => 'pop3', user => 'site', password => $password,
    extensions => [])->start;
my $url = 'pop3://localhost:' . $server->port('smtp');
my $port = free_port();

sub site (%field)
{
    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password, servers => [$url],
        listen => ["pop3://127.0.0.1:$port max=500"], %field)->start;
}

my $site = site(deadlines => 3);

my $MEGABYTE = "+OK\r\n" . "UIDL\r\n" x 180_000 . ".\r\n";
my ($FOR_NOW, $LASTING) = ('SYS/TEMP', 'SYS/PERM');

# What the script of the server is, what the client gets, what the log says.
my @CASES = (
    ['the greeting is another protocol', connect => '* OK IMAP4rev1 ready',
     $FOR_NOW, 'ANID0216: .*: greeting: the server does not speak'],
    ['the greeting ends in LF', connect => { raw => "+OK localhost\n" },
     $FOR_NOW, 'ANID0216: .*: greeting: '],
    ['the greeting is a challenge', connect => '+ go on',
     $FOR_NOW, 'ANID0216: .*: greeting: '],
    ['the greeting refuses for now', connect => '-ERR [SYS/TEMP] Later',
     $FOR_NOW, 'ANID0217: .*: greeting: -ERR \[SYS/TEMP\] Later'],
    ['the greeting refuses', connect => '-ERR Go away',
     $LASTING, 'ANID0218: .*: greeting: -ERR Go away'],
    ['more follows the greeting',
     connect => { raw => "+OK a\r\n+OK b\r\n" },
     $FOR_NOW, 'ANID0216: .*: greeting: more than was asked for'],
    ['CAPA is answered with 1 MB', CAPA => { raw => $MEGABYTE },
     $FOR_NOW, 'ANID0216: .*: the server does not speak'],
    ['a line never ends', CAPA => { raw => '+OK ' . 'x' x 1_048_576 },
     $FOR_NOW, 'ANID0216: .*: the server does not speak'],
    ['a NUL is in a reply', CAPA => { raw => "+OK \0\r\n" },
     $FOR_NOW, 'ANID0216: .*: the server does not speak'],
    ['CAPA is not known', CAPA => '-ERR What?',
     $LASTING, 'ANID0218: .*: -ERR What\?'],
    ['STLS is not offered', CAPA => "+OK\nSASL PLAIN\n.",
     $LASTING, 'ANID0219: .*does not offer STARTTLS'],
    ['octets are injected after the STLS reply',
     STLS => { raw => "+OK Begin\r\n+OK\r\nSASL PLAIN\r\n.\r\n" },
     $FOR_NOW, 'ANID0216: .*: STARTTLS: octets after the reply to STARTTLS'],
    ['STLS is refused', STLS => '-ERR Not now',
     $LASTING, 'ANID0219: .*: STARTTLS: -ERR Not now'],
    ['no TLS follows STLS',
     STLS => { raw => "+OK Begin\r\n", then => 'drop' },
     $LASTING, 'ANID0212: .*: TLS handshake: '],
    ['AUTH cannot be done now', AUTH => '-ERR [SYS/TEMP] Later',
     $FOR_NOW, 'ANID0222: .*: AUTH: -ERR \[SYS/TEMP\] Later'],
    ['the mailbox is locked', AUTH => '-ERR [IN-USE] Locked',
     $FOR_NOW, 'ANID0222: .*: AUTH: -ERR \[IN-USE\]'],
    ['success without a proof', AUTH => '+OK Logged in',
     $LASTING, 'ANID0224: .*without having proven itself'],
    ['garbage in a challenge', challenge => '+ !!!!',
     $LASTING, 'ANID0224: '],
    (map { my ($state, $phase) = @$_;
           map { ["$_ at $state", $state => { $_ => 1 }, $FOR_NOW,
                  'ANID0214: .*: ' . $phase] } qw(drop reset)
       } ['connect', 'greeting'], ['CAPA', ''], ['STLS', 'STARTTLS'],
         ['AUTH', 'AUTH'], ['challenge', 'AUTH'], ['response', 'AUTH']),
    (map { ["hang at $_", $_ => { hang => 1 }, $FOR_NOW, 'ANID0215: '] }
         qw(connect CAPA STLS AUTH challenge response)),
);

sub client ()
{
    my $client = AnonID::Test::Dialogue->connect($port);

    $client->line;
    return $client;
}

sub check ($case)
{
    my ($name, $state, $action, $code, $pattern) = @$case;
    my $mark = $site->log_mark;

    $server->script([$state => $action]);
    my $client = client()->say('AUTH PLAIN =');
    like $client->line, qr/\A-ERR \[\Q$code\E\] The mail server [\w ;']+\z/,
        "$name: $code";
    $client->say('NOOP');
    is $client->line, '+OK', "$name: the client stays";
    $site->expect_log(qr/$pattern/);
    like $site->wait_log(qr/$pattern/, since => $mark),
        qr/mail service 'mail', server \Q$url\E, account 'site'/,
        "$name: the log names the server";
}

check($_) for @CASES;
$server->script;
is client()->say('AUTH PLAIN =')->line, '+OK Logged in',
    'then all is well again';

# Refused once, and not asked again.
$site->stop;
$site = site();
my $asked = $server->count(qr/ C: AUTH/);
$server->script([AUTH => '-ERR [AUTH] site: wrong']);
$site->expect_log(qr/ANID0221: /);
my @clients = map { client()->say('AUTH PLAIN =') } 1 .. 20;
is_deeply [map { $_->line =~ /^-ERR (\S+)/ } @clients],
    [('[SYS/PERM]') x 20], 'twenty clients are refused';
is $server->count(qr/ C: AUTH/) - $asked, 1,
    'the server was asked once';
done_testing;
