# SPDX-License-Identifier: Apache-2.0
#
# The example of OAuth loads as it is shipped, sends and reads mail with tokens
# of both kinds, and keeps the refresh token's file up to date; but for names
# of hosts and ports, and whom to trust.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Application qw(use_listener);
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::Httpd;
use AnonID::Test::Readme;
use AnonID::Test::Token;
use AnonID::Test::TokenServer;

skip_unless_root;
skip_unless_program('dovecot', 'openssl');
require_build;

my $ca = AnonID::Test::CA->new;
my $issuer = AnonID::Test::Token->new;
my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => ['xoauth2'],
    config => $issuer->dovecot_config);
spit($dovecot->{accounts}, '', 0644);
$dovecot->start;

my $next = canary();
my $endpoint = AnonID::Test::TokenServer->new;
my %endpoint = (web => $endpoint,
                office => AnonID::Test::TokenServer->new);
for my $name (sort keys %endpoint) {
    my $token = $issuer->token("$name\@example.test", 3600);

    $endpoint{$name}->answer(
        200, qq({"token_type":"Bearer","expires_in":3600,)
        . ($name eq 'office' ? qq("refresh_token":"$next",) : '')
        . qq("access_token":"$token"}))->start;
}

my $port = free_port();
my $url = 'https://login.microsoftonline.com/TENANT/oauth2/v2.0/token';
my $text = example(
    'oauth.conf',
    'submission://smtp.office365.com' =>
        'submission://localhost:' . $dovecot->port('submission'),
    'imaps://outlook.office365.com' =>
        'imaps://localhost:' . $dovecot->port('imaps'),
    'AnonIDMechanism ' => "AnonIDMailTLS ca=@{[ $ca->file ]}\nAnonIDMechanism ",
    '127.0.0.1:1143' => "127.0.0.1:$port",
    'example.com' => 'example.test');

# The first account's endpoint, and then the other's.
$text =~ s/oauth2 \Q$url\E/oauth2 @{[ $endpoint{$_}->url ]}/
    for qw(web office);

my $site = AnonID::Test::Httpd->new(config => $text);
my $refresh = canary();

spit($site->path('anonid/client.secret'), canary(), 0600);
spit($site->path('anonid/office/refresh-token'), "$refresh\n", 0600);
$site->start;

wait_until(sub {
    ($site->post('/contact', timeout => 30,
                 type => 'application/x-www-form-urlencoded',
                 headers => { Accept => 'application/json' },
                 body => 'to=sales&subject=Hello&body=Hello')
     // { status => 0 })->{status} == 200 }, 60, 'sent');
pass 'a visitor sends';
ok $dovecot->wait_log(qr/Login: user=<web\@example\.test>, method=XOAUTH2/),
    '... with the application\'s rights';
like +($endpoint{web}->requests)[0],
    qr/^grant_type=client_credentials&scope=(?#
    )https%3A%2F%2Foutlook\.office365\.com%2F\.default$/m,
    '... of that scope';
wait_until(sub { use_listener(imap => $port)->{good} }, 60, 'read');
pass 'an application reads a mailbox';
ok $dovecot->wait_log(qr/Login: user=<office\@example\.test>, method=XOAUTH2/),
    '... with a user\'s rights';
like +($endpoint{office}->requests)[0],
    qr/^grant_type=refresh_token&refresh_token=\Q$refresh\E&(?#
    )client_id=PUBLIC-CLIENT-ID&scope=.*offline_access$/m,
    '... for his refresh token';
wait_until(sub { slurp($site->path('anonid/office/refresh-token'))
                     eq "$next\n" }, 30, 'replaced');
pass '... which has been replaced';

done_testing;
