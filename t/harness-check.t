# SPDX-License-Identifier: Apache-2.0
#
# What build/check says at its end: each skip with its reason, what failed,
# and what passed only when it ran alone; and its exit status.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Process qw(run);
use File::Copy qw(copy);

require_build;

my $folder = temp_root() . '/my tree';

# Tests by name, with what they print and how they end.
my %TEST = (
    'good.t' => 'print "1..1\nok 1\n"',
    'whole.t' => 'print "1..0 # SKIP needs the moon\n"',
    'part.t' => 'print "1..3\nok 1\nok 2 # skip needs root\nok 3 # skip needs '
        . 'root\n"',
    'inner.t' => 'print "    ok 1 # skip needs a mountain\n    1..1\n'
        . 'ok 1 - inner\n1..1\n"',
    'unit.t' => 'print "1..1\n# skipped: needs the sea\nok 1\n"',
    'bad.t' => 'print "1..1\nnot ok 1\n"',
    # Each notes its begin and its end.
    (map { ("dc$_.t" => <<'END') } 1, 2),
# with an AnonID::Test::SambaDC
open my $notes, '>>', $0 =~ s{[^/]+$}{notes}r or die;
$notes->autoflush(1);
print $notes '+';
system $^X, '-e', 1 for 1 .. 9;
print $notes '-';
print "1..1\nok 1\n"
END
    # Fails the first time only.
    'shy.t' => 'print "1..1\n", mkdir("$0.seen") ? "not " : "", "ok 1\n"',
);

spit("$folder/$_", "use strict;\n$TEST{$_};\n") for keys %TEST;

# One that was compiled.
copy(builddir() . '/t/unit/test_text', "$folder/unit") or die "copy: $!";
chmod 0755, "$folder/unit";

sub check (@arguments)
{
    return run([$^X, srcdir() . '/build/check.pl', @arguments],
               env => { ANONID_SRCDIR => $folder,
                        ANONID_BUILDDIR => "$folder/none" });
}

my ($exit, $output) = check(2, qw(good.t unit));
is $exit, 0, 'what passes is good, in a path with blanks';
like $output, qr/^Nothing was skipped\.$/m, 'and nothing was skipped';

($exit, $output) = check(2, qw(good.t whole.t part.t inner.t unit.t));
is $exit, 0, 'a skip is no failure';
like $output, qr/^Skipped:\n/m, 'but it is told at the end:';
like $output, qr/^    needs the moon\n        whole\.t\n/m, 'a whole test';
like $output, qr/^    needs root\n        part\.t \(2 of its tests\)\n/m,
    'a part of one';
like $output, qr/^    needs a mountain\n        inner\.t \(1 of /m,
    'a part of a subtest';
like $output, qr/^    needs the sea\n        unit\.t \(1 of /m,
    'and what a unit test says';
is((check('--strict', 2, 'good.t'))[0], 0, '--strict: no skip');
($exit, $output) = check('--strict', 2, qw(good.t part.t));
is $exit, 1, '--strict: a skip is a failure';
like $output, qr/strict mode/, 'and says that it is why';

($exit, $output) = check(2, qw(good.t bad.t));
is $exit, 1, 'what fails, fails again alone';
like $output, qr/^Failed:\n    bad\.t\n/m, 'and is named';

($exit, $output) = check(2, qw(good.t shy.t));
is $exit, 0, 'what failed only beside others is good';
like $output, qr/^Passed only alone.*:\n    shy\.t\n/m, 'but is named';

is((check(2, qw(dc1.t dc2.t)))[0], 0, 'tests with a domain controller pass');
is slurp("$folder/notes"), '+-+-', 'one after the other';

done_testing;
