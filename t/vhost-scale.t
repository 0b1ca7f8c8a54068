# SPDX-License-Identifier: Apache-2.0
#
# Ten thousand virtual hosts that map to one account cost one logon; and one
# warning in each error log, however many of them share it.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::LogonSite;
use AnonID::Test::Slapd;

skip_unless_program('slapd', 'slapadd', 'ldapmodify');
require_build;

my $n = 10_000;
my $n_logs = 50;
my $password = canary();
my $slapd = AnonID::Test::Slapd->new(
    users => { web => { password => $password } })->start;
my $site = AnonID::Test::LogonSite->new(
    config => join('', map { my $log = $_ % $n_logs; <<~CONF } 1 .. $n),
        <VirtualHost 127.0.0.1:\${PORT}>
            ServerName v$_.test
            DocumentRoot "\${HTDOCS}/web.test"
            ErrorLog logs/shared-$log.log
            AnonIDMapTo web
        </VirtualHost>
        CONF
    accounts => { web => {
        logon => 'ldap ' . $slapd->url('ldap') . ' ' . $slapd->dn('web'),
        secret => 'wrong' } });

# How often each log has a line of that number: a count if it is the same in
# all of them.
sub in_each_log ($number)
{
    my %count = map {
        my @lines = AnonID::Test::slurp($site->path('logs', $_)) =~ /$number/g;

        (scalar @lines => 1);
    } 'error.log', 'vhost-web.test.log',
        map { "shared-$_.log" } 0 .. $n_logs - 1;

    return join ' or ', sort keys %count;
}

sub wait_each_log ($number)
{
    AnonID::Test::wait_until(sub { in_each_log($number) eq 1 }, 10,
                             "$number in each error log");
}

sub served ($vhost)
{
    return $site->get('/x.txt', vhost => 'web.test', host => $vhost)->{status};
}

# ---- a wrong password ----

$site->expect_failure(web => 1326);
$site->start;
$site->wait_failure(web => 1326);
wait_each_log('ANID0001');
is served("v$_.test"), 503, "v$_.test waits for the account" for 1, $n;

$site->graceful;
$site->restart;
is served("v$n.test"), 503, "v$n.test waits after restarts";
is $slapd->binds('web'), 1, 'the directory was asked once ...';
is $slapd->failures('web'), 1, '... and counts one failure';
is in_each_log('ANID0001'), 1, 'each error log has one warning';

# ---- the right one ----

$site->put_secret(web => $password);
$site->wait_state(web => 'logged on', 5);
is served("v$_.test"), 200, "v$_.test is served" for 1, $n;
is $slapd->binds('web'), 2, 'the directory was asked once more';
wait_each_log('ANID0002');
pass 'each error log says so once';
done_testing;
