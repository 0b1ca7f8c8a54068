# SPDX-License-Identifier: Apache-2.0
#
# What benchmarks share: interleaved rounds, medians, ratios. A figure is only
# told beside its peer's, measured in the same run.

package Bench;

use v5.36;
use Exporter qw(import);
use Time::HiRes qw(time);

our @EXPORT_OK = qw(interleave median ratio_line timed in_parallel);

sub median (@values)
{
    my @sorted = sort { $a <=> $b } @values;

    return $sorted[@sorted / 2] if @sorted % 2;
    return ($sorted[@sorted / 2 - 1] + $sorted[@sorted / 2]) / 2;
}

# Runs each of the named subs once a round, in turn, and returns their
# figures: name => [figure of each round]. The first round warms up and does
# not count.
sub interleave ($rounds, %runs)
{
    my %figures;

    for my $round (0 .. $rounds) {
        for my $name (sort keys %runs) {
            my $figure = $runs{$name}->();

            push @{ $figures{$name} }, $figure if $round > 0;
        }
    }
    return %figures;
}

# Seconds that a sub takes.
sub timed ($work)
{
    my $start = time;

    $work->();
    return time - $start;
}

# Runs $work->(0 .. $n - 1) in $n processes at once; dies if one fails.
sub in_parallel ($n, $work)
{
    my @children = map { my $i = $_;
                         my $pid = fork // die "fork: $!";

                         if (!$pid) {
                             my $fine = eval { $work->($i); 1 };

                             print STDERR $@ if !$fine;
                             # No END blocks: the servers are not ours.
                             require POSIX;
                             POSIX::_exit($fine ? 0 : 1);
                         }
                         $pid } 0 .. $n - 1;
    my $failed = grep { waitpid $_, 0; $? != 0 } @children;

    $failed and die "$failed of $n processes failed\n";
}

# One line: medians of two names and their ratio, with the spread of the
# rounds' own ratios.
sub ratio_line ($unit, $ours, $peer, %figures)
{
    my @ratios = map { $figures{$ours}[$_] / $figures{$peer}[$_] }
        0 .. $#{ $figures{$ours} };

    return sprintf "%-22s %9.1f %s\n%-22s %9.1f %s\n%-22s %9.3f"
        . "   (rounds: %.3f to %.3f)\n",
        $ours, median(@{ $figures{$ours} }), $unit,
        $peer, median(@{ $figures{$peer} }), $unit, 'ratio of medians',
        median(@{ $figures{$ours} }) / median(@{ $figures{$peer} }),
        (sort { $a <=> $b } @ratios)[0, -1];
}

1;
