# SPDX-License-Identifier: Apache-2.0
#
# make install: what it puts where, into a DESTDIR and below a prefix; that
# httpd takes the installed configuration; that an edited file is kept; and
# that make uninstall leaves nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;
use AnonID::Test::Process qw(run);
use File::Find qw(find);

require_build;
skip_unless_program('make');

my $modules = variable('moduledir');
my $debian = variable('MODSDIR') ne 'no';

# What a variable of the Makefile comes to.
sub variable ($name)
{
    my ($exit, $value) = run(
        ['make', '-s', '--no-print-directory', '-C', builddir(),
         "--eval=show: ; \@echo \$($name)", 'show'],
        env => { MAKEFLAGS => '' });

    $exit == 0 or die "make show: $value";
    return $value =~ s/\n\z//r;
}

# Installing compiles nothing: other tests run what is built.
sub make ($target, @variables)
{
    my ($exit, $output) = run(
        ['make', '--no-print-directory', '-C', builddir(), $target,
         @variables], env => { MAKEFLAGS => '' });

    is $exit, 0, "make $target" or diag $output;
    unlike $output, qr/^\s*CC/m, '... compiles nothing';
    return $output;
}

# Paths of all files below a folder, relative to it, each with its mode.
sub installed ($folder)
{
    my %mode;

    return \%mode if !-d $folder;
    find({ no_chdir => 1, wanted => sub {
        $mode{ s/^\Q$folder\E//r } = (lstat)[2] & 07777 if !-d;
    } }, $folder);
    return \%mode;
}

sub test_destdir ()
{
    my $folder = temp_root() . '/destdir';

    make('install', "DESTDIR=$folder");
    my $mode = installed($folder);
    my ($agent) = grep { m{/anonid-agent$} } keys %$mode;
    my ($ctl) = grep { m{/sbin/anonidctl$} } keys %$mode;

    ok exists $mode->{"$modules/mod_anonid.so"}, 'the module';
    is sprintf('%o', $mode->{$agent}), '711', 'the agent, unreadable';
    is sprintf('%o', $mode->{$ctl}), '755', 'anonidctl';
    for my $page (qw(anonid-agent anonid-sendmail anonidctl mod_anonid)) {
        ok((grep { m{/man8/\Q$page\E\.8$} } keys %$mode), "$page(8)");
    }
    is_deeply [grep { /\.la$/ } keys %$mode], [], 'and no .la file';
    make('uninstall', "DESTDIR=$folder");
    is_deeply installed($folder), {}, 'uninstall leaves nothing';
}

sub test_prefix ()
{
    my $prefix = temp_root() . '/prefix';
    my @variables = ("prefix=$prefix", "exec_prefix=$prefix",
                     "moduledir=$prefix/modules", "modsdir=$prefix/mods");
    my $httpd = AnonID::Test::Httpd->new(anonid => 0);
    my $folder = $debian ? "$prefix/mods"
        : "$prefix/share/doc/mod_anonid/examples";

    make('install', @variables);
    # That was made when configure had run, so it names that module folder.
    my $load = slurp("$folder/anonid.load");
    my ($path) = $load =~ m{^LoadModule anonid_module (/\S+)$}m;
    is $path, "$modules/mod_anonid.so", 'anonid.load names the module';
    spit("$prefix/anonid.load",
         $load =~ s{\Q$path}{$prefix/modules/mod_anonid.so}r);

    my ($exit, $output) = $httpd->configtest(<<"END");
Include "$prefix/anonid.load"
Include "$folder/anonid.conf"
AnonIDAgentProgram "$prefix/libexec/anonid-agent"
AnonIDStateDir "\${STATE}"
AnonIDMapTo
END
    is $exit, 0, 'httpd takes what was installed' or diag $output;
    test_edited("$folder/anonid.conf", @variables) if $debian;
    make('uninstall', @variables);
    unlink "$prefix/anonid.load";
    is_deeply installed($prefix), {}, 'uninstall leaves nothing';
}

sub test_edited ($file, @variables)
{
    my $shipped = slurp($file);

    spit($file, "AnonIDMapTo\n");
    like make('install', @variables), qr/^kept \Q$file\E/m,
        'an edited file is kept, and told';
    is slurp($file), "AnonIDMapTo\n", '... as it was';
    like make('uninstall', @variables), qr/^kept \Q$file\E/m,
        'uninstall keeps it too';
    is slurp($file), "AnonIDMapTo\n", '... as it was';
    spit($file, $shipped);
}

test_destdir();
test_prefix();
done_testing;
