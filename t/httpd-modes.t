# SPDX-License-Identifier: Apache-2.0
#
# httpd run otherwise than as a daemon of root's: as one process for a
# debugger (httpd -X), and by an ordinary user. Accounts are logged on and
# passwords synchronised all the same, and nothing is left behind at the end.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::Httpd;
use AnonID::Test::HttpdConfig;
use AnonID::Test::Process qw(alive);

require_build;

# Whom a test that root runs becomes: nobody in particular.
use constant ORDINARY => 65534;

sub site ()
{
    my $httpd = AnonID::Test::Httpd->new(config => <<'END');
AnonIDMapTo
<Location />
Require anonid
</Location>
END

    $httpd->document('x.txt', "mapped\n");
    return $httpd;
}

sub states_all_is_well ($httpd)
{
    my @pids = ($httpd->supervisor_pids, $httpd->agent_pids);

    is scalar(@pids), 2, 'a supervisor and an agent run';
    is $httpd->get('/x.txt')->{status}, 200, 'a request is mapped and served';
    my $before = slurp($httpd->path('state/accounts'));
    my ($name) = $before =~ /^(IUSR_[^:]+):\{/m;
    AnonID::Test::Ctl->new($httpd)->ok('rotate', $name);
    isnt slurp($httpd->path('state/accounts')), $before,
        'the password can be changed';
    is $httpd->get('/x.txt')->{status}, 200, '... and requests go on';
    $httpd->stop;
    wait_until(sub { !grep { alive($_) } @pids }, 20, 'both end');
    pass 'both end with httpd';
    return;
}

subtest 'one process' => sub {
    my $httpd = site();

    $httpd->spawn([AnonID::Test::Httpd::program(), '-f', $httpd->config_path,
                   '-X'], env => AnonID::Test::HttpdConfig::environment());
    $httpd->wait_ready(sub { eval { $httpd->get('/x.txt') } });
    is_deeply [$httpd->worker_pids], [], 'no worker was forked';
    states_all_is_well($httpd);
};

subtest 'an ordinary user' => sub {
    if ($> == 0 && !$ENV{ANONID_TEST_ORDINARY}) {
        my @become = ('setpriv', '--reuid=' . ORDINARY, '--regid=' . ORDINARY,
                      '--clear-groups', '--inh-caps=-all');
        my ($closed) = AnonID::Test::Process::run(
            [@become, 'test', '-x', builddir() . '/mod_anonid/anonid-agent']);
        plan(skip_all => 'the build is in a folder that is closed to others')
            if $closed;
        local $ENV{ANONID_TEST_ORDINARY} = 1;
        my ($exit, $output) = AnonID::Test::Process::run(
            [@become, $^X, $FindBin::Bin . '/httpd-modes.t']);
        is $exit, 0, 'what root may not state holds for nobody'
            or diag $output;
        like $output, qr/^ok \d+ - an ordinary user/m, '... and was tried';
        return;
    }
    isnt $>, 0, 'it is not root';
    my $httpd = site()->start;
    ok scalar($httpd->worker_pids), 'workers run';
    states_all_is_well($httpd);
};

done_testing;
