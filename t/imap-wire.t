# SPDX-License-Identifier: Apache-2.0
#
# An IMAP server that misbehaves during the login: the application is told that
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
    ca => $ca, protocol => 'imap', user => 'site', password => $password,
    extensions => [])->start;
my $url = 'imap://localhost:' . $server->port('smtp');
my $port = free_port();

sub site (%field)
{
    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password, servers => [$url],
        listen => ["imap://127.0.0.1:$port max=500"], %field)->start;
}

my $site = site(deadlines => 3);

my $MEGABYTE = "* 1 EXISTS\r\n" x 90_000 . "%t OK Done\r\n";
my ($FOR_NOW, $LASTING) = ('UNAVAILABLE', 'CONTACTADMIN');

# What the script of the server is, what the client gets, what the log says.
my @CASES = (
    ['the greeting is another protocol', connect => '220 localhost ESMTP',
     $FOR_NOW, 'ANID0216: .*: greeting: the server does not speak'],
    ['the greeting ends in LF', connect => { raw => "* OK localhost\n" },
     $FOR_NOW, 'ANID0216: .*: greeting: '],
    ['the greeting says PREAUTH', connect => '* PREAUTH Welcome',
     $FOR_NOW, 'ANID0216: .*: greeting: a login is there before ours'],
    ['the greeting says BYE', connect => '* BYE Too many',
     $FOR_NOW, 'ANID0217: .*: greeting: BYE Too many'],
    ['more follows the greeting',
     connect => { raw => "* OK a\r\n* OK b\r\n" },
     $FOR_NOW, 'ANID0216: .*: greeting: more than was asked for'],
    ['CAPABILITY is answered with 1 MB', CAPABILITY => { raw => $MEGABYTE },
     $FOR_NOW, 'ANID0216: .*: .*: the server does not speak'],
    ['a line never ends', CAPABILITY => { raw => '* ' . 'x' x 1_048_576 },
     $FOR_NOW, 'ANID0216: .*: .*: the server does not speak'],
    ['a literal is too long', CAPABILITY => { raw => "* X {99999999}\r\n" },
     $FOR_NOW, 'ANID0216: .*: .*: the server does not speak'],
    ['another tag is answered', CAPABILITY => 'B1 OK Done',
     $FOR_NOW, 'ANID0216: .*: .*: the server does not speak'],
    ['a NUL is in a reply', CAPABILITY => { raw => "* X \0\r\n" },
     $FOR_NOW, 'ANID0216: .*: .*: the server does not speak'],
    ['a challenge comes unasked', CAPABILITY => '+ go on',
     $FOR_NOW, 'ANID0216: .*'],
    ['CAPABILITY is refused', CAPABILITY => '%t BAD What?',
     $LASTING, 'ANID0218: .*: BAD What\?'],
    ['STARTTLS is not offered',
     CAPABILITY => "* CAPABILITY IMAP4rev1 AUTH=PLAIN\n%t OK Done",
     $LASTING, 'ANID0219: .*does not offer STARTTLS'],
    ['STARTTLS is not offered, and a greeting says what is',
     connect => '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi',
     $LASTING, 'ANID0219: .*does not offer STARTTLS'],
    ['octets are injected after the STARTTLS reply',
     STARTTLS => { raw => "%t OK Begin\r\n* CAPABILITY AUTH=PLAIN\r\n" },
     $FOR_NOW, 'ANID0216: .*: STARTTLS: octets after the reply to STARTTLS'],
    ['STARTTLS is refused', STARTTLS => '%t NO Not now',
     $LASTING, 'ANID0219: .*: STARTTLS: NO Not now'],
    ['no TLS follows STARTTLS',
     STARTTLS => { raw => "%t OK Begin\r\n", then => 'drop' },
     $LASTING, 'ANID0212: .*: TLS handshake: '],
    ['AUTHENTICATE cannot be done now',
     AUTHENTICATE => '%t NO [UNAVAILABLE] Later',
     $FOR_NOW, 'ANID0222: .*: AUTH: NO \[UNAVAILABLE\] Later'],
    ['there are too many sessions', AUTHENTICATE => '%t NO [LIMIT] Too many',
     $FOR_NOW, 'ANID0222: .*: AUTH: NO \[LIMIT\]'],
    ['BYE instead of an answer', AUTHENTICATE => '* BYE Shutting down',
     $FOR_NOW, 'ANID0222: .*: AUTH: BYE Shutting down'],
    ['success without a proof', AUTHENTICATE => '%t OK Logged in',
     $LASTING, 'ANID0224: .*without having proven itself'],
    ['garbage in a challenge', challenge => '+ !!!!',
     $LASTING, 'ANID0224: '],
    (map { my ($state, $phase) = @$_;
           map { ["$_ at $state", $state => { $_ => 1 }, $FOR_NOW,
                  'ANID0214: .*: ' . $phase] } qw(drop reset)
       } ['connect', 'greeting'], ['CAPABILITY', ''], ['STARTTLS', 'STARTTLS'],
         ['AUTHENTICATE', 'AUTH'], ['challenge', 'AUTH'],
         ['response', 'AUTH']),
    (map { ["hang at $_", $_ => { hang => 1 }, $FOR_NOW, 'ANID0215: '] }
         qw(connect CAPABILITY STARTTLS AUTHENTICATE challenge response)),
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
    my $client = client()->say('a LOGIN u p');
    like $client->line, qr/\Aa NO \[$code\] The mail server [\w ;']+\z/,
        "$name: $code";
    $client->say('b NOOP');
    is $client->line, 'b OK Done', "$name: the client stays";
    $site->expect_log(qr/$pattern/);
    like $site->wait_log(qr/$pattern/, since => $mark),
        qr/mail service 'mail', server \Q$url\E, account 'site'/,
        "$name: the log names the server";
}

check($_) for @CASES;
$server->script;
like client()->say('a LOGIN u p')->line,
    qr/^a OK \[CAPABILITY IMAP4rev1 IDLE\] /, 'then all is well again';

# Untagged lines are nothing special, wherever they come.
$server->script([CAPABILITY => "* OK still here\n* NO disk is nearly full\n"
                 . "* CAPABILITY IMAP4rev1 STARTTLS\n%t OK Done", { nth => 1 }],
                [challenge => '%t OK no', { nth => 99 }]);
like client()->say('a LOGIN u p')->line, qr/^a OK /,
    'untagged lines before the tagged one';

# A login that says nothing of capabilities.
$server->script([response => "%t OK Logged in", { nth => 3 }]);
like client()->say('a LOGIN u p')->line,
    qr/^a OK \[CAPABILITY IMAP4rev1\] /, 'what the server does not say is asked';

# Refused once, and not asked again.
$site->stop;
$site = site();
my $asked = $server->count(qr/ C: \w+ AUTHENTICATE/);
$server->script([AUTHENTICATE => '%t NO [AUTHENTICATIONFAILED] site: wrong']);
$site->expect_log(qr/ANID0221: /);
my @clients = map { client()->say('a LOGIN u p') } 1 .. 20;
is_deeply [map { $_->line =~ /^a NO (\S+)/ } @clients],
    [('[CONTACTADMIN]') x 20], 'twenty clients are refused';
is $server->count(qr/ C: \w+ AUTHENTICATE/) - $asked, 1,
    'the server was asked once';
done_testing;
