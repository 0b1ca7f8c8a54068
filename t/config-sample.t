# SPDX-License-Identifier: Apache-2.0
#
# The sample configuration is harmless as it is shipped, and right where its
# comments are taken away.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::ConfigCases;
use AnonID::Test::Httpd;

require_build();
my $httpd = AnonID::Test::Httpd->new(modules => ['authz_host']);
my $sample = slurp(srcdir() . '/conf/anonid.conf');
my $folder = $httpd->path('etc');
my $agent = agent_path();

is_deeply [grep { /\S/ && !/^#/ } split /\n/, $sample], [],
    'the sample is nothing but comments';
takes($httpd, ['the sample as it is', $sample]);

spit("$folder/users", "newsletter:x\n");
spit("$folder/$_.secret", canary(), 0600) for qw(newsletter shop store);
spit("$folder/web.keytab", "\5\2", 0600);
spit("$folder/get-password", "#!/bin/sh\n", 0755);
spit("$folder/form.html", slurp(srcdir() . '/conf/examples/form.html'));
mkdir "$folder/languages" or die "mkdir: $!";
spit("$folder/languages/pt.conf",
     slurp(srcdir() . '/conf/languages/en.conf'));
spit("$folder/ca.pem", "-----BEGIN CERTIFICATE-----\n");

# Examples begin with '#' and no space; this machine has other places.
my $examples = join "\n", $sample =~ /^#(<.*|\w.*)$/mg;
$examples =~ s{/etc/anonid\b}{$folder}g;
$examples =~ s{\S+/anonid-agent$}{$agent}m;
$examples =~ s{/run/anonid$}{$folder/state}m;

# Nobody has to have made the sample's user.
my ($user) = grep { defined getpwnam $_ } qw(anonid daemon bin nobody);
$examples =~ s/^(AnonIDAgentUser) anonid$/$1 $user/m;

SKIP: {
    skip 'AnonIDAgentUser needs root', 1 if !is_root();
    takes($httpd, ['the examples of the sample', $examples]);
}

# Nothing is left out, and nothing is explained that does not exist.
my @explained = $sample =~ /^# <?(AnonID\w+)/mg;
my %explained = map { ($_ => 1) } @explained;
my ($exit, $list) = $httpd->configtest('', flags => ['-L']);
my @known = $list =~ /^<?(AnonID\w+)/mg;

is $exit, 0, 'httpd -L lists the directives';
is_deeply [grep { !$explained{$_} } @known], [], 'all of them are explained';
is_deeply [grep { my $name = $_; !grep { $_ eq $name } @known } @explained],
    [], 'and no others are';

done_testing;
