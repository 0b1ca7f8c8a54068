# SPDX-License-Identifier: Apache-2.0
#
# Each of the four kinds of POST arrives in the mailbox as it was sent, with a
# header that names the service as its sender and the visitor as who to reply
# to; and what arrived is what the visitor was told.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::SubmitSite;
use Encode qw(decode);
use MIME::Base64 qw(encode_base64);
use utf8;

require_build;
skip_unless_program('doveadm');

my $SUBJECT = "Grüße, “€” \x{1f600} " . 'und noch viel mehr Text ' x 6 . 'x';
my $NAME = "Übersicht \"2026\"; größer.bin";
my $BYTES = join '', map { chr } (0 .. 255, 13, 10, 10, 13, 0) x 40;
my $ID = qr/<[0-9a-f]{32}\@www\.example\.test>/;

my $site = AnonID::Test::SubmitSite->new(
    modules => ['remoteip'],
    vhosts => ['www.example.test' => <<'END'])->start;
RemoteIPHeader X-Real-IP
RemoteIPInternalProxy 127.0.0.1
END

sub answer_is ($answer, $aliases, $what)
{
    is $answer->{status}, 200, "$what: 200";
    is $answer->{header}{'content-type'}, 'application/json', "$what: JSON";
    is_deeply [sort keys %{ $answer->{json} }],
        [qw(accepted message_id rejected)], "$what: with three members";
    is_deeply [$answer->{json}{accepted}, $answer->{json}{rejected}],
        [$aliases, []], "$what: all accepted";
    return $answer->{json}{message_id};
}

sub header_is ($message, $expected, $what)
{
    is $message->{header}{$_}, $expected->{$_}, "$what: $_"
        for sort keys %$expected;
}

sub text_of ($part)
{
    return decode($part->{parameters}{charset}, $part->{body}, 1)
        =~ s/\r\n/\n/gr;
}

my $answer = $site->send(
    to => 'desk', subject => $SUBJECT, 'reply-to' => 'visitor@home.test',
    body => "Erste Zeile ü\r\n.\r\nFrom here\r\n\r\nlast",
    files => { name => $NAME =~ s/"/%22/gr, type => 'image/png',
               content => $BYTES },
    files => { name => 'text.csv', type => 'text/csv; charset=utf-8',
               content => "a;b\nc;d\r\n" },
    files => { name => 'mail.eml', type => 'message/rfc822',
               content => "From: x\@y.test\r\n\r\nhello\r\n" },
    none => { name => '', type => 'application/octet-stream',
              content => '' });
my $id = answer_is($answer, ['desk'], 'a form');
like $id, qr/^$ID$/, 'its Message-ID has the virtual host\'s name';

my $message = $site->received('desk', 1);
header_is($message, {
    from => 'website@example.test', to => '"desk" <desk@example.test>',
    'reply-to' => 'visitor@home.test', 'message-id' => $id,
    'mime-version' => '1.0', sender => undef,
    'auto-submitted' => 'auto-generated' }, 'a form');
is $message->{header}{subject}, $SUBJECT,
    'a form: the subject as it was written';
like $message->{header}{date},
    qr/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/, 'a form: a date';
is $message->{type}, 'multipart/mixed', 'a form with files is a multipart';
my ($text, @files) = @{ $message->{parts} };
is $text->{type}, 'text/plain', 'its first part is the text';
is text_of($text), "Erste Zeile ü\n.\nFrom here\n\nlast\n",
    'the text as it was written';
is scalar @files, 3, 'three files, the empty input is none';
is $files[0]{filename}, $NAME, 'the name of the file';
is $files[0]{type}, 'image/png', 'the type of the file';
is $files[0]{body}, $BYTES, 'the file byte for byte';
is $files[1]{body}, "a;b\nc;d\r\n", 'a text file byte for byte';
is $files[2]{type}, 'application/octet-stream', 'a message is a file, too';
is $files[2]{body}, "From: x\@y.test\r\n\r\nhello\r\n",
    'a message byte for byte';

my ($received) = grep { /with HTTP/ } map { $_->[1] }
    grep { lc $_->[0] eq 'received' } @{ $message->{headers} };
like $received, qr/^from\s\[127\.0\.0\.1\]\s\(\[127\.0\.0\.1\]\)\s+by
    \s+www\.example\.test\s\(mod_anonid\)\s+with\sHTTP\s+id\s[0-9a-f]{32};
    \s\w{3},\s\d\d?\s\w{3}\s\d{4}\s[\d:]{8}\s\+0000$/x,
    'Received names the visitor, the virtual host and HTTP';

$answer = $site->urlencoded(
    to => 'team', to => 'Desk', subject => 'plain words', body => "one\ntwo",
    'reply-to' => '"Jürgen, Dr." <j@x.test>');
answer_is($answer, [qw(team desk)], 'an urlencoded form');
for my $mailbox (qw(desk first second)) {
    $message = $site->received($mailbox, $mailbox eq 'desk' ? 2 : 1);
    header_is($message, {
        subject => 'plain words', to => '"team" <first@example.test>, '
            . '"team" <second@example.test>, "desk" <desk@example.test>'
        }, "$mailbox of several");
}
like $message->{header}{'reply-to'}, qr/<j\@x\.test>$/,
    'a name may stand before the address to reply to';
is text_of($message), "one\ntwo\n", 'an urlencoded form: the text';
unlike $site->raw('desk', 2), qr/[^\0-\x7f]/, 'all of it is ASCII';

$answer = $site->json({
    to => ['desk'], subject => $SUBJECT, body => "eins\nzwei ü",
    'reply-to' => 'v@home.test', attachments => [
        { name => $NAME, type => 'application/pdf',
          content => encode_base64($BYTES, '') },
        { filename => 'long.bin', 'content-type' => 'image/png',
          content => encode_base64($BYTES x 20) }] });
$id = answer_is($answer, ['desk'], 'JSON');
$message = $site->received('desk', 3);
header_is($message, { 'reply-to' => 'v@home.test', 'message-id' => $id },
          'JSON');
is text_of($message->{parts}[0]), "eins\nzwei ü\n", 'JSON: the text';
is $message->{parts}[1]{filename}, $NAME, 'JSON: the name of the file';
is $message->{parts}[1]{body}, $BYTES, 'JSON: the file byte for byte';
is $message->{parts}[2]{body}, $BYTES x 20, 'JSON: a file in lines';
is $message->{parts}[2]{filename}, 'long.bin', 'JSON: a name as in a form';
like $message->{parts}[2]{header}{'content-type'}, qr{^image/png},
    'JSON: a type as in a form';

my $entity = "--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
    . "Content-Transfer-Encoding: 8bit\r\n\r\ngr\xfc\xdfe  \r\n..\r\n.\r\n"
    . "\t \r\n--x--\r\n\r\n\r\n";
$answer = $site->message('team,desk', <<'END' =~ s/\n/\r\n/gr . $entity);
From: =?utf-8?q?J=C3=BCrgen?= <j@home.test>
Sender: forged@example.test
To: somebody@else.test
Cc: cc@example.test
Bcc: second@example.test
Return-Path: <forged@example.test>
Received: from forged by forged; Sat, 21 Nov 2026 05:54:11 +0000
DKIM-Signature: forged
X-Spam-Status: No
Subject: a message
  of its own
Date: Sat, 21 Nov 2026 06:54:11 +0100
Message-ID: <own.id@home.test>
Auto-Submitted: no
MIME-Version: 1.0
Content-Type: multipart/mixed;
	boundary=x

END
$id = answer_is($answer, [qw(team desk)], 'a message');
$message = $site->received('desk', 4);
header_is($message, {
    from => 'website@example.test', 'message-id' => $id,
    'auto-submitted' => 'auto-generated',
    subject => 'a message  of its own',
    date => 'Sat, 21 Nov 2026 06:54:11 +0100', sender => undef, cc => undef,
    bcc => undef, 'dkim-signature' => undef, 'x-spam-status' => undef,
    to => '"team" <first@example.test>, "team" <second@example.test>, '
        . '"desk" <desk@example.test>' }, 'a message');
like $message->{header}{'reply-to'}, qr/<j\@home\.test>$/,
    'a message: its From became Reply-To';
unlike $site->raw('desk', 4), qr/forged/, 'a message: nothing forged is left';
is +($site->raw('desk', 4) =~ /\r\n\r\n(.*)/s)[0], $entity,
    'a message: its body byte for byte';
is $site->count('second'), 2, 'only aliases are recipients, Bcc is none';

$site->message('desk', "Subject: bare lines\n\none\n.\ntwo");
is +($site->raw('desk', 5) =~ /\r\n\r\n(.*)/s)[0], "one\r\n.\r\ntwo\r\n",
    'a message with LF is sent with CRLF';

$answer = $site->send({ headers => { 'X-Real-IP' => '2001:db8::7' } },
                      to => 'desk', body => 'from afar');
is $answer->{status}, 200, 'a visitor with an IPv6 address, behind a proxy';
like $site->raw('desk', 6),
    qr/^Received: from \[IPv6:2001:db8::7\] \(\[IPv6:2001:db8::7\]\)/m,
    'Received has it as a literal';

$answer = $site->send({ headers => {
    Accept => 'text/html,application/xml;q=0.9,*/*;q=0.8' } },
    to => 'desk', subject => 'from a browser', body => 'x');
is $answer->{header}{'content-type'}, 'text/html; charset=utf-8',
    'a browser gets a page';
like $answer->{body}, qr{<h1>Your message was sent</h1>}, 'that says so';
is $site->count('desk'), 7, 'it was sent';
done_testing;
