# SPDX-License-Identifier: Apache-2.0
#
# Error documents, internal redirects and included fragments are mapped as the
# place is that they come from. Where that is not at all, no variable tells of
# the account; a real user's name stays.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;

require_build;

my $BASIC = AnonID::Test::MapSite->basic;
my @PLACES = qw(same none reader hidden basic only);
my $site = AnonID::Test::MapSite->new(
    modules => [qw(include rewrite)],
    config => "AnonIDMapTo visitor\n",
    sections => join '', <<"END", map { <<"PLACE" } @PLACES);
AddOutputFilter INCLUDES .shtml
<Location "/none">
AnonIDMapTo None
</Location>
<Location "/reader">
AnonIDMapTo reader
</Location>
<Location "/hidden">
AnonIDRemoteUser none
</Location>
<Location "/basic">
$BASIC
Require valid-user
</Location>
<Location "/only">
Require anonid
</Location>
<Location "/private">
$BASIC
Require user alice
</Location>
<Location "/private/refused">
ErrorDocument 401 /same/who
</Location>
RewriteEngine On
RewriteRule "^/passed/(.*)" "/\$1/who" [PT]
RewriteRule "^/ahead" "-" [E=AHEAD:%{LA-U:REMOTE_USER}]
Alias "/ahead" "\${HTDOCS}/who.cgi"
END
<LocationMatch "/error/$_\$">
ErrorDocument 404 /$_/who
</LocationMatch>
<Directory "\${HTDOCS}/localhost/inside/$_">
RewriteEngine On
RewriteRule "^" "/$_/who"
</Directory>
PLACE

# A program that prints its environment after another one's redirect.
my $REDIRECT = <<'END';
#!/bin/sh
printf 'Location: %s\r\n\r\n' "$QUERY_STRING"
END

$site->document('go.cgi', $REDIRECT);
for my $place (@PLACES) {
    my $page = "<!--#include virtual=\"/$place/who\" -->";

    $site->document("$_/$place.shtml", $page) for '', qw(none private);
    $site->document("inside/$place/x", '');
}
$site->start;

my @alice = (headers => $site->credentials('alice'));
my $NOBODY = '- - -';
my $ALICE = 'alice Basic -';
my $VISITOR = 'visitor Anonymous visitor';
my %SEEN = (
    same => $VISITOR, none => $NOBODY, reader => 'reader Anonymous reader',
    hidden => '- Anonymous visitor', only => $VISITOR,
);

# All that a program sees of somebody, here or before; none has two values.
sub identity ($response)
{
    my %env;

    for my $line (split /\n/, $response->{body}) {
        my ($name, $value) = $line =~ /^(\w+)=(.*)/ or next;
        $env{$name} = exists $env{$name} ? 'twice' : $value;
    }
    my @before = map { "$_=$env{$_}" }
        grep { /^REDIRECT_.*(?:REMOTE_USER|AUTH_TYPE|ANONID_ACCOUNT)/ }
        sort keys %env;

    return join ' ', (map { $env{$_} // '-' }
                          qw(REMOTE_USER AUTH_TYPE ANONID_ACCOUNT)), @before;
}

for my $place (sort keys %SEEN) {
    my %target = (
        'error document' => "/error/$place", 'SSI' => "/$place.shtml",
        'per-directory rewrite' => "/inside/$place/x",
        '[PT]' => "/passed/$place",
        "program's redirect" => "/go.cgi?/$place/who",
    );

    for my $way (sort keys %target) {
        is identity($site->get($target{$way})), $SEEN{$place},
            "$way: $place";
    }
    is identity($site->get("/none/$place.shtml")), $SEEN{$place},
        "SSI in a page that is not mapped: $place";
    is identity($site->get("/private/$place.shtml", @alice)),
        $place eq 'only' ? $NOBODY : $ALICE,
        "SSI in a real user's page: $place";
    is identity($site->get("/private/error/$place", @alice)),
        $place eq 'only' ? $NOBODY : "$NOBODY REDIRECT_REMOTE_USER=alice",
        "a real user's error document: $place";
}
$site->expect_log(qr/ANID0101: \/only\/who needs a user/,
                  qr/unable to include "\/only\/who"/);

# A refused name is nobody's.
my $refused = $site->get('/private/refused/who',
                         headers => $site->credentials('alice', 'wrong'));
is $refused->{status}, 401, 'a wrong password is refused';
is identity($refused), $VISITOR, 'and leaves an anonymous error document';
$site->expect_log(qr/AH01617: user alice: authentication failure/);

$site->sees(
    ['/passed/basic', '401 Basic', '[PT] to where anonymous is not enough'],
    ['/passed/basic', '200 alice Basic -', 'and with credentials', @alice],
    ['/inside/basic/x', '401 Basic', 'the same per directory'],
    ['/error/basic', '404', 'an error document that anonymous cannot get'],
);
is $site->env('/ahead')->{AHEAD}, 'visitor', "mod_rewrite's look-ahead";

done_testing;
