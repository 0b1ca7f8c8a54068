# SPDX-License-Identifier: Apache-2.0
#
# What is no message to be sent is refused with a status and a problem detail
# that name the fault, and nothing is sent. In particular no header field ever
# gets a line end or a NUL, however it is written.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::SubmitSite;

require_build;
skip_unless_program('doveadm');

my $site = AnonID::Test::SubmitSite->new(config => <<'END');
<AnonIDAccount broken>
    AnonIDLogon  file "${DIR}/accounts"
    AnonIDSecret "file:${DIR}/secret"
</AnonIDAccount>
<Location "/no-mail">
    SetHandler anonid-submit
</Location>
<Location "/no-account">
    SetHandler anonid-submit
    AnonIDMail office
    AnonIDMapTo None
</Location>
<Location "/logged-on">
    SetHandler anonid-submit
    AnonIDMail office
    AnonIDUnless "true"
</Location>
<Location "/broken">
    SetHandler anonid-submit
    AnonIDMail office
    AnonIDMapTo broken
    AnonIDOnLogonFailure decline
</Location>
<Location "/unavailable">
    SetHandler anonid-submit
    AnonIDMail office
    AnonIDMapTo broken
</Location>
END
$site->expect_log(qr/ANID0001: .*'broken'/)->start;
$site->expect_log(qr/ANID0301: .* Add AnonIDMail\./);
$site->expect_log(qr/ANID0302: .* Add AnonIDMapTo\./);

my $FORM = 'application/x-www-form-urlencoded';
my $MULTIPART = 'multipart/form-data; boundary=b';
my $JSON = 'application/json';
my $MESSAGE = 'message/rfc822';
my $OK = 'to=desk&body=x';

sub part ($parameters, $content, $more = '')
{
    return "--b\r\nContent-Disposition: form-data; $parameters\r\n$more\r\n"
        . "$content\r\n";
}

sub form (@parts)
{
    return join('', part('name=to', 'desk'), part('name=body', 'x'), @parts)
        . "--b--\r\n";
}

# Posts it and checks the problem. A row is: what, type, body, status, field,
# and options of the request.
sub check ($what, $type, $body, $status, $field, %option)
{
    my $answer = $site->post_to_form($type, $body, %option);
    my $problem = $answer->{json} // {};
    my @members = qw(detail status title);

    is $answer->{status}, $status, "$what: $status";
    is $answer->{header}{'content-type'}, 'application/problem+json',
        "$what: a problem detail";
    push @members, 'field' if defined $field;
    is_deeply [sort keys %$problem], [sort @members], "$what: its members";
    is $problem->{field}, $field, "$what: the field is named"
        if defined $field;
    is $problem->{status}, $status, "$what: its status";
    return $answer;
}

my @INJECTIONS = (
    ['CR LF in subject', $FORM, "$OK&subject=a%0d%0aBcc:%20x", 'subject'],
    ['LF in subject', $FORM, "$OK&subject=a%0aBcc:%20x", 'subject'],
    ['CR in subject', $FORM, "$OK&subject=a%0dBcc:%20x", 'subject'],
    ['NUL in subject', $FORM, "$OK&subject=a%00", 'subject'],
    ['a bare CR LF in subject', $FORM, "$OK&subject=a\r\nBcc: x", 'subject'],
    ['CR LF in reply-to', $FORM, "$OK&reply-to=a\@b.test%0d%0aBcc:%20x",
     'reply-to'],
    ['CR LF in a name to reply to', $FORM,
     "$OK&reply-to=%22a%0d%0aBcc: x%22 <a\@b.test>", 'reply-to'],
    ['CR LF in to', $FORM, 'to=desk%0d%0aBcc:%20x&body=x', 'to'],
    ['an encoded word', $FORM, "$OK&subject==?utf-8?q?a=0D=0ABcc:_x?=",
     'subject'],
    ['an encoded word in base64', $FORM,
     "$OK&subject==?utf-8?b?YQ0KQmNjOiB4?=", 'subject'],
    ['an encoded NUL', $FORM, "$OK&subject==?utf-8?q?a=00?=", 'subject'],
    ['a part of a form', $MULTIPART,
     form(part('name=subject', "a\r\nBcc: x")), 'subject'],
    ['a file name', $MULTIPART,
     form(part('name=f; filename="a%0D%0ABcc: x"', 'x')), 'f'],
    ['a folded file name', $MULTIPART,
     form(part("name=f; filename=\"a\r\n Bcc: x\"", 'x')), 'f'],
    ['an extended file name', $MULTIPART,
     form(part("name=f; filename*=utf-8''a%0d%0aBcc%3A", 'x')), 'f'],
    ['a file name with NUL', $MULTIPART,
     form(part("name=f; filename*=utf-8''a%00b", 'x')), 'f'],
    ['a field\'s name', $MULTIPART,
     form(part('name="a%0D%0ABcc: x"; filename=x', 'x')), 'name'],
    ['an escape of JSON', $JSON,
     '{"to":"desk","body":"x","subject":"a\r\nBcc: x"}', 'subject'],
    ['another escape of JSON', $JSON,
     '{"to":"desk","body":"x","subject":"a\u000aBcc: x"}', 'subject'],
    ['a NUL in JSON', $JSON,
     '{"to":"desk","body":"x","reply-to":"a@b.test\u0000"}', 'reply-to'],
    ['a file name in JSON', $JSON, '{"to":"desk","attachments":[{"name":'
        . '"a\nb","content":""}]}', 'attachments[0]'],
    ['an encoded word of a message', $MESSAGE,
     "Subject: =?utf-8?q?a=0D=0A?=\r\n\r\nx\r\n", 'subject'],
    ['a parameter of a message', $MESSAGE,
     "Content-Type: text/plain; x*=utf-8''a%0d%0ab\r\n\r\nx\r\n",
     'content-type'],
);

for (@INJECTIONS) {
    my ($what, $type, $body, $field) = @$_;

    check("line ends: $what", $type, $body, 400, $field,
          target => '/contact?to=desk');
}
check('a bare CR in a message', $MESSAGE,
      "Subject: a\rBcc: x\r\n\r\nx\r\n", 400, undef,
      target => '/contact?to=desk');
check('a bare LF in a message', $MESSAGE,
      "Subject: a\r\n\r\nx\n.\nMAIL FROM:<x>\r\n", 400, undef,
      target => '/contact?to=desk');
check('a NUL in a message', $MESSAGE, "Subject: a\r\n\r\nx\0\r\n", 400, undef,
      target => '/contact?to=desk');
check('a line of 999 octets', $MESSAGE,
      "Subject: a\r\n\r\n" . 'x' x 999 . "\r\n", 400, undef,
      target => '/contact?to=desk');

check('no recipient', $FORM, 'body=x', 400, 'to');
check('no recipient of a message', $MESSAGE, "\r\nx\r\n", 400, 'to');
check('no text', $FORM, 'to=desk&subject=x&body=', 400, 'body');
check('an empty message', $MESSAGE, '', 400, 'body',
      target => '/contact?to=desk');
check('an empty body', $FORM, '', 400, 'to');
check('a field twice', $FORM, "$OK&body=y", 400, 'body');
check('no UTF-8', $FORM, "$OK&subject=%ff", 400, 'subject');
check('bad percent-encoding', $FORM, "$OK&subject=%4", 400, 'subject');
check('no mail address', $FORM, "$OK&reply-to=nobody", 400, 'reply-to');
check('two mail addresses', $FORM, "$OK&reply-to=a\@b.test,c\@d.test", 400,
      'reply-to');
check('too many recipients', $FORM,
      'body=x&to=' . join(',', map { "a$_" } 1 .. 65), 400, 'to');
check('too many fields', $FORM, "$OK&" . 'x=y&' x 256, 400, undef);
check('a long subject', $FORM, "$OK&subject=" . 'x' x 999, 400, 'subject');
check('a transfer encoding', $MULTIPART,
      form(part('name=f; filename=x', 'eA==',
                "Content-Transfer-Encoding: base64\r\n")), 400, 'f');
check('a form that is cut off', $MULTIPART, substr(form(), 0, -8), 400,
      undef);
check('a form without boundary', 'multipart/form-data', form(), 400, undef);
check('nested parts are no fields', $MULTIPART,
      "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n"
      . form(), 400, undef);
check('no JSON', $JSON, '{"to":', 400, undef);
check('JSON that is no object', $JSON, '"x"', 400, undef);
check('JSON that is too deep', $JSON, '[' x 100_000, 400, undef);
check('a member twice', $JSON, '{"to":"desk","to":"team"}', 400, undef);
check('a number', $JSON, '{"to":"desk","body":1}', 400, 'body');
check('no base64', $JSON,
      '{"to":"desk","attachments":[{"content":"!"}]}', 400, 'attachments[0]');
check('an unknown recipient', $FORM, 'to=nobody&body=x', 404, 'to');
check('an unknown recipient among known ones', $FORM, 'to=desk,nobody&body=x',
      404, 'to');
check('an address is no recipient', $FORM, 'to=desk@example.test&body=x', 404,
      'to');
check('an address is no recipient of a message', $MESSAGE, "\r\nx\r\n", 404,
      'to', target => '/contact?to=desk%40example.test');

my $answer = check('an unknown charset', "$FORM; charset=utf-7", $OK, 415,
                   undef);
$answer = check('an unknown type', 'text/plain', 'hello', 415, undef);
is $answer->{header}{'accept-post'},
    "$FORM, multipart/form-data, $JSON, $MESSAGE", 'Accept-Post says which';
check('no type', undef, 'hello', 415, undef);
check('a malformed type', 'text', 'hello', 415, undef);
check('compressed', $FORM, $OK, 415, undef,
      headers => { 'Content-Encoding' => 'gzip' });

check('a place without mail service', $FORM, $OK, 500, undef,
      target => '/no-mail');
check('a place without account', $FORM, $OK, 403, undef,
      target => '/no-account');
check('a visitor who is not mapped', $FORM, $OK, 403, undef,
      target => '/logged-on');

for my $target ('/broken', '/unavailable') {
    $answer = check("an account that is not logged on, $target", $FORM, $OK,
                    503, undef, target => $target);
    like $answer->{header}{'retry-after'}, qr/^[1-9]\d*$/, 'it may be later';
}

for my $method (qw(PUT DELETE PATCH PROPFIND FROBNICATE)) {
    $answer = $site->request($method, '/contact');
    is $answer->{status}, 405, "$method: 405";
    is $answer->{header}{allow}, 'GET, HEAD, POST, OPTIONS',
        "$method: Allow says which";
}
is $site->count('desk'), 0, 'nothing was sent to anybody';
is $site->count('first'), 0, 'really to nobody';
is scalar(my @submissions = $site->error_log =~ /ANID0200/g), 0,
    'the agent was not even asked';
done_testing;
