# SPDX-License-Identifier: Apache-2.0
#
# Beside mod_auth_gssapi, whose challenge comes from its own check-authn hook
# alone: anonymous where that is enough, else Negotiate.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;

my $module = AnonID::Test::HttpdConfig::apxs('libexecdir')
    . '/mod_auth_gssapi.so';
plan(skip_all => 'needs mod_auth_gssapi') if !-e $module;
require_build;

my $site = AnonID::Test::MapSite->new(
    modules => [qw(auth_gssapi)],
    config => "AnonIDMapTo visitor\n",
    sections => <<'END')->start;
<Location "/gss">
AuthType GSSAPI
AuthName "test"
Require valid-user
</Location>
<Location "/gss/open">
Require anonid
Require valid-user
</Location>
<Location "/gss/granted">
Require all granted
</Location>
<Location "/gss/none">
AnonIDMapTo None
</Location>
END

my $VISITOR = '200 visitor Anonymous visitor';
my @token = (headers => { Authorization => 'Negotiate AAAA' });

$site->sees(
    ['/gss/who', '401 Negotiate', 'challenged where a user is needed'],
    ['/gss/none/who', '401 Negotiate', 'challenged below None'],
    ['/gss/open/who', $VISITOR, 'mapped where anonymous is enough'],
    ['/gss/granted/who', $VISITOR, 'mapped where all are'],
);
is_deeply [grep { /^www-authenticate$/i } map { $_->[0] }
               @{ $site->get('/gss/who')->{headers} }],
    ['WWW-Authenticate'], 'there is one challenge';

$site->allow_log(qr/auth_gssapi:/);
is $site->get('/gss/open/who', @token)->{status}, 401,
    'a bad token is not anonymous';

done_testing;
