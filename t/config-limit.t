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

done_testing;
