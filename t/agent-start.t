# SPDX-License-Identifier: Apache-2.0
#
# When an agent is started and when not, and what httpd says and leaves behind
# when one cannot be.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;
use AnonID::Test::Process qw(alive);

require_build;

sub site (%field)
{
    my $httpd = AnonID::Test::Httpd->new(config => 'AnonIDMapTo', %field);

    $httpd->document('x.txt', "served\n");
    return $httpd;
}

sub served ($httpd) { return $httpd->get('/x.txt')->{status} == 200 }

sub sockets ($httpd, $folder = 'state')
{
    my @found = glob $httpd->path("$folder/*.sock");

    return @found;
}

# An httpd whose agent is that shell script does not start; returns its log.
sub log_without_agent ($body, $interpreter = '/bin/sh')
{
    return log_with_program("#!$interpreter\n$body\n");
}

sub log_with_program ($content)
{
    my $httpd = site();
    my $program = spit($httpd->path('agent'), $content, 0755);

    $httpd->reconfigure(
        config => "AnonIDAgentProgram $program\nAnonIDMapTo\n");
    eval { $httpd->start; 1 } and fail('httpd does not start');
    is_deeply [sockets($httpd)], [], 'no socket is left behind';
    return $httpd->log_text;
}

subtest 'an agent that dies' => sub {
    my $log = log_without_agent("echo 'lost my key' >&2\nexit 3");

    like $log, qr/:emerg\] .*ANID0010: The agent \S+ \(AnonIDAgentProgram\)/,
        'the program is named';
    like $log, qr/did not start: it ended: exit status 3;/, 'and its status';
    like $log, qr/; its last words: lost my key$/m, 'and its last words';
};

subtest 'an agent that crashes' => sub {
    like log_without_agent('kill -SEGV $$'),
        qr/ANID0010: .* it ended: signal 11 \(Segmentation fault/,
        'the signal is named';
};

subtest 'an agent that cannot be run' => sub {
    like log_without_agent('', '/nonexistent'),
        qr/ANID0010: .* did not start: cannot execute it: No such file/,
        'the reason is named';
};

subtest 'an agent that says nothing' => sub {
    like log_without_agent('exec sleep 1000'),
        qr/ANID0010: .* did not start: it was not ready within 10 s/,
        'it is given up after a while';
};

subtest 'an agent that speaks in tongues' => sub {
    like log_with_program(slurp(builddir() . '/t/agents/babbler')),
        qr/ANID0010: .* did not start: it broke the protocol and was ended/,
        'it is ended';
};

subtest 'no account is in use' => sub {
    my $httpd = site(config => '')->start;

    is_deeply [$httpd->agent_pids], [], 'no agent runs';
    ok !-e $httpd->path('state'), 'there is no state folder';
    ok served($httpd), 'requests are served';
    $httpd->stop;
};

subtest 'httpd -t' => sub {
    my $httpd = site();
    my ($exit, $output) = $httpd->configtest;

    is $exit, 0, 'it is content' or diag $output;
    ok !-e $httpd->path('state'), 'it creates nothing';
};

subtest 'an account comes and goes' => sub {
    my $httpd = site(config => '')->start;

    $httpd->reconfigure(config => 'AnonIDMapTo')->graceful;
    my $pid = $httpd->wait_agent;
    ok served($httpd), 'an agent is started by a restart';
    $httpd->reconfigure(config => 'AnonIDMapTo None')->graceful;
    ok !alive($pid), '... and ended by one';
    is_deeply [sockets($httpd)], [], '... with its sockets';
    $httpd->stop;
};

subtest 'a broken configuration at a restart' => sub {
    my $httpd = site()->start;
    my $pid = $httpd->wait_agent;

    $httpd->allow_log(qr/AH00018|ANID0500/);
    $httpd->reconfigure(config => 'AnonIDMapTo nobody')->signal('USR1');
    $httpd->wait_gone;
    ok !alive($pid), 'httpd ends, and so does the agent';
    is_deeply [sockets($httpd)], [], '... and no socket is left behind';
};

subtest 'another state folder' => sub {
    my $httpd = site()->start;
    my $pid = $httpd->wait_agent;

    $httpd->reconfigure(
        config => "AnonIDStateDir \"\${DIR}/other\"\nAnonIDMapTo")->graceful;
    isnt $httpd->wait_agent, $pid, 'another agent';
    is scalar(() = sockets($httpd, 'other')), 2, 'sockets in the new folder';
    is_deeply [sockets($httpd)], [], 'none in the old one';
    ok served($httpd), 'and requests are mapped';
    $httpd->stop;
};

subtest 'two on one state folder' => sub {
    my $first = site()->start;
    my $folder = $first->path('state');
    my $second = site(
        config => "AnonIDStateDir $folder\nAnonIDMapTo");
    my $pid = $first->wait_agent;

    eval { $second->start; 1 } and fail('the second does not start');
    like $second->log_text,
        qr/ANID0010: .* in use by another httpd \(process @{[$first->pid]}\):/,
        'it says who uses the folder';
    ok served($first), 'the first goes on';
    is_deeply [$first->agent_pids], [$pid], '... with its agent';
    is scalar(() = sockets($first)), 2, '... and its sockets';
    $first->stop;
};

subtest 'an agent user' => sub {
    skip_all_unless_root();
    my $httpd = site(config => "AnonIDAgentUser daemon\nAnonIDMapTo")->start;
    my $status = slurp('/proc/' . $httpd->wait_agent . '/status');
    my $uid = getpwnam 'daemon';

    like $status, qr/^Uid:\s+$uid\s+$uid\s+$uid\s+$uid$/m, 'the agent is it';
    like $status, qr/^Groups:\s*$/m, 'it has no further groups';
    is +(stat $httpd->path('state/control.sock'))[4], $uid,
        'it may use anonidctl';
    ok served($httpd), 'requests are mapped';
    $httpd->stop;
};

# -X: the parent is the worker. As root it gives root up, so another agent
# could not set another password.
subtest 'one process' => sub {
    my $httpd = site();

    $httpd->spawn([AnonID::Test::Httpd::program(), "-f",
                   $httpd->config_path, "-X"],
                  env => AnonID::Test::HttpdConfig::environment());
    $httpd->wait_ready(sub { eval { $httpd->get('/x.txt') } });
    ok served($httpd), 'requests are mapped';
    my $pid = $httpd->wait_agent;
    $httpd->expect_log(qr/ANID0012/);
    $httpd->allow_log(qr/ANID0001/);
    kill KILL => $pid;
    isnt $httpd->wait_agent($pid), $pid, 'the agent is kept';
    $httpd->signal('TERM');
    $httpd->wait_gone;
    pass 'nothing is left running';
};

# httpd -k start: the parent that runs is a grandchild of what was started.
subtest 'in the background' => sub {
    my $httpd = site()->start_detached;
    my $pid = $httpd->wait_agent;
    my $mark = $httpd->log_mark;

    ok served($httpd), 'requests are mapped';
    $httpd->control('graceful');
    $httpd->wait_log(qr/resuming normal operations/, since => $mark);
    is_deeply [$httpd->agent_pids], [$pid], 'httpd -k graceful keeps the agent';
    $httpd->control('stop');
    $httpd->wait_gone;
    is_deeply [sockets($httpd)], [], 'httpd -k stop leaves no socket';
};

# Each has a state folder of its own, and the default account in one file.
subtest 'two with one synchronised account' => sub {
    my $file = AnonID::Test::temp_root() . '/shared-accounts';
    my @both = map { site(config => "AnonIDAccountFile $file\nAnonIDMapTo") }
        1 .. 2;
    my ($first, $second) = @both;

    $first->start;
    wait_until(sub { served($first) }, 10, 'the first is logged on');
    my $verifier = slurp($file);
    $second->expect_log(qr/ANID0001: .* Access is denied\. /);
    $second->start;
    like $second->wait_log(qr/ANID0001/),
        qr/\#5 \[data 00000005, .* another server controls the password/,
        'the second says that another controls the account';
    is slurp($file), $verifier, '... and leaves its password alone';
    ok served($first), '... with which the first goes on';
    $first->stop;
    $second->wait_log(qr/ANID0002/, deadline => 70);
    ok served($second), 'it takes over when the first has ended';
    isnt slurp($file), $verifier, '... with a password of its own';
    $second->stop;
};

sub skip_all_unless_root ()
{
    plan(skip_all => 'needs root') if !is_root;
}

done_testing;
