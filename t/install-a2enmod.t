# SPDX-License-Identifier: Apache-2.0
#
# Debian's own a2enmod, configtest and a2dismod with what make install puts
# into /etc/apache2: here a copy of that folder, as the package has it.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Process qw(run);
use File::Find qw(find);

require_build;
skip_unless_root;
skip_unless_program(qw(make dpkg-deb apt-get apache2));

# apache2-bin, which builds need, has the server without these scripts. The
# package would start a server when it is installed, so it is only unpacked.
sub unpack_apache2 ()
{
    my $folder = temp_root() . '/debian';

    mkdir $folder or die "mkdir: $!";
    chmod 0755, $folder or die "chmod: $!";
    run(['sh', '-c', "cd '$folder' && apt-get -q download apache2 && "
         . "dpkg-deb -x apache2_*.deb ."]);
    return $folder if -x "$folder/usr/sbin/a2enmod";
    plan(skip_all => 'needs Debian\'s package apache2, to be looked at');
}

my $debian = unpack_apache2();
my $etc = "$debian/etc/apache2";
my $prefix = "$debian/installed";
my @variables = ("prefix=$prefix", "exec_prefix=$prefix",
                 "moduledir=$prefix/modules", "modsdir=$etc/mods-available");
my %env = (%ENV, APACHE_CONFDIR => $etc, APACHE_STATE_DIRECTORY =>
           "$debian/var/lib/apache2", MAKEFLAGS => '',
           PATH => "$debian/usr/sbin:$ENV{PATH}");

# An exit status of 0; the output.
sub good ($what, @command)
{
    my ($exit, $output) = run([@command], env => \%env);

    is $exit, 0, $what or diag $output;
    return $output;
}

sub make ($target)
{
    return good("make $target", 'make', '--no-print-directory', '-C',
                builddir(), $target, @variables);
}

# Names of all that is below the folders of configuration and state.
sub names ()
{
    my @names;

    find({ no_chdir => 1, wanted => sub { push @names, $_ } }, $etc,
         "$debian/var");
    return [sort @names];
}

# The server's folders and name are this test's own.
for my $folder (qw(run lock log lib)) {
    run(['mkdir', '-p', "$debian/var/$folder/apache2"]);
}
spit("$etc/envvars", slurp("$etc/envvars") . <<"END");
export APACHE_PID_FILE=$debian/var/run/apache2/apache2.pid
export APACHE_RUN_DIR=$debian/var/run/apache2
export APACHE_LOCK_DIR=$debian/var/lock/apache2
export APACHE_LOG_DIR=$debian/var/log/apache2
END
mkdir "$etc/$_" for qw(conf-enabled mods-enabled sites-enabled);
spit("$etc/conf-enabled/test.conf", <<"END");
ServerName localhost
<IfModule anonid_module>
AnonIDAgentProgram "$prefix/libexec/anonid-agent"
AnonIDStateDir "$debian/var/run/anonid"
AnonIDMapTo
</IfModule>
END
good('the modules of every Debian', "$debian/usr/sbin/a2enmod", '-q',
     qw(mpm_event authz_core authz_host));
good('configtest without the module', 'apache2ctl', 'configtest');

my $before = names();

make('install');
spit("$etc/mods-available/anonid.load",
     slurp("$etc/mods-available/anonid.load")
     =~ s{(?<=anonid_module )\S+}{$prefix/modules/mod_anonid.so}r);
my $installed = names();

good('configtest while it is not enabled', 'apache2ctl', 'configtest');
like good('a2enmod anonid', "$debian/usr/sbin/a2enmod", 'anonid'),
    qr/Enabling module anonid/, '... which says so';
is readlink("$etc/mods-enabled/anonid.$_"), "../mods-available/anonid.$_",
    "anonid.$_ is enabled" for qw(load conf);
ok -l "$etc/mods-enabled/authn_core.load", '... and what it depends on';
like good('configtest', 'apache2ctl', 'configtest'), qr/^Syntax OK$/m,
    'httpd takes it';
like good('list of modules', 'apache2ctl', '-M'), qr/^ anonid_module/m,
    'httpd has the module';

like good('a2dismod anonid', "$debian/usr/sbin/a2dismod", 'anonid'),
    qr/Module anonid disabled/, '... which says so';
ok !-l "$etc/mods-enabled/anonid.$_", "anonid.$_ is disabled" for qw(load conf);
good('configtest afterwards', 'apache2ctl', 'configtest');
unlike good('list of modules', 'apache2ctl', '-M'), qr/anonid_module/,
    'httpd has it no more';

# What was edited would be kept.
unlink "$etc/mods-available/anonid.load" or die "unlink: $!";
make('uninstall');
run(["$debian/usr/sbin/a2dismod", '-q', '-f', 'authn_core'], env => \%env);
is_deeply [grep { !m{/var/lib/apache2/|/mods-enabled/authn_core} }
               names()->@*],
    [grep { !m{/var/lib/apache2/} } @$before], 'nothing is left';
isnt @$installed, @$before, '... of what there was';
done_testing;
