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

# The pairs: what the agent may join. A row is: what, the virtual host, pairs.
sub pairs_of ($vhost)
{
    my $text = dump_of('a.test' => $vhost);
    my ($pairs) = $text =~ /account -> mail service\n(.*)\z/s;
    return join ', ', sort grep { / -> / } split /\n/, $pairs;
}

sub location ($path, @lines)
{
    return join "\n", "<Location $path>", @lines, "</Location>\n";
}

my ($other, $mail) = ('AnonIDMapTo IUSR_other', 'AnonIDMail office');

for (
    ['none without a service', '', ''],
    ['a server', $mail, 'EX\anon -> office'],
    ['a server with an account of its own', "$other\n$mail",
     'IUSR_other -> office'],
    ['an account of a section', "$mail\n" . location('/a', $other),
     'EX\anon -> office, IUSR_other -> office'],
    ['a service of a section', location('/a', $mail), 'EX\anon -> office'],
    ['both of one section', location('/a', $other, $mail),
     'IUSR_other -> office'],
    ['each of another section',
     location('/a', $other) . location('/a/b', $mail),
     'EX\anon -> office, IUSR_other -> office'],
    ['each of another section, where both apply to no request',
     location('/a', $other) . location('/ab', $mail), 'EX\anon -> office'],
    ['sections of another kind',
     location('/a', $other) . "<Directory /b>\n$mail\n</Directory>\n",
     'EX\anon -> office, IUSR_other -> office'],
    ['a section with a wildcard',
     location('/a', $other) . location('/?*', $mail),
     'EX\anon -> office, IUSR_other -> office'],
    ['a section by expression',
     location('/a', $other) . location('~ ^/x', $mail),
     'EX\anon -> office, IUSR_other -> office'],
    ['<If>', location('/a', $mail) . "<If true>\n$other\n</If>\n",
     'EX\anon -> office, IUSR_other -> office'],
    ['<If> in a section',
     location('/a', $mail, '<If true>', $other, '</If>'),
     'EX\anon -> office, IUSR_other -> office'],
    ['None', "$mail\nAnonIDMapTo None", ''],
    ['None in a section', location('/a', $mail, 'AnonIDMapTo None'), ''],
    ['what stands twice in a section',
     location('/a', $other, "AnonIDMapTo 'EX\\\\anon'", $mail),
     'EX\anon -> office'],
) {
    my ($what, $vhost, $pairs) = @$_;

    is pairs_of($vhost), $pairs, "pairs: $what";
}

my ($exit, $plain) = $httpd->configtest($config);

unlike $plain, qr/->/, 'nothing is told without the define';
done_testing;
