# SPDX-License-Identifier: Apache-2.0
#
# A wrong password is tried exactly once, by the count of the directory and of
# the realm, whatever is restarted, killed or visited, and with 50 virtual
# hosts; the next httpd shows the failure at once. Another version of secret
# or configuration is tried once more.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::KDC;
use AnonID::Test::LogonSite;
use AnonID::Test::Slapd;
use POSIX ();
use Time::HiRes qw(time);

skip_unless_program('slapd', 'slapadd', 'ldapmodify', 'ldapsearch', 'krb5kdc',
                    'kadmin.local');
require_build;

my %right = (directory => canary(), realm => canary());
my @names = sort keys %right;
my %detail = (directory => 'LDAP result 49, Invalid credentials',
              realm => 'KRB5KDC_ERR_PREAUTH_FAILED');

my ($slapd, $kdc, $site, $ctl);

# Servers that have counted nothing yet, and fifty virtual hosts.
sub begin ($mpm)
{
    $slapd = AnonID::Test::Slapd->new(
        max_failures => 9,
        users => { directory => { password => $right{directory} } })->start;
    $kdc = AnonID::Test::KDC->new(
        max_failures => 9, principals => { realm => $right{realm} })->start;
    $ENV{KRB5_CONFIG} = $kdc->path('krb5.conf');
    $site = AnonID::Test::LogonSite->new(
        mpm => $mpm, accounts => accounts(),
        vhosts => [(map { ("$_.test" => "AnonIDMapTo $_") } @names),
                   (map { ("v$_.test" => "AnonIDMapTo $names[$_ % 2]") }
                    3 .. 50)]);
    $ctl = AnonID::Test::Ctl->new($site);
    $site->expect_failure($_ => 1326) for @names;
}

sub accounts ()
{
    return {
        directory => { logon => 'ldap ' . $slapd->url('ldapi') . ' '
                           . $slapd->dn('directory'), secret => canary() },
        realm => { logon => 'krb5 realm@EXAMPLE.TEST', secret => canary() },
    };
}

# Attempts that have failed since the beginning, by the servers' own counts.
sub counted ($name)
{
    return $name eq 'realm' ? $kdc->requests('realm')
        : $slapd->failures('directory');
}

sub is_counted ($expected, $what)
{
    for my $name (@names) {
        my $status = $site->wait_failure($name => 1326);

        is counted($name), $expected, "$expected counted in the $name: $what";
        is $status->{detail}, $detail{$name}, '... and the detail is shown';
        is $status->{next_attempt}, undef, '... and no attempt is planned';
        is $site->served($name), 503, '... and its visitors have to wait';
    }
}

# Runs $what->() while visitors come to all of the virtual hosts.
sub under_load ($what)
{
    my $pid = fork // die "fork: $!";

    if (!$pid) {
        while (1) {
            eval { $site->get('/x.txt', vhost => $_) }
                for $site->vhost_names;
        }
    }
    $what->();
    kill KILL => $pid;
    waitpid $pid, 0;
}

sub records ()
{
    my @found = glob $site->path('state/agent/*');

    return @found;
}

sub is_tried_once
{
    $site->start;
    is_counted(1, 'at the start');
    is scalar(records()), 2, 'each has a record';
    is join('', grep { (stat)[2] & 077 } records()), '',
        '... which only the agent reads';
    like join('', map { slurp($_) } records()),
        qr/^account directory\n.*^detail LDAP result 49, Invalid/ms,
        '... which says what is known';

    under_load(sub { $site->graceful for 1 .. 3 });
    is_counted(1, 'after graceful restarts under load');

    my $agent = $site->wait_agent;
    my $mark = $site->log_mark;
    $site->expect_log(qr/ANID0012/);
    under_load(sub {
        kill KILL => $agent;
        $site->wait_agent($agent);
        $site->wait_log(qr/ANID0013/, since => $mark);
    });
    is_counted(1, 'after the death of the agent, under load');

    $site->stop;
    $site->start;
    is_counted(1, 'after httpd was stopped and started');
    is $site->status($_)->{attempts}, 0, "... and $_ was not tried at all"
        for @names;
    like $site->warning($_), qr/\#1326 \[data 0000052e, .*\Q$detail{$_}\E\]$/,
        "... and $_ is warned of" for @names;

    $site->allow_log(qr/AH00098: .* Unclean shutdown/);
    kill KILL => $site->pid;
    $site->kill;
    $site->start;
    is_counted(1, 'after httpd was killed');
}

# An operator may ask for an attempt; each one counts.
sub is_tried_on_demand
{
    for my $name (@names) {
        my ($exit, $output) = $ctl->run('logon', $name);
        is $exit, 1, "anonidctl logon $name fails";
        like $output, qr/\[data 0000052e, \Q$detail{$name}\E\]/, '... so';
    }
    is_counted(2, 'after a demand');
    $site->restart;
    is_counted(2, '... and a restart');
}

sub is_tried_when_changed
{
    $site->{config} =~ s/^AnonIDLogon ldap.*$/$&\nAnonIDLogonLifetime 600/m;
    $site->reconfigure->stop;
    $site->start;
    $site->wait_status(directory => sub ($s) { $s->{attempts} == 1 },
                       'the changed account is tried');
    is counted('directory'), 3, 'an account configured otherwise is tried';
    is counted('realm'), 2, '... and that one only';

    spit($_, "\0" x 10) for records();
    $site->stop;
    $site->start;
    $site->wait_status($_ => sub ($s) { $s->{attempts} == 1 },
                       'a damaged record counts as none') for @names;
    is counted('directory'), 4, 'damaged records are none';
    is counted('realm'), 3, '... neither of the other';
}

sub is_tried_with_a_new_secret
{
    my $put = time;

    $site->expect_recovery($_) for @names;
    $site->put_secret($_ => $right{$_}) for @names;
    $site->wait_state($_ => 'logged on') for @names;
    cmp_ok time - $put, '<', 8, 'the right secrets are taken up';
    is $site->served($_), 200, "visitors of $_ are served" for @names;
    is scalar(records()), 0, 'nothing is left of the failures';
    $site->stop;
    $site->start;
    $site->wait_state($_ => 'logged on') for @names;
    pass 'both log on after a restart';
}

# The record is written where it may take as long as it likes, here on a pipe
# that nobody reads, and nobody hears of the failure before it is there.
sub is_recorded_first
{
    my $pipe = $site->path('state/agent/new');
    my $attempts = $site->status('directory')->{attempts};
    my $before = counted('directory');

    POSIX::mkfifo($pipe, 0666) or die "$pipe: $!";
    chmod 0666, $pipe;
    my $mark = $site->log_mark;
    $site->expect_failure(directory => 1326);
    $site->allow_log(qr/ANID0046: .*'directory'/); # a pipe is no record
    $site->put_secret(directory => canary());
    wait_until(sub { counted('directory') == $before + 1 }, 15,
               'the directory refuses');
    $ctl->ok('logon', 'realm') for 1 .. 3;
    is $site->status('directory')->{state}, 'logged on',
        'the failure is not told before it is recorded';
    is $site->served($_), 200, "... and visitors of $_ are served" for @names;
    open my $reader, '<', $pipe or die "$pipe: $!";
    like join('', <$reader>), qr/^account directory\n.*^code 1326$/ms,
        'then it is recorded';
    ok $site->wait_log(qr/ANID0001: .*'directory'/, since => $mark),
        '... and told';
    unlink $pipe;
    $site->expect_recovery('directory');
    $site->put_secret(directory => $right{directory});
    $site->wait_status(directory => sub ($s) { $s->{failures} == 0 },
                       'the right secret is taken up');
    is $site->status('directory')->{attempts}, $attempts + 2,
        '... and each secret was tried once';
}

for my $mpm (qw(event prefork)) {
    begin($mpm);
    subtest "$mpm: once" => \&is_tried_once;
    subtest "$mpm: on demand" => \&is_tried_on_demand;
    subtest "$mpm: changed" => \&is_tried_when_changed;
    subtest "$mpm: new secret" => \&is_tried_with_a_new_secret;
    subtest "$mpm: recorded first" => \&is_recorded_first;
    $_->stop for $site, $slapd, $kdc;
}

done_testing;
