# SPDX-License-Identifier: Apache-2.0
#
# A page of the operator's own around the form, its errors and its thanks: the
# example that is shipped, in a browser's policy that lets the site's own style
# sheets in, and never with markup of a visitor's.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::SubmitSite;

require_build;
skip_unless_program('doveadm');

my $file = temp_root() . '/form.html';
my $example = slurp(srcdir() . '/conf/examples/form.html');
spit($file, $example);

my $site = AnonID::Test::SubmitSite->new(
    limits => 'off', location => "AnonIDFormTemplate \"$file\"", config => <<'END')->start;
<Location "/contact/plain">
    AnonIDFormTemplate None
</Location>
END
my %HTML = (Accept => 'text/html', 'Accept-Language' => 'de');

sub is_framed ($answer, $title, $what)
{
    my $body = $answer->{body};
    my $policy = $answer->{header}{'content-security-policy'};

    like $body, qr{<html lang="de" dir="ltr">}, "$what: its language";
    like $body, qr{<title>$title \xe2\x80\x93 Example Ltd</title>},
        "$what: its title";
    like $body, qr{<h1>$title</h1>}, "$what: its heading";
    like $body, qr{<link rel="stylesheet" href="/site\.css">},
        "$what: the site's style sheet";
    like $body, qr{<footer>\n<p>Example Ltd}, "$what: the site's end";
    is scalar(my @ends = $body =~ m{</html>}g), 1, "$what: one page";
    unlike $body, qr/\{\{|\}\}/, "$what: all places are filled";
    like $policy, qr{^default-src\ 'self';\ .*;\ style-src\ 'self'
        \ 'sha256-[^']+';\ script-src\ 'self'\ 'sha256-[^']+';
        \ img-src\ 'self'\ data:$}x, "$what: a policy that lets the site's own in";
}

sub post (@fields)
{
    return $site->send({ headers => \%HTML }, to => 'desk', @fields);
}

is_framed($site->get('/contact', headers => \%HTML), 'Nachricht senden',
          'the form');
is_framed(post('reply-to' => '<script>x', body => 'x'),
          'Fehler: Nachricht senden', 'an error');
unlike post('reply-to' => '<b>{{title}}', body => '{{content}}')->{body},
    qr/<b>/, 'what a visitor writes is no markup';
like post('reply-to' => 'x', body => '{{content}}')->{body},
    qr/>\n\{\{content\}\}<\/textarea>/, 'nor a template';
my $sent = post(body => 'x');
is $sent->{status}, 303, 'it can be sent';
is_framed($site->get($sent->{header}{location}, headers => \%HTML),
          'Ihre Nachricht wurde gesendet', 'the thanks');
unlike $site->get('/contact/plain')->{body}, qr/Example Ltd/,
    'None is our own page again';

spit($file, $example =~ s/Example Ltd/Another Ltd/gr);
unlike $site->get('/contact')->{body}, qr/Another Ltd/,
    'a template is read at start';
$site->graceful;
like $site->get('/contact')->{body}, qr/Another Ltd/,
    'and again by a graceful restart';

# One without our style and script has none of them.
spit($file, '<html lang="{{language}}"><title>{{title}}</title>{{content}}');
$site->graceful;
my $bare = $site->get('/contact')->{body};
unlike $bare, qr/<style|<script/, 'a bare template is bare';
like $bare, qr{<div hidden><label for="anonid-url">},
    'and what nobody is to see is hidden all the same';
done_testing;
