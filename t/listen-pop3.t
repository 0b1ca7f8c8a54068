# SPDX-License-Identifier: Apache-2.0
#
# An application fetches mail over POP3 without a password: the dialogue up to
# its login, the login at a real Dovecot, and everything after it octet by
# octet.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Dialogue;
use AnonID::Test::Dovecot;
use AnonID::Test::Imap;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => [qw(plain cram-md5 scram-sha-256)],
    config => "mail_max_userip_connections = 100\n");

spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
$dovecot->start;

my $port = free_port();
my $pop3 = 'pop3://localhost:' . $dovecot->port('pop3');
my $pop3s = 'pop3s://localhost:' . $dovecot->port('pop3s');

sub site (@servers)
{
    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password, servers => [@servers],
        listen => ["pop3://127.0.0.1:$port max=500"]);
}

my $site = site($pop3)->start;

sub client ($where = $port)
{
    my $client = AnonID::Test::Dialogue->connect($where);

    $client->{greeting} = $client->line;
    return $client;
}

sub answers ($octets)
{
    return client()->send($octets)->shut->rest =~ s/\r\n/\n/gr;
}

sub test_before_login ()
{
    is client()->{greeting}, '+OK mod_anonid',
        'the greeting has no time stamp: there is no APOP';
    is answers("CAPA\r\nNOOP\r\n"),
        "+OK\nUSER\nSASL PLAIN LOGIN\nTOP\nUIDL\nPIPELINING\nRESP-CODES\n"
        . "AUTH-RESP-CODE\n.\n+OK\n", 'CAPA';
    is answers("AUTH\r\n"), "+OK\nPLAIN\nLOGIN\n.\n",
        'AUTH without a mechanism lists them';
    is answers("QUIT\r\nNOOP\r\n"), "+OK Bye\n", 'QUIT';
    like answers("$_\r\nNOOP\r\n"), qr/\A-ERR .*\n\+OK\n\z/,
        "'$_' is refused"
        for 'PASS x', 'STAT', 'STLS', 'UTF8', 'LANG', 'APOP a b',
            'AUTH NTLM', '';
    like answers("AUTH PLAIN\r\n*\r\nNOOP\r\n"),
        qr/\A\+ \n-ERR .*\n\+OK\n\z/, 'AUTH is cancelled';
    like answers('x' x 9000 . "\r\n"), qr/\A-ERR .*\n\z/,
        'too long a line: the end';
    like answers("x\r\n" x 20),
        qr/\A(?:-ERR Log in.*\n){10}-ERR Too many errors\n\z/,
        'errors are counted';
    $site->expect_log(qr/ANID0231: .*speaks (?:TLS|HTTP) and was sent away/);
    like client()->send("\x16\x03\x01\x02\x00\x01\x00")->rest, qr/^-ERR /,
        'a client that speaks TLS is sent away at once';
    like client()->send("GET / HTTP/1.1\r\nHost: x\r\n\r\nUSER u\r\n")->rest,
        qr/\A-ERR [^\n]*\n\z/, 'a browser gets no further than its verb';
}

my @LOGINS = (
    ['USER and PASS', "USER u\r\n", 'PASS p'],
    ['USER and PASS with nothing', "USER\r\n", 'PASS'],
    ['AUTH PLAIN', "AUTH PLAIN\r\n", 'AHUAcA=='],
    ['AUTH PLAIN with a first response', "AUTH PLAIN AHUAcA==\r\n"],
    ['AUTH PLAIN with an empty one', "auth plain =\r\n"],
    ['AUTH LOGIN', "AUTH LOGIN\r\n", 'dQ==', 'cA=='],
);

sub test_logins ()
{
    for (@LOGINS) {
        my ($name, $first, @responses) = @$_;
        my $client = client()->send($first);

        for (@responses) {
            like $client->line, qr/^\+/, "$name: goes on";
            $client->say($_);
        }
        is $client->line, '+OK Logged in', "$name: logged in";
        $client->say('CAPA', 'STAT', 'QUIT');
        like $client->rest, qr/^\+OK.*^RESP-CODES.*^\.\r\n\+OK \d+ \d+/ms,
            "$name: it is the server";
    }
}

sub test_mechanisms ()
{
    for my $server ($pop3, $pop3s) {
        for my $mechanism ('SCRAM-SHA-256-PLUS SCRAM-SHA-256', 'CRAM-MD5',
                           'PLAIN') {
            my $site = AnonID::Test::MailSite->new(
                ca => $ca, password => $password, servers => [$server],
                service => "AnonIDMechanism $mechanism",
                listen => ['pop3://127.0.0.1:' . (my $own = free_port())])
                ->start;
            my ($name) = $mechanism =~ /([\w-]+)$/;

            is scalar(client($own)->say("USER u", "PASS p")->until(qr/Logged/)),
                2, "$server: $name";
            ok $site->wait_log(qr/logged on as 'site' with $name$/),
                "$server: it was $name";
            $site->stop;
        }
    }
}

# Octets of a message, and what is sent behind the login.
sub test_mail ()
{
    my $message = "Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n"
        . join('', map { chr } 1 .. 9, 11, 12, 14 .. 255) x 400 . "\r\n";
    my $imap = AnonID::Test::Dialogue->connect($dovecot->port('imap'));

    $imap->say("a LOGIN site $password")->until(qr/^a OK/);
    $imap->say('b APPEND INBOX {' . length($message) . '+}');
    $imap->send("$message\r\n");
    $imap->until(qr/^b OK/);
    my $answers = client()->say('USER u', 'PASS p', 'RETR 1', 'DELE 1',
                                'QUIT')->shut->rest;
    my ($got) = $answers =~ /^\+OK \d+ octets\r\n(.*?)^\.\r\n/ms;

    ok $got =~ s/^\.//mgr eq $message,
        'a message comes as it is, asked for behind the login';
    like client()->say('USER u', 'PASS p', 'STAT', 'QUIT')->rest,
        qr/^\+OK 0 0\r$/m, 'and was deleted once';
    my $client = client();
    $client->send($_) for split //, "USER u\r\nPASS p\r\nSTAT\r\nQUIT\r\n";
    like $client->rest, qr/Logged in\r\n\+OK 0 0\r\n\+OK/, 'octet by octet';
}

sub test_refused ()
{
    $site->stop;
    $site = site($pop3)->password(canary());
    $site->expect_log(qr/ANID0221: /);
    $site->start;
    my $client = client()->say('USER u', 'PASS p');

    $client->line;
    my $answer = $client->line;
    like $answer, qr/^-ERR \[SYS\/PERM\] /, 'refused: for the administrator';
    unlike $answer, qr/site|\[AUTH\]|\Q$password\E/,
        'refused: no name, no word of the server';
    $client->say('NOOP');
    is $client->line, '+OK', 'refused: the connection stays open';
    $client->say('PASS p');
    like $client->line, qr/^-ERR USER/, 'refused: and begins again with USER';
}

sub test_failover ()
{
    my $dead = free_port();

    $site->stop;
    $site = site("pop3://localhost:$dead", $pop3);
    $site->expect_log(qr/ANID0211: /);
    $site->start;
    is +(client()->say('AUTH PLAIN =')->line), '+OK Logged in',
        'a server that is down is passed over';
    $site->stop;
    $site = site("pop3://localhost:$dead");
    $site->expect_log(qr/ANID0211: /);
    $site->start;
    like client()->say('AUTH PLAIN =')->line, qr/^-ERR \[SYS\/TEMP\]/,
        'no server: for now';
}

test_before_login();
test_logins();
test_mechanisms();
test_mail();
test_refused();
test_failover();
done_testing;
