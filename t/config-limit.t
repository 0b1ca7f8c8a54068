# SPDX-License-Identifier: Apache-2.0
#
# What httpd -t says of limits, and which limits a mail service then has.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::ConfigCases;
use AnonID::Test::Httpd;

require_build();
my $httpd = AnonID::Test::Httpd->new;

# A service with these limits.
sub limits (@limits)
{
    return join "\n", '<AnonIDMailService mail>',
        'AnonIDMailServer submission://localhost',
        'AnonIDMailFrom www@example.com',
        'AnonIDMailRecipient sales sales@example.com',
        'AnonIDMailRecipient board ' . join(' ', map { "b$_\@example.com" } 1 .. 5),
        (map { "AnonIDMailLimit $_" } @limits), "</AnonIDMailService>\n";
}

# What DUMP_ANONID shows of a configuration.
sub shown ($config)
{
    my ($exit, $output) =
        $httpd->configtest($config, flags => ['-t', '-D', 'DUMP_ANONID']);

    return join ', ', $output =~ /^mail -> (\S+(?: .*)?)$/mg;
}

sub holds ($name, $config, @limits)
{
    is shown($config), join(', ', @limits), $name;
}

holds('two limits are there where none is written', limits(),
      '60/minute total', '10/minute per-client');
holds('off takes them away', limits('off'), 'off');
holds('OFF does so, too', limits('"OFF"'), 'off');
holds('a written one takes their place', limits('5/hour'), '5/hour total');
holds('several stand together', limits('5/second per-client', '1000/day 50'),
      '5/second per-client', '1000/day 50 total');
holds('a limit of recipients stands beside them', limits('100/hour recipients'),
      '100/hour total recipients', '60/minute total', '10/minute per-client');
holds('or alone', limits('off', '100/hour recipients'),
      '100/hour total recipients');
holds('logins, too', limits('"2/second" 20 logins Per-Client'),
      '2/second 20 per-client logins', '60/minute total',
      '10/minute per-client');
holds('a service for mailboxes alone has none',
      limits() =~ s/^AnonIDMail(?:From|Recipient).*//mgr, 'off');
holds('as many as there may be', limits(map { "$_/hour" } 1 .. 16),
      map { "$_/hour total" } 1 .. 16);

sub wrong ($limit, $pattern)
{
    return ["AnonIDMailLimit $limit", limits($limit),
            qr/AnonIDMailLimit \Q$limit\E: .*$pattern/];
}

refuses($httpd,
    ['no rate', limits(''), qr{there is no rate: write N/UNIT}],
    wrong('60', qr{'60' has no unit: write 60/minute}),
    wrong('60/fortnight', qr/unit 'fortnight': write second, minute, hour/),
    wrong('0/minute', qr/has to be 1 to 600000 \('off' stands for no limit\)/),
    wrong('-5/minute', qr/has to be 1 to 600000/),
    wrong('20000/second', qr/the number in a second has to be 1 to 10000/),
    wrong('60/minute 0', qr/the burst '0' has to be 1 to 1000000/),
    wrong('60/minute 10 20', qr/'20': the burst is said already/),
    wrong('60/minute total per-client', qr/'per-client': the scope is said/),
    wrong('60/minute messages logins', qr/'logins': the kind is said/),
    wrong('60/minute each', qr/'each' is not known here: write/),
    wrong('off now', qr/'off' has no unit/),
    wrong('1/day 400', qr/burst 400 is too large.*write 366 at most/),
    ['a limit outside of a service', 'AnonIDMailLimit 5/minute',
     qr/AnonIDMailLimit belongs inside <AnonIDMailService name>/],
    ['a limit twice', limits('5/minute', '5/minute 5 total'),
     qr{AnonIDMailLimit 5/minute total is given twice in <AnonIDMailService m}],
    ['off beside a limit of messages', limits('off', '5/minute'),
     qr{AnonIDMailLimit off .* contradicts AnonIDMailLimit 5/minute total}],
    ['more than there may be', limits(map { "$_/hour" } 1 .. 17),
     qr/has 16 limits already, .*remove some/],
    ['an alias that nobody could ever write to',
     limits('100/hour 4 recipients'),
     qr/'board' has 5 addresses, so no message .* a burst of 5 at least/],
);

takes($httpd,
    ['an alias that fits', limits('100/hour 5 recipients')],
    ['limits of two services', limits('5/minute')
     . limits('5/minute') =~ s/Service mail/Service other/r],
);

# The store.
my $secret = spit($httpd->path('store-secret'), "x$$\n", 0600);
my $public = spit($httpd->path('public-secret'), "x$$\n", 0644);
my $ca = spit($httpd->path('ca.pem'), "-----BEGIN CERTIFICATE-----\n"
              . "-----END CERTIFICATE-----\n");

sub store ($url, $source = "file:$secret")
{
    return "AnonIDLimitStore $url\nAnonIDLimitStoreSecret $source\n";
}

takes($httpd,
    (map { ["the store $_", store($_)] }
         'redis://localhost', 'redis://127.0.0.1:6380/3', 'redis://[::1]/',
         'REDISS://redis.example.com', 'rediss://user@redis.example.com:1/15',
         "rediss://a.test ca=$ca name=b.test"),
    ['the secret first', join '', map { "$_\n" } reverse
         split /\n/, store('redis://localhost')],
);

my (undef, $shown) = $httpd->configtest(store('redis://localhost/1'),
    flags => ['-t', '-D', 'DUMP_ANONID']);

like $shown, qr{^Limits are shared through: redis://localhost/1$}m,
    'DUMP_ANONID shows the store';

refuses($httpd,
    ['no store', 'AnonIDLimitStore', qr/AnonIDLimitStore takes a URL/],
    ['another scheme', store('memcache://localhost'),
     qr{its scheme is neither redis:// nor rediss://}],
    ['no host', store('redis://'), qr/AnonIDLimitStore: it names no host/],
    ['a bad port', store('redis://localhost:0'), qr/its port is not a number/],
    ['a bad database', store('redis://localhost/x'),
     qr/only '\/' and the number of a database/],
    ['a password in the URL', store('redis://u:hidden@localhost'),
     qr/a password does not belong into the URL: name its place with Anon/],
    ['no TLS to another machine', store('redis://redis.example.com'),
     qr{redis:// is without TLS, and only for a store on this machine.*rediss}],
    ['options without TLS', store("redis://localhost ca=$ca"),
     qr{redis:// is without TLS; write rediss://, or remove the option}],
    ['an unknown option', store('rediss://a.test verify=no'),
     qr/'verify=no': behind the URL write ca=FILE/],
    ['a file of authorities that is none', store("rediss://a.test ca=$secret"),
     qr/AnonIDLimitStore ca=\S+: the file/],
    ['two stores', store('redis://localhost') . store('redis://localhost'),
     qr/AnonIDLimitStore is given twice/],
    ['no secret', 'AnonIDLimitStore redis://localhost',
     qr/has no secret: add AnonIDLimitStoreSecret file:PATH/],
    ['a password', store('redis://localhost', 'hidden'),
     qr/AnonIDLimitStoreSecret takes the place of a secret, never the secret/],
    ['a keytab', store('redis://localhost', "keytab:$secret"),
     qr/AnonIDLimitStoreSecret keytab: a keytab holds no password/],
    ['a secret that others can read', store('redis://localhost', "file:$public"),
     qr/AnonIDLimitStoreSecret file:\S+: the file \S+ can be read/],
    ['a store in a virtual host', '',
     qr/AnonIDLimitStore cannot occur within <VirtualHost>/,
     vhosts => ['a.test' => store('redis://localhost')]],
);
refuses($httpd,
    ['a secret without a store', "AnonIDLimitStoreSecret file:$secret",
     qr/AnonIDLimitStoreSecret without a store/, anywhere => 1]);

my (undef, $said) = $httpd->configtest(store('redis://u:hidden@localhost'));

unlike $said, qr/hidden/, 'no password is repeated';
done_testing;
