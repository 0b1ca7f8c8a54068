# SPDX-License-Identifier: Apache-2.0
#
# The status page in a real browser: nothing is cut off from 320 pixels up,
# light and dark have contrast enough (WCAG 2.2, 4.5 to 1), and it needs no
# script.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::Browser;
use AnonID::Test::CA;
use AnonID::Test::MailSite;

require_build;
AnonID::Test::Browser->skip_unless_there;

my $ca = AnonID::Test::CA->new;
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => my $password = canary())->start;
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, modules => [qw(authz_host)],
    servers => [map { 'submission://localhost:' . $server->port($_) }
                qw(smtp nobody)],
    listen => ['smtp://127.0.0.1:' . $server->port('listener') . ' users=*'],
    vhosts => ['a.test' => <<'END'])->start;
<Location "/status">
SetHandler anonid-status
Require local
</Location>
END
$site->allow_log(qr/ANID0(?:2\d\d|305)/);
is $site->send->{status}, 200, 'a message is sent';
$server->script([MAIL => { drop => 1 }], [AUTH => '535 5.7.8 No ' . 'x' x 90]);
is $site->send->{status}, 503, 'the account is refused';

# The least contrast of any text with what is behind it, and where.
my $CONTRAST = <<'END';
const luminance = c => { const v = c.slice(0, 3).map(x => { x /= 255;
    return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4; });
    return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
const colour = s => s.match(/[\d.]+/g).map(Number);
const behind = e => { for (; e; e = e.parentElement) {
    const c = colour(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
let least = [99, ''];
for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
        continue;
    const a = luminance(colour(getComputedStyle(e).color));
    const b = luminance(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < least[0]) least = [ratio, e.textContent];
}
return least;
END

my $url = 'http://127.0.0.1:' . $site->port('http') . '/status';
my $browser = AnonID::Test::Browser->new->start;
for my $dark (0, 1) {
    for my $width (320, 768, 1280) {
        $browser->resize($width, 900)->dark($dark)->go($url);
        my $what = "$width pixels, " . ($dark ? 'dark' : 'light');
        is $browser->text('h1'), 'Anonymous accounts and mail',
            "$what: the page";
        is $browser->run('return document.documentElement.scrollWidth'
                         . ' <= window.innerWidth'), 1,
            "$what: nothing is cut off";
        my ($ratio, $text) = @{ $browser->run($CONTRAST) };
        cmp_ok $ratio, '>=', 4.5, "$what: the least contrast"
            or diag $text;
    }
    SKIP: {
        skip 'needs axe-core, which build/install-deps fetches by npm', 1
            if !AnonID::Test::Browser->axe_file;
        is_deeply [$browser->violations], [], 'axe finds nothing';
    }
    is $browser->run('return matchMedia("(prefers-color-scheme: dark)").matches'
                     . ' ? 1 : 0'), $dark, 'it was ' . ($dark ? 'dark' : 'light');
    $browser->screenshot(temp_root() . "/status-$dark.png") if $ENV{ANONID_TEST_KEEP};
}
is $browser->run('return document.querySelectorAll("h1").length'), 1,
    'one heading is the first';
is $browser->run('return document.documentElement.lang'), 'en',
    'its language is said';
is $browser->run('return document.scripts.length'), 0, 'there are no scripts';
like $browser->text('.sum'), qr/\d things? needs? attention/,
    'what needs attention comes first';
done_testing;
