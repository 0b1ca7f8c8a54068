# SPDX-License-Identifier: Apache-2.0
#
# A request whose user another module has named already is not mapped, and one
# that a module names later is no longer.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;

my $module = AnonID::Test::HttpdConfig::apxs('libexecdir') . '/mod_lua.so';
plan(skip_all => 'needs mod_lua') if !-e $module;
require_build;

my $site = AnonID::Test::MapSite->new(
    modules => ['lua'],
    config => "AnonIDMapTo visitor\n",
    sections => <<'END');
<Location "/named">
LuaHookAccessChecker "${DIR}/users.lua" name_user early
</Location>
<Location "/named/member">
Require valid-user
</Location>
<Location "/fixups">
LuaHookFixups "${DIR}/users.lua" name_user
</Location>
<Location "/late">
LuaHookCheckUserID "${DIR}/users.lua" answer
Require valid-user
AnonIDUnless "%{HTTP_COOKIE} =~ /session=/"
</Location>
END
spit($site->path('users.lua'), <<'END');
require 'apache2'
function name_user(r) r.user = 'luke' return apache2.DECLINED end
function answer(r) r.user = 'luke' return apache2.OK end
END
$site->start;

$site->sees(
    ['/who', '200 visitor Anonymous visitor', 'nobody has named it'],
    ['/named/who', '200 luke - -', 'named before us'],
    ['/named/member/who', '200 luke - -', 'and let in by that name'],
    ['/fixups/who', '200 luke - -', 'named in fixups'],
    ['/late/who', '200 luke - -', 'named after us, with AnonIDUnless',
     headers => { Cookie => 'session=1' }],
);
$site->expect_log(qr/AH01630: client denied/);
is $site->get('/late/who')->{status}, 403, 'mapped, it is not a valid-user';

done_testing;
