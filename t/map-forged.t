# SPDX-License-Identifier: Apache-2.0
#
# Header fields by which a back end or a program is told who a visitor is can
# not be forged on a mapped request, in no spelling; what the operator's own
# configuration sets arrives.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;

require_build;

my @FORGED = qw(
    Remote-User remote-user REMOTE-USER Remote_User
    X-Remote-User x-remote_user X_REMOTE_USER
    X-Forwarded-User X_Forwarded_User
    Anonid-Account ANONID_ACCOUNT anonid- Anonid-Anything-Else
);
my @KEPT = qw(
    Remote-Users My-Remote-User X-Remote-User-Agent X-Forwarded-For-User
    X-Forwarded-Users Anonid Anonidx-Account
);

# The back end answers with what it got.
sub echo (@names)
{
    return join '', map {
        "Header set \"Got-$_\" \"expr=%{req:$_}\" \"expr=-n %{req:$_}\"\n"
    } @names;
}

my $site = AnonID::Test::MapSite->new(
    modules => [qw(headers proxy proxy_http)],
    config => "AnonIDMapTo visitor\n",
    sections => <<"END")->start;
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
<Location "/to/operator">
RequestHeader set X-Remote-User "expr=%{REMOTE_USER} by the operator"
RequestHeader set Anonid-Account "expr=%{reqenv:ANONID_ACCOUNT}"
</Location>
<Location "/to/hidden">
AnonIDRemoteUser none
RequestHeader set X-Remote-User "expr=[%{REMOTE_USER}]"
</Location>
END

sub got ($target, @names)
{
    my @headers = map { ($_ => 'root') } @names;
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
is_deeply got('/to/operator/who', @FORGED),
    { 'x-remote-user' => 'visitor by the operator',
      'anonid-account' => 'visitor' },
    "the operator's own stay";
is_deeply got('/to/hidden/who', @FORGED), { 'x-remote-user' => '[]' },
    'AnonIDRemoteUser none: the back end is not told either';

my $env = $site->env('/who', headers => [map { ($_ => 'root') } @FORGED]);
is_deeply [grep { /^HTTP_.*(?:REMOTE_USER|FORWARDED_USER|ANONID)/ }
               keys %$env],
    [], 'programs see none of them';
is $env->{REMOTE_USER}, 'visitor', 'but the account';

sub uniq (@names)
{
    my %seen;

    return grep { !$seen{ lc $_ }++ } @names;
}

done_testing;
