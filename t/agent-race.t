# SPDX-License-Identifier: Apache-2.0
#
# A CGI program of httpd's uid cannot read the agent's memory: it cannot end
# the agent, and does not get at the next one in the moment of its start, 20
# times of 20. With a program that its user can read, and with httpd's user
# for it, the same CGI program reads the password: so it can win.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;
use AnonID::Test::Process qw(process_table);
use File::Copy qw(copy);

skip_unless_root;
require_build;

use constant ROUNDS => 20;   # to be lost, with the agent seen in time
use constant ATTACKS => 100; # until there are as many
use constant TRIES => 20;    # until the first is won

my $attack = AnonID::Test::builddir() . '/t/attack/agent_race';

plan skip_all => 'needs t/attack/agent_race (make tests)' if !-x $attack;

my ($web_user) = @{ AnonID::Test::HttpdConfig::web_user() };
my $password = canary();

# An httpd with a program of that mode, by a name that no other agent of this
# machine has.
sub site ($mode, $lines = '')
{
    state $count = 0;
    my $httpd = AnonID::Test::Httpd->new(
        modules => ['cgi'],
        vhosts => ['site.test' => 'AnonIDMapTo web', 'cgi.test' => '']);
    my $name = join '-', 'race', $$, ++$count;
    my $program = $httpd->path($name);

    copy(AnonID::Test::agent_path(), $program) or die "$program: $!";
    chmod $mode, $program or die "$program: $!";
    spit($httpd->path('secret'), "$password\n", 0600);
    spit($httpd->path('accounts'),
         'web:' . crypt($password, '$6$anonid$') . "\n", 0600);
    $httpd->reconfigure(config => <<"END");
AnonIDAgentProgram $program
$lines
<AnonIDAccount web>
AnonIDLogon file \${DIR}/accounts
AnonIDSecret file:\${DIR}/secret
</AnonIDAccount>
END
    $httpd->document('x.txt', "served\n", 'site.test');
    copy($attack, $httpd->path('htdocs/cgi.test/race.cgi')) or die $!;
    chmod 0755, $httpd->path('htdocs/cgi.test/race.cgi') or die $!;
    mkdir $httpd->path('loot') or die $!;
    chown scalar getpwnam $web_user, -1, $httpd->path('loot') or die $!;
    $httpd->allow_log(qr/ANID0012/);  # the deaths of agents
    return ($httpd, $name);
}

# The pid of the agent of that name, another than $old.
sub wait_agent ($name, $old = 0)
{
    return wait_until(sub {
        (grep { $_->{command} eq $name && $_->{pid} != $old }
         values %{ process_table() })[0]
    }, 90, 'an agent runs')->{pid};
}

# One attack: the CGI program kills the agent, or root does where it cannot;
# httpd starts another one. Returns how the kill went and what the watcher
# left behind, each by its name.
sub attack ($httpd, $name)
{
    my $pid = wait_agent($name);
    my $loot = $httpd->path('loot/result');
    my $answer = $httpd->get(
        join(',', "/race.cgi?$name", substr($password, 0, 8), $pid, $loot),
        vhost => 'cgi.test');
    my ($kill) = $answer->{body} =~ /^kill: (.*)$/m
        or die "no answer of the CGI program: $answer->{status}";

    kill KILL => $pid if $kill ne 'done';
    $httpd->graceful;
    my $next = wait_agent($name, $pid);
    wait_until(sub { -e $loot }, 90, 'the CGI program ends');
    my %result = slurp($loot) =~ /^(\w+) (.*)$/mg;

    unlink $loot or die "$loot: $!";
    $result{$_} = $result{$_} + 0 for qw(pid tries in_time opened);
    return (kill => $kill, next => $next, %result);
}

sub served ($httpd)
{
    return $httpd->get('/x.txt', vhost => 'site.test')->{status} == 200;
}

# Attacks until so many of them came in time, and all of those were lost.
sub is_lost ($httpd, $name, $rounds, $kill)
{
    my ($in_time, $round) = (0, 0);

    while ($in_time < $rounds && ++$round <= ATTACKS) {
        my %result = attack($httpd, $name);

        $in_time++ if $result{in_time};
        is $result{kill}, $kill, "round $round: the agent is killed, or not";
        is $result{pid}, $result{next},
            "... the next one was seen, in time $result{in_time} times";
        is "$result{opened} $result{reason} '$result{secret}'",
            "0 Permission denied ''",
            "... but could not be opened, $result{tries} times";
    }
    is $in_time, $rounds, "$rounds rounds were lost that could be won";
}

subtest 'by default' => sub {
    my ($httpd, $name) = site(0711);

    $httpd->start;
    ok served($httpd), 'the account is logged on';
    is_lost($httpd, $name, ROUNDS, 'Operation not permitted');
    $httpd->stop;
};

# Either alone is enough against reading.
subtest 'httpd\'s user, but a closed program' => sub {
    my ($httpd, $name) = site(0711, "AnonIDAgentUser $web_user");

    $httpd->expect_log(qr/ANID0501: .* is httpd's User/);
    $httpd->start;
    is_lost($httpd, $name, 3, 'done');
    $httpd->stop;
};

subtest 'a user of its own, but an open program' => sub {
    my ($httpd, $name) = site(0755);

    $httpd->expect_log(qr/ANID0501: .* can be read by the agent's user/);
    $httpd->start;
    is_lost($httpd, $name, 3, 'Operation not permitted');
    $httpd->stop;
};

subtest 'httpd\'s user and an open program' => sub {
    my ($httpd, $name) = site(0755, "AnonIDAgentUser $web_user");
    my ($round, %result) = (0);

    $httpd->expect_log(qr/ANID0501: .* is httpd's User/,
                       qr/ANID0501: .* can be read by the agent's user/);
    $httpd->start;
    do {
        %result = attack($httpd, $name);
        is $result{kill}, 'done', 'the agent can be killed';
    } while (!$result{opened} && ++$round < TRIES);
    is $result{opened}, 1, 'the next one can be opened';
    is $result{secret}, $password, '... and gives the password away';
    $httpd->stop;
};

done_testing;
