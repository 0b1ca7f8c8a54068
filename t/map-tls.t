# SPDX-License-Identifier: Apache-2.0
#
# Beside mod_ssl: who shows a certificate has an identity, be it that of
# FakeBasicAuth or of SSLUserName; who shows none is mapped.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;

require_build;
eval { require IO::Socket::SSL; 1 }
    or plan(skip_all => 'needs IO::Socket::SSL');
require AnonID::Test::CA;

my $BASIC = AnonID::Test::MapSite->basic =~ s/users/certificates/r;
my $ca = AnonID::Test::CA->new;
my $person = $ca->client('Some Person');
my $site = AnonID::Test::MapSite->new(
    ca => $ca,
    config => "AnonIDMapTo visitor\n",
    vhosts => ['tls.test' => { tls => 1, config => <<"END" }])->start;
SSLVerifyClient optional
<Location "/fake">
SSLOptions +FakeBasicAuth
$BASIC
Require anonid
Require valid-user
</Location>
<Location "/fake/members">
Require valid-user
</Location>
<Location "/fake/granted">
Require all granted
</Location>
<Location "/open">
SSLOptions +FakeBasicAuth
</Location>
<Location "/name">
SSLUserName SSL_CLIENT_S_DN_CN
</Location>
END

# The password is always "password"; mod_ssl gives its own crypt of it.
spit($site->path('certificates'),
     "/CN=Some Person:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n");

my @tls = (vhost => 'tls.test');
my @certificate = (@tls, tls => {
    SSL_verify_mode => 0, SSL_cert_file => $person->{chain},
    SSL_key_file => $person->{key} });
my $VISITOR = '200 visitor Anonymous visitor';

$site->sees(
    ['/fake/who', $VISITOR, 'no certificate: mapped', @tls],
    ['/fake/members/who', '401 Basic', 'no certificate: challenged', @tls],
    ['/fake/who', '200 /CN=Some Person Basic -',
     'FakeBasicAuth: the certificate is the identity', @certificate],
    ['/fake/members/who', '200 /CN=Some Person Basic -',
     'FakeBasicAuth: also where anonymous is not enough', @certificate],
    ['/fake/granted/who', $VISITOR, 'FakeBasicAuth where all are granted',
     @certificate],
    ['/open/who', $VISITOR, 'FakeBasicAuth where no AuthType is in force',
     @certificate],
    ['/name/who', $VISITOR, 'SSLUserName without a certificate', @tls],
);

# AUTH_TYPE is ClientCert or nothing, as httpd's version has it.
like $site->seen('/name/who', @certificate),
    qr/^200 Some Person (?!Anonymous)\S+ -$/, 'SSLUserName with a certificate';
$site->wait_log(qr{^tls\.test Some Person 200 }, log => 'access');
pass 'the access log has the person';
$site->allow_log(qr/AH02227: Failed to set r->user/);

done_testing;
