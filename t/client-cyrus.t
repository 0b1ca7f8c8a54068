# SPDX-License-Identifier: Apache-2.0
#
# With Cyrus behind the listeners, which greets otherwise than Dovecot and
# offers other things, unmodified clients read and store mail all the same.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::ClientTrial;
use AnonID::Test::Clients;
use AnonID::Test::Cyrus;
use AnonID::Test::Dialogue;
use AnonID::Test::MailSite;

my $missing = AnonID::Test::Cyrus->missing;

plan(skip_all => $missing) if $missing;
require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $cyrus = AnonID::Test::Cyrus->new(
    ca => $ca, users => { site => $password })->start;
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password,
    service => 'AnonIDMechanism SCRAM-SHA-256', # see README on Cyrus
    servers => [map { "$_://localhost:" . $cyrus->port($_) } qw(imap pop3)]);

$site->reconfigure(config => join "\n", $site->{config}, map {
    ("AnonIDMailListen $_://127.0.0.1:" . $site->port($_),
     "AnonIDMailListen $_+unix:" . $site->path("run/$_.sock") . ' mode=0666')
} qw(imap pop3));
$site->start;

sub at ($protocol)
{
    return [places($site->port($protocol), $site->path("run/$protocol.sock"))];
}

my $client = AnonID::Test::Dialogue->connect($site->port('imap'));

like $client->line, qr/^\* OK \[CAPABILITY [^]]*AUTH=PLAIN/, 'IMAP: a greeting';
my $welcome = $client->say('a LOGIN u p')->line;
like $welcome, qr/^a OK \[CAPABILITY [^]]*XLIST/, 'what only Cyrus offers';
unlike $welcome, qr/ AUTH=|STARTTLS|LOGINDISABLED|SASL-IR|UNAUTHENTICATE/,
    'but nothing about logging on';
$client = AnonID::Test::Dialogue->connect($site->port('pop3'));
unlike $client->line, qr/</, 'POP3: no APOP, though Cyrus could';
$client->say('USER u', 'PASS p', 'CAPA');
$client->line;
like $client->line, qr/^\+OK /, 'POP3: logged on';
like join("\n", $client->until(qr/^\.$/)), qr/^IMPLEMENTATION Cyrus/m,
    'POP3: CAPA is answered by Cyrus then';
$client->say('QUIT')->rest;
ok $site->wait_log(qr/logged on as 'site' with SCRAM-SHA-256$/),
    'by SCRAM-SHA-256';

my $mailbox = $cyrus->imap('site');

try_mailbox($_, at($_), $mailbox, letter(200_000)) for qw(imap pop3);

$site->stop;
$site->password(canary());
$site->expect_log(qr/ANID0221: /);
$site->start;
try_refused($_, at($_), qr/does not let the account of this listener in/,
            $password) for qw(imap pop3);
done_testing;
