# SPDX-License-Identifier: Apache-2.0
#
# Sessions are kept warm and shared; one that turns out dead costs nothing but
# time; and another server is tried as long as none has begun to take the
# message.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::MailSite;
use IO::Socket::INET;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();

sub server (%field)
{
    return AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'site', password => $password, %field)->start;
}

sub url ($server) { return 'submission://localhost:' . $server->port('smtp') }

sub site (%field)
{
    return AnonID::Test::MailSite->new(ca => $ca, password => $password,
                                       limits => 'off',
                                       %field)->start;
}

# The client's commands in one connection, without what belongs to the login.
sub commands ($server, $connection)
{
    my @lines = map { /^$connection C: (\w+)/ ? $1 : () } $server->transcript;
    my ($login) = grep { $lines[$_] eq 'MAIL' } 0 .. $#lines;

    return join ' ', @lines[$login .. $#lines];
}

sub test_reuse ()
{
    my $server = server();
    my $site = site(servers => [url($server)]);

    is_deeply [map { $site->send->{text} } 1 .. 3], [('200 webmaster') x 3],
        'three messages';
    is $server->connections, 1, 'one connection';
    is commands($server, 1), 'MAIL RCPT DATA RSET MAIL RCPT DATA '
        . 'RSET MAIL RCPT DATA', 'RSET before reuse';

    my %extension = (pipelined => 'PIPELINING', 'one by one' => 'SIZE');
    for my $name (sort keys %extension) {
        my $other = server(extensions => [$extension{$name}]);
        my $second = site(servers => [url($other)]);
        is_deeply [map { $second->send(to => ['two', 'other'])->{text} } 1, 2],
            [('200 two other') x 2], "$name: two messages to three addresses";
        is commands($other, 1), 'MAIL RCPT RCPT RCPT DATA '
            . 'RSET MAIL RCPT RCPT RCPT DATA', "$name: the envelopes";
        $_->stop for $second, $other;
    }

    # Refused messages do no harm to the session.
    $site->expect_log(qr/ANID0201: /, qr/ANID0202: /, qr/ANID0305: /);
    for my $state (qw(MAIL RCPT DATA message)) {
        $server->script([$state => '550 5.7.1 No']);
        is $site->send->{status}, 502, "$state is refused";
        $server->script();
        is $site->send->{status}, 200, 'and the next message goes';
    }
    is $server->connections, 1, 'on the same connection';
    $_->stop for $site, $server;
}

# Kept sessions that are dead: the visitor does not notice.
sub test_dead ()
{
    my $server = server();
    my $site = site(servers => [url($server)]);
    my $connection = 1;

    is $site->send->{status}, 200, 'a session is kept';
    for (['RSET', { drop => 1 }], ['RSET', { reset => 1 }],
         ['RSET', '421 4.4.2 Idle for too long'], ['RSET', '500 What?'],
         ['MAIL', { drop => 1 }], ['RCPT', { drop => 1 }],
         ['DATA', { drop => 1 }]) {
        my ($state, $action) = @$_;
        my $name = "$state: " . (ref $action ? join '', keys %$action
                                 : $action);

        $server->script([$state => $action, { connection => $connection }]);
        is $site->send->{text}, '200 webmaster', "$name: sent all the same";
        is $server->connections, ++$connection, "$name: on a fresh one";
        is scalar($server->messages), $connection, "$name: once";
    }

    $server->script([message => { drop => 1 },
                     { connection => $connection }]);
    $site->expect_log(qr/ANID0214: .*: the final dot: /, qr/ANID0305: /);
    is $site->send->{status}, 502,
        'lost at the final dot: it is not sent again';
    is $server->connections, $connection, 'there was no other connection';

    $server->script([message => { reply => '250 2.0.0 Taken',
                                  then => 'drop' }]);
    is $site->send->{status}, 200, 'the server closes after the message';
    for my $more ("421 Closing", "250 And this, too") {
        my $taken = $server->messages;

        $server->script([message => { raw => "250 Taken\r\n$more\r\n" }]);
        is $site->send->{text}, '200 webmaster',
            "a message that was taken is sent, though '$more' follows";
        is scalar($server->messages), $taken + 1, '... once';
        $connection = $server->connections;
        $server->script();
        is $site->send->{status}, 200, '... and the next one goes';
        is $server->connections, $connection + 1, '... on another connection';
    }
    $server->script();
    is $site->send->{status}, 200, 'and all is well';
    $server->stop;
    $server->start;
    wait_until(sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                         PeerPort => $server->port('smtp')) },
               10, 'the server listens again');
    is $site->send->{status}, 200, 'the server was restarted';
    $_->stop for $site, $server;
}

sub test_ends ()
{
    my $server = server();
    my $site = site(servers => [url($server)], deadlines => 3);

    is $site->send->{status}, 200, 'a session is kept';
    $server->wait_log(qr/^1 C: QUIT/);
    ok 1, 'it ends politely when it was idle for long';
    $site->stop;

    $site = site(servers => [url($server)]);
    $site->allow_log(qr/ANID000[12]: /);
    is $site->send->{status}, 200, 'a session is kept';
    $site->password($password);
    $server->wait_log(qr/^2 C: QUIT/);
    ok 1, 'it ends when there is a new password';
    wait_until(sub { $site->send->{status} == 200 }, 20, 'a new session');
    $_->stop for $site, $server;
}

# More visitors than sessions: they wait in line.
sub test_line ()
{
    my $server = server(script => [[DATA => { reply => '354 Go on',
                                              drip => 0.01 }]]);
    my $site = site(servers => [url($server)]);
    my @visitors = map { $site->connect } 1 .. 24;

    $_->send(join "\r\n", 'POST /mail HTTP/1.1', 'Host: localhost',
             'Content-Type: application/x-www-form-urlencoded',
             'Content-Length: 30', '', 'to=webmaster&subject=x&body=yz')
        for @visitors;
    is_deeply [map { $_->response('POST')->{status} } @visitors],
        [(200) x 24], '24 visitors at once: all are served';
    cmp_ok $server->connections, '<=', 8, 'over at most 8 connections';
    is scalar($server->messages), 24, 'each message once';
    $_->stop for $site, $server;
}

# What the first server does, and whether the second one is asked.
my @FAILOVER = (
    [undef, 1, 'ANID0211'], # nobody is there
    [[connect => '421 4.3.2 Busy'], 1, 'ANID0217'],
    [[connect => '554 5.7.1 Go away'], 1, 'ANID0218'],
    [[connect => { drop => 1 }], 1, 'ANID0214'],
    [[STARTTLS => '454 4.7.0 Later'], 1, 'ANID0217'],
    [[AUTH => '454 4.7.0 Later'], 1, 'ANID0222'],
    [[MAIL => '451 4.3.0 Later'], 1, 'ANID0217'],
    [[MAIL => { drop => 1 }], 1, 'ANID0214'],
    [[RCPT => '450 4.2.0 Greylisted'], 1, 'ANID0202'],
    [[DATA => '451 4.3.0 Later'], 1, 'ANID0217'],
    [[DATA => { drop => 1 }], 1, 'ANID0214'],
    [[AUTH => '535 5.7.8 No'], 0, 'ANID0221'],
    [[MAIL => '550 5.7.1 No'], 0, 'ANID0201'],
    [[RCPT => '550 5.1.1 No'], 0, 'ANID0202'],
    [[DATA => '554 5.5.1 No'], 0, 'ANID0201'],
    [[message => '451 4.3.0 Later'], 0, 'ANID0217'],
    [[message => '550 5.7.1 No'], 0, 'ANID0201'],
    [[message => { drop => 1 }], 0, 'ANID0214'],
);

sub test_failover ()
{
    my $second = server();
    my $sent = 0;

    for (@FAILOVER) {
        my ($script, $elsewhere, $number) = @$_;
        my ($state, $action) = @{ $script // ['nobody', ''] };
        my $name = "$state " . (ref $action ? join '', keys %$action
                                : $action);
        my $first = server(script => [$script // ()]);
        $first->stop if !$script;
        my $site = site(servers => [url($first), url($second)]);

        $site->expect_log(qr/$number: /);
        $site->expect_log(qr/ANID0305: /) if !$elsewhere;
        my $result = $site->send;
        $elsewhere ? is $result->{text}, '200 webmaster', "$name: sent"
            : isnt $result->{status}, 200, "$name: not sent";
        is scalar($second->messages), $sent += $elsewhere,
            "$name: " . ($elsewhere ? 'by the second server'
                         : 'the second server is not asked');
        $_->stop for $site, $first;
    }
    $second->stop;
}

# What one server said is not said in the name of the next.
sub test_envelopes ()
{
    my $first = server(script => [[RCPT => '450 4.2.0 Greylisted']]);
    my $second = server();
    my $site = site(servers => [url($first), url($second)]);

    $second->stop;
    $site->expect_log(qr/ANID0202: /, qr/ANID0211: /, qr/ANID0305: /);
    my $answer = $site->send;
    is $answer->{text}, '503', 'the second server is not there';
    is_deeply $answer->{json}{rejected} // [], [],
        'it has not rejected what the first one did';
    $_->stop for $site, $first;
}

test_reuse();
test_dead();
test_ends();
test_line();
test_failover();
test_envelopes();
done_testing;
