# SPDX-License-Identifier: Apache-2.0
#
# Messages of applications count among those that are on their way: a mail
# server that hangs is not flooded over listeners, and both applications and
# visitors are told at once when there are too many.

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
    ca => $ca, password => $password, deadlines => 30, limits => 'off',
    servers => ['submission://localhost:' . $server->port('smtp')],
    listen => ["smtp://127.0.0.1:$port users=*"]);

# Of 8 workers, 4 may wait for one service.
$site->reconfigure(config => "$site->{config}\n"
    . ($site->{mpm} eq 'prefork' ? "ServerLimit 8\nMaxRequestWorkers 8\n"
       : "ServerLimit 1\nThreadLimit 64\nThreadsPerChild 8\nMaxRequestWorkers 8\n"));
$site->document('page.txt', "A page\n");
$site->start;

# A client that has said HELO.
sub client ()
{
    my $client = AnonID::Test::Dialogue->connect($port);

    $client->line;
    ask($client, 'HELO x');
    return $client;
}

sub ask ($client, $line)
{
    $client->say($line);
    return $client->line;
}

sub rcpt ($client)
{
    ask($client, 'MAIL FROM:<>');
    return ask($client, 'RCPT TO:<webmaster@example.test>');
}

is rcpt(client()) =~ s/ .*//r, 250, 'a recipient';
$server->script([DATA => { hang => 1 }]);
my @clients = map { client() } 1 .. 4;
for my $client (@clients) {
    is rcpt($client) =~ s/ .*//r, 250, 'a recipient of a message that will hang';
    ask($client, 'DATA');
    $client->say('a: b', '', 'c', '.');
}
wait_until(sub { 4 == grep { /C: DATA/ } $server->transcript }, 20,
           'four messages are on their way');

my $next = client();
like rcpt($next), qr/^451 4\.3\.0 too many messages are on their way/,
    'one more is refused at once';
is $site->send->{status}, 503, 'and so is a visitor\'s';
$site->expect_log(qr/ANID0229: .*4 messages are on their way/);
$site->allow_log(qr/ANID0305: /);
is $site->get('/page.txt')->{status}, 200, 'pages are served';
ok $_->silent(0.1), 'those that wait go on waiting' for @clients;

# When the server is given up there is room again. One session had been used
# before, so that its message may go over another one.
$server->script();
like $_->line, qr/^(?:451 4\.4\.2|250) /, 'who waited is told' for @clients;
$site->allow_log(qr/ANID0215: /);
ask($next, 'RSET');
like rcpt($next), qr/^250 /, 'there is room again';
is $site->send->{status}, 200, 'for visitors, too';
like rcpt(client()), qr/^250 /, 'an application that does not go on';
my @idle = map { client() } 1 .. 8;
like rcpt($_), qr/^(?:250|451) /, 'and others' for @idle;
wait_until(sub { $site->send->{status} == 200 }, 30,
           'keep a place for some seconds only');
$_->stop for $site, $server;
done_testing;
