# SPDX-License-Identifier: Apache-2.0
#
# The source tree as the tests about sources see it: which files there are,
# what stands in them, and how faults are listed. It must not know what a
# fault is.
package AnonID::Test::Tree;

use strict;
use warnings;
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Find qw(find);
use File::Spec;
use Test::More ();

our @EXPORT_OK = qw(srcdir builddir folders files slurp none);

# The folder that holds configure.ac, absolute.
sub srcdir
{
    return $ENV{ANONID_SRCDIR}
        // File::Spec->rel2abs(dirname(__FILE__) . '/../../../..');
}

# The folder that `make` ran in.
sub builddir
{
    return $ENV{ANONID_BUILDDIR} // srcdir();
}

# Names of the folders directly below $below (relative to the tree, '' for its
# top), but not what git, autotools and builds leave there.
sub folders
{
    my ($below) = @_;
    my $path = srcdir() . "/$below";
    opendir my $dir, $path or die "$path: $!";
    return sort grep { -d "$path/$_" && !/^[._]|^autom4te\.cache$|~$/ }
        readdir $dir;
}

# Paths, relative to the tree, of all files below the folder $below whose name
# matches $pattern.
sub files
{
    my ($below, $pattern) = @_;
    my $top = srcdir();
    my @found;
    return if !-d "$top/$below";
    find({ no_chdir => 1, wanted => sub {
        my ($name) = m{([^/]+)\z};
        $File::Find::prune = 1 if -d && $name =~ /^[._]./;
        push @found, File::Spec->abs2rel($_, $top)
            if -f && $name =~ $pattern;
    } }, "$top/$below");
    return sort @found;
}

# The whole of a file whose path is relative to the tree.
sub slurp
{
    my ($file) = @_;
    open my $in, '<', srcdir() . "/$file" or die "$file: $!";
    local $/ = undef;
    return scalar <$in>;
}

# Passes when a list of faults is empty; otherwise shows all of them.
sub none
{
    my ($faults, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::is(join("\n", @$faults), '', $name);
}

1;
