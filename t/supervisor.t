# SPDX-License-Identifier: Apache-2.0
#
# The supervisor is a process that may hang or die: httpd forks, restarts and
# stops all the same, and the agent, its logons and its warnings live on.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::Httpd;
use AnonID::Test::Process qw(alive);
use AnonID::Test::SleepingFS;
use JSON::PP qw(decode_json);
use Time::HiRes qw(time);

require_build;

# Whatever the machine has to do beside: far from what a hang would take.
use constant USUAL => 10;

my $SECRET = 'word of the test';

# One account with a secret of its own, and one that httpd synchronises.
sub site (%field)
{
    my $secret = delete $field{secret};
    my $httpd = AnonID::Test::Httpd->new(config => '', %field);

    $secret //= spit($httpd->path('secret'), "$SECRET\n", 0600);
    spit($httpd->path('given'), 'given:{PLAIN}x' . "\n", 0644);
    $httpd->reconfigure(config => <<"END");
<AnonIDAccount given>
AnonIDLogon file "@{[$httpd->path('given')]}"
AnonIDSecret "file:$secret"
</AnonIDAccount>
<AnonIDAccount own>
AnonIDPasswordSync On
</AnonIDAccount>
AnonIDMapTo own
<Location />
Require anonid
</Location>
END
    $httpd->document('x.txt', "mapped\n");
    $httpd->expect_log(qr/ANID0001: .*'given'/);
    return $httpd;
}

sub served ($httpd) { return $httpd->get('/x.txt')->{status} == 200 }

sub account ($httpd, $name)
{
    my $ctl = AnonID::Test::Ctl->new($httpd);

    return decode_json($ctl->ok('status', '--json', $name))->{accounts}[0];
}

# Seconds that it takes.
sub duration ($what)
{
    my $begin = time;

    $what->();
    return time - $begin;
}

sub wait_supervisor ($httpd, $old = 0)
{
    return wait_until(sub {
        (grep { $_ != $old } $httpd->supervisor_pids)[0];
    }, 20, 'a supervisor');
}

sub restarts_in_time ($httpd, $how)
{
    my ($agent) = $httpd->agent_pids;

    cmp_ok duration(sub { $httpd->$how }), '<', USUAL, "$how is not held up";
    wait_until(sub { served($httpd) }, 15, 'httpd serves');
    is_deeply [$httpd->agent_pids], [$agent], '... and the agent stays';
}

subtest 'a file system that hangs' => sub {
    my $why = AnonID::Test::SleepingFS->unusable;
    plan(skip_all => $why) if $why;

    my $fs = AnonID::Test::SleepingFS->new->start;
    my $httpd = site(secret => $fs->secret)->start;

    # A supervisor that could not be killed may come home late.
    $httpd->allow_log(qr/AH00488/);
    wait_until(sub { served($httpd) }, 15, 'httpd serves');
    my ($supervisor) = $httpd->supervisor_pids;
    $fs->hang;
    $fs->wait_caught($supervisor);
    pass 'the supervisor is caught';
    my ($worker) = $httpd->worker_pids;
    kill KILL => $worker;
    cmp_ok duration(sub {
        wait_until(sub { grep { $_ != $worker } $httpd->worker_pids }, 30,
                   'another worker');
    }), '<', USUAL, 'a worker that was killed is replaced';
    for my $how (qw(graceful restart graceful)) {
        my %before = map { ($_ => 1) } $httpd->supervisor_pids;

        restarts_in_time($httpd, $how);
        ($supervisor) = grep { !$before{$_} } $httpd->supervisor_pids;
        $fs->wait_caught($supervisor);
    }
    my ($agent) = $httpd->agent_pids;
    cmp_ok duration(sub {
        $httpd->signal('TERM');
        wait_until(sub { !$httpd->running }, 30, 'httpd ends');
    }), '<', USUAL, 'stop is not held up';
    cmp_ok duration(sub {
        wait_until(sub { !alive($agent) }, 30, 'the agent ends');
    }), '<', USUAL, '... and the agent ends with it';
    $fs->wake;
    $httpd->wait_gone;
    pass 'the supervisors end when they wake up';
    $httpd->stop;
    $fs->end;
};

for my $mpm (qw(event prefork)) {
    subtest "$mpm: a supervisor that is killed" => sub {
        my $httpd = site(mpm => $mpm)->start;

        wait_until(sub { served($httpd) }, 15, 'httpd serves');
        my ($agent) = $httpd->agent_pids;
        my ($old) = $httpd->supervisor_pids;
        my $attempts = wait_until(sub {
            my $given = account($httpd, 'given');
            $given->{state} eq 'failed' && $given->{attempts};
        }, 15, 'an attempt');
        my $verifier = slurp($httpd->path('state/accounts'));

        for my $round (1 .. 3) {
            kill KILL => $old;
            $old = wait_supervisor($httpd, $old);
        }
        is_deeply [$httpd->agent_pids], [$agent], 'the agent is the same';
        my $mark = $httpd->log_mark;
        spit($httpd->path('secret'), "another word\n", 0600);
        ok $httpd->wait_log(qr/ANID0001: .*'given'/, since => $mark),
            'a new secret is noticed and its warning arrives';
        is account($httpd, 'given')->{attempts}, $attempts + 1,
            '... and that is the only attempt since';
        ok served($httpd), 'requests are served';
        is slurp($httpd->path('state/accounts')), $verifier,
            'no password was changed';
        AnonID::Test::Ctl->new($httpd)->ok('rotate', 'own');
        isnt slurp($httpd->path('state/accounts')), $verifier,
            '... and one can be';
        $httpd->stop;
    };
}

subtest 'the agent dies while there is no supervisor' => sub {
    my $httpd = site()->start;

    wait_until(sub { served($httpd) }, 15, 'httpd serves');
    my ($agent) = $httpd->agent_pids;
    my ($supervisor) = $httpd->supervisor_pids;
    $httpd->expect_log(qr/ANID0012/);
    kill KILL => $supervisor, $agent;
    my $next = $httpd->wait_agent($agent);
    isnt $next, $agent, 'there is another agent';
    wait_until(sub { served($httpd) }, 15, 'httpd serves');
    is scalar($httpd->supervisor_pids), 1, '... and one supervisor';
    $httpd->stop;
};

# Mappings that processes share, by inode.
sub shared ($pid)
{
    return map { /^\S+ ..(?:.s) \S+ \S+ (\d+) +(.*)/ ? ($1 => $2) : () }
        split /\n/, slurp("/proc/$pid/maps");
}

# Ports of IPv4 that the process listens on.
sub listens ($pid)
{
    my %socket = map { (readlink($_) // '') =~ /^socket:\[(\d+)/ ? ($1 => 1)
                                                                 : () }
        glob "/proc/$pid/fd/*";

    return map { /^ *\d+: \w+:(\w+) \S+ 0A (?:\S+ +){5}(\d+)/ && $socket{$2}
                     ? hex $1 : () }
        split /\n/, slurp('/proc/net/tcp');
}

subtest 'what is httpd\'s alone' => sub {
    my $httpd = site()->start;

    wait_until(sub { served($httpd) }, 15, 'httpd serves');
    my ($supervisor) = $httpd->supervisor_pids;
    kill KILL => $supervisor;
    for my $what ('after a crash', 'after a graceful restart') {
        $supervisor = wait_supervisor($httpd, $supervisor);
        my %shared = shared($supervisor);
        my %parent = shared($httpd->pid);
        my @board = grep { !exists $shared{$_} && $parent{$_} =~ m{/dev/zero} }
            keys %parent;

        is scalar(@board), 1, "$what a supervisor has no scoreboard";
        is_deeply [listens($supervisor)], [], '... and listens nowhere';
        isnt scalar(listens($httpd->pid)), 0, '... as the parent does';
        ok served($httpd), 'requests are served';
        $httpd->graceful;
    }
    $httpd->stop;
};

subtest 'the parent is killed' => sub {
    my $httpd = site()->start;
    my @pids = ($httpd->agent_pids, $httpd->supervisor_pids);

    is scalar(@pids), 2, 'a supervisor and an agent run';
    kill KILL => $httpd->pid;
    wait_until(sub { !grep { alive($_) } @pids }, 15, 'they end');
    pass 'both end';
    $httpd->kill;
};

subtest 'an upgraded agent' => sub {
    my $httpd = site();
    my $program = $httpd->path('run/anonid-agent');

    spit($program, slurp(builddir() . '/mod_anonid/anonid-agent'), 0711);
    my $config = $httpd->{config};
    $httpd->reconfigure(config => "AnonIDAgentProgram $program\n$config");
    $httpd->start;
    my ($agent) = $httpd->agent_pids;
    $httpd->graceful;
    is_deeply [$httpd->agent_pids], [$agent],
        'an agent whose program is the same stays';
    spit("$program.new", slurp($program), 0711);
    rename "$program.new", $program or die "rename: $!";
    my $mark = $httpd->log_mark;
    $httpd->graceful;
    ok $httpd->wait_log(qr/ANID0017: .* pid $agent, .* replaced/,
                        since => $mark), 'a replaced program is noticed';
    my $next = $httpd->wait_agent($agent);
    ok !alive($agent), '... and so is the agent replaced';
    wait_until(sub { served($httpd) }, 15, 'httpd serves');
    $httpd->stop;
};

subtest 'what it holds' => sub {
    my $httpd = site()->start;
    my ($pid) = $httpd->supervisor_pids;
    my @sockets = map { readlink($_) // () } glob "/proc/$pid/fd/*";
    my %listening = map { /^\s*\d+: \S+ \S+ 0A (?:\S+ ){5}(\d+)/
                              ? ("socket:[$1]" => 1) : () }
        map { s/\s+/ /gr } split /\n/,
        slurp('/proc/net/tcp') . slurp('/proc/net/tcp6');

    is_deeply [grep { $listening{$_} } @sockets], [],
        'it has none of the listening sockets of httpd';
    ok !(grep { m{state/lock$} } @sockets),
        '... nor the lock of the state folder';
    isnt getpgrp($pid), getpgrp($httpd->pid),
        '... and is in a process group of its own';
    $httpd->stop;
};

done_testing;
