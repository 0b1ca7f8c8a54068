# SPDX-License-Identifier: Apache-2.0
#
# What a renewal finds out: a password that was changed in the directory only
# ends the logon after one attempt, also that of an account which searches for
# others; whoever depends on it comes back with it.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::LogonSite;
use AnonID::Test::Slapd;

skip_unless_program('slapd', 'slapadd', 'ldapmodify', 'ldapsearch');
require_build;

my @found = map { "found$_" } 1 .. 12;
my %password = map { ($_ => canary()) } qw(direct reader locked), @found;
my $slapd = AnonID::Test::Slapd->new(
    max_failures => 3,
    users => { map { ($_ => { password => $password{$_} }) } keys %password },
)->start;
my $url = $slapd->url('ldapi');
my $search = 'ldap:///ou=people,dc=example,dc=test?uid';

my $site = AnonID::Test::LogonSite->new(accounts => {
    (map { ($_ => { logon => "ldap $url " . $slapd->dn($_),
                    lines => [$_ eq 'reader' ? () : 'AnonIDLogonLifetime 6'],
                    secret => $password{$_} }) } qw(direct reader locked)),
    (map { ($_ => { logon => "ldap $url $search",
                    lines => ['AnonIDLogonLifetime 8',
                              'AnonIDLogonSearchAs reader'],
                    secret => $password{$_} }) } @found),
})->start;

for my $name (qw(direct reader locked), @found) {
    $site->wait_state($name => 'logged on');
}
is scalar(grep { $_->{attempts} > 1 } values %{ $site->status }), 0,
    'who is searched for waits for who searches';

# The passwords change in the directory, and nobody tells the server.
$site->expect_failure($_ => 1326) for qw(direct reader);
$site->expect_failure(locked => 1909);
$site->expect_failure($_ => 5) for @found;
$slapd->set_password(direct => canary());
$slapd->set_state(locked => 'locked');
my $new = canary();
$slapd->set_password(reader => $new);

my $status = $site->wait_failure(direct => 1326);
is $status->{state}, 'failed', 'a renewal that is refused ends the logon';
is $slapd->failures('direct'), 1, '... after one attempt';
is $site->wait_failure(locked => 1909)->{state}, 'logged on',
    'a renewal that finds the account locked lets the logon last';
is $site->wait_state(locked => 'failed')->{code}, 1909, '... until its end';

$site->wait_failure(reader => 1326);
is $slapd->failures('reader'), 1,
    'who searches is refused once, however many are searched for';
$site->wait_state($_ => 'failed') for @found;
my %detail = map { ($_->{detail} => 1) }
    @{ $site->status }{@found};
is_deeply [keys %detail],
    ["the account 'reader', which searches, is not logged on"],
    'who is searched for cannot be renewed';
is $slapd->failures('reader'), 1, '... which costs no further attempt';
is $slapd->failures($_), 0, "... $_: none of its own" for @found;

# The new password comes.
$site->expect_recovery($_) for 'reader', @found;
$site->put_secret(reader => $new);
$site->wait_state(reader => 'logged on');
$site->wait_state($_ => 'logged on', 5) for @found;
pass 'with who searches all others come back, at once';

done_testing;
