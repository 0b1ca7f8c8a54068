# SPDX-License-Identifier: Apache-2.0
#
# Several machines that share a store know each other's forms: one that was got
# from one can be sent to another, and its thanks be read there; also while the
# store itself is away. Machines without a shared secret do not.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Redis;
use AnonID::Test::SubmitSite;

require_build;
skip_unless_program($_) for qw(doveadm redis-server redis-cli);

my $redis = AnonID::Test::Redis->new->start;
my %HTML = (Accept => 'text/html');

# An httpd of its own state folder, a machine as it were.
sub machine ($store)
{
    my $site = AnonID::Test::SubmitSite->new(
        limits => 'off', location => 'AnonIDFormRobots age=0-600');

    $site->reconfigure(config => "$site->{config}\n$store");
    return $site->start;
}

sub token ($site)
{
    return $site->get('/contact')->{body}
        =~ /name="anonid-token" value="([\w.-]+)"/ ? $1 : undef;
}

sub post ($site, $token)
{
    return $site->send({ headers => \%HTML }, to => 'desk', body => 'x',
                       'anonid-token' => $token);
}

my $store = 'AnonIDLimitStore ' . $redis->url . "\n"
    . "AnonIDLimitStoreSecret \"file:@{[ $redis->secret ]}\"\n";
my @farm = map { machine($store) } 1, 2;
my $alone = machine('');

$_->allow_log(qr/ANID025\d/) for @farm;
$_->wait_log(qr/limits and failed logons are shared through the store/)
    for @farm;
isnt token($farm[0]), undef, 'a form has a token';
for ([0, 1], [1, 0]) {
    my ($from, $to) = @farm[@$_];
    my $answer = post($to, token($from));

    is $answer->{status}, 303, 'a form of another machine is sent';
    like $from->get($answer->{header}{location})->{body},
        qr{<h1>Your message was sent</h1>},
        'and its thanks are read on the first';
}
is post($alone, token($farm[0]))->{status}, 400,
    'a machine without the secret does not know it';
is post($farm[0], token($alone))->{status}, 400, 'nor is it known';
is post($alone, token($alone))->{status}, 303, 'it knows its own';

$redis->stop;
is post($farm[1], token($farm[0]))->{status}, 303,
    'nobody asks the store for it';
my $token = token($farm[0]);
$farm[0]->graceful;
is post($farm[1], $token)->{status}, 303, 'a restart changes nothing';
is post($farm[1], token($farm[0]))->{status}, 303, 'nor for a new form';
done_testing;
