# SPDX-License-Identifier: Apache-2.0
#
# The example of OpenLDAP loads and logs on as it is shipped, but for the names
# of hosts and of the directory's root.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Httpd;
use AnonID::Test::Slapd;

skip_unless_program('slapd', 'slapadd');
require_build;

my $ca = AnonID::Test::CA->new;
my @names = qw(visitor shop reader);
my %password = map { ($_ => canary()) } @names;
my $slapd = AnonID::Test::Slapd->new(
    ca => $ca,
    users => { map { ($_ => { password => $password{$_} }) } @names },
)->start;
my %url = map { ($_ => $slapd->url($_)) } qw(ldap ldaps);

my $example = slurp(srcdir() . '/conf/examples/openldap.conf');
$example =~ s{\b(ldaps?)://ldap\d\.example\.com}{$url{$1}}g;
$example =~ s{dc=example,dc=com}{dc=example,dc=test}g;

my $httpd = AnonID::Test::Httpd->new(config => $example);
$httpd->document('index.html', "home\n");
$httpd->document('shop/index.html', "shop\n");
spit($httpd->path("anonid/$_.secret"), "$password{$_}\n", 0600) for @names;
spit($httpd->path('anonid/ca.pem'), slurp($ca->file), 0644);
$httpd->start;

for my $path ('/index.html', '/shop/index.html') {
    wait_until(sub { $httpd->get($path)->{status} == 200 }, 20,
               "$path is served");
    pass "$path is served";
}
ok $httpd->wait_log(qr{ visitor 200 "GET /index\.html}, log => 'access'),
    'a visitor is the one account';
ok $httpd->wait_log(qr{ shop 200 "GET /shop/index\.html}, log => 'access'),
    '... and in the shop the other';
is $slapd->binds('shop'), 1, 'which was found, and has bound';

done_testing;
