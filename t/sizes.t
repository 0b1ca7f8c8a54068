#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# A file of more than 600 lines or a function of more than 60 has a job too
# many, and a line of more than 79 columns does not fit beside another file.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use AnonID::Test::Tree qw(files slurp none);

use constant { FILE_MAX => 600, FUNCTION_MAX => 60, COLUMN_MAX => 79 };

# [first line, number of lines] of each function; in C a brace in the first
# column opens one, in Perl the word sub does.
sub functions
{
    my ($file) = @_;
    my $opening = $file =~ /\.[ch]$/ ? qr/^\{/ : qr/^sub\b/;
    my ($number, $start, @functions) = (0);
    for my $line (split /\n/, slurp($file)) {
        $number++;
        $start = $number if $line =~ $opening;
        next if !defined $start || $line !~ /^\}/;
        push @functions, [ $start, $number - $start + 1 ];
        undef $start;
    }
    return @functions;
}

my @c = (files('mod_anonid', qr/\.[ch]$/), files('t', qr/\.[ch]$/));
my @perl = files('t', qr/\.(?:t|pm|pl)$/);
my (@files, @functions, @lines);

for my $file (@c, @perl) {
    my @text = split /\n/, slurp($file);
    push @files, "$file: " . @text . ' lines' if @text > FILE_MAX;
    push @functions, map { "$file:$_->[0]: $_->[1] lines" }
        grep { $_->[1] > FUNCTION_MAX } functions($file);
}
for my $file (@c) {
    my $number = 0;
    for my $line (split /\n/, slurp($file)) {
        $number++;
        utf8::decode($line);
        push @lines, "$file:$number" if length $line > COLUMN_MAX;
    }
}
none(\@files, 'no file is longer than ' . FILE_MAX . ' lines');
none(\@functions,
    'no function is longer than ' . FUNCTION_MAX . ' lines');
none(\@lines, 'no line of C is wider than ' . COLUMN_MAX);

done_testing();
