# SPDX-License-Identifier: Apache-2.0
#
# Forms of other sites cannot send messages, unless the operator allows a
# site; what is no browser can.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::SubmitSite;

require_build;
skip_unless_program('doveadm');

my $site = AnonID::Test::SubmitSite->new(
    modules => ['setenvif'], limits => 'off',
    vhosts => ['www.example.test' => <<'END',
ServerAlias example.test *.shops.test
SetEnvIf Origin "^https://forms\.example\.com$" anonid-allow-cross-site
END
               'secure.example.test' =>
                   "ServerName https://secure.example.test\n"])->start;

my @ROWS = (
    [200, 'no browser'],
    [200, 'the same origin', Origin => 'http://www.example.test'],
    [403, 'another scheme', Origin => 'https://www.example.test'],
    [200, 'an alias', Origin => 'http://example.test'],
    [200, 'an alias with a wildcard', Origin => 'http://a.shops.test'],
    [200, 'with a full stop', Origin => 'http://www.example.test.'],
    [200, 'the address that was connected to', Origin => 'http://127.0.0.1'],
    [403, 'another address', Origin => 'http://127.0.0.2'],
    [403, 'with a path', Origin => 'http://www.example.test/'],
    [403, 'with a user', Origin => 'http://x@www.example.test'],
    [200, 'a default port', Origin => 'http://www.example.test:80'],
    [200, 'another case', Origin => 'HTTP://WWW.example.TEST'],
    [403, 'another port', Origin => 'http://www.example.test:8080'],
    [403, 'another site', Origin => 'https://evil.test'],
    [403, 'a site within a site', Origin => 'https://www.example.test.evil'],
    [403, 'a sandbox', Origin => 'null'],
    [403, 'nonsense', Origin => 'www.example.test'],
    [403, 'an empty origin', Origin => ''],
    [200, 'a site that is allowed', Origin => 'https://forms.example.com'],
    [403, 'one that looks like it', Origin => 'https://forms.example.comx'],
    [200, 'the browser: same-origin', 'Sec-Fetch-Site' => 'same-origin'],
    [200, 'the browser: none', 'Sec-Fetch-Site' => 'none'],
    [403, 'the browser: same-site', 'Sec-Fetch-Site' => 'same-site'],
    [403, 'the browser: cross-site', 'Sec-Fetch-Site' => 'cross-site'],
    [403, 'the browser: something new', 'Sec-Fetch-Site' => 'something'],
    [200, 'a proxy that changes Host', 'Sec-Fetch-Site' => 'same-origin',
     Origin => 'https://outside.test'],
    [403, 'cross-site, whatever Origin is', 'Sec-Fetch-Site' => 'cross-site',
     Origin => 'http://www.example.test'],
    [200, 'cross-site, from a site that is allowed',
     'Sec-Fetch-Site' => 'cross-site', Origin => 'https://forms.example.com'],
);
my $sent = 0;

for (@ROWS) {
    my ($status, $what, @headers) = @$_;
    my $answer = $site->send({ headers => \@headers }, to => 'desk',
                             body => 'x');

    is $answer->{status}, $status, "$what: $status";
    $sent += $status == 200;
}
is $site->count('desk'), $sent, 'only those were sent';

# Where a name that is not ours, and its page, lead to the default host.
for (['evil.test', 'http://evil.test', 403],
     ['evil.test:8080', 'http://evil.test:8080', 403],
     ['evil.test', 'http://example.test', 200],
     ['www.example.test:8080', 'http://www.example.test:8080', 200],
     ['www.example.test:8080', 'http://www.example.test', 403],
     ['secure.example.test', 'https://secure.example.test', 200],
     ['secure.example.test', 'http://secure.example.test', 403]) {
    my ($host, $origin, $status) = @$_;
    my $answer = $site->send({ host => $host,
                               headers => { Origin => $origin } },
                             to => 'desk', body => 'x');

    is $answer->{status}, $status, "$host with $origin: $status";
    $sent += $status == 200;
}
is $site->count('desk'), $sent, 'rebinding a name sends nothing';
like slurp($site->path('logs/vhost-www.example.test.log')),
    qr/ANID0308: .*'http:\/\/evil\.test' .*ServerAlias/,
    'the log says what to write if that was wrong';

my $answer = $site->post_to_form('text/plain', 'to=desk',
    headers => { Origin => 'https://evil.test' });
is $answer->{status}, 403, 'the origin is looked at first';
is $site->get('/contact', headers => { Origin => 'https://evil.test' })
    ->{status}, 200, 'the form itself may be looked at';
done_testing;
