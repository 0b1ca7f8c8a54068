# SPDX-License-Identifier: Apache-2.0
#
# Whatever the mail server does, the visitor is told 200 only for what it has,
# and otherwise whether to try again; and never learns an address or a secret.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::SubmitSite;
use Time::HiRes qw(time);

require_build;

my $ca = AnonID::Test::SubmitSite->ca;
my $password = canary();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'visitor', password => $password,
    extensions => ['SIZE 20000', '8BITMIME'])->start;
my $site = AnonID::Test::SubmitSite->new(
    server => $server, limits => 'off', service => <<'END')->start;
AnonIDMailRecipient other other@elsewhere.test
END
my $seen = '';
$site->allow_log(qr/ANID02\d\d: /);

# Sends a message to $to while the server follows a script; returns the answer.
sub send_while ($to, @script)
{
    $server->script(@script);
    my $answer = $site->send(to => $to, subject => 's', body => 'text');

    $seen .= $answer->{raw} . $answer->{body};
    return $answer;
}

sub result_is ($answer, $status, $what, %expected)
{
    is $answer->{status}, $status, "$what: $status";
    is $answer->{json}{status}, $status, "$what: a problem detail";
    if ($status == 503) {
        like $answer->{header}{'retry-after'} // '', qr/^[1-9]\d*$/,
            "$what: Retry-After";
    }
    else {
        is $answer->{header}{'retry-after'}, undef, "$what: no Retry-After";
    }
    my $detail = $expected{perhaps}
        ? qr/^It is not known whether the message was sent: it may have been/
        : qr/^The message was not sent: /;

    like $answer->{json}{detail}, $detail, "$what: the truth";
}

my $REFUSAL = '550 5.1.1 <desk@example.test>: desk is not known';
my $answer = send_while('team,desk',
                        [qr/^RCPT TO:<desk/ => $REFUSAL]);
is $answer->{status}, 200, 'one of two recipients refused: 200';
is_deeply $answer->{json}{accepted}, ['team'], 'the other one has it';
is scalar @{ $answer->{json}{rejected} }, 1, 'one was rejected';
is $answer->{json}{rejected}[0]{to}, 'desk', 'it is named by its alias';
like $answer->{json}{rejected}[0]{reply}, qr/^550 5\.1\.1 .*not known/,
    'with the server\'s reply';

$answer = send_while('team', [qr/^RCPT TO:<first/ => '550 5.1.1 no']);
is_deeply $answer->{json}{accepted}, ['team'],
    'an alias has it when one of its addresses has it';

$site->expect_log(qr/ANID0305: .*: refused by the mail server: /);
$answer = send_while('desk', [RCPT => $REFUSAL]);
result_is($answer, 502, 'all recipients refused');
is $answer->{json}{rejected}[0]{to}, 'desk', 'they are named';
my $page = $site->send({ headers => { Accept => 'text/html' } },
                       to => 'desk', body => 'text');
$seen .= $page->{body};
like $page->{body}, qr{<li>desk: 550 5\.1\.1 }, 'on the page, too';

# The server refuses not the recipient, but us.
for ('553 5.7.1 <website@example.test>: Sender address rejected: no',
     '553 5.7.1 no: not owned by user visitor', '553 5.7.1 VISITOR may not') {
    $answer = send_while('desk', [RCPT => $_]);
    result_is($answer, 502, 'a sender who is refused');
    is $answer->{json}{rejected}[0]{reply},
        '553 5.7.1 refused by the mail server', 'nobody learns who that is';
    my $reply = quotemeta;
    $site->wait_log(
        qr/ANID0202: .*$reply \(the sender is refused.*AnonIDMailFrom/);
}
for (['450 4.1.8 <x@no.test>: Domain not found' => 503, 'the sender is refus'],
     ['553 5.7.1 Relaying denied' => 502, 'check AnonIDMailRecipient, and who'],
     ['550 5.1.1 No such user' => 502, 'check AnonIDMailRecipient\)']) {
    my ($reply, $status, $remedy) = @$_;
    my $quoted = quotemeta $reply;

    result_is(send_while('desk', [RCPT => $reply]), $status, $reply);
    ok $site->wait_log(qr/ANID0202: .*$quoted \($remedy/),
        '... the log says whom it is about';
}
for my $phase (qw(MAIL DATA)) {
    $answer = send_while('desk', [$phase =>
        '553 5.7.1 website@example.test is not visitor']);
    result_is($answer, 502, "a sender who is refused at $phase");
    unlike $answer->{body}, qr/website|visitor|553/,
        'nobody learns who that is';
    $site->wait_log(qr/ANID02\d\d: .*$phase.*: 553 5\.7\.1 website/);
}

# What would steer a terminal, or turn the text around it.
my $HIDDEN = qr/\xc2[\x80-\x9f]|\x7f|\xd8\x9c
    |\xe2(?:\x80[\x8e\x8f\xa8-\xae]|\x81[\xa6-\xa9])/x;
my @evil = [RCPT => "550 5.1.1 \xc2\x9b2Jno\xe2\x80\xae\xe2\x81\xa6 such"
    . "\xe2\x80\xa8line\x7f\xd8\x9c\xe2\x80\x8f"];
$answer = send_while('desk', @evil);
is $answer->{json}{rejected}[0]{reply}, '550 5.1.1  2Jno such line ',
    'a reply is shown without what is not text';
unlike $answer->{body}, $HIDDEN, 'in JSON';
$page = $site->send({ headers => { Accept => 'text/html' } },
                    to => 'desk', body => 'text');
like $page->{body}, qr{<li>desk: 550 5\.1\.1  2Jno such line </li>},
    'on the page, too';
unlike $page->{body}, $HIDDEN, 'in HTML';

$site->expect_log(qr/ANID0305: .*: not sent, for now: /);
my @TEMPORARY = (
    ['the greeting', [connect => '421 4.3.2 closing']],
    ['no connection', [connect => { drop => 1 }]],
    ['a connection that breaks', [connect => { reset => 1 }]],
    ['garbage', [connect => { raw => "HTTP/1.1 200 OK\r\n\r\n",
                              then => 'drop' }]],
    ['MAIL', [MAIL => '451 4.3.0 later']],
    ['RCPT', [RCPT => '450 4.2.0 later']],
    ['DATA', [DATA => '452 4.3.1 full']],
    ['the end of the message', [message => '451 4.3.0 later']],
);
# A connection that was kept is dropped, so that there is a new one.
for (@TEMPORARY) {
    my ($what, @script) = @$_;

    result_is(send_while('desk', [RSET => { drop => 1 }], @script), 503,
              $what);
}
my @PERMANENT = (
    ['MAIL', [MAIL => '550 5.7.1 no']],
    ['DATA', [DATA => '554 5.5.1 no']],
    ['the end of the message', [message => '554 5.6.0 no']],
);
for (@PERMANENT) {
    my ($what, @script) = @$_;

    result_is(send_while('desk', @script), 502, "$what, for good");
}
$site->expect_log(qr/ANID0305: .*: perhaps sent: /);
for my $state (qw(body message)) {
    result_is(send_while('desk', [$state => { drop => 1 }]), 502,
              "the connection ends at the $state", perhaps => 1);
}

$server->script;
$answer = $site->send(to => 'desk', body => 'x' x 20_000);
is $answer->{status}, 413, 'more than the server takes: 413';
$answer = send_while('other');
is $answer->{status}, 200, 'after all that a message is sent: 200';

# The agent dies while the server makes it wait.
my ($agent) = $site->agent_pids;
$server->script([MAIL => { hang => 1 }]);
my $http = $site->connect;
my $mark = $server->log_mark;
$site->expect_log(qr/ANID0305: .*: the agent ended before it answered/);
$site->allow_log(qr/agent .*(?:died|ended|signal)/i);
$http->send("POST /contact HTTP/1.1\r\nHost: localhost\r\n"
    . "Content-Type: application/x-www-form-urlencoded\r\n"
    . "Content-Length: 14\r\n\r\nto=desk&body=x");
$server->wait_log(qr/C: MAIL/, since => $mark);
kill 'KILL', $agent;
$answer = AnonID::Test::SubmitSite::decoded($http->response('POST'));
result_is($answer, 503, 'the agent dies', perhaps => 1);
$server->script;
my $start = time;
my $dead = $site->send(to => 'desk', body => 'x');
if ($dead->{status} == 503) {
    result_is($dead, 503, 'the agent is dead');
    cmp_ok time - $start, '<', 2, 'which the visitor need not wait to hear';
}
$site->allow_log(qr/ANID0305: .*: the agent cannot be reached/);
$site->wait_agent($agent);
wait_until(sub { $site->send(to => 'desk', body => 'x')->{status} == 200 },
           20, 'messages are sent again');
pass 'with the next agent messages are sent again';

unlike $seen, qr/\@(?:example|elsewhere)\.test/,
    'no answer had an address in it';
unlike $seen, qr/\Q$password\E|$agent|127\.0\.0\.1|localhost:/,
    'nor the secret, nor the server';
done_testing;
