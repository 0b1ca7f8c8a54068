# SPDX-License-Identifier: Apache-2.0
#
# Many synchronised accounts in one file: each has its own password after
# httpd's start, and the file is written a few times, not once for each.
# t/bench/sync measures how long ten thousand take.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::Httpd;

require_build;

my $count = 400;
my @names = map { sprintf 's%05d', $_ } 1 .. $count;
my $httpd = AnonID::Test::Httpd->new(config => join('', map { <<"END" } @names)
<AnonIDAccount $_>
AnonIDPasswordSync On
</AnonIDAccount>
END
    . "LogLevel anonid:info\nAnonIDMapTo $names[0]\n");
my $ctl = AnonID::Test::Ctl->new($httpd);

sub logged_on ()
{
    return scalar(() = $ctl->ok('status', '--json')
                      =~ /"state"\s*:\s*"logged on"/g);
}

# How many verifiers each rewrite of the file brought.
sub rewrites ()
{
    return $httpd->log_text =~ /new verifiers in \S+accounts: (\d+)/g;
}

sub verifiers ()
{
    return slurp($httpd->path('state/accounts')) =~ /^s\d+:(\{\S+)/mg;
}

$httpd->start;
wait_until(sub { logged_on() == $count }, 60, "$count accounts are logged on");

my @rewrites = rewrites();
my $written = 0;
$written += $_ for @rewrites;
my %verifier = map { $_ => 1 } verifiers();

is $written, $count, 'each verifier was written once';
cmp_ok scalar @rewrites, '<=', $count / 10, 'many at a time';
is keys %verifier, $count, 'each account has a verifier of its own';

$ctl->ok('rotate', $names[7]);
is logged_on(), $count, 'another password for one leaves all logged on';
is scalar(grep { !$verifier{$_} } verifiers()), 1, 'and one line is new';

# What the agent did not come to is no failure of the accounts: nothing is
# logged of it.
my $mark = $httpd->log_mark;
$httpd->stop;
$httpd->start;
$httpd->stop;
unlike substr($httpd->log_text, $mark), qr/ANID0001: /,
    'an end in the midst of it is no failure';

done_testing;
