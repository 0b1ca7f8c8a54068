# SPDX-License-Identifier: Apache-2.0
#
# A mapped request is a user to authorization: Require anonid, user and their
# containers see the account, Require valid-user does not unless it is told.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;

require_build;

my $BASIC = AnonID::Test::MapSite->basic;
my @SECTIONS = (
    # name, configuration, what a visitor sees, what alice sees
    ['granted', 'Require all granted', 'visitor', '-'],
    ['denied', 'Require all denied', '403', '403'],
    ['anonid', 'Require anonid', 'visitor', '401'],
    ['named', 'Require anonid visitor', 'visitor', '401'],
    ['second', 'Require anonid reader visitor', 'visitor', '401'],
    ['other', 'Require anonid reader', '401', '401'],
    ['quoted', 'Require anonid "DOM\\\\quoted name"', '401', '401'],
    ['user', 'Require user visitor', 'visitor', '401'],
    ['users', 'Require user alice visitor', 'visitor', 'alice'],
    ['valid', 'Require valid-user', '401', 'alice'],
    ['valid-on', "AnonIDValidUser On\nRequire valid-user", 'visitor',
     'alice'],
    ['valid-on/off', 'AnonIDValidUser Off', '401', 'alice'],
    ['alias', 'Require some-user', '401', 'alice'],
    ['alias-anonid', 'Require some-anonymous', 'visitor', '401'],
    ['expr', "Require expr \"%{REMOTE_USER} == 'visitor'\"", 'visitor',
     '401'],
    ['method', "Require method GET", 'visitor', '-'],
    ['any', <<'END', 'visitor', 'alice'],
<RequireAny>
Require user alice
Require anonid
</RequireAny>
END
    ['all', <<'END', 'visitor', '401'],
<RequireAll>
Require local
Require anonid
Require user visitor
</RequireAll>
END
    ['all-fails', <<'END', '401', '401'],
<RequireAll>
Require anonid
Require user alice
</RequireAll>
END
    ['none', <<'END', '401', 'alice'],
<RequireAll>
Require user alice visitor
<RequireNone>
Require anonid
</RequireNone>
</RequireAll>
END
    ['none-other', <<'END', 'visitor', 'alice'],
<RequireAll>
Require user alice visitor
<RequireNone>
Require anonid reader
</RequireNone>
</RequireAll>
END
    ['not', <<'END', '401', 'alice'],
<RequireAll>
Require user alice visitor
Require not user visitor
</RequireAll>
END
    ['not-granted', <<'END', '401', '-'],
<RequireAll>
Require all granted
Require not user visitor
</RequireAll>
END
    ['not-valid', <<'END', 'visitor', '-'],
<RequireAll>
Require all granted
Require not valid-user
</RequireAll>
END
    ['merged', 'Require user visitor', 'visitor', '401'],
    ['merged/or', "AuthMerging Or\nRequire user alice", 'visitor', 'alice'],
    ['merged/and', "AuthMerging And\nRequire user alice", '401', '401'],
    ['merged/off', 'Require user alice', '401', 'alice'],
    ['limited', <<'END', 'visitor', '401'],
<Limit POST>
Require valid-user
</Limit>
<Limit GET>
Require anonid
</Limit>
END
    ['forbidden', "AuthzSendForbiddenOnFailure On\nRequire user bob", '401',
     '403'],
    ['satisfy', "Satisfy Any\nRequire valid-user\nAllow from 127.0.0.1",
     'visitor', '-'],
    ['satisfy-host', "Satisfy Any\nRequire valid-user\n"
        . "Order allow,deny\nAllow from 192.0.2.1", '401', 'alice'],
    ['satisfy-all', "Satisfy All\nRequire anonid\nAllow from 127.0.0.1",
     'visitor', '401'],
);

my $SEEN = {
    visitor => '200 visitor Anonymous visitor', alice => '200 alice Basic -',
    '-' => '200 - - -', 401 => '401 Basic', 403 => 403,
};

sub section ($name, $config, @)
{
    return "<Location \"/$name\">\n$config\n</Location>\n";
}

my $SITE = <<'END';
AnonIDMapTo visitor
<Directory "${HTDOCS}/localhost/htaccess">
AllowOverride AuthConfig
</Directory>
END
my $site = AnonID::Test::MapSite->new(
    modules => [qw(access_compat authz_host)],
    config => <<'END',
<AnonIDAccount "DOM\\quoted name">
AnonIDLogon file
AnonIDPasswordSync On
</AnonIDAccount>
<AuthzProviderAlias valid-user some-user "">
</AuthzProviderAlias>
<AuthzProviderAlias anonid some-anonymous "reader visitor">
</AuthzProviderAlias>
END
    sections => join('', $SITE, "<Location />\n$BASIC</Location>\n",
                     map { section(@$_) } @SECTIONS),
)->start;

$site->allow_log(qr/AH0163[01]:/, qr/AH01629:/, qr/AH01797:/);

for my $row (@SECTIONS) {
    my ($name, undef, $visitor, $alice) = @$row;

    $site->sees(
        ["/$name/who", $SEEN->{$visitor}, "$name: a visitor"],
        ["/$name/who", $SEEN->{$alice}, "$name: alice",
         headers => $site->credentials('alice')]);
}

is $site->post('/limited/who')->{status}, 401,
    'Limit POST: anonymous is not enough';

# Nobody can ask for credentials: a denial is a 403.
$site->reconfigure(vhosts => [
    localhost => join('', $SITE, map { section(@$_) } @SECTIONS),
])->graceful;
for my $row (@SECTIONS) {
    my ($name, undef, $visitor) = @$row;

    $site->sees(["/$name/who", $SEEN->{ $visitor eq '401' ? 403 : $visitor },
                 "$name, no AuthType"]);
}

# Modules are loaded anew, and httpd's provider is wrapped anew.
$site->restart;
$site->sees(['/valid/who', 403, 'Require valid-user after a restart'],
            ['/valid-on/who', $SEEN->{visitor}, 'AnonIDValidUser as well'],
            ['/named/who', $SEEN->{visitor}, 'Require anonid as well']);

# In .htaccess files names are looked up at once.
$site->document('htaccess/.htaccess', "Require anonid visitor\n");
$site->document('htaccess/other/.htaccess', "Require anonid reader\n");
$site->document('htaccess/wrong/.htaccess', "Require anonid nobody\n");
$site->document("htaccess/$_/x.txt", '') for qw(. other wrong);
is $site->get('/htaccess/x.txt')->{status}, 200, '.htaccess: mapped';
is $site->get('/htaccess/other/x.txt')->{status}, 403, '.htaccess: denied';
is $site->get('/htaccess/wrong/x.txt')->{status}, 500,
    '.htaccess: an unknown account';
$site->expect_log(qr/Require anonid: there is no account 'nobody'/);

my ($exit, $output) = $site->configtest(<<'END');
<Location "/unknown">
Require anonid visitor nobody
</Location>
END
isnt $exit, 0, 'Require anonid of an unknown account is refused';
like $output, qr/on line \d+ of \S+: Require anonid: .* 'nobody'/,
    'and the message says where and which';

done_testing;
