# SPDX-License-Identifier: Apache-2.0
#
# SetHandler anonid-status: who sees it, in which form, and that it says how
# accounts, mail servers and listeners stand, while they are well and while
# they are not.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Httpd;
use AnonID::Test::MailSite;
use JSON::PP;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password)->start;
my $url = 'submission://localhost:' . $server->port('smtp');
my $listener = 'smtp://127.0.0.1:' . $server->port('listener');

my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, servers => [$url],
    listen => ["$listener users=*"], modules => [qw(status authz_host)],
    vhosts => ['a.test' => <<'END']);
<Location "/status">
SetHandler anonid-status
Require local
</Location>
<Location "/open">
SetHandler anonid-status
</Location>
<Location "/nested">
Require all granted
</Location>
<Location "/nested/status">
SetHandler anonid-status
</Location>
<Location "/wrapped">
<IfModule mod_anonid.c>
SetHandler anonid-status
<RequireAny>
Require local
</RequireAny>
</IfModule>
</Location>
<Location "/nobody">
SetHandler anonid-status
Require ip 192.0.2.1
</Location>
<Location "/server-status">
SetHandler server-status
Require local
</Location>
END

# Bound to none of the module's words: any of it in an error is too much.
my $telling = qr/\bsite\b|submission:|smtp:|logged on|anonid_/;

sub status ($path = '', %option)
{
    my $response = $site->get("/status$path", %option,
        headers => { Accept => 'application/json', %{ $option{headers} // {} } });

    $response->{status} == 200 or die "status$path: $response->{body}";
    return decode_json($response->{body});
}

sub test_access ()
{
    $site->allow_log(qr/ANID0510/);
    for my $path (qw(/open /nested/status)) {
        my $response = $site->get("$path?format=json");

        is $response->{status}, 403, "$path without Require is refused";
        unlike $response->{body}, $telling, '... and nothing of it is said';
    }
    like $site->error_log('a.test'),
        qr{ANID0510: /open: the status is not shown.*Require local},
        '... and the log says what to write';
    is $site->get('/wrapped')->{status}, 200,
        'a Require within sections counts';
    my $refused = $site->get('/nobody');
    is $refused->{status}, 403, 'who is not meant is refused';
    unlike $refused->{body}, $telling, '... and nothing of it is said';
    return;
}

sub test_methods ()
{
    for my $method (qw(POST PUT DELETE OPTIONS)) {
        my $response = $site->request($method => '/status');

        is $response->{status}, 405, "$method is not allowed";
        like $response->{header}{allow}, qr/\bGET\b/, '... and Allow is there';
    }
    my $head = $site->request(HEAD => '/status?format=json');
    is $head->{status}, 200, 'HEAD is allowed';
    is $head->{body}, '', '... and has no body';
    return;
}

sub test_forms ()
{
    my %type = (
        'application/json' => 'application/json',
        'text/html,application/xhtml+xml,*/*;q=0.8' => 'text/html; charset=utf-8',
        'application/openmetrics-text;version=1.0.0;q=0.75,'
            . 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
            => 'text/plain; version=0.0.4; charset=utf-8',
        '*/*' => 'application/json');

    for my $accept (sort keys %type) {
        my $response = $site->get('/status', headers => { Accept => $accept });

        is $response->{header}{"content-type"}, $type{$accept},
            "Accept: $accept";
        is $response->{header}{"cache-control"}, 'no-store',
            '... is not stored';
    }
    for (['html', qr/^<!DOCTYPE html>/], ['json', qr/^\{/],
         ['prometheus', qr/^# HELP anonid_build_info/]) {
        my ($format, $start) = @$_;
        like $site->get("/status?x=1&format=$format")->{body}, $start,
            "?format=$format";
    }
    is $site->get('/status?format=xml')->{status}, 400,
        'another format is refused';
    return;
}

sub test_well ()
{
    is $site->send->{text}, '200 webmaster', 'a message is sent';
    my $status = status();

    is $status->{version}, 1, 'it has a version';
    is $status->{agent}{pid}, ($site->agent_pids)[0], 'the agent is told';
    ok $status->{agent}{up}, '... which is there';
    my ($account) = @{ $status->{accounts} };
    is $account->{name}, 'site', 'the account is there';
    is $account->{state}, 'logged on', '... and logged on';
    is $account->{code}, 0, '... with code 0';
    is $account->{refused_by}, undef, '... and refused by nobody';
    cmp_ok $account->{mapped_requests}, '>=', 1, 'mapped requests are counted';
    my ($service) = @{ $status->{services} };
    is $service->{submissions}{accepted}, 1, 'the message is counted';
    my ($mail) = @{ $service->{servers} };
    is $mail->{url}, $url, 'the server is told';
    ok $mail->{up}, '... and up';
    is $mail->{logins}, 1, '... with its login';
    is $mail->{idle}, 1, '... and its session, which is idle';
    is $mail->{busy}, 0, '... not busy';
    cmp_ok abs($mail->{last_login} - time), '<', 60, '... of now';
    is $service->{accounts}[0]{logins}, 1, 'the login is the account\'s';
    is $status->{listeners}[0]{url}, $listener, 'the listener is told';
    is $status->{listeners}[0]{connections}, 0, '... without a connection';
    return;
}

sub test_counts ()
{
    my $before = status()->{accounts}[0]{mapped_requests};

    $site->document('page.html', 'x');
    $site->get('/page.html') for 1 .. 3;
    is status()->{accounts}[0]{mapped_requests}, $before + 3,
        'a mapped request is counted once; the status itself is not mapped';
    return;
}

sub test_listener ()
{
    my $application = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $server->port('listener'))
        or die "listener: $!";

    is scalar readline($application) =~ /^220 /, 1, 'an application connects';
    is status()->{listeners}[0]{connections}, 1, '... and is seen';
    close $application;
    wait_until(sub { status()->{listeners}[0]{connections} == 0 }, 10,
               'the connection is gone from the status');
    is status()->{listeners}[0]{accepted}, 1, '... and stays counted';
    return;
}

sub test_parts ()
{
    my $accounts = status('/accounts');
    is scalar @{ $accounts->{accounts} }, 1, '/accounts has accounts';
    is scalar @{ $accounts->{services} }, 0, '... and no services';
    is status('/accounts/site')->{accounts}[0]{name}, 'site',
        '/accounts/NAME is one';
    is status('/services/mail')->{services}[0]{name}, 'mail',
        '/services/NAME is one';
    is scalar @{ status('/listeners')->{listeners} }, 1, '/listeners';
    for my $path (qw(/accounts/other /services/x /listeners/x /x /accountsx)) {
        my $response = $site->get("/status$path");
        is $response->{status}, 404, "$path is not there";
        unlike $response->{body}, qr/\bsubmission:/, '... and tells nothing';
    }
    like $site->get('/status/accounts/site?format=prometheus')->{body},
        qr/anonid_account_logged_on\{account="site"/, 'in any form';
    return;
}

sub test_server_status ()
{
    my $auto = $site->get('/server-status?auto')->{body};

    like $auto, qr/^AnonIDAgentUp: 1\nAnonIDAccounts: 1\nAnonIDAccountsLoggedOn: 1$/m,
        'mod_status has our keys';
    like $auto, qr/^AnonIDAccount\[0\]Name: site\nAnonIDAccount\[0\]State: logged on\nAnonIDAccount\[0\]Code: 0\nAnonIDAccount\[0\]MailRefused: 0$/m,
        '... and each account';
    is_deeply [grep { /AnonID/ && !/^[\w\[\]]+: \S/ } split /\n/, $auto], [],
        '... one key and value a line';
    like $site->get('/server-status')->{body},
        qr{<h2>Anonymous accounts</h2>.*<td>site</td>}s, '... and a section';
    return;
}

# The account is logged on, and the mail server does not know its password.
sub test_refused ()
{
    $site->allow_log(qr/ANID0(?:2\d\d|305)/);
    $server->script(
        [MAIL => { drop => 1 }],
        [AUTH => '535 5.7.8 <boss@secret.test> "no" \\ entry']);
    is $site->send->{status}, 503, 'a message is not sent';
    my $status = status();
    my ($account) = @{ $status->{accounts} };
    is $account->{state}, 'logged on', 'the account is logged on';
    is $account->{refused_by}, $url, '... and refused by the mail server';
    my ($pair) = @{ $status->{services}[0]{accounts} };
    cmp_ok abs($pair->{refused_since} - time), '<', 60, '... since now';
    cmp_ok $pair->{held_until}, '>', time, '... and not tried for a while';
    like $pair->{reply}, qr/^535 5\.7\.8/, '... in the server\'s words';
    unlike $pair->{reply}, qr/boss|secret\.test/, '... without addresses';
    like $site->get('/status?format=html')->{body},
        qr{Logged on, refused by mail server \Q$url\E for \d+ seconds?: 535 5}, 'the page says so';
    like $site->get('/status?format=prometheus')->{body},
        qr/^anonid_mail_refused\{account="site",service="mail"\} 1$/m,
        'and the metric';
    like $site->get('/server-status?auto')->{body},
        qr/^AnonIDAccount\[0\]MailRefused: 1$/m, 'and mod_status';
    return;
}

# No agent: what it counted is still there, and the page says that it is gone.
sub test_no_agent ()
{
    $site->allow_log(qr/ANID00\d\d/);
    my $before = status();
    my ($old) = $site->agent_pids;
    kill STOP => $old;
    my $status = wait_until(sub {
        my $now = status();
        !$now->{agent}{up} && $now;
    }, 60, 'an agent that hangs is noticed');
    is $status->{services}[0]{submissions}{accepted},
        $before->{services}[0]{submissions}{accepted}, 'counters stay';
    is $status->{services}[0]{servers}[0]{idle}, 0, 'sessions do not count';
    like $site->get('/status?format=html')->{body},
        qr/The agent is not there, or does not respond/, 'the page says so';
    kill CONT => $old;
    wait_until(sub { status()->{agent}{up} }, 20, 'it is back');
    return;
}

# Where the site is mapped and the account failed, the status is still seen.
sub test_failed ()
{
    my $httpd = AnonID::Test::Httpd->new(
        modules => [qw(authz_host)], config => <<'END');
<AnonIDAccount broken>
AnonIDLogon file "${DIR}/accounts"
AnonIDSecret "file:${DIR}/secret"
</AnonIDAccount>
AnonIDMapTo broken
<Location "/status">
SetHandler anonid-status
Require local
</Location>
END
    spit($httpd->path('accounts'), "broken:\$6\$salt\$no\n", 0644);
    spit($httpd->path('secret'), canary(), 0600);
    $httpd->expect_log(qr/ANID0001/);
    $httpd->start;
    my $response = $httpd->get('/status?format=json');
    is $response->{status}, 200, 'while nobody is logged on it is shown';
    wait_until(sub {
        decode_json($httpd->get('/status?format=json')->{body})
            ->{accounts}[0]{state} eq 'failed';
    }, 20, 'it says that the account has failed');
    my $account = decode_json($httpd->get('/status?format=json')->{body})
        ->{accounts}[0];
    is $account->{code}, 1326, '... with its code';
    like $account->{text}, qr/unknown user name or bad password/, '... and text';
    is $httpd->get('/')->{status}, 503, '... when all else is not';
    return;
}

sub test_configuration ()
{
    my $httpd = AnonID::Test::Httpd->new(modules => [qw(status authz_host)]);
    my ($exit, $output) = $httpd->configtest(
        "<Location /s>\nSetHandler anonid-status\n</Location>");

    is $exit, 0, 'a status without Require is no error';
    like $output, qr/ANID0501: .*SetHandler anonid-status: everybody will be refused/,
        '... but warned of';
    ($exit, $output) = $httpd->configtest(
        "<Location /s>\nSetHandler anonid-status\nRequire local\n</Location>");
    unlike $output, qr/ANID0501: .*anonid-status/, 'with Require it is not';
    for my $name (qw(anonid-statu anonid_status Anonid-Status)) {
        ($exit, $output) = $httpd->configtest(
            "<Location /s>\nSetHandler $name\nRequire local\n</Location>");
        isnt $exit, 0, "SetHandler $name is refused";
        like $output, qr/'\Q$name\E': there is no such handler/, '... by name';
    }
    ($exit, $output) = $httpd->configtest('AddHandler anonid-status .s');
    isnt $exit, 0, 'AddHandler anonid-status is refused';
    ($exit, $output) = $httpd->configtest(
        "<Location /s>\nAnonIDServerStatus Off\n</Location>");
    isnt $exit, 0, 'AnonIDServerStatus is the server\'s';
    return;
}

# Nothing of ours where the operator does not want it.
sub test_switched_off ()
{
    my $httpd = AnonID::Test::Httpd->new(
        modules => [qw(status authz_host)], config => <<'END')->start;
AnonIDMapTo
AnonIDServerStatus Off
<Location "/server-status">
SetHandler server-status
Require local
</Location>
END
    unlike $httpd->get('/server-status?auto')->{body}, qr/AnonID/,
        'AnonIDServerStatus Off';
    return;
}

$site->allow_log(qr/ANID0501: .*everybody will be refused/);
$site->allow_log(qr{AH01630: client denied .*/nobody});
$site->start;
test_access;
test_methods;
test_forms;
test_well;
test_counts;
test_listener;
test_parts;
test_server_status;
test_refused;
test_no_agent;
test_failed;
test_configuration;
test_switched_off;
done_testing;
