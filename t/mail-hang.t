# SPDX-License-Identifier: Apache-2.0
#
# A mail server that hangs in any state: a deadline ends it, and the visitor
# learns what became of the message.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::MailSite;
use Socket;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password)->start;
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, deadlines => 3, limits => 'off',
    servers => ['submission://localhost:' . $server->port('smtp')])->start;
my @NEVER_KEPT = (RSET => { drop => 1 });

# State, action, status, what the log says.
my @CASES = (
    ['connect', { hang => 1 }, '503', 'greeting: no answer in time'],
    ['connect', { deaf => 1 }, '503', 'greeting: no answer in time'],
    ['EHLO', { hang => 1 }, '503', 'EHLO: no answer in time'],
    ['EHLO', { then => 'hang',
               raw => "250-localhost\r\n250-SI" }, '503',
     'EHLO: no answer in time'],
    ['EHLO', { reply => '250-' . 'x' x 500, drip => 0.02 }, '503',
     'EHLO: no answer in time'],
    ['STARTTLS', { hang => 1 }, '503', 'STARTTLS: no answer in time'],
    ['STARTTLS', { reply => '220 Go ahead', then => 'deaf' }, '503',
     'TLS handshake: no answer in time'],
    ['AUTH', { hang => 1 }, '503', 'AUTH: no answer in time'],
    ['challenge', { hang => 1 }, '503', 'AUTH: no answer in time'],
    ['response', { hang => 1 }, '503', 'AUTH: no answer in time'],
    ['MAIL', { hang => 1 }, '503', 'MAIL FROM: no answer in time'],
    ['RCPT', { hang => 1 }, '503', 'RCPT TO: no answer in time'],
    ['DATA', { hang => 1 }, '503', 'DATA: no answer in time'],
    ['message', { hang => 1 }, '502', 'the final dot: no answer in time'],
);

$site->expect_log(qr/ANID0305: /);
for (@CASES) {
    my ($state, $action, $status, $reason) = @$_;
    my $name = "$state: " . join ' ', map { substr "$_=$action->{$_}", 0, 12 }
        sort keys %$action;
    my $mark = $site->log_mark;

    $server->script([$state => $action], [@NEVER_KEPT]);
    is $site->send->{status}, $status, "$name: $status";
    $site->expect_log(qr/ANID0215: .*: $reason/);
    ok $site->wait_log(qr/ANID0215: .*: $reason/, since => $mark),
        "$name: the log says '$reason'";
}

# A message that is larger than all buffers on the way, and a server that
# stops reading in the middle of it.
$server->script([body => { deaf => 1 }], [@NEVER_KEPT]);
$site->expect_log(qr/ANID0215: .*: message: no answer in time/);
is $site->send(body => "0123456789abcdef\n" x 500_000)->{status}, 503,
    'a server that does not read: 503, for the message has no end yet';

# Hangs are not forever.
$server->script([@NEVER_KEPT]);
is $site->send->{text}, '200 webmaster', 'then all is well again';

# A port that takes connections and never accepts them: a full backlog.
socket my $listener, PF_INET, SOCK_STREAM, 0 or die "socket: $!";
bind $listener, pack_sockaddr_in(0, INADDR_LOOPBACK) or die "bind: $!";
listen $listener, 0 or die "listen: $!";
my ($port) = unpack_sockaddr_in(getsockname $listener);
my @fillers = map {
    socket my $filler, PF_INET, SOCK_STREAM, 0 or die "socket: $!";
    $filler->blocking(0);
    connect $filler, pack_sockaddr_in($port, INADDR_LOOPBACK);
    $filler;
} 1 .. 3;
my $silent = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, deadlines => 3,
    servers => ["submission://localhost:$port"])->start;
$silent->expect_log(qr/ANID0211: .*: connect: Connection timed out/,
                    qr/ANID0305: /);
is $silent->send->{status}, 503, 'a connection that never comes about: 503';
done_testing;
