# SPDX-License-Identifier: Apache-2.0
#
# A thousand accounts, half of them in a directory and half of them in a
# realm, each with a secret of its own: httpd starts without waiting for them,
# each is tried once, by a few threads, and none costs the agent much. Says
# what one account costs.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::KDC;
use AnonID::Test::LogonSite;
use AnonID::Test::Process qw(threads);
use AnonID::Test::Slapd;
use Time::HiRes qw(time);

skip_unless_program('slapd', 'slapadd', 'krb5kdc', 'kadmin.local');
require_build;

# The agent's: a pool of 16, and the loop. Of these may wait for one server:
my $threads = 17;
my $lane = 4;
my $each = $ENV{ANONID_SCALE} // 500;
my %ldap = map { (sprintf('l%04d', $_) => canary()) } 1 .. $each;
my %krb5 = map { (sprintf('k%04d', $_) => canary()) } 1 .. $each;
my @names = sort keys %ldap, keys %krb5;

my $slapd = AnonID::Test::Slapd->new(
    users => { map { ($_ => { password => $ldap{$_} }) } keys %ldap })->start;
my $kdc = AnonID::Test::KDC->new(principals => \%krb5)->start;

local $ENV{KRB5_CONFIG} = $kdc->path('krb5.conf');

# A site of accounts; virtual hosts have only those that are asked.
sub site (@names)
{
    return AnonID::Test::LogonSite->new(
        vhosts => ['open.test' => '',
                   map { ("$_.test" => "AnonIDMapTo $_") } @names[0, -1]],
        accounts => {
            map { my $in_directory = exists $ldap{$_};

                  ($_ => { secret => $in_directory ? $ldap{$_} : $krb5{$_},
                           logon => $in_directory
                               ? 'ldap ' . $slapd->url('ldap') . ' '
                                   . $slapd->dn($_)
                               : "krb5 $_\@$kdc->{realm}" })
            } @names
        });
}

sub count ($site, $state)
{
    return scalar grep { $_->{state} eq $state } values %{ $site->status };
}

# Kilobytes of the process's own memory; undef where it may not be looked at.
sub memory ($pid)
{
    my $text = eval { AnonID::Test::slurp("/proc/$pid/smaps_rollup") } // '';

    return $text =~ /^Pss_Anon:\s+(\d+) kB/m ? $1 : undef;
}

sub descriptors ($pid)
{
    opendir my $folder, "/proc/$pid/fd" or return;
    return scalar grep { /^\d+$/ } readdir $folder;
}

# How many of what a server's log counts per name; the names missing are 0.
sub counts ($text, $pattern)
{
    my %count;

    $count{$_}++ for $text =~ /$pattern/g;
    return \%count;
}

# The most binds that a directory had under way at once. It answers a bind
# before it logs that, so the next one of the same client may come first.
sub most_binds ($text)
{
    my ($now, $most) = (0, 0);

    for my $event ($text =~ /(BIND dn=\S+ method|RESULT tag=97)/g) {
        $now += $event =~ /^BIND/ ? 1 : -1;
        $most = $now if $now > $most;
    }
    return $most;
}

# ---- a few, to compare with ----

my $few = site('k0001', 'l0001')->start;
my ($few_agent) = $few->agent_pids;

$few->wait_state($_ => 'logged on') for qw(k0001 l0001);
my ($few_memory, $few_descriptors) = (memory($few_agent),
                                      descriptors($few_agent));
$few->stop;

# ---- a realm that hangs delays neither httpd nor the others ----

my %before = (ldap => length $slapd->log_text, krb5 => length $kdc->log_text);
my $site = site(@names);
my $start = time;

$kdc->pause;
$site->start;
my $started = time - $start;
is $site->get('/x.txt', vhost => 'open.test')->{status}, 404,
    'a request without an account is answered at once';
is count($site, 'logged on') < @names, 1, '... while logons are under way';

my ($agent) = $site->agent_pids;
is threads($agent) <= $threads, 1, '... by a bounded number of threads'
    or diag threads($agent);
AnonID::Test::wait_until(sub { count($site, 'logged on') >= $each }, 60,
                         'the directory has logged its accounts on');
my $directory = time - $start;
is $site->status('k0001')->{state}, 'pending',
    'a realm that hangs does not keep a directory from its accounts';
$kdc->resume;
AnonID::Test::wait_until(sub { count($site, 'logged on') == @names }, 60,
                         'all are logged on');
my $all = time - $start;

is $site->served('l' . sprintf '%04d', $each), 200, 'the last one serves';
is $site->served('k0001'), 200, '... and so does the first';

# ---- what it has cost ----

my $binds = counts(substr($slapd->log_text, $before{ldap}),
                   qr/BIND dn="uid=(l\d+),\S+" method=128/);
my $requests = counts(substr($kdc->log_text, $before{krb5}),
                      qr/AS_REQ .*ISSUE: .* (k\d+)\@\S+ for krbtgt/);

is keys %$binds, $each, 'each account bound ...';
is_deeply [grep { $binds->{$_} != 1 } keys %$binds], [], '... once';
is keys %$requests, $each, 'each account got a ticket ...';
is_deeply [grep { $requests->{$_} != 1 } keys %$requests], [], '... once';
is most_binds($slapd->log_text) <= 2 * $lane, 1, '... and few at once'
    or diag most_binds($slapd->log_text);

my $memory = defined $few_memory
    ? (memory($agent) - $few_memory) / (@names - 2) : 0;
my $descriptors = defined $few_descriptors
    ? (descriptors($agent) - $few_descriptors) / (@names - 2) : 0;

is $descriptors < 0.1, 1, 'an account holds no descriptor'
    or diag "$descriptors";
SKIP: {
    skip 'a sanitizer keeps memory', 1 if $ENV{ANONID_HTTPD_PRELOAD};
    is $memory < 100, 1, 'an account costs the agent less than 100 KB'
        or diag "$memory";
}
diag sprintf '%d accounts: httpd started after %.2f s, the directory\'s '
    . 'logged on after %.2f s, all after %.2f s; an account takes %.1f KB '
    . 'and %.3f descriptors of the agent',
    scalar @names, $started, $directory, $all, $memory, $descriptors;

# ---- and later ----

$site->graceful;
is count($site, 'logged on'), @names, 'a graceful restart keeps all logons';
$binds = counts(substr($slapd->log_text, $before{ldap}),
                qr/BIND dn="uid=(l\d+),\S+" method=128/);
is_deeply [grep { $binds->{$_} != 1 } keys %$binds], [],
    '... and makes none';
done_testing;
