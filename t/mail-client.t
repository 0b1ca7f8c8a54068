# SPDX-License-Identifier: Apache-2.0
#
# AnonIDMailClientAddress: a mail server that believes this machine is told for
# which visitor a session is, before the account logs on. No session serves
# another visitor than the one that the server was told of, and nothing that a
# visitor, an application or a server says does any harm.

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
my $XCLIENT = 'XCLIENT NAME ADDR PORT';

# A site whose visitors come through a proxy on this machine, which names them.
sub site ($servers, %field)
{
    my $client = delete $field{client} // 'xclient';
    my $site = AnonID::Test::MailSite->new(
        ca => $ca, password => $password, modules => ['remoteip'], limits => 'off',
        servers => $servers, %field, service => ($field{service} // '')
            . "\nAnonIDMailClientAddress $client");

    $site->reconfigure(config => "$site->{config}\n"
        . "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n");
    return $site->start;
}

sub bad_server (%field)
{
    return AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'site', password => $password,
        extensions => ['8BITMIME', $XCLIENT], %field)->start;
}

sub url ($server) { return 'submission://localhost:' . $server->port('smtp') }

# One message of a visitor: the status, and what went wrong.
sub send_from ($site, $address)
{
    return $site->post('/mail', timeout => 60,
        headers => { 'X-Forwarded-For' => $address },
        type => 'application/x-www-form-urlencoded',
        body => 'to=webmaster&subject=x&body=y')->{status};
}

# The client's commands on a connection, without their arguments.
sub verbs ($server, $connection)
{
    return join ' ', map { /^$connection C: ([A-Z]+)\b(?:\s|$)/ ? $1 : () }
        $server->transcript;
}

sub told ($server)
{
    return map { /^\d+ C: (XCLIENT .*)/ ? $1 : () } $server->transcript;
}

sub test_postfix ()
{
    return if !is_root();
    require AnonID::Test::Postfix;
    my $dovecot = AnonID::Test::Dovecot->new(ca => $ca);
    my $postfix = AnonID::Test::Postfix->new(
        lmtp_port => $dovecot->port('lmtp'), protocols => 'all',
        submission => $ca->host('localhost'))->ask($dovecot);
    my $server = 'submission://localhost:' . $postfix->port('submission');
    my $refused = spit($postfix->path('etc/refused'), "192.0.2.66 REJECT\n");

    $postfix->configure(config => 'smtpd_recipient_restrictions = '
        . "check_client_access cidr:$refused\n");
    spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
    $_->start for $dovecot, $postfix;

    my $site = site([$server]);
    is send_from($site, '192.0.2.7'), 200, 'Postfix: a message';
    is send_from($site, '2001:db8::7'), 200, 'of a visitor with IPv6';
    is send_from($site, '127.0.0.1'), 200, 'of one on this machine';
    my @messages = map { $dovecot->wait_message('webmaster', $_) } 1 .. 3;
    my $all = join '', @messages;
    like $all, qr/^Received: from \S+ \(unknown \[192\.0\.2\.7\]\)/m,
        'comes from the visitor\'s address for Postfix';
    like $all, qr/^Received: from \S+ \(unknown \[IPv6:2001:db8::7\]\)/m,
        'also if that is one of IPv6';
    like $all, qr/^Received: from \S+ \((?:localhost|unknown) \[127\.0\.0\.1\]\)/m,
        'and from this machine where a server would trust the address';
    like $postfix->log_text('mail'),
        qr/client=unknown\[192\.0\.2\.7\], sasl_method=SCRAM-SHA-256/,
        'over one login each, after XCLIENT';
    my $connections = sub {
        return scalar(() = $postfix->log_text('mail') =~ /: connect from /g);
    };
    my $before = $connections->();
    is send_from($site, '192.0.2.7'), 200, 'a visitor comes again';
    is $connections->(), $before, 'his session is still there';
    is send_from($site, '192.0.2.66'), 502,
        'Postfix may judge visitors by their addresses';
    $site->expect_log(qr/ANID020[12]: .*RCPT TO/, qr/ANID0305: /);

    $_->stop for $site, $postfix;
    $postfix->configure(xclient => '')->start;
    $site = site([$server]);
    is send_from($site, '192.0.2.8'), 200,
        'a Postfix that does not believe us takes mail all the same';
    is send_from($site, '192.0.2.9'), 200, 'and a second one';
    $site->expect_log(qr/ANID0232: .*smtpd_authorized_xclient_hosts/);
    is scalar(() = $site->log_text =~ /ANID0232/g), 1, 'which is said once';
    like $dovecot->wait_message('webmaster', 6),
        qr/\[127\.0\.0\.1\]/, 'it sees this machine';
    $_->stop for $site, $postfix, $dovecot;
}

sub test_order ()
{
    my $server = bad_server();
    my $site = site([url($server)]);

    is send_from($site, '192.0.2.1'), 200, 'a message';
    is verbs($server, 1), 'EHLO STARTTLS EHLO XCLIENT EHLO AUTH MAIL RCPT DATA',
        'XCLIENT once TLS is up, EHLO again, then the login';
    is((told($server))[0],
       'XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.1 PORT=[UNAVAILABLE]',
       'nothing of this machine\'s own is left');
    is send_from($site, '192.0.2.1'), 200, 'another one of the same visitor';
    is $server->connections, 1, 'takes the same session';
    is send_from($site, '192.0.2.2'), 200, 'one of another visitor';
    is $server->connections, 2, 'does not';
    is send_from($site, '192.0.2.1'), 200, 'the first one again';
    is $server->connections, 2, 'whose session is still there';

    # Hostile addresses: what cannot be one is never said.
    for my $address ('1.2.3.4 LOGIN=root', "::1\tADDR=8.8.8.8", '::ffff:127.0.0.1',
                     '0.0.0.0', '::', '[UNAVAILABLE]', 'fe80::1%lo',
                     '192.0.2.1+0d+0a', 'x' x 300) {
        is send_from($site, $address), 200, 'a message of "' . substr($address, 0, 20) . '"';
    }
    is_deeply [grep { !/ADDR=192\.0\.2\.[12] / } told($server)], [],
        'nobody is told of what is no address of a visitor';
    is scalar(told($server)), 2, 'nor of anything more';

    is send_from($site, '::ffff:192.0.2.3'), 200, 'IPv4 in IPv6';
    like +(told($server))[-1], qr/ADDR=192\.0\.2\.3 /, 'is IPv4';
    is send_from($site, '2001:DB8:0:0::1'), 200, 'IPv6';
    like +(told($server))[-1], qr/ADDR=IPV6:2001:db8::1 /, 'is marked as such';
    $_->stop for $site, $server;

    $server = bad_server(extensions => ['XCLIENT ADDR LOGIN']);
    $site = site([url($server)]);
    is send_from($site, '192.0.2.1'), 200, 'a server that takes fewer attributes';
    is((told($server))[0], 'XCLIENT ADDR=192.0.2.1', 'gets those');
    $_->stop for $site, $server;
}

# Many visitors, and a server that takes few sessions: they take turns.
sub test_turns ()
{
    my $server = bad_server();
    my $site = site([url($server)]);
    my $mail = "to=webmaster&subject=x&body=yz";

    for my $round (1, 2) {
        my @visitors = map { $site->connect } 1 .. 24;
        for my $n (0 .. $#visitors) {
            $visitors[$n]->send(join "\r\n", 'POST /mail HTTP/1.1',
                'Host: localhost', "X-Forwarded-For: 192.0.2.$n",
                'Content-Type: application/x-www-form-urlencoded',
                'Content-Length: ' . length $mail, '', $mail);
        }
        is_deeply [map { $_->response('POST')->{status} } @visitors],
            [(200) x @visitors], "round $round: each of 24 visitors is served";
    }
    my (%open, %visitor, %of);
    my $most = 0;
    for ($server->transcript) {
        my ($n, $what) = /^(\d+) (.*)/ or next;
        $open{$n} = 1 if $what =~ /^-- connected/;
        $visitor{$n}{$1} = 1 if $what =~ /^C: XCLIENT .*ADDR=(\S+)/;
        $most = keys %open if keys %open > $most;
        delete $open{$n} if $what =~ /^C: QUIT|^-- (?:closed|said)/;
    }
    cmp_ok $most, '<=', 8, 'over 8 sessions at a time at most';
    is scalar(grep { keys %$_ != 1 } values %visitor), 0,
        'of which each has seen one visitor';
    $_->stop for $site, $server;
}

# A server that does not offer it, or refuses it, gets the mail all the same.
sub test_untold ()
{
    my $server = bad_server(extensions => ['8BITMIME', 'XCLIENT NAME LOGIN']);
    my $site = site([url($server)]);

    is send_from($site, '192.0.2.1'), 200, 'a server that takes no address';
    is send_from($site, '192.0.2.2'), 200, 'gets mail of all visitors';
    is $server->connections, 1, 'over one session';
    is scalar(told($server)), 0, 'and is told nothing';
    $site->expect_log(qr/ANID0232: .*the server does not offer it/);
    $_->stop for $site, $server;

    $server = bad_server(script => [[XCLIENT => '550 5.7.0 Not from you']]);
    $site = site([url($server)]);
    is send_from($site, '192.0.2.1'), 200, 'a server that refuses XCLIENT';
    is send_from($site, '192.0.2.2'), 200, 'gets mail, too';
    is $server->connections, 2, 'but may have meant that visitor only';
    $site->expect_log(qr/ANID0232: .*550 5\.7\.0 Not from you/);
    $_->stop for $site, $server;
}

# A server that misbehaves at it is one that is down.
sub test_hostile ()
{
    my $line = '220-' . 'x' x 100 . "\r\n";
    my @cases = (
        ['hangs' => { hang => 1 }, qr/ANID0215: .*client address/],
        ['drops' => { drop => 1 }, qr/ANID0214: /],
        ['says 421' => '421 4.3.2 Later', qr/ANID0217: /],
        ['says no reply' => { raw => "Hello\r\n" }, qr/ANID0216: /],
        ['has no end' => { raw => $line x 3000 }, qr/ANID0216: /],
        ['sends a line of 1 MB' => { raw => '220 ' . 'x' x 1_000_000 }, qr/ANID0216: /],
        ['says too much' => { raw => "220 a\r\n250 b\r\n" }, qr/ANID0216: /],
        ['is good at another time' => '235 2.7.0 Welcome', qr/ANID0216: /],
    );
    my ($bad, $good) = (bad_server(), bad_server());
    my $site = site([url($bad), url($good)], deadlines => 10);

    for (@cases) {
        my ($name, $action, $log) = @$_;
        $bad->script([XCLIENT => $action]);
        $site->stop->start;
        is send_from($site, '192.0.2.1'), 200,
            "a server that $name: the next one has the message";
        $site->expect_log($log);
    }
    is $bad->logins, 0, 'no such server was logged on to';
    $_->stop for $site, $bad, $good;
}

# Applications name their visitors as Postfix's clients do.
sub test_listener ()
{
    my $port = free_port();
    my $server = bad_server();
    my $site = site([url($server)], listen => ["smtp://127.0.0.1:$port users=*"]);
    my @message = ('MAIL FROM:<>', 'RCPT TO:<webmaster@example.test>', 'DATA',
                   "a: b\r\n\r\nc\r\n.");
    my $client = AnonID::Test::Dialogue->connect($port);
    my $ask = sub (@lines) {
        return join ' ', map {
            my $line;
            $client->send("$_\r\n");
            do { $line = $client->line } while $line =~ /^\d{3}-/;
            substr $line, 0, 3;
        } @lines;
    };

    $client->line;
    $client->send("EHLO x\r\n");
    my $offers = join '', map { $client->line . "\n" } 1 .. 7;
    like $offers, qr/^250-XCLIENT ADDR PORT$/m, 'a listener offers XCLIENT';
    is $ask->(@message), '250 250 354 250', 'a message without it';
    is scalar(told($server)), 0, 'is for nobody';
    is $ask->('XCLIENT ADDR=192.0.2.5 PORT=1025 LOGIN=root HELO=x', 'MAIL FROM:<>',
              'EHLO x', @message), '220 503 250 250 250 354 250',
        'after it the dialogue begins anew';
    is_deeply [told($server)],
        ['XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.5 PORT=1025'],
        'the server is told of the visitor, and of nothing else';
    is $server->connections, 2, 'over a session of his own';
    is $ask->('MAIL FROM:<>', 'XCLIENT ADDR=192.0.2.6'), '250 503',
        'not in the middle of a message';
    is $ask->('RSET', 'XCLIENT', 'XCLIENT FOO'), '250 501 501', 'malformed';
    is $ask->('XCLIENT ADDR=[UNAVAILABLE]', 'EHLO x', @message),
        '220 250 250 250 354 250', 'nobody again';
    is $server->connections, 2, 'over the first session';
    $_->stop for $site, $server;

    $server = bad_server();
    $site = site([url($server)], listen => ["smtp://127.0.0.1:$port users=*"],
                 client => 'off');
    $client = AnonID::Test::Dialogue->connect($port);
    $client->line;
    is $ask->('XCLIENT ADDR=192.0.2.5', 'HELO x', @message),
        '550 250 250 250 354 250', 'without the directive it is refused';
    is send_from($site, '192.0.2.1'), 200, 'and a visitor\'s message';
    is scalar(told($server)), 0, 'is told of nobody, though XCLIENT is offered';
    $_->stop for $site, $server;
}

test_postfix();
test_order();
test_turns();
test_untold();
test_hostile();
test_listener();
done_testing;
