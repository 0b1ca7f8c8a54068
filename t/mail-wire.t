# SPDX-License-Identifier: Apache-2.0
#
# A mail server that misbehaves: the visitor learns that the message was not
# sent (or, after the final dot, that nobody knows), the log names server,
# state and reason, and the next message goes its way.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password)->start;
my $url = 'submission://localhost:' . $server->port('smtp');
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, limits => 'off',
    servers => [$url])->start;

# A kept session would not show what happens before MAIL.
my @NEVER_KEPT = (RSET => { drop => 1 });
my $MEGABYTE = ('250-' . 'x' x 996 . "\r\n") x 1024 . "250 x\r\n";

# What the script of the server is, what the visitor gets, what the log says.
my @CASES = (
    # Not SMTP, or not what was asked for.
    ['the greeting is another protocol', connect => '* OK IMAP4rev1 ready',
     '503', 'ANID0216: .*: greeting: the server does not speak'],
    ['the greeting is a page', connect => { raw => "HTTP/1.1 400 Bad\r\n" },
     '503', 'ANID0216: .*: greeting: '],
    ['the greeting ends in LF', connect => { raw => "220 localhost\n" },
     '503', 'ANID0216: .*: greeting: '],
    ['the greeting is a good reply, but not that one', connect => '250 Hello',
     '503', 'ANID0216: .*: greeting: 250 Hello'],
    ['more follows the greeting',
     connect => { raw => "220 a\r\n250 b\r\n" },
     '503', 'ANID0216: .*: greeting: more than was asked for'],
    ['EHLO is answered with 1 MB', EHLO => { raw => $MEGABYTE },
     '503', 'ANID0216: .*: EHLO: the server does not speak'],
    ['a line of a reply never ends', EHLO => { raw => '250-' . 'x' x 70_000 },
     '503', 'ANID0216: .*: EHLO: the server does not speak'],
    ['the lines of a reply have different codes',
     EHLO => { raw => "250-localhost\r\n220 x\r\n" },
     '503', 'ANID0216: .*: EHLO: the server does not speak'],
    ['a NUL is in a reply', EHLO => { raw => "250 local\0host\r\n" },
     '503', 'ANID0216: .*: EHLO: the server does not speak'],
    ['STARTTLS is not offered', EHLO => "250-localhost\n250 AUTH PLAIN",
     '503', 'ANID0219: .*: EHLO: the server does not offer STARTTLS'],
    ['octets are injected after the STARTTLS reply',
     STARTTLS => { raw => "220 Go ahead\r\n250 AUTH PLAIN\r\n" },
     '503', 'ANID0216: .*: STARTTLS: octets after the reply to STARTTLS'],
    ['STARTTLS is refused', STARTTLS => '454 4.7.0 TLS not available',
     '503', 'ANID0217: .*: STARTTLS: 454 4.7.0 TLS not available'],
    ['STARTTLS is refused for good', STARTTLS => '502 5.5.1 What?',
     '503', 'ANID0219: .*: STARTTLS: 502 5.5.1 What\?'],
    ['no TLS follows STARTTLS',
     STARTTLS => { raw => "220 Go ahead\r\n", then => 'drop' },
     '503', 'ANID0212: .*: TLS handshake: '],

    # Refusals.
    ['the greeting says that the server is busy', connect => '421 4.3.2 Busy',
     '503', 'ANID0217: .*: greeting: 421 4.3.2 Busy'],
    ['the greeting sends us away', connect => '554 5.7.1 Go away',
     '503', 'ANID0218: .*: greeting: 554 5.7.1 Go away'],
    ['EHLO is refused', EHLO => '502 5.5.1 What?',
     '503', 'ANID0218: .*: EHLO: 502 5.5.1 What\?'],
    ['a challenge of two lines', challenge => "334-YWJj\n334 YWJj",
     '503', 'ANID0216: .*: AUTH: 334 YWJj YWJj'],
    ['AUTH cannot be done at the moment', AUTH => '454 4.7.0 Later',
     '503', 'ANID0222: .*: AUTH: 454 4.7.0 Later'],
    ['MAIL is refused for now', MAIL => '451 4.3.0 Later',
     '503', 'ANID0217: .*: MAIL FROM: 451 4.3.0 Later'],
    ['MAIL is refused', MAIL => '550 5.7.1 Not you',
     '502', 'ANID0201: .*: MAIL FROM: 550 5.7.1 Not you'],
    ['MAIL is answered by something else', MAIL => '354 Go on',
     '503', 'ANID0216: .*: MAIL FROM: unexpected reply: 354'],
    ['RCPT is refused for now', RCPT => '450 4.2.0 Greylisted',
     '503', 'ANID0202: .*: RCPT TO: .*: 450 4.2.0 Greylisted'],
    ['RCPT is refused', RCPT => '550 5.1.1 No <webmaster@example.test>',
     '502', 'ANID0202: .*: RCPT TO: .*<webmaster@example.test>: 550 5.1.1'],
    ['DATA is refused for now', DATA => '451 4.3.0 Later',
     '503', 'ANID0217: .*: DATA: 451 4.3.0 Later'],
    ['DATA is refused', DATA => '554 5.5.1 No',
     '502', 'ANID0201: .*: DATA: 554 5.5.1 No'],
    ['DATA is answered by 250', DATA => '250 Fine',
     '503', 'ANID0216: .*: DATA: unexpected reply: 250 Fine'],
    ['the message is refused for now', message => '452 4.3.1 Full',
     '503', 'ANID0217: .*: the final dot: 452 4.3.1 Full'],
    ['the message is refused', message => '550 5.7.1 Spam',
     '502', 'ANID0201: .*: the final dot: 550 5.7.1 Spam'],
    ['the message is too large', message => '552 5.3.4 Too much',
     '413', undef],
    ['MAIL says that it is too large', MAIL => '552 5.3.4 Too much',
     '413', undef],
    ['the mailbox is full', message => '552 5.2.2 Full',
     '502', 'ANID0201: .*: the final dot: 552 5.2.2 Full'],

    # The connection is lost.
    (map { my ($state, $phase, $number) = @$_;
           map { ["$_ at $state", $state => { $_ => 1 },
                  '503', "$number: .*: $phase: "] } qw(drop reset)
       } ['connect', 'greeting', 'ANID0214'], ['EHLO', 'EHLO', 'ANID0214'],
         ['STARTTLS', 'STARTTLS', 'ANID0214'], ['AUTH', 'AUTH', 'ANID0214'],
         ['challenge', 'AUTH', 'ANID0214'], ['response', 'AUTH', 'ANID0214'],
         ['MAIL', 'MAIL FROM', 'ANID0214'], ['RCPT', 'RCPT TO', 'ANID0214'],
         ['DATA', 'DATA', 'ANID0214']),

    # Whether the message was sent is not known, and the visitor is told so.
    ['drop at the final dot', message => { drop => 1 },
     '502', 'ANID0214: .*: the final dot: '],
    ['reset at the final dot', message => { reset => 1 },
     '502', 'ANID0214: .*: the final dot: '],
    ['garbage at the final dot', message => 'I took it, I think',
     '502', 'ANID0216: .*: the final dot: '],
    ['another good code at the final dot', message => '221 Bye',
     '502', 'ANID0216: .*: the final dot: unexpected reply: 221'],
);

sub check ($case)
{
    my ($name, $state, $action, $status, $pattern) = @$case;
    my $mark = $site->log_mark;

    $server->script([$state => $action], [@NEVER_KEPT]);
    my $result = $site->send;
    is $result->{status}, $status, "$name: $status";
    like $result->{retry_after} // '', $status eq '503' ? qr/^\d+$/ : qr/^$/,
        "$name: Retry-After";
    return if !$pattern;
    $site->expect_log(qr/$pattern/);
    like $site->wait_log(qr/$pattern/, since => $mark),
        qr/mail service 'mail', server \Q$url\E, account 'site'/,
        "$name: the log names the server";
}

$site->expect_log(qr/ANID0305: /);
check($_) for @CASES;

# Many lines are nothing special.
$server->script([EHLO => join("\n", (map { "250-X-$_" } 1 .. 300),
                              '250-STARTTLS', '250 AUTH SCRAM-SHA-256')],
                [@NEVER_KEPT]);
is $site->send->{text}, '200 webmaster', 'an EHLO reply of 302 lines';

$server->script([@NEVER_KEPT]);
is $site->send->{text}, '200 webmaster', 'then all is well again';
is $site->send(body => ".\n..\n.\r\n.x\n")->{text}, '200 webmaster',
    'dots at the beginning of lines';
like [$server->messages]->[-1], qr/\r\n\r\n\.\r\n\.\.\r\n\.\r\n\.x\r\n\z/,
    'arrive as they were';
is scalar(grep { /^\d+ C: \.x/ } $server->transcript), 0,
    'and are no commands';

$server->script([RCPT => '550 5.1.1 <b@example.test>: no b@example.test here',
                 { nth => 2 }],
                [RCPT => '550 5.1.1 <c@example.test>: c is not from here',
                 { nth => 3 }], [@NEVER_KEPT]);
$site->expect_log(qr/ANID0202: .*recipient 'two', <b\@example\.test>: 550/,
                  qr/ANID0202: .*recipient 'other', <c\@example\.test>: 550/);
is $site->send(to => ['two', 'other'])->{text},
    '200 two other=550 5.1.1 <other>: other is not from here',
    'one address is enough for an alias; addresses are not shown';
done_testing;
