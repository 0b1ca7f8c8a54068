# SPDX-License-Identifier: Apache-2.0
#
# What all server instances have in common: a folder, ports, processes, and an
# end that leaves nothing behind. It must not know any product. Logs are Logs'.

package AnonID::Test::Server;

use v5.36;
use parent 'AnonID::Test::Logs';
use File::Path qw(make_path);
use POSIX qw(WNOHANG);
use Scalar::Util qw(weaken);
use Time::HiRes qw(time);

use AnonID::Test::Process qw(process_table descendants alive exec_child);

=head1 NAME

AnonID::Test::Server - base of all server instances

=head1 FOR TESTS

    $server->path('conf/x')            a path in the instance's folder
    $server->port('imap')              its port of that name, allocated once
    $server->pid, ->processes          main process; pids of all of them
    $server->stop, ->kill              ends it; both leave no process
    $server->pause, ->resume           a server that hangs, and no more

=head1 FOR CLASSES

A class starts its program by C<spawn> and waits in C<wait_ready>; see
AnonID::Test::Logs for what it tells about its logs.

=cut

my $owner = $$;
my (@instances, @reports, %count);

sub new ($class, %field)
{
    my $kind = lc $class =~ s/.*:://r;
    my $name = $field{name} // $kind . ++$count{$kind};
    my $self = bless { %field, name => $name, announced => [], ports => {},
                       seen => {} }, $class;

    $self->{dir} //= AnonID::Test::temp_root() . "/$name";
    make_path($self->path('logs'), $self->path('run'));
    push @instances, $self;
    weaken $instances[-1];
    return $self;
}

sub DESTROY ($self)
{
    return if $$ != $owner || ${^GLOBAL_PHASE} eq 'DESTRUCT';
    local ($?, $@, $!);
    $self->finish;
}

# Stops an instance for good and keeps what its logs say for the end.
sub finish ($self)
{
    return if $self->{finished}++;
    eval { $self->stop; 1 } or push @{ $self->{problems} }, "stop: $@";
    push @reports, [$self->{name}, $self->log_problems];
}

sub stop_all ($class)
{
    $_->finish for reverse grep { defined } @instances;
    @instances = ();
}

# Reports of all finished instances: [name, problem...].
sub log_reports ($class) { return splice @reports }

sub path ($self, @parts) { return join '/', $self->{dir}, @parts }

sub port ($self, $name = 'main')
{
    return $self->{ports}{$name} //= AnonID::Test::free_port();
}

# Starts the main process. What it prints goes to the log 'output'.
sub spawn ($self, $command, %option)
{
    my $pid = fork // die "fork: $!";

    exec_child($command, output => $self->output_path, %option) if !$pid;
    $self->adopt($pid);
    return $self;
}

# Takes a process as the main one; its session is the instance's.
sub adopt ($self, $pid)
{
    $self->{pid} = $pid;
    $self->{sessions}{$pid} = 1;
}

sub output_path ($self) { return $self->path('logs/output') }

sub pid ($self) { return $self->{pid} }

# Pids of all processes that belong to the instance: its session's, its main
# process's descendants, and those that were seen before and became orphans.
sub processes ($self)
{
    my $table = process_table();
    my $seen = $self->{seen};
    my @pids = grep { $self->{sessions}{ $table->{$_}{session} } }
        keys %$table;

    push @pids, $self->{pid} if $self->{pid} && $table->{ $self->{pid} };
    $seen->{$_} = $table->{$_}{started}
        for grep { $table->{$_} } @pids, descendants($table, @pids);
    delete @$seen{ grep { !$table->{$_}
                          || $table->{$_}{started} != $seen->{$_} }
                   keys %$seen };
    my @found = sort { $a <=> $b } keys %$seen;
    return @found;
}

# True while the main process is there; collects its exit status after it.
sub running ($self)
{
    return if !$self->{pid};
    my $gone = waitpid $self->{pid}, WNOHANG;
    $self->{status} = $? if $gone == $self->{pid};
    return 1 if alive($self->{pid});
    return;
}

sub signal ($self, $signal)
{
    CORE::kill $signal => $self->{pid} or die "kill $signal $self->{pid}: $!";
    return $self;
}

# Stops all processes in their tracks: connections are taken by the kernel
# and never answered.
sub pause ($self)
{
    $self->{paused} = 1;
    CORE::kill STOP => $self->processes;
    return $self;
}

sub resume ($self)
{
    CORE::kill CONT => $self->processes if delete $self->{paused};
    return $self;
}

# Waits until the server is ready; dies with its logs if it ended instead.
sub wait_ready ($self, $condition, $deadline = 20)
{
    my $ready = eval {
        AnonID::Test::wait_until(sub {
            die "$self->{name} ended\n" if !$self->running;
            return $condition->();
        }, $deadline, "$self->{name} is ready");
    };

    return $self if $ready;
    my $why = $@;
    my $logs = $self->log_tails;
    $self->kill;
    $self->{finished} = 1;
    die "$why$logs";
}

# Ends the server the ordinary way; a process that stays is a problem.
sub stop ($self, $deadline = 15)
{
    my @pids = $self->processes;

    $self->resume;
    if (@pids && $self->running) {
        CORE::kill TERM => $self->{pid};
        eval { $self->wait_gone($deadline) } or push @{ $self->{problems} },
            "did not end within $deadline s of SIGTERM";
    }
    return $self->kill;
}

# Ends every process of the server at once.
sub kill ($self)
{
    my $first = $self->{pid} // 0;

    for my $round (1 .. 5) {
        my @pids = $self->processes or last;

        # Its first process before those that it would miss, which have lower
        # numbers where these have begun anew.
        CORE::kill KILL =>
            sort { ($b == $first) <=> ($a == $first) } @pids;
        eval { $self->wait_gone(2) } and last;
    }
    $self->running;
    delete $self->{pid};
    return $self;
}

sub wait_gone ($self, $deadline = 15)
{
    return AnonID::Test::wait_until(sub {
        $self->running;
        return !$self->processes;
    }, $deadline, "$self->{name} is gone");
}

1;
