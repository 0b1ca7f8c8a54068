# SPDX-License-Identifier: Apache-2.0
#
# One bad password over several machines that share a store is one attempt:
# four httpds, each with its own state folder, and the directory counts one
# failure. A new password is tried, and without the store each machine tries
# by itself.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::LogonSite;
use AnonID::Test::Redis;
use AnonID::Test::Slapd;

require_build;
skip_unless_program($_) for qw(slapd redis-server redis-cli);

my $password = canary();
my $slapd = AnonID::Test::Slapd->new(max_failures => 20, users => {
    map { ($_ => { password => $password }) } qw(one two) })->start;
my $redis = AnonID::Test::Redis->new->start;

sub machine ($name)
{
    my $site = AnonID::Test::LogonSite->new(
        log_level => 'info anonid:debug',
        config => 'AnonIDLimitStore ' . $redis->url
            . "\nAnonIDLimitStoreSecret \"file:@{[ $redis->secret ]}\"",
        accounts => { $name => {
            secret => 'wrong', logon => 'ldap ' . $slapd->url('ldap') . ' '
                . $slapd->dn($name) } });

    $site->expect_failure($name => 1326);
    return $site;
}

my @machines = map { machine('one') } 1 .. 4;

$_->start for @machines;
$_->wait_failure(one => 1326) for @machines;
is $slapd->failures('one'), 1, 'four machines with one wrong password: one';
is $slapd->binds('one'), 1, 'the directory was asked once';
is scalar(grep { $_->warning('one') =~ /another machine was refused/ }
              @machines), 3, 'the others say where it was refused';

my @keys = grep { /logon/ } $redis->keys;
like "@keys", qr/^anonid:logon:[0-9a-f]{40}$/, 'there is a hash in the store';
is $redis->ask('GET', $keys[0]), 'failed 1326', 'and a code';

$_->graceful for @machines;
$machines[0]->stop;
$machines[0]->start;
$_->wait_failure(one => 1326) for @machines;
is $slapd->binds('one'), 1, 'restarts change nothing';

SKIP: {
    skip 'needs root', 2 if $> != 0;
    my ($exit, $said) =
        AnonID::Test::Ctl->new($machines[3])->run('logon', 'one');

    like $said, qr/bad password/, 'an operator may insist';
    is $slapd->binds('one'), 2, 'then the directory is asked again';
}

$_->put_secret(one => $password) for @machines;
$_->wait_state(one => 'logged on') for @machines;
is $slapd->failures('one'), 0, 'the right password is tried, everywhere';
$_->stop for @machines;

# Without the store each has its own attempt, as one that shares none.
my @alone = map { machine('two') } 1, 2;

$redis->kill;
for (@alone) {
    $_->expect_log(qr/ANID0252/);
    $_->start;
    $_->wait_failure(two => 1326);
}
is $slapd->failures('two'), 2, 'without the store each machine tries once';
$_->stop for @alone;
done_testing;
