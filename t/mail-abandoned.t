# SPDX-License-Identifier: Apache-2.0
#
# A worker that dies while its message is on the way: before the server began
# to take the message it is given up, afterwards it is finished. The agent
# that dies: the visitor learns it, and another one takes over.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password)->start;
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password,
    servers => ['submission://localhost:' . $server->port('smtp')])->start;

# Begins to send; the response is not waited for.
sub begin ()
{
    my $http = $site->connect;

    $http->send(join "\r\n", 'POST /mail HTTP/1.1', 'Host: localhost',
                'Content-Type: application/x-www-form-urlencoded',
                'Content-Length: 30', '', 'to=webmaster&subject=x&body=yz');
    return $http;
}

sub kill_workers ()
{
    my @workers = $site->worker_pids;

    kill KILL => @workers;
    wait_until(sub { !grep { kill 0, $_ } @workers }, 10, 'they are gone');
}

$site->allow_log(qr/child pid \d+ exit signal Killed/, qr/AH00052/);
$server->script([MAIL => { hang => 1 }]);
my $http = begin();
$server->wait_log(qr/^1 C: MAIL/);
kill_workers();
$server->wait_log(qr/^1 -- closed by client/);
ok 1, 'before DATA: the session is closed';
$server->script();
is $site->send->{status}, 200, 'other workers go on';
is scalar($server->messages), 1, 'the message was given up';

$server->script([message => { reply => '250 2.0.0 Taken after all',
                              drip => 0.05 }]);
my $mark = $server->log_mark;
$http = begin();
$server->wait_log(qr/^2 -- message of/, since => $mark);
kill_workers();
ok $site->wait_log(qr/ANID0200: .*accepted: 250 2\.0\.0 Taken after all/),
    'after DATA: the agent waits for the reply';
is scalar($server->messages), 2, 'the message was sent';

# The agent is killed in the middle of a submission.
$server->script([MAIL => { hang => 1 }, {}], [RSET => '250 Ok']);
$site->expect_log(qr/ANID0305: .*the agent ended before it answered/);
$site->allow_log(qr/ANID00\d\d: /);
$mark = $server->log_mark;
$http = begin();
$server->wait_log(qr/C: MAIL/, since => $mark);
my ($agent) = $site->agent_pids;
kill KILL => $agent;
is $http->response('POST')->{status}, 503, 'the agent is killed: 503';
$server->script();
# Until another one is ready visitors are told so at once.
$site->allow_log(qr/ANID0305: .*the agent cannot be reached/);
$site->wait_agent($agent);
wait_until(sub { $site->send->{status} == 200 }, 20, 'mail flows again');
ok 1, 'and another agent takes over';
done_testing;
