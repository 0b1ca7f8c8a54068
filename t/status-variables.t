# SPDX-License-Identifier: Apache-2.0
#
# ANONID_... as variables of logs and expressions, and what the logs say of a
# message and of anonidctl check.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Ctl;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password)->start;
my $url = 'submission://localhost:' . $server->port('smtp');
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, servers => [$url],
    modules => [qw(headers authn_file auth_basic authz_user)],
    vhosts => ['a.test' => <<'END'])->start;
LogFormat "%r|%{ANONID_ACCOUNT}e|%{ANONID_STATE}e|%{ANONID_CODE}e|%{ANONID_SERVICE}e|%{ANONID_MESSAGE_ID}e|%{ANONID_REPLY}e|%{User-Agent}i" anonid
CustomLog "${DIR}/logs/variables.log" anonid
Header always set X-Account "expr=%{ANONID_ACCOUNT}"
Header always set X-Code "expr=%{ANONID_CODE}"
Header always set X-State "expr=%{ANONID_STATE}"
Header always set X-Service "expr=%{ANONID_SERVICE}"
Header always set X-Reply "expr=%{ANONID_REPLY}"
<If "%{ANONID_CODE} != '0'">
Header always set X-Sorry yes
</If>
<Location "/none">
AnonIDMapTo None
</Location>
END

sub logged ($request)
{
    my $line = wait_until(sub {
        (grep { index($_, $request) == 0 }
         split /\n/, slurp($site->path('logs/variables.log')))[-1];
    }, 10, "a line about $request");
    return split /\|/, $line, -1;
}

sub test_mapped ()
{
    my $header = $site->get('/x?1')->{header};

    is $header->{'x-account'}, 'site', 'expressions know the account';
    is $header->{'x-code'}, 0, '... its code';
    is $header->{'x-state'}, 'logged on', '... its state';
    is $header->{'x-service'}, 'mail', '... the mail service';
    is $header->{'x-sorry'}, undef, '<If> does, too';
    is_deeply [(logged('GET /x?1'))[1 .. 3]], ['site', 'logged on', 0],
        'and so does the log';
    return;
}

sub test_not_mapped ()
{
    my $header = $site->get('/none?1')->{header};

    is $header->{'x-account'} // '', '', 'who is not mapped has no account';
    is $header->{'x-code'} // '', '', '... and no code';
    is_deeply [(logged('GET /none?1'))[1 .. 3]], ['-', '-', '-'],
        '... nor in the log';
    return;
}

sub test_message ()
{
    my $sent = $site->send(to => ['webmaster', 'two']);
    my ($message_id) = $sent->{json}{message_id} =~ /(.*)/;
    my @line = logged('POST /mail');

    is $sent->{text}, '200 webmaster two', 'a message is sent';
    is $line[4], 'mail', 'the log has the service';
    is $line[5], $message_id, '... the message\'s id';
    is $line[6], 250, '... and the server\'s reply';
    like $site->error_log('a.test'),
        qr/ANID0304: Message \Q$message_id\E was sent: account 'site', mail service 'mail', server \Q$url\E, to webmaster,two, reply 250/,
        'and the error log all of it in one line';
    return;
}

sub test_refused_message ()
{
    $site->allow_log(qr/ANID0(?:2\d\d|305)/);
    $server->script([MAIL => '550 5.7.1 No']);
    is $site->send->{status}, 502, 'a message is refused';
    is +(logged('POST /mail'))[6], 550, 'the log has the reply';
    $server->script;
    return;
}

sub test_check ()
{
    my $ctl = AnonID::Test::Ctl->new($site);
    my ($exit) = $ctl->run('check', '--connect',
        '127.0.0.1:' . $site->port('http'), 'http://a.test/checked');

    is $exit, 0, 'a check';
    like +(logged('GET /checked'))[7], qr{^anonidctl/\d}, 'marks its request';
    return;
}

# The account fails: the request is refused, and the log says by which code.
sub test_failed ()
{
    $site->expect_log(qr/ANID0001/);
    spit($site->path('accounts'), "site:\$6\$x\$y\n", 0644);
    wait_until(sub { $site->get('/y')->{status} == 503 }, 30,
               'the account has failed');
    my $response = $site->get('/y?2');
    is $response->{header}{'x-code'}, 1326, 'expressions have the code';
    is $response->{header}{'x-sorry'}, 'yes', '... and so has <If>';
    is_deeply [(logged('GET /y?2'))[1 .. 3]], ['-', 'failed', 1326],
        '... and the log';
    return;
}

test_mapped;
test_not_mapped;
test_message;
test_refused_message;
test_check;
test_failed;
done_testing;
