# SPDX-License-Identifier: Apache-2.0
#
# What knows the version, or where things are installed, is compiled again
# when these change, and nothing else is.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Process qw(run);
use AnonID::Test::Tree qw(files);

my $header = 'mod_anonid/common/build.h';
my $stamp = $header =~ s/h$/stamp/r;
my @names = qw(ANONID_VERSION ANONID_AGENT_PROGRAM ANONID_STATE_DIR
               ANONID_APACHECTL ANONID_DEFAULT_HELP_URL);
my $name = join '|', @names;

sub make (@arguments)
{
    my ($exit, $output) = run(['make', '-s', '--no-print-directory',
                               '-C', builddir(), @arguments],
                              env => { MAKEFLAGS => '' });

    is $exit, 0, "make @arguments" or diag $output;
    return $output;
}

plan skip_all => 'needs make' if (run(['make', '--version']))[0] != 0;

# What make would write now, with another version and another prefix.
my $written = temp_root() . '/build.h';
my $rule = make('-n', '-W', 'Makefile', $stamp, 'PACKAGE_VERSION=9.8.7',
                'prefix=/opt/x', 'exec_prefix=/opt/x');
my $text = $rule =~ s/>\S+build\.new\n.*/>$written/sr;
is((run(['sh', '-ec', $text]))[0], 0, 'the header can be written')
    or diag $text;
$text = slurp($written);
like $text, qr/^#define ANONID_VERSION "9\.8\.7"$/m, 'with the version';
like $text, qr{^\#define\ ANONID_AGENT_PROGRAM
               \ "/opt/x/libexec/anonid-agent"$}mx, 'and the places';
like $text, qr/^#define $_ "/m, "$_ is in it" for @names;

# Who uses it reads it, and is compiled again when it has changed.
my @users = grep { slurp(srcdir() . "/$_") =~ /\b(?:$name)\b/ }
    files('mod_anonid', qr/\.[ch]$/);
my $plan = make('-n', '-W', $header, 'V=1', 'all');

for my $user (grep { $_ ne $header } @users) {
    like slurp(srcdir() . "/$user"), qr{^#include "common/build\.h"$}m,
        "$user includes it";
    like $plan, qr{\Q$user\E}, '... and is compiled again';
}
unlike $plan, qr{common/wire\.c}, 'what does not use it is not';

is_deeply [grep { /-D(?:$name)/ } split /\n/, $plan], [],
    'no command line has any of it';
done_testing;
