# SPDX-License-Identifier: Apache-2.0
#
# A request for an account whose first logon attempt has not ended waits for
# it, but not longer than five seconds; then it is told to come again.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;
use Time::HiRes qw(time);

require_build;

# A first attempt that takes a second, for bcrypt of cost 14 does.
my $password = canary();
my $verifier = crypt($password, '$2b$14$abcdefghijklmnopqrstuu');
my $site = AnonID::Test::MapSite->new(config => <<'END', sections => <<'END');
<AnonIDAccount slow>
AnonIDLogon file "${DIR}/accounts"
AnonIDSecret "file:${DIR}/secret"
</AnonIDAccount>
END
AnonIDMapTo slow
ErrorDocument 503 /sorry.txt
END

$site->document('sorry.txt', "we are sorry\n");
spit($site->path('accounts'), "slow:$verifier\n");
spit($site->path('secret'), $password, 0600);
$site->start;

# It takes longer still while the agent does nothing.
my $agent = $site->wait_agent;
kill STOP => $agent;
my $started = time;
my $response = $site->get('/who');
my $elapsed = time - $started;

is $site->summary($response), '503 Retry-After', 'the wait ends with 503';
is $response->{body}, "we are sorry\n", 'whose error document does not wait';
cmp_ok $elapsed, '>', 4, 'after the attempt was given time';
cmp_ok $elapsed, '<', 8, 'but not for ever';

my $http = $site->connect;
$http->send("GET /who HTTP/1.1\r\nHost: localhost\r\n"
                . "Connection: close\r\n\r\n");
kill CONT => $agent;
is $site->summary($http->response), '200 slow Anonymous slow',
    'who waits is served as soon as the account is logged on';

done_testing;
