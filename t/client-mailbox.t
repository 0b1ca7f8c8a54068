# SPDX-License-Identifier: Apache-2.0
#
# Unmodified IMAP and POP3 clients read messages without a password, octet by
# octet, and those of IMAP store them, too; they tell their user something
# sensible when the account is not let in.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::ClientTrial;
use AnonID::Test::Clients;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;

require_build;

my @PROTOCOLS = qw(imap pop3);
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
    servers => [map { "$_://localhost:" . $dovecot->port($_) } @PROTOCOLS]);
my %places = map {
    ($_ => [places($site->port($_), $site->path("run/$_.sock"))])
} @PROTOCOLS;

$site->reconfigure(config => join "\n", $site->{config}, map {
    ("AnonIDMailListen $_://127.0.0.1:" . $site->port($_),
     "AnonIDMailListen $_+unix:" . $site->path("run/$_.sock") . ' mode=0666')
} @PROTOCOLS);
$site->start;
try_mailbox($_, $places{$_}, $dovecot->imap('site'), letter(200_000))
    for @PROTOCOLS;

$site->expect_log(qr/ANID0048: .* of user 'nobody'/) if is_root();
try_as_stranger($_, $places{$_}, qr/not for your user/) for @PROTOCOLS;

$site->stop;
$site->password(canary());
$site->expect_log(qr/ANID0221: /);
$site->start;
try_refused($_, $places{$_},
            qr/does not let the account of this listener in/, 'site',
            $password) for @PROTOCOLS;
done_testing;
