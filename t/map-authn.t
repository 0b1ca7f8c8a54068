# SPDX-License-Identifier: Apache-2.0
#
# Anonymous first, then the challenge: beside real authentication modules a
# visitor gets what anonymous may have, and is asked for credentials in the
# module's own way where that is not enough.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;

require_build;

my $BASIC = AnonID::Test::MapSite->basic;
my $site = AnonID::Test::MapSite->new(
    modules => [qw(auth_digest auth_form request session session_cookie)],
    config => "AnonIDMapTo visitor\n",
    sections => <<"END")->start;
<Location "/basic">
$BASIC
Require all granted
</Location>
<Location "/basic/members">
Require valid-user
</Location>
<Location "/basic/alice">
Require user alice
</Location>
<Location "/basic/either">
Require user alice
Require anonid
</Location>
<Location "/basic/none">
AnonIDMapTo None
Require valid-user
</Location>
<Location "/basic/none/open">
Require all granted
</Location>
<Location "/basic/unless">
AnonIDUnless "%{HTTP_COOKIE} =~ /session=/"
Require anonid
Require user alice
</Location>
<Location "/basic/expr">
AuthType "%{unescape:Bas%69c}"
Require valid-user
</Location>
<Location "/digest">
AuthType Digest
AuthName "test"
AuthUserFile "\${DIR}/users"
Require valid-user
</Location>
<Location "/digest/open">
Require anonid
</Location>

<Location "/form">
AuthType form
AuthName "test"
AuthFormProvider file
AuthUserFile "\${DIR}/users"
Session On
SessionCookieName session path=/
AnonIDUnless "%{HTTP_COOKIE} =~ /session=[^;]/"
Require valid-user
</Location>
<Location "/form/open">
Require anonid
Require valid-user
</Location>
<Location "/form/inline">
ErrorDocument 401 /login.txt
</Location>
<Location "/form/redirect">
AuthFormLoginRequiredLocation "http://login.test/"
</Location>
<Location "/form/login">
SetHandler form-login-handler
Require all granted
</Location>

<Location "/own">
AuthType AnonID
Require valid-user
</Location>
<Location "/own/open">
Require anonid
</Location>
<Location "/own/granted">
Require all granted
</Location>
<Location "/own/unless">
AnonIDUnless "%{HTTP_COOKIE} =~ /session=/"
Require anonid
</Location>
<Location "/none">
AuthType None
Require anonid
</Location>
<Location "/none/unless">
AnonIDUnless "%{HTTP_COOKIE} =~ /session=/"
</Location>
<Location "/none/members">
Require valid-user
</Location>
END

my @alice = (headers => $site->credentials('alice'));
my @wrong = (headers => $site->credentials('alice', 'wrong'));
my @cookie = (headers => { Cookie => 'session=1' });
my $VISITOR = '200 visitor Anonymous visitor';
my $ALICE = '200 alice Basic -';

$site->document('login.txt', "the login form\n");

$site->sees(
    ['/basic/who', $VISITOR, 'Basic and all granted: mapped'],
    ['/basic/who', '200 - - -',
     'credentials there are as without us: nobody asked for them', @alice],
    ['/basic/who', '200 - - -', 'and nobody checks them', @wrong],
    ['/basic/members/who', '401 Basic', 'Require valid-user: challenged'],
    ['/basic/members/who', $ALICE, 'and answered', @alice],
    ['/basic/members/who', '401 Basic', 'and answered wrongly', @wrong],
    ['/basic/alice/who', '401 Basic', 'Require user: challenged'],
    ['/basic/alice/who', $ALICE, 'and answered', @alice],
    ['/basic/alice/who', '401 Basic', 'and by another user',
     headers => $site->credentials('bob')],
    ['/basic/either/who', $VISITOR, 'anonymous is enough'],
    ['/basic/either/who', $ALICE, 'a user stays one', @alice],
    ['/basic/either/who', '401 Basic', 'a wrong password is not anonymous',
     @wrong],
    ['/basic/none/who', '401 Basic', 'None below Basic'],
    ['/basic/none/open/who', '200 - - -', 'None and all granted'],
    ['/basic/unless/who', $VISITOR, 'AnonIDUnless that is false'],
    ['/basic/unless/who', '401 Basic', 'AnonIDUnless that is true', @cookie],
    ['/basic/expr/who', '401 Basic', 'AuthType by an expression'],
    ['/digest/who', '401 Digest', 'Digest: challenged'],
    ['/digest/open/who', $VISITOR, 'Digest: anonymous is enough'],
);

my $challenge = $site->get('/basic/members/who')->{headers};
is_deeply [map { $_->[1] } grep { lc $_->[0] eq 'www-authenticate' }
               @$challenge],
    ['Basic realm="test"'], 'one challenge, the native one';
is scalar(() = $site->get('/digest/who')->{raw} =~ /Digest realm=/g), 1,
    'the same with Digest';
like $site->get('/basic/members/who')->{body}, qr/Unauthorized/,
    'the native 401 page';
unlike $site->log_text('localhost'), qr/user visitor: authorization failure/,
    'the tentative authorization is silent';

# mod_auth_form: a form in the 401's page, a redirect, or a session.
like $site->get('/form/inline/who')->{body}, qr/the login form/,
    'form: the login page where anonymous is not enough';
$site->sees(
    ['/form/inline/who', '401 -', 'form: with status 401'],
    ['/form/redirect/who', '302 http://login.test/', 'form: the redirect'],
    ['/form/open/who', $VISITOR, 'form: anonymous is enough'],
);
is $site->get('/form/inline/who')->{header}{'cache-control'}, 'no-store',
    'form: the response is the native one';

my $login = $site->post(
    '/form/login', type => 'application/x-www-form-urlencoded',
    body => 'httpd_username=alice&httpd_password=alice');
is $login->{status}, 200, 'form: a mapped visitor can log in';
my ($session) = $login->{header}{'set-cookie'} =~ /(session=[^;]+)/;
ok $session, 'form: and gets a session';
my @session = (headers => { Cookie => $session });
$site->sees(
    ['/form/who', '200 alice form -', 'form: the session counts', @session],
    ['/form/open/who', '200 alice form -',
     'form: AnonIDUnless spares the session', @session],
);

$site->expect_log(qr/ANID0101: \S+ needs a user/,
                  qr/AH01631: user visitor: authorization failure/,
                  qr/AH01630: client denied/)
     ->allow_log(qr/AH0161[78]/, qr/AH01631: user bob/);
$site->sees(
    ['/own/who', '403', 'AuthType AnonID: a denial is a 403'],
    ['/own/open/who', $VISITOR, 'AuthType AnonID: mapped'],
    ['/own/open/who', $VISITOR, 'AuthType AnonID: credentials are ignored',
     @alice],
    ['/own/granted/who', $VISITOR, 'AuthType AnonID and all granted'],
    ['/own/unless/who', $VISITOR, 'AuthType AnonID, AnonIDUnless is false'],
    ['/own/unless/who', '403', 'AuthType AnonID, AnonIDUnless is true',
     @cookie],
    ['/none/who', $VISITOR, 'AuthType None: mapped'],
    ['/none/who', $VISITOR, 'AuthType None: credentials are ignored', @alice],
    ['/none/unless/who', '403',
     'nobody to ask for credentials: 403, not a configuration error',
     @cookie],
    ['/none/members/who', '403', 'AuthType None: a denial is a 403'],
);

done_testing;
