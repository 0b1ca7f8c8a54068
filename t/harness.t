# SPDX-License-Identifier: Apache-2.0
#
# The harness itself, without mod_anonid: what every other test relies on.
# Instances start, answer, are restarted and leave nothing behind; logs are
# checked; secrets are found. Mail servers have a test of their own.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::HTTP;
use AnonID::Test::Httpd;
use AnonID::Test::Memory qw(secret_forms find_in_memory find_in_files
                            can_read_memory);
use AnonID::Test::Process qw(alive run);

skip_unless_program('openssl');

my $ca = AnonID::Test::CA->new;

sub plain_httpd (%field)
{
    return AnonID::Test::Httpd->new(anonid => 0, %field);
}

sub test_ports ()
{
    my %seen;

    $seen{ free_port() }++ for 1 .. 50;
    is keys %seen, 50, 'ports are given once';
    my ($exit, $output) = run([
        $^X, '-I' . srcdir() . '/t/lib', '-e', <<'END', keys %seen]);
use AnonID::Test;
print grep { AnonID::Test::lock_port($_) } @ARGV;
END
    is $output, '', 'and are locked for other processes';
}

sub test_waiting ()
{
    my $tries = 0;

    is wait_until(sub { ++$tries == 3 && 'value' }, 5, 'third try'), 'value',
        'wait_until returns what its condition returns';
    ok !eval { wait_until(sub { 0 }, 0.1, 'the impossible') },
        'and dies at its deadline';
    like $@, qr/the impossible/, 'saying what it waited for';
}

sub test_httpd ($mpm)
{
    my $httpd = plain_httpd(mpm => $mpm, modules => ['cgi'], vhosts => [
        'a.test' => 'ErrorDocument 404 "none in ${PORT}"', 'b.test' => '']);

    $httpd->document('x.txt', "content\n");
    $httpd->document('env.cgi', "#!/bin/sh\necho; env\n", 'b.test');
    $httpd->start;
    is $httpd->get('/x.txt')->{body}, "content\n", "$mpm: a document";
    like $httpd->get('/env.cgi', vhost => 'b.test')->{body},
        qr/^SERVER_NAME=b\.test$/m, "$mpm: a program in the second vhost";
    is $httpd->get('/none')->{body}, 'none in ' . $httpd->port('http'),
        "$mpm: variables of the configuration";
    ok scalar($httpd->worker_pids), "$mpm: workers are found";

    my @old = $httpd->worker_pids;
    $httpd->graceful;
    wait_until(sub { !grep { alive($_) } @old }, 10, 'old workers end');
    is $httpd->get('/x.txt')->{status}, 200, "$mpm: graceful restart";
    $httpd->restart;
    is $httpd->get('/x.txt')->{status}, 200, "$mpm: restart";
    test_ends($httpd, $mpm);
}

sub test_ends ($httpd, $mpm)
{
    my @pids = $httpd->processes;

    $httpd->stop;
    is_deeply [grep { alive($_) } @pids], [], "$mpm: stop leaves no process";
    $httpd->start_detached;
    is $httpd->get('/x.txt')->{status}, 200, "$mpm: -k start";
    @pids = $httpd->processes;
    is(($httpd->control('stop'))[0], 0, "$mpm: -k stop");
    $httpd->wait_gone;
    is_deeply [grep { alive($_) } @pids], [], "$mpm: which leaves none";
}

sub test_killed_httpd ()
{
    my $httpd = plain_httpd()->start;
    my @pids = $httpd->processes;

    $httpd->signal('KILL');
    wait_until(sub { !alive($httpd->pid) }, 5, 'the parent is gone');
    $httpd->kill;
    is_deeply [grep { alive($_) } @pids], [], 'orphans are found and ended';
}

sub test_configtest ()
{
    my $httpd = plain_httpd();
    my ($exit, $output) = $httpd->configtest;

    is $exit, 0, 'a configuration is good';
    ($exit, $output) = $httpd->configtest('NoSuchDirective on');
    isnt $exit, 0, 'another is not';
    like $output, qr/NoSuchDirective/, 'and says why';
    ok !eval { $httpd->reconfigure(config => 'NoSuchDirective')->start },
        'it does not start then';
    like $@, qr/NoSuchDirective/, 'and the test is told why';
}

sub test_http_client ()
{
    my $httpd = plain_httpd(modules => ['cgi'])->start;

    $httpd->document('cat.cgi', "#!/bin/sh\necho; cat\n");
    is $httpd->post('/cat.cgi', body => "a\0b")->{body}, "a\0b", 'POST';
    my $http = $httpd->connect;
    $http->send("POST /cat.cgi HTTP/1.1\r\nHost: x\r\n"
                . "Transfer-Encoding: chunked\r\n\r\n");
    $http->send_chunk($_) for 'one ', 'two', '';
    is $http->response('POST')->{body}, 'one two', 'a chunked request';
    is $http->request(HEAD => '/cat.cgi')->{status}, 200,
        'a second one on that connection';
    $http = $httpd->connect;
    $http->send("nonsense\r\n\r\n");
    is $http->response->{status}, 400, 'a bad one';
    ok $http->closed, 'after which the server closes';
    $httpd->reconfigure(ca => $ca, vhosts => ['a.test' => { tls => 1 }]);
    $httpd->document('x.txt', 'over TLS');
    $httpd->restart;
    is $httpd->get('/x.txt', tls => {
        SSL_ca_file => $ca->file, SSL_verifycn_name => 'a.test',
        SSL_verifycn_scheme => 'http' })->{body}, 'over TLS', 'TLS';
}

# In a process of its own, whose failure is the success here.
sub test_log_check ()
{
    my ($exit, $output) = run([
        $^X, '-I' . srcdir() . '/t/lib', '-e', <<'END']);
use AnonID::Test;
use AnonID::Test::Httpd;
my $httpd = AnonID::Test::Httpd->new(anonid => 0)->start;
$httpd->expect_log(qr/AH00037/, qr/never logged/);
symlink '/nowhere', $httpd->path('htdocs/localhost/link');
$httpd->reconfigure(config => '<Directory "${HTDOCS}">
Options -FollowSymLinks
</Directory>
<Location /denied>
Require all denied
</Location>')->restart;
$httpd->get($_) for qw(/link /denied);
done_testing;
END
    isnt $exit, 0, 'an unannounced log line fails a test';
    like $output, qr/localhost: .*AH01630: client denied/, 'and is shown';
    unlike $output, qr/got:[^#]*AH00037/, 'an announced one is not';
    like $output, qr/announced, but never logged.*never logged/,
        'an announced one that never came fails it too';
}

sub test_dying_test ()
{
    my ($exit, $output) = run([
        $^X, '-I' . srcdir() . '/t/lib', '-e', <<'END']);
use AnonID::Test;
use AnonID::Test::Httpd;
my $httpd = AnonID::Test::Httpd->new(anonid => 0)->start;
say join ' ', temp_root(), $httpd->processes;
die 'on purpose';
END
    my ($folder, @pids) = split ' ', ($output =~ /^(\/.*)$/m)[0];

    isnt $exit, 0, 'a test that dies has failed';
    ok @pids >= 2, 'it had processes';
    is_deeply [grep { alive($_) } @pids], [], 'which end with it';
    ok !-e $folder, 'its folder is removed';
}

sub test_memory ()
{
    my $password = canary();
    my $httpd = plain_httpd(config => "Define PASSWORD $password")->start;
    my $forms = secret_forms('u', $password);
    my @found = find_in_memory($forms, $httpd->httpd_pids);

    ok scalar(grep { /^password in memory of @{[$httpd->pid]} / } @found),
        'a secret is found in a process';
    is_deeply [find_in_memory(secret_forms('u', canary()),
                              $httpd->httpd_pids)], [],
        'another is not';
    is scalar(find_in_files($forms, $httpd->path('httpd.conf'))), 1,
        'it is found in a file';
}

test_ports();
test_waiting();
test_httpd($_) for qw(event prefork);
test_killed_httpd();
test_configtest();
test_http_client();
test_log_check();
test_dying_test();
SKIP: {
    skip 'may not read the memory of others', 3
        if !is_root() || !can_read_memory($$);
    test_memory();
}
done_testing;
