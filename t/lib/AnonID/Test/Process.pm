# SPDX-License-Identifier: Apache-2.0
#
# Processes as /proc shows them, and running a program to its end. It must
# not know what the programs are.

package AnonID::Test::Process;

use v5.36;
use Exporter qw(import);
use File::Temp ();
use POSIX qw(WNOHANG _exit setsid);
use Time::HiRes qw(time sleep);

our @EXPORT_OK = qw(process_table descendants alive threads exec_child run);

=head1 NAME

AnonID::Test::Process - the process table, and running programs

=head1 SHAPES

A I<process> is C<< { pid, ppid, session, command, started } >>; a process
table maps a pid to its process. Zombies are not in it.

=cut

sub process_table ()
{
    my %table;

    for my $path (glob '/proc/[0-9]*/stat') {
        my $process = read_stat($path) or next;
        $table{ $process->{pid} } = $process;
    }
    return \%table;
}

sub read_stat ($path)
{
    open my $file, '<', $path or return;
    my $line = readline $file // return;
    my ($pid, $command, $rest) = $line =~ /^(\d+) \((.*)\) (.*)$/s or return;
    my @field = split ' ', $rest;

    return if $field[0] =~ /[ZX]/;
    return { pid => $pid, command => $command, ppid => $field[1],
             session => $field[3], started => $field[19] };
}

# Pids of all processes below @pids, these not included.
sub descendants ($table, @pids)
{
    my %children;
    my @found;

    push @{ $children{ $_->{ppid} } }, $_->{pid} for values %$table;
    while (@pids) {
        @pids = map { @{ $children{$_} // [] } } @pids;
        push @found, @pids;
    }
    return @found;
}

sub alive ($pid) { return defined read_stat("/proc/$pid/stat") }

sub threads ($pid) { return scalar(() = glob "/proc/$pid/task/*") }

# Becomes @$command, in a session of its own, in a forked child.
# Options: stdin, output, error (paths or handles; errors go to the output
# unless told otherwise), env (hash), cwd.
sub exec_child ($command, %option)
{
    my $in = $option{stdin} // '/dev/null';
    my $out = $option{output} // '/dev/null';

    setsid();
    @ENV{ keys %{ $option{env} } } = values %{ $option{env} }
        if $option{env};
    chdir $option{cwd} if $option{cwd};
    open STDIN, (ref $in ? '<&' : '<'), $in or _exit(126);
    open STDOUT, (ref $out ? '>>&' : '>>'), $out or _exit(126);
    open STDERR, '>>&', \*STDOUT or _exit(126);
    open STDERR, '>>', $option{error} or _exit(126) if $option{error};
    no warnings 'exec';
    exec { $command->[0] } @$command;
    syswrite STDERR, "cannot run $command->[0]: $!\n";
    _exit(127);
}

# Runs a program to its end and returns (exit status, output), where output
# is stdout and stderr together and 128 is added to the number of a signal.
# Options: input (bytes), env, cwd, timeout (seconds, default 60).
sub run ($command, %option)
{
    my $output = File::Temp->new;
    my $input = File::Temp->new;
    my $end = time + ($option{timeout} // 60);

    print $input $option{input} // '';
    close $input;
    my $pid = fork // die "fork: $!";
    exec_child($command, %option, stdin => "$input", output => "$output")
        if !$pid;
    until (waitpid $pid, WNOHANG) {
        kill KILL => -$pid if time > $end;
        sleep 0.01;
    }
    my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    open my $file, '<:raw', "$output" or die "$output: $!";
    local $/;
    return ($status, readline($file) // '');
}

1;
