# SPDX-License-Identifier: Apache-2.0
#
# Unmodified IMAP clients store and read messages without a password, octet by
# octet, and tell their user something sensible when the account is not let
# in.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::ClientTrial;
use AnonID::Test::Clients;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => [qw(scram-sha-256 cram-md5)],
    config => "mail_max_userip_connections = 100\n");

spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
$dovecot->start;

# Whoever the clients run as is served by default: httpd's User.
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password,
    servers => ['imap://localhost:' . $dovecot->port('imap')]);
my $socket = $site->path('run/imap.sock');

$site->reconfigure(config => "$site->{config}\n"
    . 'AnonIDMailListen imap://127.0.0.1:' . $site->port('listener') . "\n"
    . "AnonIDMailListen imap+unix:$socket mode=0666\n");
$site->start;

my @places = places($site->port('listener'), $socket);
try_mailbox('imap', \@places, $dovecot->imap('site'), letter(200_000));

$site->expect_log(qr/ANID0048: .* of user 'nobody'/)
    if is_root();
try_as_stranger('imap', \@places, qr/not for your user/);

$site->stop;
$site->password(canary());
$site->expect_log(qr/ANID0221: /);
$site->start;
try_refused('imap', \@places, qr/does not let the account of this listener in/, 'site',
            $password);
done_testing;
