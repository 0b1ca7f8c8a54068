# SPDX-License-Identifier: Apache-2.0
#
# Who may ask the agent: root and the agent's own user; nobody else, no member
# of its group, and not httpd's user either. Of the two, root comes first.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;
use AnonID::Test::Process qw(run);
use IO::Socket::UNIX;
use JSON::PP qw(decode_json);
use POSIX ();

skip_unless_root;
skip_unless_program('setpriv');
require_build;

my $web = AnonID::Test::HttpdConfig::web_user()->[0];
my ($agent) = grep { defined getpwnam $_ && $_ ne $web } qw(daemon bin);
plan(skip_all => 'needs a second user') if !defined $agent;

my @COMMANDS = (['status'], ['status', '--json', 'web'], ['logon', 'web'],
                ['rotate', 'web'], ['check', '/']);

sub site ($lines)
{
    return AnonID::Test::Httpd->new(config => <<"END")->start;
<AnonIDAccount web>
AnonIDPasswordSync On
</AnonIDAccount>
AnonIDMapTo web
$lines
END
}

# Exit status and output of anonidctl as a user, with those groups besides.
sub ask ($httpd, $user, $groups, @arguments)
{
    my ($uid, $gid) = $user =~ /^\d+$/ ? ($user, $user)
        : (getpwnam $user)[2, 3];

    return run(['setpriv', "--reuid=$uid", "--regid=$gid",
                length $groups ? "--groups=$groups" : '--clear-groups',
                AnonID::Test::ctl_path(), '-s', $httpd->path('state'),
                @arguments]);
}

sub is_answered ($httpd, $user, $groups, $what)
{
    my ($exit, $output) = ask($httpd, $user, $groups, 'status');

    like $output, qr/^web /m, "$what is answered" or diag "exit $exit";
}

sub is_refused ($httpd, $user, $groups, $what)
{
    for my $command (@COMMANDS) {
        my ($exit, $output) = ask($httpd, $user, $groups, @$command);

        is $exit, 3, "$what is refused: @$command";
        like $output, qr/only root and the agent's user may ask/,
            '... and told who may';
    }
}

# What a user and a group, as numbers, are answered to.
sub is_roots_and_the_agents ($httpd, $uid, $gid)
{
    my @socket = stat $httpd->path('state/control.sock');
    my @folder = stat $httpd->path('state/agent');

    is sprintf('%04o %d', $socket[2] & 07777, $socket[4]), "0600 $uid",
        'the socket is the agent\'s alone';
    is sprintf('%04o %d:%d', $folder[2] & 07777, @folder[4, 5]),
        "0700 $uid:$gid", '... and so is its folder';
    is_answered($httpd, 'root', '', 'root');
    is_answered($httpd, $uid, '', 'the agent\'s user');
    for my $asker (['root', qr/already exists/], [$uid, qr/only root crea/]) {
        my ($user, $pattern) = @$asker;
        my ($exit, $output) = ask($httpd, $user, '', 'create', 'web');

        is $exit, 1, "create as $user";
        like $output, $pattern, '... is for root only';
    }
    is_refused($httpd, 4242, $gid, 'a member of the agent\'s group');
    is_refused($httpd, $web, '', 'httpd\'s user');
    is_refused($httpd, 4242, '', 'a stranger');

    # The mode of the socket is not all that there is.
    chmod 0666, $httpd->path('state/control.sock') or die;
    $httpd->expect_log(map { qr/ANID0043: Process \d+ of uid $_ was refused/ }
                       4242, scalar getpwnam $web);
    is_refused($httpd, $web, '', 'with an open socket httpd\'s user');
    is_refused($httpd, 4242, $gid, 'with an open socket a member');
    is_answered($httpd, $uid, '', 'with an open socket the agent\'s user');
}

is_roots_and_the_agents(site("AnonIDAgentUser $agent"),
                        (getpwnam $agent)[2, 3]);

my $default = site('');
my ($uid) = slurp('/proc/' . $default->wait_agent . '/status')
    =~ /^Uid:\s+(\d+)/m;

isnt $uid, scalar getpwnam $web, 'by default the agent is not httpd\'s user';
is_roots_and_the_agents($default, $uid, $uid);

# A secret that was refused: only root may have it tried again.
my $refused = AnonID::Test::Httpd->new(config => <<"END");
AnonIDAgentUser $agent
<AnonIDAccount web>
AnonIDLogon file "\${DIR}/accounts"
AnonIDSecret "file:\${DIR}/secret"
</AnonIDAccount>
AnonIDMapTo web
END
spit($refused->path('accounts'), 'web:' . crypt('right', '$6$salt') . "\n", 0644);
spit($refused->path('secret'), 'wrong', 0600);
$refused->expect_log(qr/ANID0001/)->start;

sub attempts ()
{
    my (undef, $json) = ask($refused, 'root', '', 'status', '--json', 'web');

    return decode_json($json)->{accounts}[0]{attempts};
}

wait_until(\&attempts, 20, 'the first attempt');
for (1 .. 3) {
    my ($exit, $output) = ask($refused, $agent, '', 'logon', 'web');

    is $exit, 1, 'the agent\'s user asks for a logon';
    like $output, qr/unknown user name or bad password/,
        '... and is told how it stands';
}
is attempts(), 1, '... but nothing is tried again';
is((ask($refused, 'root', '', 'logon', 'web'))[0], 1, 'root asks');
is attempts(), 2, '... and it is tried';
spit($refused->path('secret'), 'right', 0600);
$refused->expect_log(qr/ANID0002/);
is((ask($refused, $agent, '', 'logon', 'web'))[0], 0,
    'a new secret is taken up also for the agent\'s user');

# Somebody who may ask takes all the places that he can get.
pipe my $ready_in, my $ready or die "pipe: $!";
pipe my $done, my $done_out or die "pipe: $!";
my $pid = fork // die "fork: $!";
if ($pid == 0) {
    my $path = $refused->path('state/control.sock');
    my @held;

    close $done_out;
    POSIX::setuid(scalar getpwnam $agent);
    push @held, IO::Socket::UNIX->new(Peer => $path) for 1 .. 32;
    syswrite $ready, 'x';
    sysread $done, my $end, 1;
    POSIX::_exit(0);
}
$refused->expect_log(qr/ANID0047: Process $pid of uid/);
close $done;
sysread $ready_in, my $octet, 1;
is_answered($refused, 'root', '', 'root, while another user holds 32 places');
close $done_out;
waitpid $pid, 0;
is_answered($refused, $agent, '', 'when they are free, the agent\'s user');

done_testing;
