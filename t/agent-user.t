# SPDX-License-Identifier: Apache-2.0
#
# Which user the agent gets where no AnonIDAgentUser says so: `anonid` if there
# is one, else a uid that nobody has, also where users come to be there later.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;
use AnonID::Test::Process qw(run);

skip_unless_root;
skip_unless_program('unshare', 'mount');
require_build;

my ($refused) = run([qw(unshare -m true)]);

plan skip_all => 'needs a mount namespace (unshare -m)' if $refused;

my $httpd = AnonID::Test::Httpd->new;
my $users = slurp('/etc/passwd') =~ s/^anonid:.*\n//mr;
my $web = AnonID::Test::HttpdConfig::web_user()->[0];
my $web_uid = getpwnam $web;

# The warning of a program that can be read names the user that is meant.
spit($httpd->path('program'), "#!/bin/sh\n", 0755);
$httpd->configtest("AnonIDAgentProgram program\nAnonIDMapTo\n");

# The agent's uid where those users are there, too.
sub chosen (@lines)
{
    my $passwd = spit($httpd->path('passwd'),
                      join('', $users, map { "$_\n" } @lines), 0644);
    my ($exit, $output) = run(
        ['unshare', '-m', 'sh', '-ec',
         'mount --bind "$1" /etc/passwd; exec "$2" -t -f "$3"', 'sh', $passwd,
         AnonID::Test::Httpd::program(), $httpd->path('configtest.conf')]);
    my ($uid) = $output =~ /read by the agent's user \(uid (\d+)\)/;

    is $exit, 0, 'the configuration is good' or diag $output;
    return $uid // 0;
}

my $first = chosen();

cmp_ok $first, '>=', 61184, 'a uid of its own';
cmp_ok $first, '<=', 65519, '... of those that distributions give to nobody';
is chosen(), $first, '... and always the same';
my $second = chosen("somebody:x:${first}:65534::/:/bin/false");
isnt $second, $first, 'not one that somebody has';
cmp_ok $second, '>=', 61184, '... but another one';
cmp_ok $second, '<=', 65519, '... of them';
is chosen('anonid:x:4242:4242::/:/bin/false'), 4242, 'the user anonid';
is chosen("anonid:x:${web_uid}:${web_uid}::/:/bin/false"), $first,
    '... unless that is httpd\'s User';
is chosen('anonid:x:0:0::/:/bin/false'), $first, '... or root';

done_testing;
