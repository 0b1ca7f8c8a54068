# SPDX-License-Identifier: Apache-2.0
#
# A POP3 server that misbehaves during the login: the application is told that
# there is no session, nothing of the server's words reaches it, the log names
# server, state and reason, and the next login goes its way.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::HostileMailbox;

require_build;

my $mailbox = AnonID::Test::HostileMailbox->new(
    protocol => 'pop3', login => 'AUTH PLAIN =', refusal => qr/\A-ERR /,
    noop => ['NOOP', '+OK'],
    states => [connect => 'greeting', CAPA => '', STLS => 'STARTTLS',
               AUTH => 'AUTH', challenge => 'AUTH', response => 'AUTH']);

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
    ['a challenge comes before the first response', AUTH => '+ YWJjZA==',
     $FOR_NOW, 'ANID0216: .*a challenge comes before the first response'],
    ['success without a proof', AUTH => '+OK Logged in',
     $LASTING, 'ANID0224: .*without having proven itself'],
    ['garbage in a challenge', challenge => '+ !!!!',
     $LASTING, 'ANID0224: '],
    $mailbox->breaks($FOR_NOW),
);

$mailbox->check($_) for @CASES;
$mailbox->server->script;
is $mailbox->answer, '+OK Logged in', 'then all is well again';

$mailbox->refused_once(AUTH => '-ERR [AUTH] site: wrong', $LASTING);
done_testing;
