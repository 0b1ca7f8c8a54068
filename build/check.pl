# SPDX-License-Identifier: Apache-2.0
#
# What build/check does once all is built: runs the tests that it is given,
# and says at the end which of them were skipped, and why.
#
#   perl build/check.pl [--strict] JOBS TEST...
#
# Tests are named as the Makefile names them: compiled ones are looked for in
# ANONID_BUILDDIR, the others in ANONID_SRCDIR. With --strict a skip fails.

use v5.36;
use TAP::Harness;

my $strict = $ARGV[0] eq '--strict' && shift @ARGV;
my ($jobs, @tests) = @ARGV;
my %skipped; # reason => { test => number of its tests, 0: all of it }

sub path ($test)
{
    return (grep { -f } map { "$_/$test" }
        @ENV{qw(ANONID_BUILDDIR ANONID_SRCDIR)})[0] // $test;
}

sub note_skip ($test, $reason)
{
    $skipped{ length $reason ? $reason : 'no reason given' }{$test}++;
}

# Skips inside a subtest are told by its own lines, which are indented, and
# those of unit tests by a comment. What an earlier run of the test skipped is
# forgotten.
sub watch ($parser, $test)
{
    delete $_->{$test} for values %skipped;
    $parser->callback(plan => sub ($plan) {
        $skipped{ $plan->explanation }{$test} = 0 if $plan->has_skip;
    });
    $parser->callback(test => sub ($result) {
        note_skip($test, $result->explanation) if $result->has_skip;
    });
    $parser->callback(comment => sub ($comment) {
        note_skip($test, $1) if $comment->comment =~ /^skipped: (.*)/;
    });
    $parser->callback(unknown => sub ($line) {
        my ($reason) = $line->as_string =~ /^\s+ok \d+.*# skip\s*(.*)/i
            or return;
        note_skip($test, $reason);
    });
}

# A machine takes one domain controller, so these would only wait for each
# other: they run one after the other, beside all others.
sub rules (@names)
{
    my @alone = grep { /\.t$/ && contains($_, 'SambaDC') } @names;

    return { par => [(@alone ? { seq => [map { "**/$_" } @alone] } : ()),
                     '**'] };
}

sub contains ($test, $word)
{
    open my $file, '<', path($test) or return;
    return scalar grep { /$word/ } readline $file;
}

# How a test is run; undef: as tests in Perl are. A command of one word would
# be taken apart at its blanks.
sub command ($harness, $test)
{
    return $test =~ /\.t$/ ? undef : ['/usr/bin/env', $test];
}

# Runs tests and returns those that failed.
sub run_tests ($jobs, @names)
{
    my $harness = TAP::Harness->new(
        { jobs => $jobs, timer => 1, color => -t STDOUT ? 1 : 0,
          rules => rules(@names), exec => \&command });

    $harness->callback(
        made_parser => sub ($parser, $test) { watch($parser, $test->[1]) });
    my $result = $harness->runtests(map { [path($_), $_] } @names);

    return grep { ($result->parsers($_))[0]->has_problems } @names;
}

sub told_skips ($reason)
{
    my $tests = $skipped{$reason};

    return "    $reason\n", map {
        my $part = $tests->{$_} ? " ($tests->{$_} of its tests)" : '';

        "        $_$part\n";
    } sort keys %$tests;
}

sub summary (@only_alone)
{
    print "\nPassed only alone, which deserves a look:\n",
        map { "    $_\n" } @only_alone if @only_alone;
    print %skipped ? ("\nSkipped:\n", map { told_skips($_) }
                                          sort keys %skipped)
        : "\nNothing was skipped.\n";
}

STDOUT->autoflush(1);
$ENV{CMOCKA_MESSAGE_OUTPUT} = 'TAP'; # the unit tests' format
my @failed = run_tests($jobs, @tests);
my @again = @failed;

# Real servers share the machine with other tests' real servers. What failed
# beside others has to hold alone; what is broken fails again.
if (@failed && $jobs > 1) {
    print "\nFailed beside others (see above), so once more, alone:\n";
    @failed = run_tests(1, @again);
}
delete @skipped{ grep { !%{ $skipped{$_} } } keys %skipped };
my %broken = map { ($_ => 1) } @failed;
summary(grep { !$broken{$_} } @again);
print "\nFailed:\n", map { "    $_\n" } @failed if @failed;
print "\nIn strict mode a skip is a failure.\n" if $strict && %skipped;
exit(@failed || $strict && %skipped ? 1 : 0);
