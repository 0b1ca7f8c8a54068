# SPDX-License-Identifier: Apache-2.0
#
# How much applications may do through listeners: the client is the user that
# they run as, and what they are told is a refusal for now, in the words of
# their protocol.

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
my %server = map {
    ($_ => AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'site', password => $password,
        protocol => $_)->start);
} qw(submission imap pop3);
my %port = map { ($_ => free_port()) } qw(smtp imap pop3 preauth);

sub site (@limits)
{
    my $site = AnonID::Test::MailSite->new(
        ca => $ca, password => $password,
        servers => [map { "$_://localhost:" . $server{$_}->port('smtp') }
                        sort keys %server],
        listen => [(map { "$_://127.0.0.1:$port{$_} users=*" }
                        qw(smtp imap pop3)),
                   "imap://127.0.0.1:$port{preauth} preauth users=*"],
        service => join "\n", map { "AnonIDMailLimit $_" } @limits)->start;

    $site->get('/'); # which waits for the logon
    return $site;
}

sub warned ($site, $limit)
{
    $site->expect_log(qr/ANID0250: .*'mail': the limit \Q$limit\E is reached/);
}

# A client of SMTP that has said EHLO.
sub smtp ()
{
    my $client = AnonID::Test::Dialogue->connect($port{smtp});

    $client->until(qr/^220 /);
    $client->say('EHLO test');
    $client->until(qr/^250 /);
    return $client;
}

sub reply ($client, @lines)
{
    $client->say(@lines);
    return ($client->until(qr/^\d{3} /))[-1];
}

# Sends one message: the codes of the replies.
sub message ($client, @recipients)
{
    my @replies = (reply($client, 'MAIL FROM:<site@example.test>'),
                   map { reply($client, "RCPT TO:<$_>") }
                       @recipients ? @recipients : 'webmaster@example.test');

    push @replies, reply($client, 'DATA') if $replies[-1] =~ /^2/;
    push @replies, reply($client, 'Subject: x', '', 'x', '.')
        if $replies[-1] =~ /^3/;
    return join ' ', map { substr $_, 0, 3 } @replies;
}

my $SENT = '250 250 354 250';

sub test_messages ()
{
    my $site = site('20/hour 3 per-client');
    my $client = smtp();

    is message($client), $SENT, 'a message is sent' for 1 .. 2;
    is message(smtp()), $SENT, 'and one over another connection';
    like reply($client, 'MAIL FROM:<site@example.test>'),
        qr/^451 4\.7\.1 too many messages are being sent: try again in 1[78]\d seconds$/,
        'the fourth is refused for now, at MAIL';
    like reply($client, 'RCPT TO:<webmaster@example.test>'), qr/^503 /,
        'and so is not begun';
    $site->wait_log(qr{ANID0251: listener smtp://\S+: uid \d+, account 'site',}
                    . qr{.*over the limit 20/hour 3 per-client});
    is $server{submission}->messages, 3, 'the mail server has seen three';
    is $site->send->{status}, 200, 'a visitor of the form is another client';
    $site->stop;
}

# Another user of this machine is another client.
sub test_users ()
{
    my $site = site('20/hour 1 per-client');

    is message(smtp()), $SENT, 'one message';
    like message(smtp()), qr/^451/, 'of this user';
    SKIP: {
        skip 'needs root', 1 if $> != 0;
        local ($>) = (scalar getpwnam 'nobody');
        is message(smtp()), $SENT, 'and one of another';
    }
    $site->stop;
}

sub test_giving_back ()
{
    my $site = site('20/hour 2 total');
    my $client = smtp();

    warned($site, '20/hour 2 total');
    for (1 .. 3) {
        is reply($client, 'MAIL FROM:<site@example.test>'), '250 2.1.0 Ok',
            'MAIL takes a place';
        is reply($client, 'RSET'), '250 2.0.0 Ok', 'RSET gives it back';
    }
    reply($client, 'MAIL FROM:<site@example.test>');
    $client->shut;
    $client->rest;
    $client = smtp();
    $server{submission}->script([message => '554 5.7.1 spam']);
    is message($client), '250 250 354 554', 'a refusal does' for 1 .. 3;
    $server{submission}->script;
    is message($client), $SENT, 'so two can be sent' for 1 .. 2;
    like message($client), qr/^451/, 'and no third one';
    $site->stop;
}

sub test_recipients ()
{
    my $site = site('off', '20/hour 3 recipients');
    my $client = smtp();

    warned($site, '20/hour 3 total recipients');
    $server{submission}->script([qr/^RCPT TO:<a@/ => '550 5.1.1 who?']);
    is message($client, map { "$_\@example.test" } qw(a a a webmaster b)),
        '250 550 550 550 250 250 354 250',
        'recipients that the server refuses take no place';
    is reply($client, 'MAIL FROM:<site@example.test>'), '250 2.1.0 Ok',
        'a message may begin';
    like reply($client, 'RCPT TO:<b@example.test>'), qr/^250 /,
        'and have the third recipient';
    like reply($client, 'RCPT TO:<c@example.test>'),
        qr/^451 4\.7\.1 too many recipients are being sent: try again in 1[78]/,
        'the fourth one is refused for now';
    is reply($client, 'DATA') =~ s/ .*//r, 354, 'it goes to the others';
    reply($client, 'Subject: x', '', 'x', '.');
    $server{submission}->script;
    $site->stop;
}

sub imap ($where = $port{imap})
{
    my $client = AnonID::Test::Dialogue->connect($where);

    $client->{greeting} = $client->line;
    return $client;
}

sub ask ($client, $line)
{
    $client->say($line);
    return ($client->until(qr/^(?:a|\+OK|-ERR)/))[-1];
}

# Logins are not limited where nothing says so.
sub test_logins ()
{
    my $site = site('10/hour 3 logins');

    warned($site, '10/hour 3 total logins');
    like ask(imap(), 'a LOGIN x y'), qr/^a OK /, 'an IMAP client logs in';
    like imap($port{preauth})->{greeting}, qr/^\* PREAUTH/, 'another one';
    my $pop = imap($port{pop3});
    ask($pop, 'USER x');
    like ask($pop, 'PASS y'), qr/^\+OK /, 'a POP3 client does';

    my $imap = imap();
    like ask($imap, 'a LOGIN x y'),
        qr/^a NO \[LIMIT\] Too many logins: try again in 3[56]\d seconds$/,
        'then an IMAP client is refused';
    like ask($imap, 'a NOOP'), qr/^a OK/, 'but may stay and try again';
    like imap($port{preauth})->{greeting},
        qr/^\* BYE \[LIMIT\] Too many logins/, 'with PREAUTH it may not';
    $pop = imap($port{pop3});
    ask($pop, 'USER x');
    like ask($pop, 'PASS y'),
        qr/^-ERR \[SYS\/TEMP\] Too many logins: try again in 3[56]\d seconds$/,
        'a POP3 client is refused';
    like ask($pop, 'NOOP'), qr/^\+OK/, 'and may stay, too';
    is $site->send->{status}, 200, 'messages are counted apart';
    $site->stop;

    $site = site();
    like ask(imap(), 'a LOGIN x y'), qr/^a OK /, 'no limit by itself'
        for 1 .. 15;
    $site->stop;
}

test_messages();
test_users();
test_giving_back();
test_recipients();
test_logins();
done_testing;
