# SPDX-License-Identifier: Apache-2.0
#
# How the agent logs on to a mail server: the mechanism that it chooses, what
# the server has to prove, and that a password which was refused is not tried
# again and again.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;
use MIME::Base64 qw(encode_base64);

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();

sub server (%field)
{
    return AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'site', password => $password, %field)->start;
}

sub site ($server, %field)
{
    my $mechanisms = delete $field{mechanisms}
        // 'SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5';

    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password, limits => 'off',
        servers => ['submission://localhost:' . $server->port('smtp')],
        service => "AnonIDMechanism $mechanisms", %field)->start;
}

sub auth_lines ($server)
{
    return [map { /^\d+ C: AUTH (\S+)/ ? $1 : () } $server->transcript];
}

# With a real server, every mechanism in turn.
sub test_dovecot ()
{
    my $dovecot = AnonID::Test::Dovecot->new(
        ca => $ca,
        mechanisms => [qw(plain login cram-md5 scram-sha-1 scram-sha-256)]);

    spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
    $dovecot->start;
    for my $allowed ('SCRAM-SHA-256-PLUS SCRAM-SHA-256', 'SCRAM-SHA-256',
                     'SCRAM-SHA-1', 'CRAM-MD5', 'PLAIN') {
        my ($mechanism) = $allowed =~ /([\w-]+)$/;
        my $site = AnonID::Test::MailSite->new(
            ca => $ca, password => $password,
            servers => ['submission://localhost:'
                        . $dovecot->port('submission')],
            service => "AnonIDMechanism $allowed")->start;

        is $site->send(subject => "by $mechanism")->{text}, '200 webmaster',
            "Dovecot: $allowed";
        ok $site->wait_log(qr/logged on as 'site' with $mechanism$/),
            "Dovecot: it was $mechanism";
        $site->stop;
    }
    like $dovecot->wait_message('webmaster', 5), qr/^Subject: by PLAIN/m,
        'Dovecot: the messages are in the mailbox';
    $dovecot->stop;
}

# Offered, allowed, chosen.
my @CHOICES = (
    [[qw(PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256)], undef, 'SCRAM-SHA-256'],
    [[qw(CRAM-MD5 SCRAM-SHA-1)], undef, 'SCRAM-SHA-1'],
    [[qw(PLAIN CRAM-MD5)], undef, 'CRAM-MD5'],
    [[qw(SCRAM-SHA-256 CRAM-MD5)], 'CRAM-MD5 SCRAM-SHA-256', 'CRAM-MD5'],
    [[qw(PLAIN LOGIN)], 'SCRAM-SHA-256 PLAIN', 'PLAIN'],
);

sub test_choices ()
{
    for (@CHOICES) {
        my ($offered, $allowed, $chosen) = @$_;
        my $server = server(mechanisms => $offered);
        my $site = site($server, mechanisms => $allowed);
        my $name = "@$offered: " . ($allowed // 'the default');

        is $site->send->{text}, '200 webmaster', "$name: sent";
        is_deeply auth_lines($server), [$chosen], "$name: $chosen";
        $_->stop for $site, $server;
    }
    my $server = server(mechanisms => [qw(PLAIN LOGIN)]);
    my $site = site($server);
    $site->expect_log(qr/ANID0220: .*: AUTH: no mechanism.* offers PLAIN LOGIN/,
                      qr/ANID0305: /);
    is $site->send->{text}, '503', 'PLAIN is not used unless it is named';
    is_deeply auth_lines($server), [], 'nothing was tried';
    $_->stop for $site, $server;
}

# PLAIN without TLS is for this computer only.
sub test_loopback ()
{
    my $server = server(mechanisms => ['PLAIN'], tls => 'none');
    my $site = AnonID::Test::MailSite->new(
        ca => $ca, password => $password, service => 'AnonIDMechanism PLAIN',
        servers => ['submission://127.0.0.1:' . $server->port('smtp')
                    . '?tls=none'])->start;

    is $site->send->{text}, '200 webmaster', 'PLAIN without TLS on loopback';
    $_->stop for $site, $server;
}

# Servers that do not prove themselves: nothing weaker is tried, no message
# is sent, and the account is not taken for wrong.
my @IMPOSTORS = (
    ['a wrong server signature', sasl => { wrong_signature => 1 },
     'the server does not know the password'],
    ['a nonce of its own', sasl => { wrong_nonce => 1 }, 'SCRAM-SHA-256: '],
    ['success without a signature', script => [[response => '235 2.7.0 Ok']],
     'the server claims success without having proven itself'],
    ['success at once', script => [[AUTH => '235 2.7.0 Ok']],
     'the server claims success without having proven itself'],
    ['no iterations', sasl => { iterations => 1 },
     'an iteration count below 4,096'],
    ['too many iterations', sasl => { iterations => 10_000_000 },
     'an iteration count above 65,536'],
    ['a challenge that is no base64', script => [[challenge => '334 !!!']],
     'a challenge is not base64'],
);

sub test_impostors ()
{
    for (@IMPOSTORS) {
        my ($name, $key, $value, $reason) = @$_;
        my $server = server(mechanisms => [qw(SCRAM-SHA-256 CRAM-MD5 PLAIN)],
                            $key => $value);
        my $site = site($server, mechanisms => 'SCRAM-SHA-256 CRAM-MD5 PLAIN');

        $site->expect_log(qr/ANID0224: .*: AUTH: .*\Q$reason\E/,
                          qr/ANID0305: /);
        is $site->send->{text}, '503', "$name: not sent";
        is_deeply auth_lines($server), ['SCRAM-SHA-256'],
            "$name: nothing weaker is tried";
        $_->stop for $site, $server;
    }
}

# A refused login is not repeated, by however many visitors, until the
# password changes.
sub test_refused ()
{
    my $wrong = canary();
    my $server = server();
    my $site = site($server, password => $wrong);

    $site->expect_log(qr/ANID0221: .*: AUTH: 535 5\.7\.8/, qr/ANID0305: /);
    my @results = map { $site->send } 1 .. 4;
    is_deeply [map { $_->{status} } @results], [(503) x 4], 'not sent';
    is scalar(@{ auth_lines($server) }), 1, 'the password was tried once';
    cmp_ok $results[3]{retry_after}, '>', 30, 'Retry-After: when it may be';
    $site->wait_log(qr/ANID0221/);
    is scalar(() = $site->log_text =~ /ANID0221/g), 1, 'and logged once';

    # The account file and the secret change one after the other.
    $site->allow_log(qr/ANID000[12]: /);
    $site->password($password);
    wait_until(sub { $site->send->{status} == 200 }, 20,
               'the right password is taken up');
    is scalar(@{ auth_lines($server) }), 2,
        'the right password was tried at once';
    $_->stop for $site, $server;
}

# A server that repeats the command that it does not like.
sub test_repeated ()
{
    my $plain = encode_base64("\0site\0$password", '');
    my $server = server(mechanisms => ['PLAIN'], script => [
        [AUTH => "501 5.5.4 Syntax error: AUTH PLAIN $plain"]]);
    my $site = site($server, mechanisms => 'PLAIN');

    $site->expect_log(qr/ANID022\d: .*AUTH: what the server says holds the (?#
        )secret, and is not repeated/, qr/ANID0305: /);
    is $site->send->{status}, 503, 'a server that repeats the command';
    unlike $site->log_text, qr/\Q$plain\E|\Q$password\E/,
        '... does not bring it into the log';
    $_->stop for $site, $server;
}

# Many visitors at once find out about a wrong password with one attempt.
sub test_refused_at_once ()
{
    my $server = server(script => [[AUTH => { reply => '535 5.7.8 No',
                                              drip => 0.02 }]]);
    my $site = site($server);
    my @connections = map { $site->connect } 1 .. 12;

    $site->expect_log(qr/ANID0221: /, qr/ANID0305: /);
    $_->send(join "\r\n", 'POST /mail HTTP/1.1', 'Host: localhost',
             'Content-Type: application/x-www-form-urlencoded',
             'Content-Length: 30', '', 'to=webmaster&subject=x&body=yz')
        for @connections;
    is_deeply [map { $_->response('POST')->{status} } @connections],
        [(503) x 12], '12 visitors at once: not sent';
    is scalar(@{ auth_lines($server) }), 1,
        '12 visitors at once: one attempt';
    $_->stop for $site, $server;
}

# The password changes while the server still thinks about the old one.
sub test_changed_meanwhile ()
{
    my $new = canary();
    my $server = server(password => $new, script => [
        [response => { reply => '535 5.7.8 No', drip => 0.5 },
         { connection => 1 }]]);
    my $site = site($server);
    my $visitor = $site->connect;

    $site->expect_log(qr/ANID0221: /);
    $site->allow_log(qr/ANID000[12]: /);
    $visitor->send(join "\r\n", 'POST /mail HTTP/1.1', 'Host: localhost',
                   'Content-Type: application/x-www-form-urlencoded',
                   'Content-Length: 30', '', 'to=webmaster&subject=x&body=yz');
    $server->wait_log(qr/^1 C: AUTH/);
    $site->password($new);
    is $visitor->response('POST')->{status}, 200,
        'a password that changed while the server refused the old one';
    is scalar(@{ auth_lines($server) }), 2, 'it is logged on with the new one';
    $_->stop for $site, $server;
}

SKIP: {
    skip 'needs Dovecot', 1 if !grep { -x "$_/dovecot" } split /:/, $ENV{PATH};
    test_dovecot();
}
test_choices();
test_loopback();
test_impostors();
test_refused();
test_repeated();
test_refused_at_once();
test_changed_meanwhile();
done_testing;
