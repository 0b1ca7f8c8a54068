# SPDX-License-Identifier: Apache-2.0
#
# A tentative authorization that says no leaves nothing in the request: what an
# authorization module wrote into its tables is gone when the native module
# challenges.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;

my $module = AnonID::Test::HttpdConfig::apxs('libexecdir') . '/mod_lua.so';
plan(skip_all => 'needs mod_lua') if !-e $module;
require_build;

my $BASIC = AnonID::Test::MapSite->basic;
my $site = AnonID::Test::MapSite->new(
    modules => ['lua'],
    sections => <<"END");
LogFormat "%<u %<{trace}n %<{X-Trace}o %U" trace
CustomLog logs/trace.log trace
<Location "/traced">
AnonIDMapTo visitor
$BASIC
Require user alice visitor
LuaHookAuthChecker "\${DIR}/trace.lua" trace
ErrorDocument 401 /who
</Location>
END
spit($site->path('trace.lua'), <<'END');
require 'apache2'
function trace(r)
    r.notes['trace'] = r.user
    r.subprocess_env['TRACE'] = r.user
    r.headers_out['X-Trace'] = r.user
    r.err_headers_out['X-Error-Trace'] = r.user
    if r.user == 'visitor' then
        return 403
    end
    return apache2.DECLINED
end
END
$site->start;

sub traces ($response)
{
    return { map { lc $_->[0] => $_->[1] }
                 grep { $_->[0] =~ /trace/i } @{ $response->{headers} } };
}

my $denied = $site->get('/traced/no');
is $denied->{status}, 401, 'the native challenge';
is_deeply traces($denied), {}, 'no header field of the tentative run';
is_deeply [grep { /TRACE/ } keys %{ $site->environment_of($denied) }], [],
    'no variable';
wait_until(sub { -e $site->path('logs/trace.log')
                     && slurp($site->path('logs/trace.log')) =~ /\n/ },
           10, 'the log is written');
is slurp($site->path('logs/trace.log')), "- - - /traced/no\n",
    'no user, no note';

my $allowed = $site->get('/traced/yes/who',
                         headers => $site->credentials('alice'));
is_deeply traces($allowed),
    { 'x-trace' => 'alice', 'x-error-trace' => 'alice' },
    'the real run leaves its own';

done_testing;
