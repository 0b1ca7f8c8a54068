# SPDX-License-Identifier: Apache-2.0
#
# The example of Kerberos loads and logs on as it is shipped, without a change.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;
use AnonID::Test::KDC;

skip_unless_program('krb5kdc', 'kadmin.local');
require_build;

my $password = canary();
my $kdc = AnonID::Test::KDC->new(
    realm => 'EXAMPLE.COM',
    principals => { 'web/www.example.com' => undef })->start;
my $partner = AnonID::Test::KDC->new(
    realm => 'PARTNER.EXAMPLE', principals => { shop => $password })->start;

$ENV{KRB5_CONFIG} =
    spit(temp_root() . '/krb5.conf', $kdc->krb5_conf($partner));

my $httpd = AnonID::Test::Httpd->new(
    config => slurp(srcdir() . '/conf/examples/kerberos.conf'));
$httpd->document('index.html', "home\n");
$httpd->document('shop/index.html', "shop\n");
spit($httpd->path('anonid/web.keytab'),
     slurp($kdc->keytab('web/www.example.com')), 0600);
spit($httpd->path('anonid/shop.secret'), "$password\n", 0600);
$httpd->start;

for my $path ('/index.html', '/shop/index.html') {
    wait_until(sub { $httpd->get($path)->{status} == 200 }, 20,
               "$path is served");
    pass "$path is served";
}
ok $httpd->wait_log(qr{ web 200 "GET /index\.html}, log => 'access'),
    'a visitor is the one account';
ok $httpd->wait_log(qr{ shop 200 "GET /shop/index\.html}, log => 'access'),
    '... and in the shop the other';
like $kdc->log_text, qr{ISSUE: .* web/www\.example\.com\@EXAMPLE\.COM for krbt},
    'which the one KDC has logged on';
like $partner->log_text, qr{ISSUE: .* shop\@PARTNER\.EXAMPLE for krbtgt},
    '... and the other KDC the other';

done_testing;
