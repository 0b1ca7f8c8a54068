# SPDX-License-Identifier: Apache-2.0
#
# What goes round in a loop is refused: a server that turns out to be a listener
# of our own, by whatever name, and a message that has come by too many servers.

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
my %port = map { $_ => free_port() } qw(smtp imap pop3);

sub site (@servers)
{
    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password, servers => [@servers],
        listen => [map { "$_://127.0.0.1:$port{$_} users=*" } sort keys %port]);
}

sub client ($protocol)
{
    my $client = AnonID::Test::Dialogue->connect($port{$protocol});

    $client->line;
    return $client;
}

sub ask ($client, $line)
{
    $client->say($line);
    return $client->line;
}

# 0.0.0.0 is no loopback address, and leads to this machine all the same.
sub test_own_listener ()
{
    my $site = site("submission://0.0.0.0:$port{smtp}",
                    "imap://0.0.0.0:$port{imap}",
                    "pop3://0.0.0.0:$port{pop3}")->start;

    is $site->send->{status}, 503, 'a message to our own listener is not sent';
    $site->expect_log(qr/ANID0233: .*0\.0\.0\.0:$port{smtp}.*round in a loop/);
    my $smtp = client('smtp');
    like ask($smtp, 'HELO x'), qr/^250 /, 'nor is one';
    like ask($smtp, 'MAIL FROM:<>'), qr/^250 /, 'that came';
    like ask($smtp, 'RCPT TO:<webmaster@example.test>'), qr/^451 4\.4\.1 /,
        'over a listener';
    like ask(client('imap'), 'a LOGIN x y'), qr/^a NO \[CONTACTADMIN\]/,
        'IMAP: a login is refused';
    my $pop3 = client('pop3');
    $pop3->say('USER x');
    $pop3->line;
    like ask($pop3, 'PASS y'), qr/^-ERR \[SYS\/PERM\]/, 'POP3: likewise';
    $site->expect_log(qr/ANID0233: .*imap:/, qr/ANID0233: .*pop3:/);
    $site->allow_log(qr/ANID0305: /);
    $site->stop;
}

# With another one behind it, nothing is lost.
sub test_failover ($server)
{
    my $site = site("submission://0.0.0.0:$port{smtp}",
                    'submission://localhost:' . $server->port('smtp'),
                    "imap://0.0.0.0:$port{imap}",
                    "pop3://0.0.0.0:$port{pop3}")->start;

    is $site->send->{status}, 200, 'the next server has the message';
    $site->expect_log(qr/ANID0233: /);
    return $site;
}

sub test_received ($site, $server)
{
    my $been = sub ($times) {
        return "Received: from a by b; Sun, 29 Nov 2026 20:00:00 +0000\r\n" x $times
            . "Subject: loop\r\n\r\nx\r\n";
    };
    my $over_listener = sub ($times) {
        my $smtp = client('smtp');
        ask($smtp, $_) for 'HELO x', 'MAIL FROM:<>',
            'RCPT TO:<webmaster@example.test>', 'DATA';
        return ask($smtp, $been->($times) . '.');
    };
    my $over_http = sub ($times) {
        return $site->post('/mail?to=webmaster', type => 'message/rfc822',
            headers => { Accept => 'application/json' },
            body => $been->($times));
    };

    like $over_listener->(50), qr/^250 /, 'a message that has been by 50 servers';
    like $over_listener->(51), qr/^554 5\.4\.6 /, 'one by 51 goes round';
    is $over_http->(50)->{status}, 200, 'posted: 50';
    my $answer = $over_http->(51);
    is $answer->{status}, 400, 'posted: 51';
    like $answer->{body}, qr/"field":\s*"received"/, 'which names the field';
    is scalar(my @messages = $server->messages), 3, 'and it is not sent';
}

my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password)->start;

test_own_listener();
my $site = test_failover($server);
test_received($site, $server);
$_->stop for $site, $server;
done_testing;
