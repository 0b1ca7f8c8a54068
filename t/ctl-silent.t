# SPDX-License-Identifier: Apache-2.0
#
# anonidctl answers within five seconds, whatever the agent does, and repeats
# what httpd said last about an agent that is not there; and it finds the
# state folder.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::Httpd;
use AnonID::Test::Process qw(run);
use IO::Socket::UNIX;
use POSIX ();
use Socket qw(SOCK_STREAM);
use Time::HiRes qw(time);

require_build;

my $httpd = AnonID::Test::Httpd->new(config => <<'END')->start;
<AnonIDAccount web>
AnonIDPasswordSync On
</AnonIDAccount>
AnonIDMapTo web
END
my $state = $httpd->path('state');

# Starting a program takes its time beside other tests.
my $START = 3;

# anonidctl with its own patience.
sub ctl (@arguments)
{
    my $since = time;
    my ($exit, $output) = run([AnonID::Test::ctl_path(), @arguments],
                              timeout => 30);

    return ($exit, $output, time - $since);
}

sub gives_up ($dir, $what, @command)
{
    my ($exit, $output, $took) = ctl('-s', $dir, @command);

    is $exit, 3, "$what: @command: exit status 3" or diag $output;
    cmp_ok $took, '<', 5 + $START, '... within five seconds';
    like $output, qr/no answer within 5 s/, '... and the reason';
}

# A process with $n connections to the agent: one alone may have too few
# descriptors for all that a backlog takes.
sub crowd ($n)
{
    pipe my $ready, my $tell or die "pipe: $!";
    my $pid = fork // die "fork: $!";

    if (!$pid) {
        my @connections = map {
            IO::Socket::UNIX->new(Peer => "$state/control.sock",
                                  Blocking => 0) // ()
        } 1 .. $n;
        syswrite $tell, '.';
        alarm 60; # should the test die
        POSIX::pause();
        POSIX::_exit(0);
    }
    close $tell;
    sysread $ready, my $dot, 1;
    return $pid;
}

sub leave ($pid)
{
    kill KILL => $pid;
    waitpid $pid, 0;
}

# ---- an agent that is stopped ----

wait_until(sub { (ctl('-s', $state, 'status'))[0] == 0 }, 20, 'a logon');
my $agent = $httpd->wait_agent;
kill STOP => $agent or die "kill: $!";
gives_up($state, 'a stopped agent', 'status');
{
    my (undef, undef, $took) = ctl('-s', $state, '-w', 1, 'status');

    cmp_ok $took, '<', 1 + $START, '-w 1 waits one second';
}
my @crowd = map { crowd(550) } 1, 2;
gives_up($state, 'a full backlog', 'logon', 'web');
leave($_) for @crowd;
kill CONT => $agent or die "kill: $!";
wait_until(sub { (ctl('-s', $state, 'status'))[0] == 0 }, 20, 'an answer');

# ---- one that answers by halves ----

my $folder = $httpd->path('half');
mkdir $folder or die "mkdir: $!";
my $listener = IO::Socket::UNIX->new(Local => "$folder/control.sock",
                                     Listen => 20) or die "listen: $!";
my $pid = fork // die "fork: $!";
if (!$pid) {
    my @peers;
    while (my $peer = $listener->accept) {
        $peer->syswrite("ANI\x01\0\0\0\x10");
        push @peers, $peer;
    }
    exit 0;
}
gives_up($folder, 'half an answer', 'check', '/');
kill KILL => $pid;
waitpid $pid, 0;

# ---- none at all ----

my $program = $httpd->path('anonid-agent');
{
    my $broken = AnonID::Test::Httpd->new(
        config => "AnonIDMapTo\nAnonIDAgentProgram $program");

    spit($program, "#!/bin/sh\necho no luck today >&2\nexit 7\n", 0755);
    $broken->expect_log(qr/ANID0010/, qr/ANID0011: .*luck/, qr/AH00020/);
    $broken->control('start');
    wait_until(sub { -e $broken->path('state/agent.error')
                     && !-e $broken->path('state/control.sock') }, 20,
               'no agent, no httpd');
    my ($exit, $output) = ctl('-s', $broken->path('state'), 'status');
    is $exit, 3, 'asking it: exit status 3';
    like $output, qr/last word on it: \d{4}-\S+ \S+: ANID0010: .*no luck today/,
        '... and why there is none';
}
$httpd->expect_log(qr/ANID0012/);
$httpd->allow_log(qr/ANID001/);
kill KILL => $agent or die "kill: $!";
wait_until(sub { my (undef, $output) = ctl('-s', $state, '-w', 1, 'status');
                 $output =~ /last word on it: \S+ \S+: ANID0012: The agent / },
           20, 'ANID0012 repeated');
pass 'the reason of a lost agent is repeated';
wait_until(sub { (ctl('-s', $state, 'status'))[0] == 0 }, 30, 'another agent');
ok !-e "$state/agent.error", 'and forgotten when it is there again';

# ---- the state folder ----

{
    local $ENV{ANONID_STATEDIR} = $state;

    is +(ctl('status'))[0], 0, 'ANONID_STATEDIR names the state folder';
    is +(ctl('-s', $folder, 'status'))[0], 3, '... and -s one before it';
}
my ($default) = (ctl('--help'))[1] =~ m{^ +(/\S+),$}m;
SKIP: {
    skip 'an httpd uses the default folder', 3 if -e "$default/control.sock";
    my $apachectl = spit($httpd->path('apachectl'),
        "#!/bin/sh\nexec " . AnonID::Test::Httpd::program() . ' -f '
        . $httpd->config_path . " \"\$@\"\n", 0755);
    local $ENV{APACHECTL} = $apachectl;

    is +(ctl('-w', 20, 'status'))[0], 0, 'httpd\'s configuration names it';
    spit($apachectl, "#!/bin/sh\nexec sleep 60\n", 0755);
    my ($exit, undef, $took) = ctl('status');
    is $exit, 3, 'an apachectl that hangs: exit status 3';
    cmp_ok $took, '<', 5 + $START, '... within five seconds';
}

done_testing;
