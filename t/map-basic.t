# SPDX-License-Identifier: Apache-2.0
#
# A request without credentials gets the account of its place: server, virtual
# host, section. Programs see it as configured, under every MPM.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;

require_build;

my $SECTIONS = <<'END';
<Location "/none">
AnonIDMapTo None
</Location>
<Location "/none/again">
AnonIDMapTo reader
</Location>
<Directory "${HTDOCS}/localhost/dir">
AnonIDMapTo reader
</Directory>
<If "%{QUERY_STRING} == 'reader'">
AnonIDMapTo reader
</If>
<If "%{QUERY_STRING} == 'none'">
AnonIDMapTo None
</If>
<Location "/text">
AnonIDRemoteUser "Some Guest"
</Location>
<Location "/hidden">
AnonIDRemoteUser none
</Location>
<Location "/hidden/shown">
AnonIDRemoteUser account
</Location>
<Location "/unless">
AnonIDUnless "%{HTTP_COOKIE} =~ /session=/"
</Location>
END

sub site ($mpm)
{
    my $site = AnonID::Test::MapSite->new(
        mpm => $mpm,
        config => "AnonIDMapTo visitor\n",
        sections => $SECTIONS,
        vhosts => [
            'reader.test' => 'AnonIDMapTo reader',
            'none.test' => 'AnonIDMapTo None',
            'inherits.test' => '',
        ]);

    $site->document('dir/who.cgi', slurp($site->path('htdocs/who.cgi')));
    $site->document('page.txt', "a page\n");
    return $site->start;
}

for my $mpm (qw(event prefork)) {
    my $site = site($mpm);

    $site->sees(
        ['/who', '200 visitor Anonymous visitor', 'mapped by the server'],
        ['/who', '200 reader Anonymous reader', 'by the virtual host',
         vhost => 'reader.test'],
        ['/who', '200 - - -', 'a virtual host can have none',
         vhost => 'none.test'],
        ['/who', '200 visitor Anonymous visitor',
         'a virtual host inherits from the server', vhost => 'inherits.test'],
        ['/none/who', '200 - - -', 'None in a Location'],
        ['/none/again/who', '200 reader Anonymous reader',
         'an account below None'],
        ['/dir/who.cgi', '200 reader Anonymous reader', 'by a Directory'],
        ['/who?reader', '200 reader Anonymous reader', 'by an If'],
        ['/who?none', '200 - - -', 'None in an If'],
        ['/text/who', '200 Some Guest Anonymous visitor',
         'AnonIDRemoteUser with a text'],
        ['/hidden/who', '200 - Anonymous visitor', 'AnonIDRemoteUser none'],
        ['/hidden/shown/who', '200 visitor Anonymous visitor',
         'AnonIDRemoteUser account'],
        ['/unless/who', '200 visitor Anonymous visitor',
         'AnonIDUnless that is false'],
        ['/unless/who', '200 - - -', 'AnonIDUnless that is true',
         headers => { Cookie => 'session=1' }],
        ['/who', '200 visitor Anonymous visitor',
         'credentials that nobody would verify are no identity',
         headers => $site->credentials('alice')],
    );
    is $site->get('/page.txt')->{body}, "a page\n", "$mpm: a static page";
    $site->wait_log(qr{ visitor 200 "GET /page.txt }, log => 'access');
    $site->wait_log(qr{ visitor 200 "GET /text/who }, log => 'access');
    $site->wait_log(qr{ visitor 200 "GET /hidden/who }, log => 'access');
    $site->wait_log(qr{ - 200 "GET /none/who }, log => 'access');
    pass "$mpm: the access log has the account";

    my $env = $site->env('/who', headers => $site->credentials('alice'));
    is $env->{HTTP_AUTHORIZATION}, undef,
        "$mpm: programs get no credentials unless CGIPassAuth says so";
}

done_testing;
