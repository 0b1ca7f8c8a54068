# SPDX-License-Identifier: Apache-2.0
#
# httpd -t -D DUMP_ANONID tells which account and which mail service serve
# where, and which line of the configuration says so.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;

require_build();

my $httpd = AnonID::Test::Httpd->new;
my $secret = spit($httpd->path('secret'), "$$\n", 0600);
my $accounts = spit($httpd->path('accounts'), "anon:x\n");

my $config = <<~CONF;
    AnonIDAccountFile $accounts
    <AnonIDAccount 'EX\\anon'>
        AnonIDSecret file:$secret
    </AnonIDAccount>
    <AnonIDAccount IUSR_other>
        AnonIDLogon file @{[ $httpd->path('others') ]}
        AnonIDPasswordSync On
    </AnonIDAccount>
    <AnonIDMailService office>
        AnonIDMailServer    submission://localhost
        AnonIDMailFrom      website\@example.test
        AnonIDMailRecipient sales sales\@example.test
    </AnonIDMailService>
    AnonIDMapTo 'EX\\anon'
    CONF

sub dump_of (@vhosts)
{
    my ($exit, $output) = $httpd->configtest(
        $config, vhosts => \@vhosts, flags => ['-t', '-D', 'DUMP_ANONID']);

    is $exit, 0, 'the configuration is good' or diag $output;
    return $output;
}

my $dump = dump_of(
    'inherits.test' => '',
    'none.test' => "AnonIDMapTo None\n",
    'sections.test' => <<~'CONF');
        AnonIDMail office
        <Location "/contact">
            AnonIDMapTo IUSR_other
            SetHandler anonid-submit
        </Location>
        <Location "/private">
            AnonIDMapTo None
        </Location>
        CONF

# Line numbers are the test's own business; that there is one is not.
sub has ($line)
{
    like $dump, qr/^\Q$line\E \(\S+:\d+\)$/m, $line;
}

has('main server -> (all) -> EX\anon -> file -> -');
like $dump, qr/^inherits\.test:\d+ -> \(all\) -> EX\\anon -> file -> - \(/m,
    'a virtual host that inherits is shown';
like $dump, qr/^none\.test:\d+ -> \(all\) -> None -> - -> - \(/m,
    'one that says None, too';
like $dump, qr/^sections\.test:\d+ -> \(all\) -> EX\\anon -> file -> office/m,
    'a mail service is shown';
like $dump,
    qr{^sections\.test:\d+ -> /contact -> IUSR_other -> file -> office \(}m,
    'a section has what it says and what it inherits';
like $dump, qr{^sections\.test:\d+ -> /private -> None -> - -> office \(}m,
    'a section can say None';
is scalar(() = $dump =~ m{-> /contact ->}g), 1, 'each section is told once';

my ($exit, $plain) = $httpd->configtest($config);

unlike $plain, qr/->/, 'nothing is told without the define';
done_testing;
