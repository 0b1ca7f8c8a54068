# SPDX-License-Identifier: Apache-2.0
#
# Header fields by which a back end or a program is told who a visitor is can
# not be forged where visitors are mapped, in no spelling, and by nobody, also
# not by one who has logged on; what the operator's own configuration or
# another module sets arrives.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;

require_build;

my @FORGED = qw(
    Remote-User remote-user REMOTE-USER Remote_User
    X-Remote-User x-remote_user X_REMOTE_USER
    X-Forwarded-User X_Forwarded_User
    X-Forwarded-Preferred-Username x_forwarded-preferred_username
    X-Auth-Request-User X_Auth_Request_Email x-auth-request-
    X-WebAuth-User X_WEBAUTH_USER X-Mine X_MINE X-Our-Name x_our_groups
    Anonid-Account ANONID_ACCOUNT anonid- Anonid-Anything-Else
);
my @KEPT = qw(
    Remote-Users My-Remote-User X-Remote-User-Agent X-Forwarded-For-User
    X-Forwarded-Users Anonid Anonidx-Account X-Auth-Requests X-Mine-Too X-Our
);

# The back end answers with what it got.
sub echo (@names)
{
    return join '', map {
        "Header set \"Got-$_\" \"expr=%{req:$_}\" \"expr=-n %{req:$_}\"\n"
    } @names;
}

my $site = AnonID::Test::MapSite->new(
    modules => [qw(headers proxy proxy_http lua dir)],
    config => "AnonIDMapTo visitor\nAnonIDHeaders x_mine X-Our-*\n",
    sections => <<"END");
<Location "/back">
AnonIDMapTo None
@{[echo(@FORGED, @KEPT)]}
</Location>
<Location "/to">
ProxyPass "http://127.0.0.1:\${PORT}/back"
</Location>
<Location "/to/none">
AnonIDMapTo None
</Location>
<Location "/to/unless">
AnonIDUnless "true"
</Location>
<Location "/to/closed">
@{[AnonID::Test::MapSite->basic]}
Require valid-user
</Location>
<Location "/to/module">
LuaHookAccessChecker \${DIR}/add.lua add
</Location>
<Location "/to/operator">
RequestHeader set X-Remote-User "expr=%{REMOTE_USER} by the operator"
RequestHeader set Anonid-Account "expr=%{reqenv:ANONID_ACCOUNT}"
</Location>
<Location "/to/hidden">
AnonIDRemoteUser none
RequestHeader set X-Remote-User "expr=[%{REMOTE_USER}]"
</Location>
<Directory "\${HTDOCS}/localhost/none">
AnonIDMapTo None
DirectoryIndex who.cgi
<Files "who.cgi">
AnonIDMapTo visitor
</Files>
</Directory>
ErrorDocument 404 /who
END

# A module that tells a back end who it believes the visitor to be.
spit($site->path('add.lua'), <<'END', 0644);
function add(r)
    r.headers_in['X-WebAuth-User'] = 'a module'
    return apache2.DECLINED
end
END
$site->start;

sub got ($target, @names)
{
    my $more = ref $names[0] ? shift @names : {};
    my @headers = ((map { ($_ => 'root') } @names), %$more);
    my $response = $site->get($target, headers => \@headers);

    $response->{status} == 200 or die "$target: $response->{status}";
    return { map { /^got-(.*)/ ? ($1 => $response->{header}{$_}) : () }
                 keys %{ $response->{header} } };
}

for my $name (@FORGED) {
    is_deeply got('/to/who', $name), {}, "$name is removed";
}
for my $name (@KEPT) {
    is_deeply got('/to/who', $name), { lc $name => 'root' }, "$name is not";
}
is_deeply got('/to/who', @FORGED, @FORGED), {}, 'all at once, and twice';
is scalar(keys %{ got('/to/none/who', @FORGED) }), scalar(uniq(@FORGED)),
    'a request that is not mapped keeps them';
is_deeply got('/to/unless/who', @FORGED), {},
    'a request that AnonIDUnless keeps from being mapped loses them';
is_deeply got('/to/closed/who', $site->credentials('alice'), @FORGED), {},
    'so does one of somebody who has logged on';
is_deeply got('/to/module/who', @FORGED), { 'x-webauth-user' => 'a module' },
    "another module's stay";
is_deeply got('/to/operator/who', @FORGED),
    { 'x-remote-user' => 'visitor by the operator',
      'anonid-account' => 'visitor' },
    "the operator's own stay";
is_deeply got('/to/hidden/who', @FORGED), { 'x-remote-user' => '[]' },
    'AnonIDRemoteUser none: the back end is not told either';

$site->document('none/x', '');
spit($site->path('htdocs/localhost/none/who.cgi'),
     slurp($site->path('htdocs/who.cgi')), 0755);
my @REST = map { ($_ => 'root') } @FORGED;
my $IDENTITY =
    qr/^HTTP_(?:.*(?:REMOTE_USER|FORWARDED_(?:USER|PREF)|ANONID|WEBAUTH)
          |X_AUTH_REQUEST_|X_MINE$|X_OUR_)/x;
for (['/none/', 'that DirectoryIndex takes to a mapped file'],
     ['/missing', 'that ends in a mapped ErrorDocument']) {
    my ($target, $what) = @$_;
    my $env = $site->env($target, headers => \@REST);

    is $env->{ANONID_ACCOUNT}, 'visitor', "a request $what";
    is_deeply [grep { /$IDENTITY/ } keys %$env], [], 'loses them';
}

my $env = $site->env('/who', headers => [map { ($_ => 'root') } @FORGED]);
is_deeply [grep { /$IDENTITY/ } keys %$env], [],
    'programs see none of them';
is $env->{REMOTE_USER}, 'visitor', 'but the account';

# RequestHeader early is done before httpd knows which section is in force.
my $early = AnonID::Test::MapSite->new(
    modules => ['headers'], config => <<'END')->start;
AnonIDMapTo visitor
RequestHeader set X-Remote-User operator early
RequestHeader append X-Forwarded-User operator early
RequestHeader add X-WebAuth-User operator early
RequestHeader setifempty Remote-User operator early
<Location "/none">
AnonIDMapTo None
</Location>
END
my @SENT = qw(X-Remote-User X-Forwarded-User X-WebAuth-User);
my @NAMES = map { 'HTTP_' . uc s/-/_/gr } @SENT;

for ([], \@SENT) {
    my @headers = map { ($_ => 'root') } @$_;
    my $env = $early->env('/who', headers => \@headers);

    is_deeply [@$env{@NAMES}], [('operator') x 3],
        'early: the operator\'s own stay, whatever a visitor sends';
}
$env = $early->env('/who', headers => ['Remote-User' => 'root']);
is $env->{HTTP_REMOTE_USER}, undef, 'early: setifempty keeps nothing forged';
$env = $early->env('/none/who', headers => [map { ($_ => 'root') } @SENT]);
is_deeply [@$env{@NAMES}], ['operator', 'root, operator', 'operator'],
    'early: where nobody is mapped all is as without us';

sub uniq (@names)
{
    my %seen;

    return grep { !$seen{ lc $_ }++ } @names;
}

done_testing;
