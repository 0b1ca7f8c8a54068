# SPDX-License-Identifier: Apache-2.0
#
# SMTPUTF8 and DSN at an SMTP listener: offered where every server of the
# service is known to have them, passed on only to a server that offers them,
# and said clearly where they are missing.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dialogue;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $MAIL = 'MAIL FROM:<site@example.test>';
my $RCPT = 'RCPT TO:<webmaster@example.test>';
my $UTF8_RCPT = "RCPT TO:<g\xc3\xa4ste\@example.test>";
my $UTF8_FIELD = "Subject: Gr\xc3\xbc\xc3\x9fe\r\n\r\nx\r\n.";
my $EIGHT_BIT = "Subject: x\r\n\r\nGr\xfc\xdfe\r\n.";

sub site (@servers)
{
    my $port = free_port();
    my $site = AnonID::Test::MailSite->new(
        ca => $ca, password => $password, servers => [@servers], limits => 'off',
        listen => ["smtp://127.0.0.1:$port users=*"],
        service => 'AnonIDMailAllow @example.test');

    $site->{smtp_port} = $port;
    return $site->start;
}

sub bad_server (@extensions)
{
    return AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'site', password => $password,
        extensions => \@extensions)->start;
}

sub url ($server, $port = 'smtp')
{
    return 'submission://localhost:' . $server->port($port);
}

sub ask ($client, $command)
{
    my @lines;

    $client->send("$command\r\n");
    do { push @lines, $client->line } while $lines[-1] =~ /^\d{3}-/;
    return join "\n", @lines;
}

sub codes ($client, @commands)
{
    return join ' ', map { substr ask($client, $_), 0, 3 } @commands;
}

# A client, and what it is offered.
sub greet ($site)
{
    my $client = AnonID::Test::Dialogue->connect($site->{smtp_port});

    $client->line;
    my $offers = ask($client, 'EHLO x');
    return ($client, join ' ', $offers =~ /^250.(SMTPUTF8|DSN)$/mg);
}

# One message, so that the site learns what its servers offer.
sub learn ($site)
{
    my ($client) = greet($site);

    return codes($client, $MAIL, $RCPT, 'DATA', "a: b\r\n\r\nc\r\n.");
}

sub commands ($server, $verb)
{
    return map { /^\d+ C: ($verb .*)/ ? $1 : () } $server->transcript;
}

sub test_postfix ()
{
    return if !is_root();
    require AnonID::Test::Postfix;
    my $dovecot = AnonID::Test::Dovecot->new(ca => $ca);
    my $postfix = AnonID::Test::Postfix->new(
        lmtp_port => $dovecot->port('lmtp'),
        submission => $ca->host('localhost'))->ask($dovecot);

    spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
    $_->start for $dovecot, $postfix;
    my $site = site(url($postfix, 'submission'));
    is +(greet($site))[1], '', 'Postfix, of which nothing is known yet';
    is learn($site), '250 250 354 250', 'a message';
    my ($client, $offers) = greet($site);
    is $offers, 'SMTPUTF8 DSN', 'Postfix: both are offered';
    is codes($client, "$MAIL RET=HDRS ENVID=note+2B1",
             "$RCPT NOTIFY=SUCCESS ORCPT=rfc822;other+40example.test",
             'DATA', "Subject: dsn\r\n\r\nx\r\n."), '250 250 354 250',
        'a message with a wish for a note';
    my $note = $dovecot->wait_message('site', 1);
    like $note, qr/^Subject: Successful Mail Delivery Report/m,
        'Postfix writes one to the sender';
    like $note, qr/^Original-Recipient: rfc822;other\@example\.test/m,
        'about the recipient that the application has named';
    like $note, qr/^Original-Envelope-Id: note\+1/m, 'with its envelope id';
    is codes($client, "$MAIL SMTPUTF8", $RCPT, 'DATA', $UTF8_FIELD),
        '250 250 354 250', 'a message with UTF-8 in its header';
    ok $postfix->wait_log(qr/SMTPUTF8 is required, but was not offered/,
                          log => 'mail'),
        'that Postfix was told of: it gives it to no server without';
    $_->stop for $site, $postfix, $dovecot;
}

# What Dovecot promises before the login is what counts.
sub test_dovecot ()
{
    my $dovecot = AnonID::Test::Dovecot->new(ca => $ca);

    spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
    $dovecot->start;
    my $site = site(url($dovecot, 'submission'));
    is learn($site), '250 250 354 250', 'Dovecot: a message';
    my ($client, $offers) = greet($site);
    is $offers, '', 'it offers neither, and nor does the listener';
    is codes($client, "$MAIL RET=HDRS", "$MAIL SMTPUTF8", $MAIL,
             "$RCPT NOTIFY=NEVER"), '555 555 250 555', 'they are refused';
    is codes($client, $RCPT, 'DATA'), '250 354', 'a recipient without';
    like ask($client, $UTF8_FIELD), qr/^550 5\.6\.7 .*SMTPUTF8/,
        'UTF-8 in the header of a message';
    $_->stop for $site, $dovecot;
}

sub test_all_servers ()
{
    my $both = bad_server('8BITMIME', 'SMTPUTF8', 'DSN');
    my $utf8 = bad_server('8BITMIME', 'SMTPUTF8');
    my $site = site(url($both), url($utf8));

    is learn($site), '250 250 354 250', 'two servers: a message by the first';
    is +(greet($site))[1], '', 'what the second one offers is not known';
    $both->stop;
    is learn($site), '250 250 354 250', 'one by the second';
    is +(greet($site))[1], 'SMTPUTF8', 'what both have is offered';
    $site->expect_log(qr/ANID021[14]: /);
    $_->stop for $site, $utf8;
}

# A server may have changed since it was learned.
sub test_change ()
{
    my $server = bad_server('SIZE 100000', '8BITMIME', 'SMTPUTF8', 'DSN');
    my $site = site(url($server));
    my $less = "250-localhost\n250-AUTH SCRAM-SHA-256\n250 SIZE 100000";

    learn($site);
    my ($client, $offers) = greet($site);
    is $offers, 'SMTPUTF8 DSN', 'a server that offers both';
    is codes($client, 'MAIL FROM:<> SMTPUTF8 RET=FULL ENVID=a', $UTF8_RCPT,
             'RCPT TO:<c@example.test> NOTIFY=NEVER ORCPT=rfc822;x', 'DATA',
             $UTF8_FIELD), '250 250 250 354 250', 'a message with all of it';
    is +(commands($server, 'MAIL'))[-1], 'MAIL FROM:<> SMTPUTF8 RET=FULL ENVID=a',
        'the server is told of MAIL\'s parameters';
    is_deeply [(commands($server, 'RCPT'))[-2, -1]],
        [$UTF8_RCPT, 'RCPT TO:<c@example.test> NOTIFY=NEVER ORCPT=rfc822;x'],
        'and of RCPT\'s';
    is codes($client, $MAIL, $UTF8_RCPT), '250 550',
        'an address with UTF-8 in a message that is not said to have it';
    is codes($client, 'RSET', "MAIL FROM:<g\xc3\xa4ste\@example.test>"),
        '250 550', 'nor a sender';
    is codes($client, 'HELO x', "$MAIL RET=FULL"), '250 555',
        'to HELO nothing is offered';
    is codes($client, 'EHLO x', "$MAIL RET=FULL", $RCPT, 'RSET'),
        '250 250 250 250', 'to EHLO it is';

    # The message goes to another session, which lacks what was promised.
    is codes($client, "$MAIL RET=FULL"), '250', 'a message is begun';
    $server->script([RSET => { drop => 1 }, { connection => 1 }],
                    [EHLO => $less, { nth => 2 }]);
    like ask($client, "$RCPT NOTIFY=NEVER"), qr/^555 5\.5\.4 .*DSN/,
        'a server that has no DSN any more';
    is codes($client, 'RSET', "$MAIL SMTPUTF8"), '250 250', 'or no SMTPUTF8';
    like ask($client, $RCPT), qr/^550 5\.6\.7 .*SMTPUTF8/, 'says so at RCPT';
    is codes($client, 'RSET', $MAIL, $RCPT), '250 250 250', 'without them it serves';
    like ask($client, "$RCPT NOTIFY=NEVER"), qr/^555 5\.5\.4 .*DSN/,
        'but for the recipient who needs one';
    is codes($client, 'DATA'), '354', 'DATA';
    like ask($client, $EIGHT_BIT), qr/^554 5\.6\.3 .*8BITMIME/,
        '8 bits to a server of 7';
    is codes($client, $MAIL, $RCPT, 'DATA'), '250 250 354', 'DATA';
    like ask($client, $UTF8_FIELD), qr/^550 5\.6\.7 .*SMTPUTF8/, 'and UTF-8';
    is codes($client, $MAIL, $RCPT, 'DATA'), '250 250 354', 'DATA';
    like ask($client, "a: b\r\n\r\n" . "x\r\n" x 40_000 . '.'),
        qr/^552 5\.3\.4 .*100000/, 'and one that is too large for it';
    is +(greet($site))[1], '', 'neither is offered any more';
    $_->stop for $site, $server;
}

test_postfix();
test_dovecot();
test_all_servers();
test_change();
done_testing;
