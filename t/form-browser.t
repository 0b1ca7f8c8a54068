# SPDX-License-Identifier: Apache-2.0
#
# The form in a real browser: it is filled in, sent, corrected and sent again,
# with a mouse, with keys alone and without scripts; what was written stays;
# a reload sends nothing; on narrow and wide screens nothing is cut off; files
# can be dropped on it, and are measured before they are sent.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Browser;
use AnonID::Test::SubmitSite;

require_build;
AnonID::Test::Browser->skip_unless_there;
skip_unless_program('doveadm');

my $example = spit(temp_root() . '/form.html',
                   slurp(srcdir() . '/conf/examples/form.html'));
my $site = AnonID::Test::SubmitSite->new(
    limits => 'off', location => <<'FIELDS', config => <<"END")->start;
AnonIDMailFields name=Name company=Company:required
FIELDS
<Location "/framed">
    SetHandler anonid-submit
    AnonIDMail office
    AnonIDFormTemplate "$example"
    AnonIDFormThanks http://localhost:\${PORT}/thanks.html
</Location>
END
my $url = 'http://127.0.0.1:' . $site->port('http') . '/contact';
my $plan = spit(temp_root() . '/plan.txt', "the plan\n");
my $large = temp_root() . '/large.bin';
my $browser = AnonID::Test::Browser->new->start;
my $sent = 0;

open my $file, '>', $large or die "$large: $!";
truncate $file, 11 << 20 or die "truncate: $!";
close $file;

sub problem_in ($browser, $field, $pattern)
{
    $browser->wait('#anonid-problem', $pattern);
    like $browser->run('return document.title'), qr/^Error: /,
        'the title says that there is an error';
    is $browser->focus, $field, 'the field that is wrong has the focus';
    is $browser->attribute("#$field", 'aria-invalid'), 'true',
        '... and is marked';
    my ($id) = split ' ', $browser->attribute("#$field", 'aria-describedby');
    like $browser->text("#$id"), $pattern, '... and tied to what is wrong';
}

# With a mouse.
$browser->resize(1280, 900)->go($url);
$browser->click('#to option:nth-child(2)')
    ->type('#reply-to', 'a..b@example.com')->type('#subject', 'Offer')
    ->type('#company', 'ACME')->type('#body', "one\ntwo")
    ->choose('#attachment', $plan);
is $browser->text('#anonid-chosen'), "plan.txt \x{2013} 1 KB",
    'a file is shown with its size';
$browser->click('button');
problem_in($browser, 'reply-to', qr/is no mail address/);
is $browser->value('#to'), 'team', 'the recipient is still chosen';
is $browser->value('#subject'), 'Offer', 'the subject is still there';
is $browser->value('#body'), "one\ntwo", 'the text is still there';
is $browser->value('#company'), 'ACME', 'the company is still there';
like $browser->text('form'), qr/choose your files again/,
    'files are asked for again';
$browser->clear('#reply-to')->type('#reply-to', 'ann@example.com')
    ->choose('#attachment', $plan)->click('button');
$browser->wait('h1', qr/^Your message was sent$/);
my $message = $site->received('first', 1);
is $message->{header}{subject}, 'Offer', 'the message arrived';
like $site->raw('first', 1), qr/filename=(?:"?)plan\.txt/, 'with its file';
like $browser->url, qr/\?sent=/, 'the thanks have a URL of their own';
$browser->reload->wait('h1', qr/^Your message was sent$/);
is $site->count('first'), 1, 'a reload sends nothing again';
$browser->click('main a')->wait('h1', qr/^Send a message$/);

# With keys alone, in the order in which it is read.
$browser->go($url);
my @order = map { $browser->keys('Tab')->focus } 1 .. 8;
is_deeply \@order, [qw(to reply-to subject name company body attachment
    button)], 'Tab goes through the form as it is read';
$browser->go($url);
$browser->keys('Tab', 'd')->keys('Tab', 'eve@example.com')
    ->keys('Tab', 'Keys')->keys('Tab', 'Eve')->keys('Tab', 'Initech')
    ->keys('Tab', 'by keys')->keys('Tab', 'Tab');
is $browser->focus, 'button', 'the button is reached';
my $outline = $browser->run(
    'return getComputedStyle(document.activeElement).outlineStyle');
is $outline, 'solid', 'and what has the focus is seen';
$browser->keys('Enter')->wait('h1', qr/^Your message was sent$/);
is $site->received('desk', 1)->{header}{subject}, 'Keys',
    'the message arrived';

# Whatever the screen, nothing has to be scrolled sideways, and what is
# touched is large enough.
for my $width (320, 768, 1280) {
    for my $zoom (0, 1) {
        $browser->resize($width, 800)->dark($zoom)->go($url);
        is $browser->run('return document.documentElement.scrollWidth'),
            $width, "$width pixels: nothing is cut off";
        my $small = $browser->run(<<~'END');
            return Array.prototype.filter.call(
                document.querySelectorAll('form :enabled'), function (e) {
                    var r = e.getBoundingClientRect();
                    return r.width > 0 && e.tagName != 'OPTION'
                        && (r.height < 44 || r.width < 44);
                }).map(function (e) { return e.outerHTML; });
            END
        is_deeply $small, [], "$width pixels: all targets have 44 pixels";
    }
}
my $ground = 'return getComputedStyle(document.body).backgroundColor';
$browser->dark(0);
my $light = $browser->run($ground);
isnt $browser->dark(1)->run($ground), $light, 'there is a dark form';
$browser->dark(0);

# A robot's field is there for nobody.
ok $browser->run('return document.getElementById("anonid-url").offsetParent'
    . ' === null'), 'the robots\' field is not shown';

# The operator's own page, which leads to another origin in the end.
$site->document('thanks.html', "<h1>Thank you</h1>\n");
$browser->resize(320, 800)->go($url =~ s/contact/framed/r);
is $browser->run('return document.documentElement.scrollWidth'), 320,
    'the example of a template: nothing is cut off';
$browser->type('#body', 'x')->click('button')->wait('h1', qr/^Thank you$/);
like $browser->url, qr{^http://localhost:\d+/thanks\.html$},
    'a browser follows to the page of AnonIDFormThanks';

# What the script does: files that are dropped, and those that are too large.
$browser->go($url);
$browser->run(<<'END');
var all = new DataTransfer();
all.items.add(new File(['dropped'], 'dropped.txt'));
document.querySelector('form').dispatchEvent(new DragEvent('drop',
    { dataTransfer: all, bubbles: true, cancelable: true }));
END
is $browser->text('#anonid-chosen'), "dropped.txt \x{2013} 1 KB",
    'a file can be dropped';
$browser->choose('#attachment', $large);
like $browser->text('#anonid-too-large'), qr/^These files are too large/,
    'files that are too large are told before they are sent';
$browser->type('#company', 'x')->type('#body', 'x')->click('button');
is $browser->url, $url, 'and not sent';

# Without scripts it is the server that says so, and loses nothing.
my $plain = AnonID::Test::Browser->new(scripts => 0)->start;
$plain->go($url)->type('#company', 'No Script Ltd')
    ->type('#body', 'all of my text')->choose('#attachment', $large)
    ->click('button');
$plain->wait('#anonid-problem', qr/too large: 10 MB at most/);
is $plain->value('#body'), 'all of my text', 'a text is not lost for a file';
is $plain->value('#company'), 'No Script Ltd', 'nor what else was written';
$plain->click('button')->wait('h1', qr/^Your message was sent$/);
is $site->count('desk'), 3, 'without the file it is sent';
$plain->go($url)->type('#company', ' ')->type('#body', 'x')->click('button');
problem_in($plain, 'company', qr/Please fill in .Company/);
$plain->stop;

SKIP: {
    skip 'needs axe-core, which build/install-deps fetches by npm', 8
        if !AnonID::Test::Browser->axe_file;
    for my $dark (0, 1) {
        my $what = $dark ? 'dark' : 'light';

        $browser->dark($dark)->resize(320, 800)->go($url);
        is_deeply [$browser->violations], [], "axe: the form, $what";
        $browser->type('#company', ' ')->type('#reply-to', 'a..b@c.test')
            ->type('#body', 'x')->click('button')
            ->wait('#anonid-problem', qr/./);
        is_deeply [$browser->violations], [], "axe: an error, $what";
        $browser->clear('#reply-to')->type('#company', 'x')->click('button')
            ->wait('h1', qr/sent/);
        is_deeply [$browser->violations], [], "axe: the thanks, $what";
    }
    $browser->go($url =~ s/contact/framed/r);
    is_deeply [$browser->violations], [], 'axe: the example of a template';
    $browser->go($url)->run('document.querySelector("label").remove()');
    like join(' ', $browser->violations), qr/select-name/,
        'axe: a label that is taken away is missed';
}
done_testing;
