# SPDX-License-Identifier: Apache-2.0
#
# While an account is not logged on, a request that would be mapped to it gets
# what AnonIDOnLogonFailure says; all others are served as ever. When it is
# logged on again, so is the visitor, without a restart.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;
use Time::HiRes qw(time);

require_build;

my $BASIC = AnonID::Test::MapSite->basic;
my $password = canary();
my $SECTIONS = <<"END";
ErrorDocument 503 /sorry.txt
ErrorDocument 403 /why/who
<Location "/good">
AnonIDMapTo visitor
</Location>
<Location "/forbidden">
AnonIDOnLogonFailure forbidden
</Location>
<Location "/decline">
AnonIDOnLogonFailure decline
</Location>
<Location "/decline/required">
Require anonid
</Location>
<Location "/decline/basic">
$BASIC
Require all granted
</Location>
<Location "/decline/basic/either">
Require anonid
Require valid-user
</Location>
<Location "/basic">
$BASIC
Require valid-user
</Location>
<Location "/basic/either">
Require anonid
</Location>
<Location "/basic/granted">
Require all granted
</Location>
<Location "/own">
AuthType AnonID
Require anonid
</Location>
<Location "/own/denied">
Require user alice
</Location>
<Location "/satisfied">
$BASIC
Require valid-user
Satisfy any
Allow from 127.0.0.1
</Location>
<Location "/satisfied/decline">
AnonIDOnLogonFailure decline
</Location>
END

my $site = AnonID::Test::MapSite->new(
    modules => [qw(access_compat)],
    config => <<'END', sections => $SECTIONS);
<AnonIDAccount broken>
AnonIDLogon file "${DIR}/accounts"
AnonIDSecret "file:${DIR}/secret"
</AnonIDAccount>
AnonIDMapTo broken
END
$site->document('sorry.txt', "we are sorry\n");
spit($site->path('accounts'),
     'broken:' . crypt($password, '$6$' . substr(canary(), 0, 16)) . "\n",
     0644);
spit($site->path('secret'), canary(), 0600);
$site->expect_log(qr/ANID0001: .*'broken'.*Logon failure: unknown user/)
     ->start;

my @alice = (headers => $site->credentials('alice'));
my $NOBODY = '200 - - -';
my $ALICE = '200 alice Basic -';
my $UNAVAILABLE = '503 Retry-After';
my @ROWS = (
    ['/good/who', '200 visitor Anonymous visitor', 'another account'],
    ['/who', $UNAVAILABLE, 'unavailable, the default'],
    ['/forbidden/who', '403', 'forbidden'],
    ['/decline/who', $NOBODY, 'decline where all are granted'],
    ['/decline/required/who', $UNAVAILABLE,
     'decline with nothing to decline to'],
    ['/decline/basic/who', $NOBODY, 'decline, Basic and all granted'],
    ['/decline/basic/either/who', '401 Basic', 'decline to Basic'],
    ['/decline/basic/either/who', $ALICE, 'and it is answered', @alice],
    ['/basic/who', '401 Basic', 'where anonymous is not enough anyway'],
    ['/basic/who', $ALICE, 'a real user', @alice],
    ['/basic/either/who', $UNAVAILABLE, 'where anonymous would be enough'],
    ['/basic/granted/who', $UNAVAILABLE, 'Basic and all granted'],
    ['/basic/granted/who', $NOBODY, 'the same with credentials', @alice],
    ['/own/who', $UNAVAILABLE, 'AuthType AnonID'],
    ['/own/denied/who', '403', 'AuthType AnonID, a denial'],
    ['/satisfied/who', $UNAVAILABLE, 'Satisfy any'],
    ['/satisfied/decline/who', $NOBODY, 'Satisfy any, decline'],
);

wait_until(sub { $site->error_log =~ /ANID0001/ }, 20, 'the logon failed');
$site->expect_log(qr/AH01631: user broken: authorization failure/);
$site->sees(@ROWS);

my $response = $site->get('/who');
is $response->{body}, "we are sorry\n",
    'the error document is served although it is mapped to the same account';
cmp_ok $response->{header}{'retry-after'}, '>=', 1, 'Retry-After is a delay';
cmp_ok $response->{header}{'retry-after'}, '<=', 3600, 'of an hour at most';
is $site->environment_of($site->get('/forbidden/who'))->{REMOTE_USER}, undef,
    'an error document for 403 is not mapped';

# The secret is corrected.
spit($site->path('secret'), $password, 0600);
$site->expect_log(qr/ANID0002: The account 'broken' is logged on again/);
wait_until(sub { $site->get('/who')->{status} == 200 }, 20, 'logged on again');
$site->sees(map { [$_, '200 broken Anonymous broken', "then $_ is mapped"] }
            qw(/who /forbidden/who /decline/who /decline/required/who
               /decline/basic/who /decline/basic/either/who
               /basic/granted/who /own/who /satisfied/who));

done_testing;
