# SPDX-License-Identifier: Apache-2.0
#
# A wrong password is tried once: over fifty virtual hosts, every kind of
# restart under load, and a new start, with both kinds of MPM. The servers'
# own counters say so; they would lock the accounts at the third.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::KDC;
use AnonID::Test::LogonSite;
use AnonID::Test::Slapd;
use POSIX ();
use Time::HiRes qw(time);

skip_unless_program('slapd', 'slapadd', 'krb5kdc', 'kadmin.local');
require_build;

my @mpms = qw(event prefork);
my %password = map { ($_ => canary()) } map { ("l$_", "k$_") } @mpms;
my %of = (l => { map { ("l$_" => $password{"l$_"}) } @mpms },
          k => { map { ("k$_" => $password{"k$_"}) } @mpms });
my $slapd = AnonID::Test::Slapd->new(users => {
    map { ($_ => { password => $password{$_} }) } keys %{ $of{l} } })->start;
my $kdc = AnonID::Test::KDC->new(principals => $of{k})->start;

local $ENV{KRB5_CONFIG} = $kdc->path('krb5.conf');

# Visitors of all virtual hosts until they are told to end; what they are
# answered, if they are, has to be 503.
sub begin_visits ($site, @vhosts)
{
    my $pid = fork // die "fork: $!";
    my $ended = 0;

    return $pid if $pid;
    local $SIG{TERM} = sub { $ended = 1 };
    my $wrong = 0;
    while (!$ended) {
        my $vhost = $vhosts[rand @vhosts];
        my $answer = eval { $site->get('/', host => $vhost, timeout => 5) };

        $wrong++ if $answer && $answer->{status} != 503;
    }
    POSIX::_exit($wrong ? 1 : 0);
}

sub end_visits (@pids)
{
    kill TERM => @pids;
    return grep { waitpid $_, 0; $? != 0 } @pids;
}

for my $mpm (@mpms) {
    my ($l, $k) = ("l$mpm", "k$mpm");
    my %vhosts = map { my $account = $_;
                       map { ("v$_.$account.test" => $account) } 1 .. 50 }
        $l, $k;
    my $site = AnonID::Test::LogonSite->new(
        mpm => $mpm,
        config => join('', map { <<~CONF } sort keys %vhosts),
            <VirtualHost 127.0.0.1:\${PORT}>
                ServerName $_
                DocumentRoot "\${HTDOCS}/$vhosts{$_}.test"
                AnonIDMapTo $vhosts{$_}
            </VirtualHost>
            CONF
        accounts => {
            $l => { secret => 'wrong', logon => 'ldap ' . $slapd->url('ldap')
                        . ' ' . $slapd->dn($l) },
            $k => { secret => 'wrong', logon => "krb5 $k\@$kdc->{realm}" },
        });

    $site->expect_failure($_ => 1326) for $l, $k;
    $site->start;
    $site->wait_failure($_ => 1326) for $l, $k;

    my @visits = map { begin_visits($site, keys %vhosts) } 1 .. 4;

    $site->graceful for 1 .. 3;
    $site->restart for 1 .. 2;
    is end_visits(@visits), 0, "$mpm: visitors were answered 503 throughout";
    $site->stop;
    $site->start;
    $site->wait_failure($_ => 1326) for $l, $k;
    is $site->served($_), 503, "$mpm: $_ is not logged on" for $l, $k;

    is $slapd->binds($l), 1, "$mpm: the directory was asked once ...";
    is $slapd->failures($l), 1, "$mpm: ... and counts one failure";
    is $kdc->failed_attempts($k), 1, "$mpm: the KDC counts one failure";

    my $start = time;

    $site->put_secret($_ => $password{$_}) for $l, $k;
    $site->wait_state($_ => 'logged on') for $l, $k;
    is time - $start < 5, 1, "$mpm: the right secret is found in time";
    $site->document('x.txt', "served\n", "$_.test") for $l, $k;
    is $site->served($_), 200, "$mpm: $_ is served" for $l, $k;
    is $slapd->binds($l), 2, "$mpm: the directory was asked once more";
    is $kdc->failed_attempts($k), 0, "$mpm: the KDC counts no more";
    $site->stop;
}
done_testing;
