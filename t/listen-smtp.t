# SPDX-License-Identifier: Apache-2.0
#
# Applications speak SMTP to a listener without a password: what they are
# answered is the mail server's own word, and what arrives is the site's mail.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;
use IO::Socket::INET;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();

sub site ($server, %field)
{
    my $port = delete $field{port} // 'smtp';
    my $options = delete $field{options} // '';

    my $site = AnonID::Test::MailSite->new(
        ca => $ca, password => $password, %field,
        servers => ['submission://localhost:' . $server->port($port)]);
    $site->reconfigure(config => "$site->{config}\n"
        . 'AnonIDMailListen smtp://127.0.0.1:' . $site->port('listener')
        . " users=* $options\n");
    $site->start;
    $site->get('/'); # which waits for the logon
    return $site;
}

sub connect_to ($site)
{
    return IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $site->port('listener'),
        Timeout => 10) // die "connect: $!";
}

# One reply, all its lines; '' at the end of the connection.
sub reply ($socket)
{
    my $reply = '';

    local $SIG{ALRM} = sub { die "no reply\n" };
    alarm 60;
    while (defined(my $line = readline $socket)) {
        $reply .= $line =~ s/\r\n\z/\n/r;
        last if $line =~ /^\d{3} /;
    }
    alarm 0;
    return $reply =~ s/\n\z//r;
}

# Says commands one by one; returns the codes of the replies.
sub codes ($socket, @commands)
{
    return join ' ', map {
        print $socket "$_\r\n";
        substr reply($socket), 0, 3;
    } @commands;
}

sub ask ($socket, $command)
{
    print $socket "$command\r\n";
    return reply($socket);
}

sub start ($site)
{
    my $socket = connect_to($site);

    reply($socket);
    ask($socket, 'EHLO test');
    return $socket;
}

my $MAIL = 'MAIL FROM:<site@example.test>';
my $RCPT = 'RCPT TO:<webmaster@example.test>';

sub test_dovecot ()
{
    my $dovecot = AnonID::Test::Dovecot->new(
        ca => $ca, mta => $> == 0 ? 'Postfix' : 'Relay',
        mechanisms => [qw(scram-sha-256 plain)]);

    spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
    $dovecot->start;
    my $site = site($dovecot, port => 'submission',
                    service => "AnonIDMailAllow \@.example.test\n"
                        . 'AnonIDMechanism SCRAM-SHA-256');
    my $uid = $>;
    my $socket = connect_to($site);

    like reply($socket), qr/^220 \S+ ESMTP$/, 'a greeting';
    like ask($socket, 'EHLO test'), qr/^250-\S+\n250-PIPELINING\n250-SIZE
        \ \d+\n250-8BITMIME\n250-AUTH\ PLAIN\ LOGIN\n
        250\ ENHANCEDSTATUSCODES$/x, 'what is offered';
    is codes($socket, 'AUTH PLAIN AGEAYg=='), '235', 'any password will do';
    is codes($socket, 'AUTH PLAIN AGEAYg=='), '503', 'once';
    is codes($socket, $MAIL), '250', 'MAIL';
    like ask($socket, $RCPT), qr/^250 2\.1\.5 /, 'RCPT by the server';
    like ask($socket, 'RCPT TO:<x@elsewhere.test>'),
        qr/^550 5\.7\.1 .*AnonIDMailAllow/, 'not to everybody';
    is codes($socket, 'DATA'), '354', 'DATA';
    like ask($socket, "From: App <app\@host>\r\nTo: you\r\nSubject: one\r\n"
             . "\r\n..dot\r\nbare\nend\r\n."), qr/^250 2\.0\.0 /, 'sent';
    my $message = $dovecot->wait_message('webmaster');
    like $message, qr/^From: site\@example\.test\r$/m, 'the site sent it';
    like $message, qr/^Reply-To: App <app\@host>\r$/m, 'answers go back';
    like $message, qr/^Received: by \S+ \(mod_anonid, from uid $uid\)/m,
        'Received says who';
    like $message, qr/^Date: \w{3}, .*^Message-ID: <\S+\@example\.test>/ms,
        'what was missing is added';
    like $message, qr/\r\n\r\n\.dot\r\nbare\r\nend\r\n\z/, 'its lines';

    print $socket "$MAIL\r\n$RCPT\r\nRCPT TO:<w\@sub.example.test>\r\n",
        "DATA\r\nSubject: two\r\n\r\nx\r\n.\r\nNOOP\r\nQUIT\r\n";
    my $codes = join ' ', map { substr reply($socket), 0, 3 } 1 .. 7;
    like $codes, qr/^250 250 \d{3} 354 250 250 221$/,
        'a group in one packet is answered in order';
    is reply($socket), '', 'QUIT closes';
    is $dovecot->logins('submission'), 1, 'all by one login';
    $_->stop for $site, $dovecot;
}

sub bad_server (%field)
{
    return AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'site', password => $password, %field)->start;
}

sub test_dialogue ()
{
    my $server = bad_server();
    my $site = site($server);
    my $socket = start($site);

    is codes($socket, $RCPT, 'DATA', 'MAIL FROM:x', 'MAIL FROM:<x@y> X=1',
             'MAIL FROM:<x@y> SIZE=99999999999', 'EXPN x', 'STARTTLS', 'FOO',
             'RSET'), '503 503 501 555 552 252 502 500 250',
        'what comes at the wrong time, or is not known';
    is codes($socket, $MAIL, 'DATA', 'RSET', $MAIL, $MAIL),
        '250 554 250 250 503', 'no DATA without a recipient';
    is codes($socket, 'RSET', 'AUTH LOGIN', 'dTEK', 'cAo='),
        '250 334 334 235', 'AUTH LOGIN';

    $server->script(['RCPT' => '550 5.1.1 <webmaster@example.test>: unknown']);
    is ask(start($site), 'NOOP'), '250 2.0.0 Ok', 'NOOP';
    codes($socket, 'MAIL FROM:<app@elsewhere.test>');
    is ask($socket, $RCPT), '550 5.1.1 <webmaster@example.test>: unknown',
        'a refusal in the server\'s words';
    is codes($socket, 'DATA'), '554', 'and nothing is sent';
    $server->script();
    is codes($socket, 'RSET', 'MAIL FROM:<>', $RCPT, 'DATA'),
        '250 250 250 354', 'the next message, from nobody';
    is ask($socket, "\r\n."), '250 2.0.0 Taken as 1', 'is sent';
    like join("\n", $server->transcript), qr/C: MAIL FROM:<>\n.*C: DATA/s,
        'from nobody';

    $server->script([message => { drop => 1 }]);
    $site->expect_log(qr/ANID0214: /);
    codes($socket, $MAIL, $RCPT, 'DATA');
    like ask($socket, "x: y\r\n\r\nz\r\n."), qr/^451 4\.4\.2 .*perhaps sent/,
        'a server that is lost after the dot';
    $server->script();
    is codes($socket, $MAIL, $RCPT, 'DATA', "\r\n."), '250 250 354 250',
        'and the next message goes its way';
    $_->stop for $site, $server;
}

sub test_strict ()
{
    my $server = bad_server();
    my $site = site($server, options => 'newlines=strict',
                    from => 'strict');
    my $socket = start($site);

    like ask($socket, 'MAIL FROM:<x@elsewhere.test>'),
        qr/^550 5\.7\.1 .*AnonIDMailFrom/, 'another sender is refused';
    is codes($socket, $MAIL, $RCPT, 'DATA', "a: b\r\n\r\nbare\nx\r\n."),
        '250 250 354 550', 'a bare LF is refused';
    is codes($socket, $MAIL, $RCPT, 'DATA', "a: b\r\n\r\nx\r\n."),
        '250 250 354 250', 'CRLF is not';
    $_->stop for $site, $server;
}

# What is no SMTP at all ends at once.
sub test_others ()
{
    my $server = bad_server();
    my $site = site($server);

    $site->expect_log(qr/ANID0231: .* speaks HTTP/, qr/ANID0231: .* TLS/);
    my $socket = connect_to($site);
    reply($socket);
    like ask($socket, "POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<a\@b>"),
        qr/^554 /, 'HTTP';
    is reply($socket), '', 'is cut off';
    $socket = connect_to($site);
    reply($socket);
    print $socket "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    is reply($socket), '', 'and so is TLS';
    $socket = start($site);
    print $socket 'x' x 20_000;
    like reply($socket), qr/^500 5\.5\.6/, 'a line without an end';
    is reply($socket), '', 'is cut off, too';
    is $server->connections, 0, 'and no server was asked';
    $_->stop for $site, $server;
}

test_dovecot();
test_dialogue();
test_strict();
test_others();
done_testing;
