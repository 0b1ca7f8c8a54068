# SPDX-License-Identifier: Apache-2.0
#
# The mail servers of the harness, without mod_anonid: a message travels
# through Dovecot and a mail transfer agent into a mailbox and is read back;
# the misbehaving server does as its script says, and is right otherwise.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::HTTP;
use AnonID::Test::Memory;
use AnonID::Test::Mime qw(form_data parse_message);
use AnonID::Test::Process qw(run);
use Digest::SHA qw(sha256 hmac_sha256);
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64 decode_base64);

skip_unless_program(qw(openssl curl dovecot));

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $mail = spit(temp_root() . '/mail.eml', "Subject: x\r\n\r\n.1\r\n2\r\n");

# curl's arguments for one message to a server, as user.
sub curl ($server, $port, $user, @more)
{
    return run(['curl', '-sS', '--max-time', 20, '--ssl-reqd', '-T', $mail,
                '--cacert', $ca->file, '--mail-from', 'site@example.test',
                '--mail-rcpt', 'webmaster@example.test', '-u', $user, @more,
                'smtp://localhost:' . $server->port($port)]);
}

sub test_dovecot ($mta)
{
    my $dovecot = AnonID::Test::Dovecot->new(
        ca => $ca, mta => $mta, mechanisms => [qw(scram-sha-256 plain)]);

    spit($dovecot->{accounts}, "IUSR_x:{PLAIN}$password\n", 0600);
    $dovecot->start;
    is_deeply [curl($dovecot, 'submission', "IUSR_x:$password")], [0, ''],
        "$mta: a message is submitted";
    like $dovecot->wait_message('webmaster'),
        qr/^Subject: x\r\n.*^\.1\r\n2\r\n\z/ms,
        "$mta: and is in the mailbox";
    is $dovecot->logins('submission'), 1, "$mta: there was one login";
    is scram_login($dovecot->port('submission')), 'ok', "$mta: SCRAM";
    is((curl($dovecot, 'submission', 'IUSR_x:wrong'))[0], 67,
       "$mta: a wrong password is refused");
    is((curl($dovecot, 'submission', "iusr_x:$password"))[0], 67,
       "$mta: account names are case-sensitive");
    $dovecot->reload(certificate => $ca->expired('localhost'));
    is((curl($dovecot, 'submission', "IUSR_x:$password"))[0], 60,
       "$mta: an expired certificate can be shown");
    $dovecot->stop;
    is_deeply [$dovecot->processes], [], "$mta: no process is left";
}

# A client of SCRAM-SHA-256 over STARTTLS, by RFC 5802 alone: 'ok', 'refused',
# or what is wrong with the server.
sub scram_login ($port, $user = 'IUSR_x')
{
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $port) or die $@;
    my $say = sub ($line) {
        print $socket "$line\r\n" if defined $line;
        while (my $reply = readline $socket) {
            return $reply =~ s/\r\n//r if $reply =~ /^\d{3} /;
        }
        die 'hung up';
    };

    $say->($_) for undef, 'EHLO x', 'STARTTLS';
    AnonID::Test::HTTP::start_tls($socket, {
        SSL_ca_file => $ca->file, SSL_verifycn_name => 'localhost',
        SSL_verifycn_scheme => 'smtp' });
    $say->('EHLO x');
    my $first = "n=$user,r=abc";
    my $reply = $say->('AUTH SCRAM-SHA-256 '
                       . encode_base64("n,,$first", ''));
    my $server_first = decode_base64($reply =~ s/^334 //r);
    my ($nonce, $salt, $iterations) =
        $server_first =~ /^r=(abc[^,]+),s=([^,]+),i=(\d+)/
        or return "server-first: $reply";
    my $salted = AnonID::Test::Memory::pbkdf2($password,
                                              decode_base64($salt),
                                              $iterations);
    my $key = hmac_sha256('Client Key', $salted);
    my $message = "$first,$server_first,c=biws,r=$nonce";
    my $proof = encode_base64($key ^. hmac_sha256($message, sha256($key)),
                              '');
    $reply = $say->(encode_base64("c=biws,r=$nonce,p=$proof", ''));
    return 'refused' if $reply =~ /^5/;
    my $right = encode_base64(
        hmac_sha256($message, hmac_sha256('Server Key', $salted)), '');
    return "server-final: $reply"
        if decode_base64($reply =~ s/^334 //r) ne "v=$right";
    return $say->('') =~ /^235/ ? 'ok' : 'no 235';
}

sub bad_server (%field)
{
    return AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'IUSR_x', password => $password, %field)->start;
}

sub test_good_server ()
{
    my $server = bad_server(
        mechanisms => [qw(SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN)]);

    for my $mechanism (qw(CRAM-MD5 PLAIN LOGIN)) {
        is_deeply [curl($server, 'smtp', "IUSR_x:$password",
                        '--login-options', "AUTH=$mechanism")], [0, ''],
            "without a script it is a good one: $mechanism";
    }
    is scram_login($server->port('smtp')), 'ok', 'SCRAM-SHA-256';
    is((curl($server, 'smtp', 'IUSR_x:wrong'))[0], 67, 'it checks passwords');
    is_deeply [$server->connections, $server->logins,
               $server->refused_logins], [5, 4, 1], 'and counts';
    is_deeply [$server->messages], [(slurp($mail)) x 3],
        'and keeps messages as they were';
    ok !eval { $server->wait_log(qr/\Q$password/, deadline => 0) },
        'no password in plain text in the transcript';
}

sub test_bad_sasl ()
{
    my $server = bad_server(sasl => { wrong_signature => 1 });

    like scram_login($server->port('smtp')), qr/^server-final: 334/,
        'a wrong signature of the server';
    $server = bad_server(sasl => { wrong_nonce => 1 });
    like scram_login($server->port('smtp')), qr/^server-first: 334/,
        'a nonce that is not the client\'s';
}

# State, action, curl's exit status, what the transcript ends with. Whether
# curl finds a dropped connection as it reads or as it writes is chance.
my $DROPPED = qr/^(?:55|56)\z/;
my @BAD = (
    ['connect', { drop => 1 }, $DROPPED, 'dropped'],
    ['connect', '554 5.3.2 No', 8, 'closed by client'],
    ['connect', { raw => '220 ' . 'x' x 1_000_000 . "\r\n" }, 56,
     'closed by client'],
    ['EHLO', { raw => "garbage\0\xff" , then => 'reset' }, $DROPPED, 'dropped'],
    ['STARTTLS', { raw => "220 go\r\n250 injected\r\n" }, 8, 'TLS failed'],
    ['STARTTLS', '454 4.7.0 Later', 64, 'closed by client'],
    ['challenge', { hang => 1 }, 28, 'closed by client'],
    ['response', '535 5.7.8 No', 67, 'closed by client'],
    [qr/^MAIL FROM/, '550 5.7.1 No', 55, 'said goodbye'],
    ['RCPT', { reply => "550-two\n550 lines" }, 55, 'said goodbye'],
    ['DATA', { reply => '354 go', then => 'drop' }, $DROPPED, 'dropped'],
    ['body', { reset => 1 }, $DROPPED, 'dropped'],
    ['DATA', { hang => 1 }, 28, 'closed by client'],
    ['message', '451 4.3.0 Later', 8, 'said goodbye'],
);

sub test_scripts ()
{
    my $server = bad_server(mechanisms => ['CRAM-MD5']);

    for my $case (@BAD) {
        my ($state, $action, $exit, $end) = @$case;
        my $mark = $server->log_mark;
        my $number = 1 + $server->connections;

        $server->script([$state, $action]);
        like((curl($server, 'smtp', "IUSR_x:$password",
                   '--max-time', $exit eq 28 ? 1 : 20))[0],
             ref $exit ? $exit : qr/^$exit\z/,
             "script: $state ends with $end");
        ok $server->wait_log(qr/^$number -- \Q$end\E$/, since => $mark),
            'and the transcript says so';
    }
    is scalar($server->messages), 1, 'a refused message is kept, too';
    $server->script(['MAIL', '450 4.2.0 Later', { connection => 99 }],
                    ['MAIL', '450 4.2.0 Later', { nth => 2 }]);
    is((curl($server, 'smtp', "IUSR_x:$password"))[0], 0,
       'conditions of a script');
}

sub test_mime ()
{
    my ($type, $body) = form_data(
        to => 'webmaster', subject => "Gr\x{fc}\x{df}e",
        file => { name => "\x{fc}.bin", type => 'image/png',
                  content => "\0\r\n--x\xff" });
    my $form = parse_message("Content-Type: $type\r\n\r\n$body");

    is_deeply [map { $_->{body} } @{ $form->{parts} }],
        ['webmaster', "Gr\xc3\xbc\xc3\x9fe", "\0\r\n--x\xff"],
        'a form is built and read';
    my $message = parse_message(<<'END' =~ s/\n/\r\n/gr);
Subject: =?utf-8?q?Gr=C3=BC?=
 =?utf-8?q?=C3=9F?=
Content-Type: multipart/mixed; boundary="a b"

--a b
Content-Transfer-Encoding: base64

aGVsbG8=
--a b
Content-Disposition: attachment; filename*=utf-8''%C3%BC.bin

x
--a b--
END
    is $message->{header}{subject}, "Gr\x{fc}\x{df}", 'encoded words';
    is $message->{parts}[0]{body}, 'hello', 'base64';
    is $message->{parts}[1]{filename}, "\x{fc}.bin", 'names of files';
}

test_dovecot($_) for 'Relay', is_root() ? 'Postfix' : ();
test_good_server();
test_bad_sasl();
test_scripts();
test_mime();
done_testing;
