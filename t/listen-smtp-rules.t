# SPDX-License-Identifier: Apache-2.0
#
# An SMTP listener, rule by rule, where products have gone wrong: old clients,
# every way to log on, groups of commands longer than a buffer, and the server's
# words to its refusals.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dialogue;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $port = free_port();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password)->start;
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password,
    servers => ['submission://localhost:' . $server->port('smtp')],
    listen => ["smtp://127.0.0.1:$port users=*"],
    service => "AnonIDMailAllow *\nAnonIDMailLimit off")->start;

my $RCPT = 'RCPT TO:<webmaster@example.test>';
my $MESSAGE = "a: b\r\n\r\nc\r\n.";

# A client that has said so much.
sub client (@said)
{
    my $client = AnonID::Test::Dialogue->connect($port);

    $client->line;
    reply($client, $_) for @said;
    return $client;
}

sub reply ($client, $command)
{
    my $line;

    $client->say($command);
    do { $line = $client->line } while $line =~ /^\d{3}-/;
    return $line;
}

sub codes ($client, @commands)
{
    return join ' ', map { substr reply($client, $_), 0, 3 } @commands;
}

# S3, S4
is codes(client(), 'HELO x', 'MAIL FROM:<>', $RCPT, 'DATA', $MESSAGE),
    '250 250 250 354 250', 'a client that knows HELO only, and no password';
my @LOGINS = (
    ['PLAIN', ['AUTH PLAIN AGEAYg=='], '235'],
    ['PLAIN without a first response', ['AUTH PLAIN', 'AGEAYg=='], '334 235'],
    ['PLAIN with an empty one', ['AUTH PLAIN', ''], '334 235'],
    ['PLAIN with "="', ['auth plain ='], '235'],
    ['LOGIN', ['AUTH LOGIN', 'YQ==', 'Yg=='], '334 334 235'],
    ['LOGIN with the user name at once', ['AUTH LOGIN YQ==', 'Yg=='], '334 235'],
    ['LOGIN with nothing', ['AUTH LOGIN', '', ''], '334 334 235'],
    ['a response of 12 KB', ['AUTH PLAIN', 'A' x 12_000], '334 235'],
);
for (@LOGINS) {
    my ($name, $said, $codes) = @$_;
    my $client = client('EHLO x');

    is codes($client, @$said), $codes, "AUTH $name";
    is codes($client, 'AUTH PLAIN AGEAYg==', 'MAIL FROM:<>', $RCPT),
        '503 250 250', "AUTH $name: once, and then a message";
}
is codes(client('EHLO x'), 'AUTH PLAIN', '*', 'AUTH LOGIN', 'YQ==', '*',
         'AUTH NTLM', 'AUTH', 'MAIL FROM:<>', $RCPT),
    '334 501 334 334 501 504 504 250 250', 'cancelled, unknown, and none at all';

# S5: whom the application is for is not the server's to know.
is codes(client('EHLO x'), 'MAIL FROM:<a@b.test> AUTH=c@d.test SIZE=9 BODY=8BITMIME',
         $RCPT), '250 250', 'parameters of MAIL';
is +(map { /C: (MAIL .*)/ ? $1 : () } $server->transcript)[-1],
    'MAIL FROM:<site@example.test> SIZE=9 BODY=8BITMIME', 'but for AUTH';

# S8: more commands than fit any buffer, in one write.
my $client = client('EHLO x');
my $name = 'x' x 60;
my $domain = join '.', ('y' x 60) x 3, 'test';
my $group = join '', "MAIL FROM:<>\r\n",
    (map { sprintf "RCPT TO:<%s%03d\@%s>\r\n", $name, $_, $domain } 1 .. 100),
    "RSET\r\n";
$client->send($group x 3);
is join(' ', map { substr $client->line, 0, 3 } 1 .. 306),
    join(' ', ('250') x 306), length($group) * 3 . ' octets in one write';
is scalar(grep { /C: RCPT TO:<x{60}/ } $server->transcript), 300,
    'reach the server, each once';

# S11, S13
$server->script([RCPT => "550-5.1.1 Nobody\n550-5.1.1 of that name\n550 5.1.1 is here"]);
is reply(client('EHLO x', 'MAIL FROM:<>'), $RCPT),
    '550 5.1.1 Nobody 5.1.1 of that name 5.1.1 is here', 'lines of a reply stay one reply';
$client = client('EHLO x', 'MAIL FROM:<>');
$client->say($RCPT, 'DATA', 'NOOP');
is join(' ', map { substr $client->line, 0, 3 } 1 .. 3), '550 554 250',
    'DATA behind a recipient who was refused';
$server->script([RCPT => '451 4.2.0 site: busy']);
is reply(client('EHLO x', 'MAIL FROM:<>'), $RCPT),
    '451 4.2.0 refused by the mail server', 'who the account is, is not told';
$server->script();

for my $case ([connect => '421 4.3.2 Too many', qr/^451 4\.4\.1 /, 'ANID0217'],
              [connect => '554 5.7.1 Not you', qr/^45[14] 4\./, 'ANID0218'],
              [AUTH => '454 4.7.0 Later', qr/^451 4\.7\.0 /, 'ANID0222'],
              [AUTH => '535 5.7.8 site: wrong', qr/^45[14] 4\.7\.0 /, 'ANID0221']) {
    my ($state, $action, $said, $logged) = @$case;

    $server->script([$state => $action]);
    $site->stop->start;
    my $answer = reply(client('EHLO x', 'MAIL FROM:<>'), $RCPT);
    like $answer, $said, "the server says $action: for now, to the application";
    unlike $answer, qr/\bsite\b|Not you|Too many/, '... and not in its words';
    $site->expect_log(qr/$logged: /);
}
$_->stop for $site, $server;
done_testing;
