# SPDX-License-Identifier: Apache-2.0
#
# AnonIDMapTo is all it takes, also where nothing has made httpd's runtime
# folder yet, as apachectl does after each boot.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;
use AnonID::Test::Process;

skip_unless_root;
skip_unless_program('unshare', 'mount');
plan skip_all => 'needs mount namespaces'
    if (AnonID::Test::Process::run(
        ['unshare', '-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']))[0] != 0;
require_build;

my $httpd = AnonID::Test::Httpd->new(config => 'AnonIDMapTo');
my $program = AnonID::Test::Httpd::program();
my ($exit, $build) = AnonID::Test::Process::run([$program, '-V']);
my ($run) = $build =~ m{DEFAULT_PIDLOG="(?:/var)?(/run)/};

plan skip_all => 'httpd has no runtime folder in /run' if !$run;

# Where this says nothing, httpd's compiled-in folder is used.
$httpd->write_config;
my $text = slurp($httpd->config_path) =~ s/^(DefaultRuntimeDir|AnonIDStateDir)
                                            .*\n//gmrx;
my $config = spit($httpd->path('bare.conf'), $text);

# An empty /run that only this command and its children see.
sub in_empty_run ($script)
{
    return AnonID::Test::Process::run(
        ['unshare', '-m', 'sh', '-ec', "mount -t tmpfs tmpfs $run\n$script",
         'sh', $program, $config, AnonID::Test::ctl_path()]);
}

($exit, my $output) = in_empty_run('"$1" -t -f "$2"; ls ' . $run);
is $exit, 0, 'the configuration is good' or diag $output;
like $output, qr/\ASyntax OK\n\z/, 'and its check creates nothing';

($exit, $output) = in_empty_run(<<'END');
umask 077
"$1" -f "$2"
until "$3" status 2>&-; do sleep 0.05; done  # run() has a deadline
ls -ld /run/*/ /run/*/anonid/
"$1" -f "$2" -k stop
END
is $exit, 0, 'httpd starts, and anonidctl finds it by itself' or diag $output;
like $output, qr/^IUSR_\S+ +file +(?:logged on|pending)/m,
    'with the default account';
like $output, qr{^drwxr-xr-x .* root \s .* /run/[^/]+/$}mx,
    'httpd\'s folder is as apachectl makes it';
like $output, qr{^drwx--x--x .* root \s .* /anonid/$}mx,
    'and the state folder in it for the sockets only';
wait_until(sub { !-e $httpd->pid_file }, 15, 'the end of httpd');

done_testing;
