# SPDX-License-Identifier: Apache-2.0
#
# An application that comes in the first moment after httpd's start, when the
# account is still about to log on, waits for that: five seconds at most, as
# requests for pages do.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dialogue;
use AnonID::Test::MailSite;
use Time::HiRes qw(time);

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my %port = map { $_ => free_port() } qw(smtp imap pop3);
my %server = map {
    $_ => AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'site', password => $password,
        protocol => $_ eq 'smtp' ? 'submission' : $_, extensions => [])->start
} keys %port;
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password,
    servers => [map { ($_ eq 'smtp' ? 'submission' : $_) . '://localhost:'
                          . $server{$_}->port('smtp') } sort keys %port],
    listen => [map { "$_://127.0.0.1:$port{$_} users=*" } sort keys %port]);
my $go = $site->path('go');

# A secret that comes when the test says so.
my $program = spit($site->path('program'), <<"END", 0755);
#!/bin/sh
while [ ! -e $go ]; do sleep 0.1; done
exec cat @{[ $site->path('secret') ]}
END

$site->reconfigure(
    config => $site->{config} =~ s/AnonIDSecret .*/AnonIDSecret "exec:$program"/r);

# What each says to log on, or to get there: the last reply is the one that
# has to wait.
my %dialogue = (
    smtp => ["EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<webmaster\@example.test>\r\n",
             qr/^250 2\.1\.5 /, qr/^451 4\.3\.0 .*not logged on/],
    imap => ["a LOGIN x y\r\n", qr/^a OK /, qr/^a NO \[UNAVAILABLE\]/],
    pop3 => ["USER x\r\nPASS y\r\n", qr/^\+OK Logged in/,
             qr/^-ERR \[SYS\/TEMP\]/],
);
my %before = (smtp => qr/^250 2\.1\.0 /, imap => qr/^\* OK /, pop3 => qr/^\+OK$/);

sub clients ()
{
    return map {
        my $client = AnonID::Test::Dialogue->connect($port{$_});
        $client->send($dialogue{$_}[0]);
        $client->until($before{$_});
        ($_ => $client);
    } sort keys %port;
}

$site->start;
my %client = clients();
ok $client{$_}->silent(0.3), "$_: while the account is about to log on, nobody"
    . ' is sent away' for sort keys %client;
spit($go, '');
like $client{$_}->line, $dialogue{$_}[1], "$_: then it goes its way"
    for sort keys %client;

unlink $go;
$site->stop->start;
my $began = time;
%client = clients();
like $client{$_}->line, $dialogue{$_}[2], "$_: there is an end to it"
    for sort keys %client;
my $took = time - $began;
cmp_ok $took, '>', 4, 'after five seconds';
cmp_ok $took, '<', 25, 'and not much later';
spit($go, '');
$client{smtp}->send("RCPT TO:<webmaster\@example.test>\r\n");
like $client{smtp}->line, qr/^250 2\.1\.5 |^451 /, 'the application goes on';
$site->allow_log(qr/ANID000[12]: /);
$_->stop for $site, values %server;
done_testing;
