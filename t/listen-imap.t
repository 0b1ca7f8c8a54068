# SPDX-License-Identifier: Apache-2.0
#
# An application reads a mailbox over IMAP without a password: the dialogue up
# to its login, the login at a real Dovecot, and everything after it octet by
# octet.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Dialogue;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;

require_build;

my $LIST = 'IMAP4rev1 LITERAL- SASL-IR ID AUTH=PLAIN AUTH=LOGIN';
my $ca = AnonID::Test::CA->new;
my $password = canary();
my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => [qw(plain cram-md5 scram-sha-256)],
    config => "mail_max_userip_connections = 100\n");

spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
$dovecot->start;

my $port = free_port();
my $preauth = free_port();
my $imap = 'imap://localhost:' . $dovecot->port('imap');
my $imaps = 'imaps://localhost:' . $dovecot->port('imaps');

sub site (@servers)
{
    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password, servers => [@servers],
        listen => ["imap://127.0.0.1:$port max=500",
                   "imap://127.0.0.1:$preauth preauth"]);
}

my $site = site($imap)->start;

sub client ($where = $port)
{
    my $client = AnonID::Test::Dialogue->connect($where);

    $client->{greeting} = $client->line;
    return $client;
}

# A client, its lines at once, and the answers up to the end.
sub answers ($octets)
{
    my $client = client()->send($octets);

    return $client->shut->rest =~ s/\r\n/\n/gr;
}

sub test_before_login ()
{
    is client()->{greeting}, "* OK [CAPABILITY $LIST] mod_anonid",
        'the greeting lists what the dialogue does';
    is answers("a CAPABILITY\r\nb NOOP\r\nc ID NIL\r\n"),
        "* CAPABILITY $LIST\na OK Done\nb OK Done\n"
        . "* ID (\"name\" \"mod_anonid\")\nc OK Done\n",
        'CAPABILITY says the same; NOOP and ID are answered';
    is answers("a LOGOUT\r\nb NOOP\r\n"),
        "* BYE Logging out\na OK Done\n", 'LOGOUT';
    like answers("a SELECT INBOX\r\nb ENABLE X\r\nc STARTTLS\r\n"),
        qr/\Aa BAD .*\nb BAD .*\nc BAD .*\n\z/, 'nothing else before a login';
    like answers("a FOO {10+}\r\nb LOGOUT\r\n\r\nc NOOP\r\n"),
        qr/\Aa BAD .*\nc OK Done\n\z/, 'a literal is no command';
    like answers("a FOO {10}\r\nb NOOP\r\n"), qr/\Aa BAD .*\nb OK Done\n\z/,
        'a literal that is refused instead of asked for';
    like answers("a LOGIN {$_}\r\nb NOOP\r\n"), qr/\Aa BAD .*\nb OK Done\n\z/,
        "{$_} is no literal" for '-1', '+10', '5-', ' 5', '99999999999';
    like answers("a FOO {99999999999+}\r\nb NOOP\r\n"), qr/\A\* BYE .*\n\z/,
        'too many octets on their way: the end';
    like answers('x' x 9000 . "\r\n"), qr/\A\* BYE .*\n\z/,
        'too long a line: the end';
    is scalar(() = answers("x\r\n" x 20) =~ /BAD/g), 10,
        'errors are counted';
    like answers("a AUTHENTICATE PLAIN\r\n*\r\nb NOOP\r\n"),
        qr/\A\+ \na BAD .*\nb OK/, 'AUTHENTICATE is cancelled';
    like answers("a AUTHENTICATE NTLM\r\nb NOOP\r\n"), qr/\Aa NO .*\nb OK/,
        'another mechanism is refused';
}

my @LOGINS = (
    ['LOGIN with atoms', "a LOGIN u p\r\n"],
    ['LOGIN with quoted strings', "a LOGIN \"u v\" \"p\\\"\\\\\"\r\n"],
    ['LOGIN with nothing', "a LOGIN \"\" \"\"\r\n"],
    ['LOGIN with literals that come by themselves',
     "a LOGIN {1+}\r\nu {10+}\r\nb LOGOUT\r\n\r\n"],
    ['LOGIN with literals that are asked for', "a LOGIN {1}\r\n", 'u {1}', 'p'],
    ['AUTHENTICATE PLAIN', "a AUTHENTICATE PLAIN\r\n", 'AHUAcA=='],
    ['AUTHENTICATE PLAIN with a first response',
     "a AUTHENTICATE PLAIN AHUAcA==\r\n"],
    ['AUTHENTICATE PLAIN with an empty one', "a AUTHENTICATE PLAIN =\r\n"],
    ['AUTHENTICATE LOGIN', "a authenticate login\r\n", 'dQ==', 'cA=='],
    ['AUTHENTICATE LOGIN with a user name', "a AUTHENTICATE LOGIN dQ==\r\n",
     'cA=='],
);

sub test_logins ()
{
    for (@LOGINS) {
        my ($name, $first, @responses) = @$_;
        my $client = client()->send($first);

        for (@responses) {
            like $client->line, qr/^\+ /, "$name: a prompt";
            $client->say($_);
        }
        my $welcome = $client->line;

        like $welcome, qr/^a OK \[CAPABILITY IMAP4rev1 .*\bIDLE\b.*\] Logged/,
            "$name: what the server offers now";
        unlike $welcome, qr/AUTH=|STARTTLS|SASL-IR|LOGINDISABLED/,
            "$name: but no logging on";
        $client->say('b SELECT INBOX', 'c LOGOUT');
        like $client->rest, qr/^b OK .*^c OK /ms, "$name: logged on";
    }
    my $client = client()->say('x CAPABILITY', 'y LOGIN u p');

    is +(grep { /^\* CAPABILITY .*IDLE/ } $client->until(qr/^y OK/)), 1,
        'a client that has asked gets an untagged list as well';
}

sub test_mechanisms ()
{
    for my $server ($imap, $imaps) {
        for my $mechanism ('SCRAM-SHA-256-PLUS SCRAM-SHA-256', 'CRAM-MD5',
                           'PLAIN') {
            my $site = AnonID::Test::MailSite->new(
                ca => $ca, password => $password, servers => [$server],
                service => "AnonIDMechanism $mechanism",
                listen => ['imap://127.0.0.1:' . (my $own = free_port())])
                ->start;
            my ($name) = $mechanism =~ /([\w-]+)$/;

            like client($own)->say('a LOGIN u p')->line, qr/^a OK /,
                "$server: $name";
            ok $site->wait_log(qr/logged on as 'site' with $name$/),
                "$server: it was $name";
            $site->stop;
        }
    }
}

# What is sent behind the login is the server's, once.
sub test_pipelined ()
{
    my $client = client()->say(
        'a LOGIN u p', 'b CREATE once', 'c STATUS once (MESSAGES)',
        'd LOGOUT')->shut;
    my $answers = $client->rest;

    like $answers, qr/^a OK .*^b OK .*^c OK .*^d OK /ms,
        'commands behind LOGIN, and a client that says no more';
    is scalar(() = $answers =~ /^b /mg), 1, 'CREATE was done once';
    like client()->send("a AUTHENTICATE PLAIN\r\n")->send(
        "AHUAcA==\r\nb NOOP\r\nc LOGOUT\r\n")->rest,
        qr/^\+ \r\na OK .*^b OK .*^c OK /ms, 'commands behind AUTHENTICATE';
    like client()->send("a LOGIN {1}\r\nu {1}\r\np\r\nb LOGOUT\r\n")->rest,
        qr/\A\+ .*^\+ .*^a OK .*^b OK /ms, 'literals before they are asked for';
    $client = client();
    $client->send($_) for split //, "a LOGIN u p\r\nb NOOP\r\nc LOGOUT\r\n";
    like $client->rest, qr/^a OK .*^b OK .*^c OK /ms, 'octet by octet';
}

# Octets of every kind there and back.
sub test_octets ()
{
    my $client = client()->say('a LOGIN u p');
    my $message = "Subject: octets\r\n\r\n"
        . join('', map { chr } 1 .. 9, 11, 12, 14 .. 255) x 20_000 . "\r\n";

    $client->line;
    $client->say('b CREATE octets',
                 'c APPEND octets {' . length($message) . '+}');
    $client->send("$message\r\n");
    $client->until(qr/^c OK/);
    $client->say('d SELECT octets', 'e FETCH 1 BODY.PEEK[]');
    $client->until(qr/^\* 1 FETCH .*\{(\d+)\}$/);
    ok $client->octets(length $message) eq $message,
        length($message) . ' octets there and back';
    $client->until(qr/^e OK/);
    $client->say('f IDLE');
    like $client->line, qr/^\+ /, 'IDLE';
    $client->say('DONE');
    $client->until(qr/^f OK/);
}

sub test_preauth ()
{
    my $client = client($preauth);

    like $client->{greeting}, qr/^\* PREAUTH \[CAPABILITY .*IDLE.*\] /,
        'preauth: the greeting says so';
    $client->say('a LOGIN u p', 'b AUTHENTICATE PLAIN AHUAcA==',
                 'c SELECT INBOX', 'd LOGOUT');
    like $client->rest, qr/^a OK .*^b OK .*^c OK .*^d OK /ms,
        'preauth: a login all the same is answered';
    like client($preauth)->say('a APPEND INBOX {3+}', 'abc', 'b LOGOUT')->rest,
        qr/^a OK .*^b OK /ms, 'preauth: the first command is the server\'s';
}

sub test_other_protocols ()
{
    $site->expect_log(qr/ANID0231: .*speaks (?:TLS|HTTP) and was sent away/);
    my $mark = $site->log_mark;

    like client()->send("\x16\x03\x01\x02\x00\x01\x00")->rest, qr/^\* BYE /,
        'a client that speaks TLS is sent away at once';
    ok $site->wait_log(qr/ANID0231: .*speaks TLS .*no encryption/,
                       since => $mark), 'and told of in the log';
    like client()->send("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"
                        . "a LOGIN u p\r\nb DELETE once\r\n")->rest,
        qr/\A\* BYE [^\n]*\n\z/, 'a browser gets no further than its verb';
    ok $site->wait_log(qr/ANID0231: .*HTTP/, since => $mark),
        'and is told of in the log';
}

# What the client hears when the account is not let in.
sub test_refused ()
{
    $site->stop;
    $site = site($imap)->password(canary());
    $site->expect_log(qr/ANID0221: .*AUTHENTICATIONFAILED/);
    $site->start;
    my $client = client()->say('a LOGIN u p');
    my $answer = $client->line;

    like $answer, qr/^a NO \[CONTACTADMIN\] /, 'refused: for the administrator';
    unlike $answer, qr/site|AUTHENTICATIONFAILED|\Q$password\E/,
        'refused: no name, no word of the server';
    $client->say('b NOOP');
    is $client->line, 'b OK Done', 'refused: the connection stays open';
    $client->say('c LOGIN u p');
    like $client->line, qr/^c NO \[CONTACTADMIN\]/,
        'refused: and is not tried again';
    like client($preauth)->{greeting}, qr/^\* BYE \[CONTACTADMIN\]/,
        'refused: with preauth there is no session';
}

sub test_failover ()
{
    my $dead = free_port();

    $site->stop;
    $site = site("imap://localhost:$dead", $imap);
    $site->expect_log(qr/ANID0211: /);
    $site->start;
    like client()->say('a LOGIN u p')->line, qr/^a OK/,
        'a server that is down is passed over';
    $site->stop;
    $site = site("imap://localhost:$dead");
    $site->expect_log(qr/ANID0211: /);
    $site->start;
    my $client = client()->say('a LOGIN u p');

    like $client->line, qr/^a NO \[UNAVAILABLE\]/, 'no server: unavailable';
    $client->say('b LOGIN u p');
    like $client->line, qr/^b NO \[UNAVAILABLE\]/, 'and asked again';
}

# A server that lets an account have so many sessions: one more hears that it
# may come again, and does; nothing is held against the account.
sub test_server_limit ()
{
    $site->stop;
    $dovecot->reload(config => "mail_max_userip_connections = 3\n");
    $site = site($imap);
    $site->expect_log(qr/ANID0222: .*Maximum number of connections/);
    $site->start;
    my @clients = map { client()->say('a LOGIN u p') } 1 .. 3;

    like $_->line, qr/^a OK /, 'as many sessions as the server allows'
        for @clients;
    like client()->say('a LOGIN u p')->line, qr/^a NO \[UNAVAILABLE\] /,
        'one more may come again';
    $clients[0]->say('b LOGOUT')->rest;
    wait_until(sub { client()->say('a LOGIN u p')->line =~ /^a OK / }, 20,
               'room for one more');
    like $clients[1]->say('b NOOP')->line, qr/^b OK/, '... others stay';
}

test_before_login();
test_logins();
test_mechanisms();
test_pipelined();
test_octets();
test_preauth();
test_other_protocols();
test_refused();
test_failover();
test_server_limit();
done_testing;
