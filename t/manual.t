#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Every program has a manual page that mandoc finds nothing wrong with.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use AnonID::Test::Tree qw(srcdir files none);

my @pages = files('mod_anonid', qr/\.[1-8]$/);
my %page = map { s{.*/|\.\d$}{}gr => 1 } @pages;

none([ grep { !$page{$_} } 'anonidctl' ], 'every program has a manual page');

SKIP: {
    skip 'mandoc is not installed', 1 if system('command -v mandoc >/dev/null');
    my @command = (qw(mandoc -T lint -W warning),
        map { srcdir() . "/$_" } @pages);
    open my $mandoc, '-|', @command or die "mandoc: $!";
    none([ map { chomp; $_ } <$mandoc> ], 'mandoc has nothing to say');
}

done_testing();
