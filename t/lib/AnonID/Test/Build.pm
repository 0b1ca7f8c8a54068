# SPDX-License-Identifier: Apache-2.0
#
# Where the trees of source and build are, and the programs that were built,
# as if installed: in a folder that every user reaches, wherever the trees
# are, and with the modes of an installation. It must not know what runs them.

package AnonID::Test::Build;

use v5.36;
use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(basename dirname);
use File::Copy qw(copy);
use Test::More ();

our @EXPORT_OK = qw(srcdir builddir module_path agent_path ctl_path
                    sendmail_path require_build);

# Program => mode. The agent's is what keeps its memory from being read (see
# its manual page), so tests run it with no other.
my %MODE = (
    'mod_anonid/.libs/mod_anonid.so' => 0644,
    'mod_anonid/anonid-agent' => 0711,
    'mod_anonid/anonidctl' => 0755,
    'mod_anonid/anonid-sendmail' => 0755,
);

sub srcdir ()
{
    return abs_path($ENV{ANONID_SRCDIR} // dirname(__FILE__) . '/../../../..');
}

sub builddir () { return abs_path($ENV{ANONID_BUILDDIR} // srcdir()) }

sub module_path () { return installed('mod_anonid/.libs/mod_anonid.so') }
sub agent_path () { return installed('mod_anonid/anonid-agent') }
sub ctl_path () { return installed('mod_anonid/anonidctl') }
sub sendmail_path () { return installed('mod_anonid/anonid-sendmail') }

# The path of a program's copy, which is made when it is asked for first.
sub installed ($program)
{
    my $folder = AnonID::Test::temp_root() . '/bin';
    my $path = "$folder/" . basename($program);

    return $path if -e $path;
    # The agent can be read by nobody but who built it.
    return builddir() . "/$program" if !-r builddir() . "/$program";
    mkdir $folder;
    chmod 0755, $folder or die "chmod $folder: $!";
    copy(builddir() . "/$program", "$path.new") or die "$program: $!";
    chmod $MODE{$program}, "$path.new" or die "chmod $path.new: $!";
    rename "$path.new", $path or die "rename $path: $!";
    return $path;
}

# Ends the test as failed when it was started without a build.
sub require_build ()
{
    my @missing = grep { !-e builddir() . "/$_" } sort keys %MODE;

    Test::More::BAIL_OUT("not built: @missing (is ANONID_BUILDDIR set?)")
        if @missing;
}

1;
