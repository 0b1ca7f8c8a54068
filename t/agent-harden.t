# SPDX-License-Identifier: Apache-2.0
#
# What the running agent is: a user of its own that stays the same, with a
# program that nobody can read, without privileges, confined by the kernel;
# and what httpd's user can do to it, which is nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;
use AnonID::Test::LogonSite;
use AnonID::Test::Memory qw(can_read_memory);
use AnonID::Test::Process qw(run);

skip_unless_root;
skip_unless_program('setpriv');
require_build;

my $web = AnonID::Test::HttpdConfig::web_user()->[0];
my ($web_uid, $web_gid) = (getpwnam $web)[2, 3];
my $site = AnonID::Test::LogonSite->new(
    log_level => 'info anonid:debug',
    config => 'AnonIDAccountFile ${DIR}/accounts',
    accounts => { web => { logon => 'file', secret => canary() } });

spit($site->path('accounts'), 'web:' . crypt(canary(), '$6$anonid$') . "\n",
     0600);
$site->expect_failure(web => 1326);

# A line of the agent's /proc/PID/status.
sub status_line ($name)
{
    my ($value) = slurp('/proc/' . $site->wait_agent . '/status')
        =~ /^$name:[ \t]*(.*?)[ \t]*$/m;

    return $value;
}

sub agent_uid () { return status_line('Uid') =~ s/\t.*//r }

# Exit status of a shell command as httpd's user.
sub as_web ($command)
{
    my ($exit) = run(['setpriv', "--reuid=$web_uid", "--regid=$web_gid",
                      '--clear-groups', 'sh', '-c', $command]);

    return $exit;
}

sub owners (@paths)
{
    return join ' ', map { join ':', (stat)[4, 5] } @paths;
}

sub is_a_user_of_its_own ($uid)
{
    cmp_ok $uid, '>=', 61184, 'the agent has a uid';
    cmp_ok $uid, '<=', 65519, '... that distributions give to nobody';
    is getpwuid $uid, undef, '... nor is there such a user';
    is status_line('Uid'), join("\t", ($uid) x 4), '... and is nobody else';
    is status_line('Gid'), join("\t", ($uid) x 4), '... nor another group';
    is status_line('Groups'), '', '... with no further ones';
}

sub is_confined ($pid)
{
    is status_line('NoNewPrivs'), 1, 'it can gain no privileges';
    is status_line('CapEff'), '0' x 16, '... and has none';
    like slurp("/proc/$pid/limits"), qr/^Max core file size\s+0\s+0\s/m,
        '... and leaves no core file';
    SKIP: {
        skip 'needs to look into processes of others', 1
            if !can_read_memory($$);
        is readlink "/proc/$pid/cwd", $site->path('state/agent'),
            'it lives in its own folder';
    }
    SKIP: {
        skip 'sanitized builds need ptrace', 1
            if $ENV{ANONID_HTTPD_PRELOAD};
        is status_line('Seccomp'), 2, '... with a filter of system calls';
    }
    like $site->log_text, qr/own folder only \(Landlock \d|no Landlock:/,
        'which files it can write is in the log, at level debug';
}

sub is_out_of_reach ($pid)
{
    my $program = AnonID::Test::agent_path();

    is sprintf('%04o', (stat $program)[2] & 07777), '0711',
        'everybody can execute the program and nobody read it';
    is as_web("exec 3</proc/$pid/status"), 0, 'httpd\'s user sees the agent';
    isnt as_web($_), 0, "... but cannot: $_"
        for "kill -0 $pid", "kill -KILL $pid", "exec 3<$program",
            (map { "exec 3</proc/$pid/$_" } qw(mem maps environ auxv)),
            "ls /proc/$pid/fd/", "ls -l /proc/$pid/cwd/",
            'ls ' . $site->path('state/agent');
    is $site->wait_agent, $pid, 'it still runs';
}

$site->start;
my $uid = agent_uid();

is_a_user_of_its_own($uid);
is_confined($site->wait_agent);
is_out_of_reach($site->wait_agent);
$site->wait_failure(web => 1326);

# As a version left it whose agent was httpd's user.
$site->stop;
my @kept = ($site->path('state/agent'),
            spit($site->path('state/agent/kept'), '', 0600));

chown $web_uid, $web_gid, @kept or die $!;
$site->start;
is agent_uid(), $uid, 'the uid is the same at the next start';
is owners(@kept), "$uid:$uid $uid:$uid",
    '... and has what httpd\'s user had before';

# Another uid of the range, chosen when the first was somebody's.
$site->stop;
my $other = $uid == 61500 ? 61501 : 61500;
chown $other, $other, $site->path('state/agent') or die $!;
$site->start;
is agent_uid(), $other, 'the owner of its folder is the one that was chosen';
$site->stop;

my $second = AnonID::Test::LogonSite->new(
    config => 'AnonIDAccountFile ${DIR}/accounts',
    accounts => { web => { logon => 'file', secret => canary() } });

spit($second->path('accounts'), slurp($site->path('accounts')), 0600);
$second->expect_failure(web => 1326);
$second->start;
isnt slurp('/proc/' . $second->wait_agent . '/status') =~ /^Uid:\s+(\d+)/m
    ? $1 : 0, $uid, 'another state folder has another uid';
$second->stop;

# Where root does not start httpd there is one user for all.
my $plain = AnonID::Test::Httpd->new(config => 'AnonIDMapTo');

chown 65534, 65534, $plain->path, map { $plain->path($_) } qw(logs run)
    or die $!;
$plain->spawn(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups',
               AnonID::Test::Httpd::program(), '-f', $plain->config_path,
               '-DFOREGROUND'],
              env => AnonID::Test::HttpdConfig::environment());
$plain->wait_ready(sub { $plain->operating(0) });
like slurp('/proc/' . $plain->wait_agent . '/status'), qr/^Uid:\s+65534\s/m,
    'an httpd of nobody has an agent of nobody';
like $plain->log_text,
    qr/:notice\] .*ANID0016: httpd was not started by root, .*\(uid 65534\)/,
    '... and says so';
$plain->stop;

done_testing;
