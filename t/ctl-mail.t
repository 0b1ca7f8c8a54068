# SPDX-License-Identifier: Apache-2.0
#
# anonidctl about mail: how it stands, what servers offer, and that an
# operator's logon has a refused account tried again.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Ctl;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;
use JSON::PP qw(decode_json);

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password,
    extensions => ['SIZE 1234567', '8BITMIME', 'PIPELINING'])->start;
my $url = 'submission://localhost:' . $server->port('smtp');
my $dead = 'submission://localhost:' . $server->port('nobody');
my $listener = 'smtp://127.0.0.1:' . $server->port('listener');

# With a real Dovecot: every protocol has its server.
sub test_dovecot ()
{
    my $dovecot = AnonID::Test::Dovecot->new(
        ca => $ca, mechanisms => [qw(plain scram-sha-256)]);
    spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
    $dovecot->start;
    my %url = map { ($_ => "$_://localhost:" . $dovecot->port($_)) }
        qw(submission imap pop3);
    my $site = AnonID::Test::MailSite->new(
        ca => $ca, password => $password,
        servers => [@url{qw(submission imap pop3)}],
        service => 'AnonIDMechanism SCRAM-SHA-256')->start;
    my $ctl = AnonID::Test::Ctl->new($site);
    my ($exit, $output) = $ctl->run('-w', 30, 'mail', 'mail');

    is $exit, 0, 'all servers let the account in';
    for (values %url) {
        like $output, qr{^\Q$_\E: logged on\n +encryption +TLSv1\.[23]\n +logged on by +SCRAM-SHA-256\n +offers +.*PLAIN}m,
            "$_ says what it offers";
    }
    unlike $output, qr/\Q$password\E/, 'no secret is shown';
    my $json = decode_json($ctl->ok('-w', 30, 'mail', '--json', 'mail'));
    is $json->{version}, 1, 'the same as JSON';
    is_deeply [sort map { $_->{url} } grep { $_->{logged_on} }
               @{ $json->{servers} }], [sort values %url], '... all of them';
    return;
}

my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, servers => [$url, $dead],
    listen => ["$listener users=*"])->start;
my $ctl = AnonID::Test::Ctl->new($site);

sub test_offer ()
{
    $site->allow_log(qr/ANID02\d\d: .*\Q$dead\E/);
    my ($exit, $output) = $ctl->run('mail', 'mail');

    is $exit, 0, 'one of two submission servers is enough';
    like $output, qr/^As account site:$/m, 'it says as whom';
    like $output, qr{^\Q$url\E: logged on$}m, 'the one that answers';
    like $output, qr/limit +1234567 octets/, '... with its limit';
    like $output, qr/extensions +PIPELINING 8BITMIME/, '... and extensions';
    like $output, qr{^\Q$dead\E: no\n +because +connect: }m,
        'and the other one, with the reason';
    is_deeply [$server->messages], [], 'nothing was sent';
    for (['no such service', 'x', qr/no such mail service/],
         ['no such account', 'mail', 'nobody', qr/may not use this/]) {
        my ($what, @words) = @$_;
        my $pattern = pop @words;
        ($exit, $output) = $ctl->run('mail', @words);
        is $exit, 1, $what;
        like $output, $pattern, '... in words';
    }
    is(($ctl->run('mail'))[0], 2, 'without a service it is wrong usage');
    is(($ctl->run('mail', '-x', 'mail'))[0], 2, 'and so is an option');
    return;
}

sub test_status ()
{
    is $site->send->{text}, '200 webmaster', 'a message is sent';
    my ($exit, $output) = $ctl->run('status');

    is $exit, 0, 'status while all is well';
    like $output, qr{^mail +\Q$url\E +up +\d{4}-\S+ \S+ +1 idle, 0 busy$}m,
        'it has the server';
    like $output, qr{^mail +\Q$dead\E +down }m, '... and the one that is down';
    like $output, qr{^ +Down since \d.*: \S}m, '... since when, and why';
    like $output, qr{^\Q$listener\E +site +0 of 100, 0 refused$}m,
        '... and the listener';
    my $json = decode_json($ctl->ok('status', '--json'));
    is $json->{version}, 1, 'JSON has a version';
    is $json->{mail}{servers}[0]{service}, 'mail', '... and the mail service';
    is $json->{mail}{accounts}[0]{refused_since}, undef, '... which is well';
    return;
}

# A refusal is held, shown, and forgiven by an operator's logon.
sub test_refused ()
{
    $site->allow_log(qr/ANID0(?:2\d\d|305)/);
    $server->script([MAIL => { drop => 1 }], [AUTH => '535 5.7.8 Not today']);
    is $site->send->{status}, 503, 'the mail server refuses the account';
    my ($exit, $output) = $ctl->run('status');

    is $exit, 1, 'status: 1 says that something is wrong';
    like $output, qr{^site +file +logged on.*\n +Refused by mail server \Q$url\E since \d.*: 535 5\.7\.8 Not today\n +Not tried again before}m,
        'the account is logged on, and refused';
    ($exit) = $ctl->run('status', 'site');
    is $exit, 1, '... and so it is if asked by name';
    is decode_json(($ctl->run('status', '--json'))[1])
        ->{mail}{accounts}[0]{refused_by}, $url, '... and in JSON';

    $server->script;
    my $before = $server->connections;
    is $site->send->{status}, 503, 'it is held, though the server is well';
    is $server->connections, $before, '... and not even asked';
    like $ctl->ok('logon', 'site'), qr/is logged on/, 'an operator logs it on';
    is $site->send->{text}, '200 webmaster', 'and it is tried again at once';
    ($exit, $output) = $ctl->run('status');
    is $exit, 0, 'all is well again';
    unlike $output, qr/Refused by/, '... and nothing else is said';
    return;
}

sub test_watch ()
{
    my $command = join ' ', map { "'$_'" } AnonID::Test::ctl_path(), '-s',
        $site->path('state'), 'status', '--watch=1';
    my $pid = open(my $output, '-|', "exec $command") or die "watch: $!";
    my $tables = 0;

    while ($tables < 3 && defined(my $line = readline $output)) {
        $tables += $line =~ /^ACCOUNT /;
    }
    kill TERM => $pid;
    close $output;
    is $tables, 3, '--watch prints it again and again';
    is(($ctl->run('status', '--watch=0'))[0], 2, '--watch=0 is refused');
    is(($ctl->run('status', '--watches'))[0], 2, '... and so is --watches');
    return;
}

test_offer;
test_status;
test_refused;
test_watch;
test_dovecot;
done_testing;
