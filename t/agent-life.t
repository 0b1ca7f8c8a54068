# SPDX-License-Identifier: Apache-2.0
#
# The agent lives as long as httpd's parent: it survives restarts and the
# death of workers, is started again when it dies, and ends with httpd however
# httpd ends; nothing is left behind, and no account is lost.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;
use AnonID::Test::Process qw(alive process_table);

require_build;

# An instance of that multi-processing module with a document that only a
# mapped request gets.
sub site ($mpm, %field)
{
    my $httpd = AnonID::Test::Httpd->new(mpm => $mpm, config => <<'END',
AnonIDMapTo
<Location />
Require anonid
</Location>
END
        %field);

    $httpd->document('x.txt', "mapped\n");
    return $httpd;
}

sub served ($httpd) { return $httpd->get('/x.txt')->{status} == 200 }

sub sockets ($httpd)
{
    my @found = glob $httpd->path('state/*.sock');

    return @found;
}

sub agent ($httpd)
{
    my @agents = $httpd->agent_pids;

    @agents == 1 or die "not one agent, but (@agents)";
    return $agents[0];
}

sub wait_dead (@pids)
{
    return wait_until(sub { !grep { alive($_) } @pids }, 15, "@pids end");
}

# How the end of an agent that was killed is reported.
my $LOST = qr/ANID0012: The agent \S+ is not running: it ended/;

sub starts_with_httpd ($httpd)
{
    my $pid = agent($httpd);
    my ($uid) = slurp("/proc/$pid/status") =~ /^Uid:\s+(\d+)/m;
    my %mode = map { ($_ => (stat $httpd->path("state/$_"))[2] & 07777) }
        '.', 'agent.sock', 'control.sock';

    ok served($httpd), 'a request is mapped, its account logged on';
    isnt $uid, 0, 'the agent is not root';
    is_deeply \%mode, { '.' => 0711, 'agent.sock' => 0600,
                        'control.sock' => 0600 },
        'folder and sockets have their modes';
    is getpgrp($pid), $pid, 'it has a process group of its own';
}

sub survives_restarts ($httpd)
{
    my $pid = agent($httpd);
    my $accounts = slurp($httpd->path('state/accounts'));

    for my $how (qw(graceful restart graceful)) {
        $httpd->$how;
        is agent($httpd), $pid, "the agent survives ($how)";
        ok served($httpd), '... and the account is logged on';
    }
    is slurp($httpd->path('state/accounts')), $accounts,
        'no password was changed by that';
}

sub survives_a_worker ($httpd)
{
    my $pid = agent($httpd);
    my $worker = wait_until(sub { ($httpd->worker_pids)[0] }, 15, 'a worker');

    kill KILL => $worker;
    wait_until(sub { grep { $_ != $worker } $httpd->worker_pids }, 15,
               'another worker');
    wait_until(sub { served($httpd) }, 15, 'it serves');
    is agent($httpd), $pid, 'the agent survives a worker';
}

sub is_started_again ($httpd)
{
    my $pid = agent($httpd);
    my $mark = $httpd->log_mark;

    $httpd->expect_log($LOST);
    kill KILL => $pid;
    like $httpd->wait_log($LOST, since => $mark),
        qr/ No mail is sent until it does; it is started again in 2 s\.$/,
        'the death of the agent is reported';
    ok served($httpd), 'what it knew last stays in force';
    my $next = $httpd->wait_agent($pid);
    $httpd->wait_log(qr/ANID0013: .* pid $next\b/, since => $mark);
    ok served($httpd), 'the account is logged on with the next agent';
    $httpd->graceful;
    is agent($httpd), $next, '... which survives a graceful restart';
    return $next;
}

# In the fraction of a second after the second death nothing runs.
sub waits_longer_each_time ($httpd)
{
    my $mark = $httpd->log_mark;

    kill KILL => agent($httpd);
    my $line = $httpd->wait_log($LOST, since => $mark);
    my ($delay) = $line =~ /started again in (\d+) s/;
    is $delay, 2, 'after a restart of httpd the delay is short again';
    my $next = $httpd->wait_agent;
    $mark = $httpd->log_mark;
    kill KILL => $next;
    $line = $httpd->wait_log($LOST, since => $mark);
    ($delay) = $line =~ /started again in (\d+) s/;
    is $delay, 4, 'an agent that dies at once is started later';
    $httpd->wait_agent($next);
}

sub ends_with_httpd ($httpd, $how)
{
    my $agent = agent($httpd);

    $how eq 'TERM' ? $httpd->signal('TERM') : $httpd->control($how);
    $httpd->wait_gone;
    ok !alive($agent), "$how ends the agent";
    is_deeply [sockets($httpd)], [], '... and leaves no socket';
}

# The parent is killed: the agent goes by itself, and the next start takes
# over what it finds.
sub survives_a_killed_parent ($httpd)
{
    my @agents = $httpd->agent_pids;

    kill KILL => $httpd->pid;
    wait_dead(@agents);
    ok !alive($agents[0]), 'an agent without its parent ends';
    is scalar(() = sockets($httpd)), 2, 'the sockets are still there';
    $httpd->allow_log(qr/AH00098: .* Unclean shutdown/);
    $httpd->kill;
    $httpd->start;
    ok served($httpd), 'the next httpd starts with them';
    is agent($httpd), ($httpd->agent_pids)[0], '... and has one agent';
}

for my $mpm (qw(event prefork)) {
    my $httpd = site($mpm)->start;

    subtest "$mpm: start" => sub { starts_with_httpd($httpd) };
    subtest "$mpm: restarts" => sub { survives_restarts($httpd) };
    subtest "$mpm: worker killed" => sub { survives_a_worker($httpd) };
    subtest "$mpm: agent killed" => sub { is_started_again($httpd) };
    subtest "$mpm: agent killed again" =>
        sub { waits_longer_each_time($httpd) };
    subtest "$mpm: parent killed" => sub { survives_a_killed_parent($httpd) };
    for my $how (qw(TERM stop graceful-stop)) {
        subtest "$mpm: $how" => sub {
            $httpd->running or $httpd->start;
            ends_with_httpd($httpd, $how);
        };
    }
}

done_testing;
