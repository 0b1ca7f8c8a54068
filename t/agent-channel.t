# SPDX-License-Identifier: Apache-2.0
#
# A process of httpd keeps its channels to the agent, and uses each again; an
# agent that was restarted costs no visitor anything.

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

sub site (%field)
{
    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password, limits => 'off',
        servers => ['submission://localhost:' . $server->port('smtp')],
        service => 'AnonIDMechanism SCRAM-SHA-256', %field)->start;
}

# The agent's ends of its channels to workers: inodes.
sub channels ($site)
{
    my $path = $site->path('state/agent.sock');

    return sort map { /^\S+: \S+ \S+ \S+ \S+ 03 +(\d+) \Q$path\E$/ ? $1 : () }
        split /\n/, slurp('/proc/net/unix');
}

# One process with one thread: one channel.
my $site = site(mpm => 'prefork', mpm_config => <<'END');
StartServers 1
MinSpareServers 1
MaxSpareServers 1
ServerLimit 1
MaxRequestWorkers 1
END

$site->allow_log(qr/AH00161: server reached MaxRequestWorkers/);
is_deeply [channels($site)], [], 'at first there is none';
is $site->send->{status}, 200, 'a message is sent';
my @first = channels($site);
is scalar(@first), 1, '... and the channel stays';
is $site->send->{status}, 200, 'another message is sent' for 1 .. 4;
is_deeply [channels($site)], \@first, '... on the same channel';

my ($agent) = $site->agent_pids;
$site->expect_log(qr/ANID0012/);
# Until another one is ready visitors are told so at once.
$site->allow_log(qr/ANID0305: .*the agent cannot be reached/);
kill KILL => $agent;
$site->wait_agent($agent);
wait_until(sub { $site->send->{status} == 200 }, 30, 'an agent that sends');
is scalar(my @new = channels($site)), 1, 'a new agent has a new channel';
isnt "@new", "@first", '... instead of the old one';
$site->graceful;
is $site->send->{status}, 200, 'after a graceful restart a message is sent';
$site->stop;

# Many threads: as many channels as messages at a time, and no more.
my $many = site(mpm => 'event');
my @pids;

for my $n (1 .. 12) {
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        my @bad = grep { $_ != 200 } map { $many->send->{status} } 1 .. 5;
        POSIX::_exit(scalar @bad);
    }
    push @pids, $pid;
}
my $failed = 0;
for (@pids) {
    waitpid $_, 0;
    $failed += $? >> 8;
}
is $failed, 0, 'sixty messages by twelve visitors at a time are sent';
cmp_ok scalar(my @kept = channels($many)), '<=', 12,
    '... on no more channels than that';

done_testing;
