# SPDX-License-Identifier: Apache-2.0
#
# An IMAP server that misbehaves during the login: the application is told that
# there is no session, nothing of the server's words reaches it, the log names
# server, state and reason, and the next login goes its way.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::HostileMailbox;

require_build;

my $mailbox = AnonID::Test::HostileMailbox->new(
    protocol => 'imap', login => 'a LOGIN u p', refusal => qr/\Aa NO /,
    noop => ['b NOOP', 'b OK Done'],
    states => [connect => 'greeting', CAPABILITY => '',
               STARTTLS => 'STARTTLS', AUTHENTICATE => 'AUTH',
               challenge => 'AUTH', response => 'AUTH']);

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
    $mailbox->breaks($FOR_NOW),
);

$mailbox->check($_) for @CASES;
$mailbox->server->script;
like $mailbox->answer,
    qr/^a OK \[CAPABILITY IMAP4rev1 IDLE\] /, 'then all is well again';

# Untagged lines are nothing special, wherever they come.
$mailbox->server->script(
    [CAPABILITY => "* OK still here\n* NO disk is nearly full\n"
     . "* CAPABILITY IMAP4rev1 STARTTLS\n%t OK Done", { nth => 1 }],
    [challenge => '%t OK no', { nth => 99 }]);
like $mailbox->answer, qr/^a OK /, 'untagged lines before the tagged one';

# A login that says nothing of capabilities.
$mailbox->server->script([response => "%t OK Logged in", { nth => 3 }]);
like $mailbox->answer, qr/^a OK \[CAPABILITY IMAP4rev1\] /,
    'what the server does not say is asked';

# Untagged lines during the login, among them a list that the last one
# replaces.
$mailbox->server->script(
    [response => "* NO disk is nearly full\n* CAPABILITY IMAP4rev1 X-OLD\n"
     . "* 3 EXISTS\n%t OK [CAPABILITY IMAP4rev1 X-NEW UNAUTHENTICATE "
     . "LOGIN-REFERRALS SASL-IR AUTH=PLAIN] in", { nth => 3 }]);
like $mailbox->answer, qr/^a OK \[CAPABILITY IMAP4rev1 X-NEW\] /,
    'untagged lines during the login, and what a client is not shown';

# Success that is none (a Microsoft IMAP server has said so): the next command
# shows it.
$mailbox->server->script(
    [response => '%t OK Unable to authenticate', { nth => 3 }],
    [CAPABILITY => '%t BAD Command not valid in this state', { nth => 3 }]);
$mailbox->{site}->expect_log(qr/ANID0216: .*not valid in this state/);
like $mailbox->answer, qr/^a NO \[UNAVAILABLE\] /,
    'a server that says OK and means no';

$mailbox->refused_once(AUTHENTICATE =>
                       '%t NO [AUTHENTICATIONFAILED] site: wrong',
                       $LASTING);
done_testing;
