# SPDX-License-Identifier: Apache-2.0
#
# What the parent holds for the agent is the parent's alone: no worker, no
# daemon of another module and no CGI program inherits a descriptor of it,
# however often httpd and the agent are restarted under load. Workers read
# the status table and cannot write it.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;
use AnonID::Test::Memory qw(can_read_memory);
use AnonID::Test::Process qw(descendants process_table);
use POSIX ();
use Time::HiRes qw(time);

can_read_memory($$)
    or plan skip_all => 'needs to look into processes of others';
require_build;

# What each descriptor of a process is: fd => "socket:[123]".
sub descriptors ($pid)
{
    return map { m{(\d+)$} => readlink($_) // 'gone' }
        glob "/proc/$pid/fd/*";
}

sub unix_sockets ()
{
    return map { /^\S+: (?:\S+ ){5}\s*(\d+)/ ? ("socket:[$1]" => 1) : () }
        split /\n/, slurp('/proc/net/unix');
}

# What the parent holds that nobody else may: its Unix sockets, the table,
# locks, the agent's pipe and lifeline.
sub private ($httpd)
{
    my %unix = unix_sockets();
    my %agent = map { ($_ => 1) } grep { /^pipe:/ }
        values %{ {descriptors(($httpd->agent_pids)[0])} };

    return map { ($_ => 1) }
        grep { $unix{$_} || $agent{$_} || /anonid-status|lock$/ }
        values %{ {descriptors($httpd->pid)} };
}

# "name: descriptor" of each thing that a process has and must not have.
sub leaks ($httpd)
{
    my %private = private($httpd);
    my %trusted = map { ($_ => 1) }
        $httpd->agent_pids, $httpd->supervisor_pids;
    my $table = process_table();
    my @leaks;

    for my $pid (grep { !$trusted{$_} } descendants($table, $httpd->pid)) {
        my %has = descriptors($pid);

        push @leaks, map { "$table->{$pid}{command} $pid: $_ $has{$_}" }
            grep { $private{$has{$_}} || $has{$_} =~ /accounts|eventfd\]/ }
            keys %has;
    }
    return \@leaks;
}

# The same, without what a child has from its fork to its own start.
sub lasting_leaks ($httpd)
{
    my $leaks;

    eval {
        wait_until(sub { $leaks = leaks($httpd); !@$leaks }, 10, 'no leaks');
    };
    return $leaks;
}

# Clients that ask without a pause until they are told to stop; returns a
# function that stops them and says what went wrong.
sub load ($httpd, $clients)
{
    my $dir = $httpd->path('load');
    my @pids;

    for my $n (1 .. $clients) {
        my $pid = fork // die "fork: $!";

        if ($pid) {
            push @pids, $pid;
            next;
        }
        my ($failed, $end) = ('', time + 60);

        until (-e "$dir/stop" || time > $end) {
            my $reply = eval { $httpd->get('/x.txt') };
            $failed .= ($reply ? $reply->{status} : $@) . "\n"
                if !$reply || $reply->{status} != 200;
        }
        spit("$dir/$n", $failed);
        POSIX::_exit(0);
    }
    return sub {
        spit("$dir/stop", '');
        waitpid $_, 0 for @pids;
        return join '', map { slurp("$dir/$_") } 1 .. $clients;
    };
}

for my $mpm (qw(event prefork)) {
    my $httpd = AnonID::Test::Httpd->new(mpm => $mpm, modules => ['cgi'],
                                         config => <<'END');
AnonIDMapTo
<Location />
Require anonid
</Location>
END

    $httpd->document('x.txt', "x\n");
    $httpd->document('fd.cgi', <<'END');
#!/bin/sh
echo "Content-Type: text/plain"
echo
ls -l /proc/$$/fd
env
END
    $httpd->start;
    ok scalar(() = private($httpd)) >= 6, "$mpm: the parent holds something";
    is_deeply lasting_leaks($httpd), [], "$mpm: no child has it";

    my $cgi = $httpd->get('/fd.cgi')->{body};
    my @sockets = $cgi =~ /-> (socket:\S+)/g;
    my %private = private($httpd);

    is_deeply [grep { $private{$_} } @sockets], [],
        "$mpm: a CGI program has no socket of the parent";
    unlike $cgi, qr/anonid-status|\.lock|pidfd|accounts/,
        "$mpm: ... nor anything else";
    unlike $cgi, qr/CREDENTIALS|\.sock/, "$mpm: ... nor a way to the agent";

    for my $pid ($httpd->worker_pids) {
        my @maps = grep { /anonid-status/ }
            split /\n/, slurp("/proc/$pid/maps");

        is scalar(@maps), 1, "$mpm: a worker sees the status table";
        like $maps[0], qr/ r--s /, "$mpm: ... and cannot write it";
    }

    my $stop = load($httpd, 4);
    for my $round (1 .. 3) {
        my ($agent) = $httpd->agent_pids;

        $httpd->graceful;
        is_deeply [$httpd->agent_pids], [$agent],
            "$mpm: round $round: the same agent after a graceful restart";
    }
    my ($agent) = $httpd->agent_pids;

    $httpd->expect_log(qr/ANID0012/);
    kill KILL => $agent;
    $httpd->wait_agent($agent);
    $httpd->graceful;
    is $stop->(), '', "$mpm: every request under way was served";
    is_deeply leaks($httpd), [], "$mpm: still no child has what it must not";
    $httpd->stop;
}

done_testing;
