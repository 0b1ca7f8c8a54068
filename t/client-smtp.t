# SPDX-License-Identifier: Apache-2.0
#
# Unmodified SMTP clients, and programs that send by sendmail's command, send
# without a password through Postfix that asks Dovecot who may, and tell their
# user something sensible when the account is not let in.

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
my $dovecot = AnonID::Test::Dovecot->new(ca => $ca);

spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);

# Postfix needs root; anybody else sends by Dovecot's own submission service.
my $server = is_root() ? postfix() : $dovecot;

$dovecot->start;
$server->start if $server != $dovecot;

sub postfix ()
{
    require AnonID::Test::Postfix;

    return AnonID::Test::Postfix->new(
        lmtp_port => $dovecot->port('lmtp'),
        submission => $ca->host('localhost'))->ask($dovecot);
}

my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, limits => 'off',
    service => 'AnonIDMailAllow @example.test',
    servers => ['submission://localhost:' . $server->port('submission')]);
my $socket = $site->path('run/smtp.sock');

$site->reconfigure(config => "$site->{config}\n"
    . 'AnonIDMailListen smtp://127.0.0.1:' . $site->port('listener') . "\n"
    . "AnonIDMailListen smtp+unix:$socket mode=0666\n");
$site->start;
$site->get('/'); # which waits for the logon

my @places = places($site->port('listener'), $socket);
try_sending(\@places, sub ($user) { $dovecot->wait_message($user) },
            letter(50_000));

$site->expect_log(qr/ANID0048: .* of user 'nobody'/)
    if is_root();
try_as_stranger('smtp', \@places, qr/may not use this listener/);

$site->stop;
$site->password(canary());
$site->expect_log(qr/ANID0221: /);
$server->expect_log(qr/SASL SCRAM-SHA-256 authentication failed/)
    if $server != $dovecot;
$site->start;
$site->get('/');
try_refused('smtp', \@places, qr/does not let the account of this listener in/,
            'site', $password);
done_testing;
