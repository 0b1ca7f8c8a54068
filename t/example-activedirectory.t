# SPDX-License-Identifier: Apache-2.0
#
# The example of Active Directory loads and logs on as it is shipped, but for
# the names of hosts and of the realm.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Httpd;
use AnonID::Test::SambaDC;

skip_unless_root;
skip_unless_program(qw(samba samba-tool ldbmodify wbinfo ip));
require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $dc = AnonID::Test::SambaDC->new(
    ca => $ca, users => { visitor => $password, shop => canary() })->start;
my $address = $dc->address;
%ENV = (%ENV, $dc->env);

my $example = slurp(srcdir() . '/conf/examples/activedirectory.conf');
$example =~ s{\b(ldaps?)://dc\d\.example\.com}{$1://$address}g;
$example =~ s{EXAMPLE\.COM}{EXAMPLE.TEST}g;

my $httpd = AnonID::Test::Httpd->new(config => $example);
$httpd->document('index.html', "home\n");
$httpd->document('shop/index.html', "shop\n");
spit($httpd->path('anonid/visitor.secret'), "$password\n", 0600);
spit($httpd->path('anonid/ca.pem'), slurp($ca->file), 0644);
rename $dc->keytab('shop'), $httpd->path('anonid/shop.keytab')
    or die "shop.keytab: $!";
$httpd->start;

for my $path ('/index.html', '/shop/index.html') {
    wait_until(sub { $httpd->get($path)->{status} == 200 }, 20,
               "$path is served");
    pass "$path is served";
}
ok $httpd->wait_log(qr{ EXAMPLE\\+visitor 200 "GET /index\.html},
                    log => 'access'), 'a visitor is one account';
ok $httpd->wait_log(qr{ EXAMPLE\\+shop 200 "GET /shop/index\.html},
                    log => 'access'), '... the shop the other';
like $dc->log_text, qr/AS-REQ shop\@EXAMPLE\.TEST /, 'which is Kerberos\'';

done_testing;
