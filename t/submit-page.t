# SPDX-License-Identifier: Apache-2.0
#
# What a visitor with a browser sees: a form that loads nothing, an answer as
# HTML or JSON as the browser asks, the form again after an error
# with all that was written in it, and never anything that a visitor wrote as
# markup. A page of the operator's own takes the form's place.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::SubmitSite;
use Digest::SHA qw(sha256);
use MIME::Base64 qw(encode_base64);

require_build;
skip_unless_program('doveadm');

my $site = AnonID::Test::SubmitSite->new(modules => ['negotiation'],
                                         limits => 'off',
                                         config => <<'END')->start;
<Location "/own.html">
    SetHandler anonid-submit
    AnonIDMail office
</Location>
<Location "/folder">
    SetHandler anonid-submit
    AnonIDMail office
    DirectoryIndex index.html
</Location>
END
my %BROWSER = (Accept => 'text/html,application/xhtml+xml,*/*;q=0.8');
my $MARKUP = q{"'><script>alert(1)</script>&amp;};

# A page without our own style sheet and script, which the policy names.
sub markup ($answer)
{
    my $policy = $answer->{header}{'content-security-policy'};

    for my $name (qw(style script)) {
        $answer->{body} =~ s{<$name>(.*?)</$name>}{}s or die "no $name";
        my $hash = encode_base64(sha256($1), '');
        like $policy, qr/; $name-src 'sha256-\Q$hash\E'(?:;|$)/,
            "the policy names our $name";
    }
    return $answer->{body};
}

my $page = $site->get('/contact');
is $page->{status}, 200, 'GET: a page';
is $page->{header}{'content-type'}, 'text/html; charset=utf-8', 'of HTML';
like $page->{body}, qr{<form method="post" enctype="multipart/form-data"},
    'with a form';
is_deeply [$page->{body} =~ m{<option>(.*?)</option>}g], [qw(desk team)],
    'that offers the recipients';
for my $field (qw(to reply-to subject body attachment)) {
    like $page->{body}, qr{<label for="$field">}, "$field has a label";
    like $page->{body}, qr{id="$field" name="$field"}, "$field is a field";
}
unlike markup($page), qr/<script|<style|style=|\bon\w+=|https?:/,
    'without scripts, styles and links but our own';
unlike $page->{body}, qr/example\.test/, 'without an address';

sub safe_headers ($answer, $what)
{
    like $answer->{header}{'content-security-policy'},
        qr/^default-src 'none'; form-action 'self';/, "$what: a policy";
    is $answer->{header}{'cache-control'}, 'no-store', "$what: not stored";
    is $answer->{header}{'x-content-type-options'}, 'nosniff',
        "$what: not guessed at";
}

safe_headers($page, 'the form');
my $head = $site->request(HEAD => '/contact');
is $head->{status}, 200, 'HEAD: 200';
is $head->{body}, '', 'HEAD: no body';
is $head->{header}{'content-type'}, $page->{header}{'content-type'},
    'HEAD: the same type';
my $options = $site->request(OPTIONS => '/contact');
is $options->{status}, 200, 'OPTIONS: 200';
is $options->{header}{allow}, 'GET, HEAD, POST, OPTIONS', 'OPTIONS: Allow';
like $options->{header}{'accept-post'}, qr{message/rfc822},
    'OPTIONS: Accept-Post';

$page = $site->get('/contact?to=team&subject=%3Cb%3E&body=a%22b&x=y');
like $page->{body}, qr{<option selected>team</option>},
    'a link may choose the recipient';
like $page->{body}, qr{value="&lt;b&gt;"}, 'and the subject';
like $page->{body}, qr{>\na&quot;b</textarea>}, 'and the text';

my $answer = $site->send({ headers => \%BROWSER }, to => 'desk',
    subject => $MARKUP, body => "1\n$MARKUP", 'reply-to' => $MARKUP);
is $answer->{status}, 400, 'a form with an error: 400';
is $answer->{header}{'content-type'}, 'text/html; charset=utf-8',
    'a browser gets a page';
my $error = markup($answer);
like $error, qr{<title>Error: Send a message</title>}, 'its title says so';
like $error, qr{role="alert">.*<a href="#reply-to">.* is no mail address}s,
    'what is wrong is said first, with the way there';
like $error, qr{id="anonid-error-reply-to">.* is no mail address},
    'and again at the field';
like $error, qr{name="reply-to"[^>]* aria-invalid="true" autofocus},
    'the field is marked, and has the focus';
like $error, qr{name="reply-to"[^>]* aria-describedby="anonid-error-reply-to },
    'it is tied to what is wrong with it';
unlike $error, qr/<script/, 'no markup of the visitor gets through';
is scalar(my @again = $error =~ /&lt;script&gt;alert/g), 5,
    'what was written is there again, as text';
safe_headers($answer, 'an error');

$answer = $site->send({ headers => \%BROWSER }, to => 'desk',
    subject => "a\x{202e}b\x{9b}c", body => "\x{5d0}\x{200f}!\n\x{2028}y",
    'reply-to' => "\x{2066}x\x{9b}");
is $answer->{status}, 400, 'an address with what is not text: 400';
like $answer->{body}, qr{value="a&#x202e;b c"},
    'what turns the text around is in a field again, as a reference';
like $answer->{body}, qr{>\n\xd7\x90&#x200f;!\n y</textarea>},
    'nothing of the text is lost';
unlike $answer->{body},
    qr/\xc2[\x80-\x9f]|\xe2(?:\x80[\x8e\x8f\xa8-\xae]|\x81[\xa6-\xa9])/,
    'and none of it is in the page as it is';

$answer = $site->send({ headers => \%BROWSER }, to => $MARKUP, body => 'x');
is $answer->{status}, 404, 'an unknown recipient: 404';
unlike markup($answer), qr/<script/, 'and its name is text';
$answer = $site->send(to => "$MARKUP\x{1f600}", body => 'x');
is $answer->{status}, 404, 'the same as JSON';
is $answer->{json}{field}, 'to', 'is JSON';

$answer = $site->send({ headers => \%BROWSER }, to => 'desk', body => 'x');
is $answer->{status}, 303, 'a form that is right: 303';
my $thanks = $answer->{header}{location};
like $thanks, qr{^/contact\?sent=[\w-]+\.[\w-]+$}, 'to its thanks';
like $answer->{body}, qr{<h1>Your message was sent</h1>},
    'which are here as well, for what does not follow';
safe_headers($answer, 'a redirect');
for (1, 2) {
    $answer = $site->get($thanks);
    is $answer->{status}, 200, 'the thanks: 200';
    like $answer->{body}, qr{<h1>Your message was sent</h1>}, 'say so';
    like $answer->{body}, qr{&lt;[0-9a-f]{32}\@localhost&gt;},
        'with the Message-ID';
    unlike $answer->{body}, qr/example\.test/, 'without an address';
    safe_headers($answer, 'a success');
}
is $site->count('desk'), 1, 'a reload sends nothing';
for my $forged ($thanks =~ s/sent=\K./A/r, $thanks =~ s/\.\K.*//r,
                '/contact?sent=', '/contact?sent=.') {
    like $site->get($forged)->{body}, qr{<form method="post"},
        "thanks that are not ours: the form ($forged)";
}
is $site->send({ headers => \%BROWSER, target => '//contact?to=x' },
               to => 'desk', body => 'x')->{header}{location} =~ s/\?.*//r,
    '/contact', 'never to another host';

my @ACCEPTS = (
    [undef, 'application/json'], ['*/*', 'application/json'],
    ['text/html', 'text/html; charset=utf-8'],
    ['application/json', 'application/json'],
    ['text/html;q=0.5, application/json', 'application/json'],
    ['text/html, application/json;q=0.5', 'text/html; charset=utf-8'],
    ['image/png', 'application/json'],
);
for (@ACCEPTS) {
    my ($accept, $type) = @$_;
    my $headers = defined $accept ? { Accept => $accept } : {};

    $answer = $site->send({ headers => $headers }, to => 'desk', body => 'x');
    is $answer->{header}{'content-type'}, $type,
        'Accept: ' . ($accept // 'nothing');
    like $answer->{header}{vary}, qr/\bAccept\b/, 'caches are told';
}
$answer = $site->send({ headers => { Accept => 'application/problem+json' } },
                      to => 'nobody', body => 'x');
is $answer->{header}{'content-type'}, 'application/problem+json',
    'a problem that was asked for';

$site->document('own.html', "<p>my own page</p>\n");
$site->document('folder/index.html', "<p>my folder</p>\n");
is $site->get('/own.html')->{body}, "<p>my own page</p>\n",
    'a file is served instead of the form';
is $site->get('/folder/')->{body}, "<p>my folder</p>\n",
    'the index of a folder, too';
my $before = $site->count('desk');
for my $target (qw(/own.html /folder/ /folder/index.html)) {
    $answer = $site->send({ target => $target }, to => 'desk', body => 'x');
    is $answer->{status}, 200, "POST to $target";
}
is $site->count('desk'), $before + 3, 'and all of them were sent';
for my $target (qw(/own.html /folder/ /folder/index.html)) {
    $answer = $site->send({ target => "$target?a=b", headers => \%BROWSER },
                          to => 'desk', body => 'x');
    like $answer->{header}{location}, qr{^\Q$target\E\?sent=},
        "a browser's POST to $target leads to the thanks";
    like $site->get($answer->{header}{location})->{body},
        qr{<h1>Your message was sent</h1>}, 'which are there';
}
done_testing;
