#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Nothing is forgotten: every source is built, every test is run, every
# directive and every message is documented.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use AnonID::Test::Tree qw(srcdir files slurp none);

# The words of a Makefile fragment, without its comments.
sub words
{
    my ($fragment) = @_;
    my $text = slurp($fragment) =~ s/^#.*$//mgr;
    return map { $_ => 1 } split /[\s=]+/, $text;
}

sub missing
{
    my ($fragment, @wanted) = @_;
    my %words = words($fragment);
    return [ grep { !$words{$_} } @wanted ];
}

# The directives that the module registers; containers without their bracket.
sub directives
{
    my %found;
    for my $file (files('mod_anonid/module', qr/\.[ch]$/)) {
        my $text = slurp($file) =~ s{/\*.*?\*/}{}gsr;
        $found{$_} = 1 for $text =~ /"<?(AnonID[A-Z]\w*)"/g;
    }
    return sort keys %found;
}

# Those of @names that a file does not name as whole words.
sub undocumented
{
    my ($file, @names) = @_;
    my $text = slurp($file);
    return [ grep { $text !~ /\b$_\b/ } @names ];
}

# The numbers of all messages.
sub numbers
{
    my %found;
    for my $file (files('mod_anonid', qr/\.[ch]$/)) {
        next if $file =~ m{/lognos\.h$};
        $found{"ANID$_"} = 1
            for slurp($file) =~ /\bANONID_LOGNO\(\s*(\d{4})\)/g;
    }
    return sort keys %found;
}

for my $folder (qw(common module agent ctl)) {
    none(missing("mod_anonid/$folder/Makefile.inc",
            files("mod_anonid/$folder", qr/\.[ch1-8]$/)),
        "mod_anonid/$folder/Makefile.inc lists every source");
}

none(missing('t/Makefile.inc', grep { m{^t/[^/]+$} } files('t', qr/\.t$/)),
    't/Makefile.inc lists every t/*.t');

my @unit = map { s/\.c$//r } files('t/unit', qr/^test_\w+\.c$/);
none(missing('t/unit/Makefile.inc', @unit),
    't/unit/Makefile.inc lists every unit test');

my @targets = map { m{fuzz_(\w+)\.c$} } files('t/fuzz', qr/^fuzz_\w+\.c$/);
none(missing('t/fuzz/Makefile.inc',
        map { ("t/fuzz/replay_$_", "t/fuzz/fuzz_$_") } @targets),
    't/fuzz/Makefile.inc lists every fuzz target twice');
none([ grep { !(() = files("t/fuzz/corpus/$_", qr/./)) } @targets ],
    'every fuzz target has a corpus');

my @directives = directives();
for my $file ('conf/anonid.conf', 'README') {
    SKIP: {
        skip "$file is not written yet", 1 if !-e srcdir() . "/$file";
        none(undocumented($file, @directives),
            "$file names every directive");
    }
}

my $page = 'mod_anonid/module/mod_anonid.8';
my %explained = map { $_ => 1 } slurp($page) =~ /^\.It (ANID\d{4})$/mg;
none([ grep { !delete $explained{$_} } numbers() ],
    "$page explains every message");
none([ sort keys %explained ], "$page explains no other message");

done_testing();
