#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# The manual pages: well-formed, referred to by one another, complete about
# the commands of anonidctl. The page that warnings point at: complete about
# the failures, and the commands that it advises exist.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use AnonID::Test::Tree qw(srcdir files slurp none);

my @pages = files('mod_anonid', qr/\.8$/);
my %name = map { $_ => m{([^/]+)\.8$} } @pages;

# The sub-commands, as their table has them.
sub commands
{
    return slurp('mod_anonid/ctl/anonidctl.c')
        =~ /^    \{ "(\w+)", "/mg;
}

# What mandoc complains of; that it does not find pages which are not
# installed is no fault.
sub complaints
{
    my ($page) = @_;
    my $path = srcdir() . "/$page";
    my @lines = `mandoc -T lint '$path' 2>&1`;
    return [ grep { !/referenced manual not found|outdated mandoc\.db/ }
        @lines ];
}

is_deeply([ sort values %name ], [qw(anonid-agent anonid-sendmail anonidctl
        mod_anonid)],
    'there is a page for the module and each program');

SKIP: {
    skip 'needs mandoc', scalar @pages if !grep { -x "$_/mandoc" }
        split /:/, $ENV{PATH};
    none(complaints($_), "$_ is well-formed") for @pages;
}

for my $page (@pages) {
    my $text = slurp($page);
    my @others = grep { $_ ne $name{$page} } values %name;
    my ($see) = $text =~ /^\.Sh SEE ALSO\n(.*?)(?=^\.Sh|\z)/ms;
    none([ grep { $see !~ /^\.Xr \Q$_\E 8/m } @others ],
        "$page refers to the others");
}

my $text = slurp('mod_anonid/ctl/anonidctl.8');
my @commands = commands();
cmp_ok(scalar @commands, '>', 3, 'there are commands');
none([ grep { $text !~ /^\.It Cm $_\b/m } @commands ],
    'anonidctl.8 explains every command');

# A warning's address ends in #code.
my $help = slurp('conf/failures.html');
my %code = slurp('mod_anonid/common/failure.h')
    =~ /^    ANONID_(\w+) = ([1-9]\d*)/mg;
my @advised = $help =~ /anonidctl (\w+)/g;
cmp_ok(scalar keys %code, '>', 10, 'there are failures');
none([ grep { $help !~ /<h2 id="$code{$_}">$code{$_} \(/ } sort keys %code ],
    'failures.html explains every failure');
cmp_ok(scalar @advised, '>', 3, '... and advises commands');
none([ grep { my $word = $_; !grep { $_ eq $word } @commands } @advised ],
    '... which anonidctl has');

done_testing();
