# SPDX-License-Identifier: Apache-2.0
#
# How many messages visitors can send: what passes, what they are told, and
# what a restart or the agent's death leaves of it. Counted at the mail server.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::MailSite;
use POSIX ();

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password)->start;

# A site with these limits; none: as it is where nobody has written any.
sub site (@limits)
{
    my $site = AnonID::Test::MailSite->new(
        ca => $ca, password => $password, remoteip => 1,
        servers => ['submission://localhost:' . $server->port('smtp')],
        service => join "\n", map { "AnonIDMailLimit $_" } @limits)->start;

    $server->script;
    $site->get('/'); # which waits for the logon
    return $site;
}

# Messages that the server has taken since it was asked last.
my $counted = 0;
sub delivered ()
{
    my $all = $server->messages;
    my $new = $all - $counted;

    $counted = $all;
    return $new;
}

sub statuses ($site, $n, @form)
{
    return join ' ', map { $site->send(@form)->{status} } 1 .. $n;
}

# A total limit that is reached is told to the operator.
sub warned ($site, $limit)
{
    $site->expect_log(qr/ANID0250: .*'mail': the limit \Q$limit\E is reached/);
}

sub with_the_defaults ()
{
    my $site = site();

    is statuses($site, 10), join(' ', (200) x 10), 'ten messages are sent';
    my $eleventh = $site->send;
    is $eleventh->{status}, 429, 'the eleventh is not';
    like $eleventh->{retry_after}, qr/^[1-6]$/, 'it is told when to come back';
    like $eleventh->{json}{detail}, qr/^The message was not sent: too many/,
        'and why';
    is delivered(), 10, 'and the mail server has seen ten';
    $site->wait_log(qr{ANID0200: .*client 127\.0\.0\.1, .*over the sending }
                    . qr{rate: 10/minute per-client});

    is statuses($site, 1, from => '192.0.2.1'), 200, 'another visitor can';
    is statuses($site, 11, from => '2001:db8::1'),
        join(' ', (200) x 10, 429), 'a visitor by IPv6 has ten';
    is $site->send(from => '2001:db8:0:0:ffff::2')->{status}, 429,
        'which are those of his /64';
    is $site->send(from => '2001:db8:0:1::1')->{status}, 200,
        'and not of the next one';
    is delivered(), 12, 'the mail server has seen that many';
    $site->stop;
}

sub in_total ()
{
    my $site = site('20/hour 2 total');

    warned($site, '20/hour 2 total');
    is statuses($site, 1, from => "192.0.2.$_"), 200, 'a visitor is served'
        for 1, 2;
    my $third = $site->send(from => '192.0.2.3');
    is $third->{status}, 429, 'the third one is not';
    cmp_ok $third->{retry_after}, '<=', 180, 'he has to wait for a place';
    cmp_ok $third->{retry_after}, '>', 120, 'and for no more than that';
    is delivered(), 2, 'the mail server has seen two';
    $site->stop;
}

sub waiting_is_enough ()
{
    my $site = site('2/second 1 per-client');

    $site->send for 1 .. 2;
    my $refused = $site->send;
    is $refused->{status}, 429, 'the third message comes too soon';
    is $refused->{retry_after}, 1, 'by less than a second';
    my $answer;
    wait_until(sub { ($answer = $site->send)->{status} == 200 }, 2,
               'a message passes when it is time');
    $site->stop;
    delivered();
}

sub refused_by_the_server ()
{
    my $site = site('20/hour 2 total', '50/hour 5 per-client');

    warned($site, '20/hour 2 total');
    $site->expect_log($_) for qr/ANID0202/, qr/ANID0305/;
    $server->script([RCPT => '550 5.1.1 no such mailbox']);
    is statuses($site, 4), '502 502 502 502',
        'what the server refuses takes no place of the total';
    $server->script;
    is $site->send->{status}, 200, 'so the visitor can send';
    is $site->send->{status}, 429, 'as often as his own limit says';
    is $site->send(from => '192.0.2.9')->{status}, 200, 'and another one';
    is $site->send(from => '192.0.2.8')->{status}, 429, 'up to the total';
    is delivered(), 2, 'the mail server has taken two';
    $site->stop;
}

sub recipients ()
{
    my $site = site('off', '10/hour 4 recipients');

    warned($site, '10/hour 4 total recipients');
    is $site->send(to => 'two')->{status}, 200, 'an alias of two addresses';
    is $site->send(to => ['two', 'other'])->{status}, 429, 'three are too many';
    is $site->send(to => 'two')->{status}, 200, 'two are not';
    is $site->send->{status}, 429, 'then there is no place';
    my $never = $site->send(to => ['two', 'other', 'webmaster', 'two']);
    is $never->{status}, 429, 'four at once can be';
    cmp_ok $never->{retry_after}, '>', 360, 'later';
    is delivered(), 2, 'the mail server has taken two messages';
    $site->stop;
}

sub off ()
{
    my $site = site('off');

    is statuses($site, 25), join(' ', (200) x 25), 'off takes the limits away';
    is delivered(), 25, 'and all arrive';
    $site->stop;
}

# What an agent has counted is known to the next one, also when it was killed.
sub outlives ()
{
    my $site = site('1/hour 3 per-client');
    my ($agent) = $site->agent_pids;

    is statuses($site, 2), '200 200', 'two of three are sent';
    $site->graceful;
    is statuses($site, 2), '200 429', 'a graceful restart changes nothing';
    $site->expect_log(qr/ANID0012/);
    $site->allow_log(qr/ANID0305: .* the agent cannot be reached/);
    kill KILL => $agent;
    $site->wait_agent($agent);
    $site->get('/');
    my $status;
    wait_until(sub { ($status = $site->send->{status}) != 503 }, 20,
               'the next agent is there');
    is $status, 429, 'it knows what was sent before it';
    is $site->send(from => '192.0.2.1')->{status}, 200, 'and by whom';
    $site->reconfigure(config => $site->{config} =~ s{1/hour 3}{2/hour 3}r);
    $site->graceful;
    is $site->send->{status}, 200, 'another limit is another one';
    is delivered(), 5, 'the mail server has seen five';
    $site->stop;
}

# Many at once: never one too many.
sub at_once ()
{
    my $site = site('10/hour 17 total');
    my @pids = map {
        my $visitor = $_;
        my $pid = fork // die "fork: $!";

        if (!$pid) {
            my $sent = eval { statuses($site, 5, from => "192.0.2.$visitor") };
            spit($site->path("sent$visitor"), $sent // "died: $@");
            POSIX::_exit(0);
        }
        $pid;
    } 1 .. 12;

    warned($site, '10/hour 17 total');
    waitpid $_, 0 for @pids;
    my @all = map { split / /, slurp($site->path("sent$_")) } 1 .. 12;
    is scalar(grep { $_ eq 200 } @all), 17, '17 visitors were told it is sent';
    is scalar(grep { $_ eq 429 } @all), 43, 'all others that it is not';
    is delivered(), 17, 'and that is what the mail server has';
    $site->stop;
}

with_the_defaults();
in_total();
waiting_is_enough();
refused_by_the_server();
recipients();
off();
outlives();
at_once();
done_testing;
