# SPDX-License-Identifier: Apache-2.0
#
# A bad field loses nothing of what a visitor wrote in the others, whatever
# their order; a field that nobody asked for is named; and those that the
# operator lists stand above the text of the message, in his order.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Mime qw(form_data form_urlencoded);
use AnonID::Test::SubmitSite;

require_build;
skip_unless_program('doveadm');

my $site = AnonID::Test::SubmitSite->new(config => <<'END')->start;
<Location "/order">
    SetHandler anonid-submit
    AnonIDMail office
    AnonIDMailFields name=Name "phone=Phone <home>"
    AnonIDMailFields "wishes=All wishes" colour
</Location>
<Location "/order/less">
    AnonIDMailFields phone=Number
</Location>
<Location "/order/none">
    AnonIDMailFields None
</Location>
END
my %BROWSER = (Accept => 'text/html');
my $sent = 0;

sub refill_is ($body, $what)
{
    like $body, qr{<option selected>team</option>}, "$what: the recipient";
    like $body, qr{name="subject"[^>]* value="&lt;my&gt; subject"},
        "$what: the subject";
    like $body, qr{name="body"[^>]*>\nmy &quot;text&quot;\r?\n.*\x{fc}</textarea>}s,
        "$what: the text";
}

# Each order of the fields, with one that is bad.
my @GOOD = ([to => 'team'], [subject => '<my> subject'],
            [body => "my \"text\"\n\n\x{fc}"]);
my @BAD = (['reply-to' => 'nobody'], ['reply-to' => "a\nb\@c.test"],
           [unknown => 'x'], ['reply-to' => ('x' x 600) . '@c.test']);
for my $bad (@BAD) {
    for my $at (0 .. @GOOD) {
        my @fields = @GOOD;

        splice @fields, $at, 0, $bad;
        @fields = map { @$_ } @fields;
        my $what = "$bad->[0] at $at";
        my $answer = $site->send({ headers => \%BROWSER }, @fields);

        is $answer->{status}, 400, "$what: 400";
        utf8::decode($answer->{body});
        refill_is($answer->{body}, $what);
        my ($type, $body) = form_urlencoded(@fields);
        $answer = $site->post_to_form($type, $body, headers => \%BROWSER);
        utf8::decode($answer->{body});
        refill_is($answer->{body}, "$what, urlencoded");
    }
}

my $answer = $site->send({ headers => \%BROWSER }, 'reply-to' => 'nobody',
    file => { name => 'a.txt', type => 'text/plain', content => 'x' },
    body => 'x', to => 'desk');
like $answer->{body}, qr{id="anonid-error-reply-to">\xe2\x80\x9cnobody
    \xe2\x80\x9d\ is\ no\ mail\ address[^\n]*\n<input\ id="reply-to"}x,
    'what is wrong stands at its field';
like $answer->{body}, qr{name="reply-to"[^>]* aria-invalid="true"
    [^>]*autofocus}x, 'which is marked';
like $answer->{body}, qr{choose your files again},
    'a browser cannot fill in files, which is said';
$answer = $site->send({ headers => \%BROWSER }, to => 'nobody',
    subject => '<my> subject', body => 'x', 'reply-to' => 'v@home.test');
is $answer->{status}, 404, 'an unknown recipient: 404';
like $answer->{body}, qr{value="v\@home\.test".*value="&lt;my&gt;}s,
    'loses nothing';
unlike $answer->{body}, qr{files again}, 'there were no files';
my $FORM = 'application/x-www-form-urlencoded';
$answer = $site->post_to_form($FORM, 'body=a%ff%00b&to=desk&subject=a%00b%e2',
                              headers => \%BROWSER);
like $answer->{body}, qr{value="a b\?"}, 'what is not text is shown as such';
like $answer->{body}, qr{>\na\? b</textarea>}, 'up to its end';

# Fields that nobody asked for.
for my $name ('telephone', 'Subject', 'phone', "\x{fc}ber", '') {
    $answer = $site->send(to => 'desk', body => 'x', $name => 'y');
    is $answer->{status}, 400, "the field '$name': 400";
    is $answer->{json}{field}, $name, 'is named' if $name ne '';
    $answer = $site->urlencoded(to => 'desk', body => 'x', $name => 'y');
    is $answer->{status}, 400, 'urlencoded: 400';
    $answer = $site->json({ to => 'desk', body => 'x', $name => ['y'] });
    is $answer->{status}, 400, 'in JSON: 400';
    is $answer->{json}{field}, $name, 'is named';
}
$answer = $site->send({ headers => \%BROWSER }, to => 'desk', body => 'x',
                      "<b>\x{202e}x" => 'y');
like $answer->{body}, qr{There is no field \xe2\x80\x9c&lt;b&gt;x},
    'the name is text';
$answer = $site->send(_charset_ => 'utf-8', to => 'desk', body => 'x');
is $answer->{status}, 200, "what a browser adds by itself does no harm";
$sent++;

# Those that the operator lists.
my $page = $site->get('/order?phone=1&nothing=2');
is_deeply [$page->{body} =~ /<(?:input|select|textarea)[^>]* name="([^"]+)"/g],
    [qw(to reply-to subject name phone wishes colour body anonid-url
        attachment)], 'the form has the further fields, in their order';
like $page->{body}, qr{<label for="phone">Phone &lt;home&gt; <span},
    'with their labels';
like $page->{body}, qr{name="phone"[^>]* value="1"}, 'a link may fill them';

my @ANSWERS = (colour => 'red', body => "the text\n", wishes => "one\ntwo",
               colour => '', name => "J\x{fc}rgen", colour => 'blue',
               phone => '');
my $TEXT = "Name: J\x{fc}rgen\nAll wishes: one\n  two\ncolour: red, blue\n\n"
    . "the text\n";
my ($type, $body) = form_data(to => 'desk', @ANSWERS);
my %POSTS = (
    multipart => [$type, $body],
    urlencoded => [form_urlencoded(to => 'desk', @ANSWERS)],
    JSON => ['application/json', JSON::PP->new->utf8->encode({
        to => 'desk', colour => [qw(red blue)], body => "the text\n",
        wishes => "one\ntwo", name => "J\x{fc}rgen", phone => '' })],
);
for my $kind (sort keys %POSTS) {
    $answer = $site->post_to_form(@{ $POSTS{$kind} }, target => '/order');
    is $answer->{status}, 200, "$kind with further fields: 200";
    my $text = $site->received('desk', ++$sent)->{body};

    utf8::decode($text);
    is $text =~ s/\r\n/\n/gr, $TEXT, 'above the text, as listed';
}
$answer = $site->send({ target => '/order' }, to => 'desk', name => 'x',
                      body => '');
is $answer->{status}, 200, 'a field is enough';
is $site->received('desk', ++$sent)->{body}, "Name: x\r\n", 'and is the text';
$answer = $site->post_to_form($FORM,
    'name=my+name&to=desk&reply-to=x&phone=%ff',
    target => '/order', headers => \%BROWSER);
is $answer->{status}, 400, 'a bad field beside them: 400';
like $answer->{body}, qr{name="name"[^>]* value="my name"},
    'they lose nothing';
like $answer->{body}, qr{name="phone"[^>]* value="\?"}, 'none of them';
$answer = $site->post_to_form($FORM, 'to=desk&phone=%ff',
                              target => '/order');
is $answer->{json}{field}, 'phone', 'what is no text is named';
$answer = $site->json({ to => 'desk', name => 1 }, target => '/order');
is $answer->{json}{field}, 'name', 'so is what is no string';

for (['/order/less', 200, 400], ['/order/none', 400, 400]) {
    my ($target, $phone, $name) = @$_;

    is $site->json({ to => 'desk', body => 'x', phone => '1' },
                   target => $target)->{status}, $phone, "$target: phone";
    is $site->json({ to => 'desk', body => 'x', name => '1' },
                   target => $target)->{status}, $name, "$target: name";
    $sent += $phone == 200;
}
is $site->count('desk'), $sent, 'nothing else was sent';
done_testing;
