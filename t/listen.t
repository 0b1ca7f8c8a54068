# SPDX-License-Identifier: Apache-2.0
#
# Listeners: where they are, who may connect, and that they stay open whatever
# happens to agent and supervisor. What is spoken there is IMAP, with a real
# Dovecot behind.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Dialogue;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;
use IO::Socket::IP;
use IO::Socket::UNIX;
use POSIX ();

require_build;
plan skip_all => 'only root can be another user' if $> != 0;

use constant STRANGER => 64123;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => [qw(scram-sha-256)],
    config => "mail_max_userip_connections = 100\n");

spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
$dovecot->start;

my ($port, $v6, $few, $everybody) = map { free_port() } 1 .. 4;
my $low = low_port();
my $folder = temp_root() . '/sockets';
my ($group) = grep { defined && $_ ne 'root' }
    map { (getgrgid $_)[0] } 1 .. 100;

mkdir $folder, 0755 or die "mkdir: $!";

my @LISTEN = (
    "imap://127.0.0.1:$port", "imap://[::1]:$v6",
    "imap://127.0.0.1:$few max=3", "imap://127.0.0.1:$everybody users=*",
    "imap://127.0.0.1:$low", "imap+unix:$folder/imap",
    "imap+unix:$folder/grouped group=$group users=*",
    "imap+unix:$folder/moded mode=0600",
);

sub site (%field)
{
    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password, listen => \@LISTEN,
        servers => ['imap://localhost:' . $dovecot->port('imap')], %field);
}

# A port below 1024 that is free.
sub low_port ()
{
    for my $port (reverse 600 .. 1000) {
        my $socket = IO::Socket::IP->new(
            LocalHost => '127.0.0.1', LocalPort => $port, Listen => 1);

        return $port if $socket;
    }
    die 'no port below 1024 is free';
}

my $site = site()->start;

sub connect_to ($where) { return AnonID::Test::Dialogue->connect($where) }

# Logs on, and what the mail server says to that; '' when nothing is heard.
sub logon ($client)
{
    my $greeting = $client->line // return '';

    return $greeting if $greeting !~ /^\* OK/;
    return $client->say('a LOGIN u p')->line // '';
}

# What another user's process hears, and its pid.
sub heard_by_stranger ($where)
{
    pipe my $from, my $to or die "pipe: $!";
    my $pid = fork // die "fork: $!";

    if (!$pid) {
        $) = $( = STRANGER;
        $> = $< = STRANGER;
        $0 = 'stranger';
        my $client = eval { connect_to($where) };

        print {$to} $client ? $client->line // 'the end' : "refused: $!";
        close $to;
        POSIX::_exit(0);
    }
    close $to;
    my $line = do { local $/; <$from> };

    waitpid $pid, 0;
    return ($line, $pid);
}

sub test_places ()
{
    for (["127.0.0.1:$port", $port], ["port $low", $low],
         ['a Unix socket', "$folder/imap"],
         ['a Unix socket of a group', "$folder/grouped"]) {
        my ($name, $where) = @$_;

        like logon(connect_to($where)), qr/^a OK /, "$name is served";
    }
    my $socket = IO::Socket::IP->new(PeerHost => '::1', PeerPort => $v6);

    SKIP: {
        skip 'this machine has no ::1', 1 if !$socket;
        my $client = bless { socket => $socket, buffer => '', ended => 0 },
            'AnonID::Test::Dialogue';

        like logon($client), qr/^a OK /, '[::1] is served';
    }
    is mode("$folder/imap"), '0666', 'a socket that users= guards';
    is mode("$folder/grouped"), '0660', 'group=: for that group';
    is((getgrgid((stat "$folder/grouped")[5]))[0], $group, '... which has it');
    is mode("$folder/moded"), '0600', 'mode=';
}

sub mode ($path) { return sprintf '%04o', (stat $path)[2] & 07777 }

sub test_users ()
{
    $site->expect_log(qr/ANID0048: /);
    for (["imap://127.0.0.1:$port", $port],
         ["imap+unix:$folder/imap", "$folder/imap"]) {
        my ($url, $where) = @$_;
        my $mark = $site->log_mark;
        my ($line, $pid) = heard_by_stranger($where);

        is $line, '* BYE This listener is not for your user',
            "$url: a stranger is told";
        my $who = "Process $pid (stranger) of uid ${\STRANGER}";

        ok $site->wait_log(qr/ANID0048: \Q$who may not use AnonIDMailListen '$url'\E/,
                           since => $mark),
            '... and named in the log, with its program';
    }
    like +(heard_by_stranger($port))[0], qr/^\* BYE This listener is not/,
        'again: told without delay';
    like +(heard_by_stranger($everybody))[0], qr/^\* OK /,
        'users=*: everybody is served';
    like +(heard_by_stranger("$folder/moded"))[0], qr/^refused: Perm/,
        'mode=: the system refuses a stranger';
    $site->reconfigure(config => $site->{config}
                       =~ s/(127\.0\.0\.1:$port)$/$1 users=daemon/mr);
    $site->graceful;
    like connect_to($port)->line, qr/^\* BYE This listener is not for/,
        'users=: root is refused where it is not named';
    $site->reconfigure(config => $site->{config} =~ s/ users=daemon//r);
    $site->graceful;
    like logon(connect_to($port)), qr/^a OK/, 'and is served again';
}

# The kernel would call the owner of such a connection root.
sub test_closed_already ()
{
    my $mark = $site->log_mark;

    kill STOP => $site->agent_pids;
    connect_to($port)->send("a LOGIN u p\r\nb CREATE ghost\r\n");
    kill CONT => $site->agent_pids;
    ok $site->wait_log(qr/has closed it already, or cannot be found/,
                       since => $mark),
        'a connection whose other end is closed is refused';
    my $client = connect_to($port);

    logon($client);
    is_deeply [grep { /ghost/ } $client->say('c LIST "" *')->until(qr/^c OK/)],
        [], '... and nothing it said was done';
}

sub test_max ()
{
    $site->expect_log(qr/ANID0049: .*'imap:\/\/127\.0\.0\.1:$few'.* 3 conn/);
    my @clients = map { connect_to($few) } 1 .. 3;

    $_->line for @clients;
    is connect_to($few)->line, '* BYE [LIMIT] Too many connections',
        'max=: one more is told so';
    ok $site->wait_log(qr/ANID0049: /), '... and the log says it';
    like logon(connect_to($port)), qr/^a OK /, '... and others go on';
    $clients[0]->say('a LOGOUT')->rest;
    wait_until(sub { connect_to($few)->line =~ /^\* OK/ }, 20,
               'room for one more');
    pass 'max=: who leaves makes room';
}

# Clients that say nothing cost others nothing.
sub test_half_open ()
{
    my @silent = map { connect_to($everybody) } 1 .. 80;

    like logon(connect_to($port)), qr/^a OK /,
        'many that say nothing: others are served';
    like logon(connect_to($everybody)), qr/^a OK /, '... at that place, too';
}

# Connects while nobody is there, and is served as soon as somebody is.
sub test_survives ($name, $kill, $again)
{
    my @waiting;

    $kill->();
    @waiting = map { connect_to($_) } $port, $low, "$folder/imap";
    $again->();
    is scalar(grep { logon($_) =~ /^a OK/ } @waiting), 3,
        "$name: who connects meanwhile waits, and is served";
}

sub test_restarts ()
{
    my $before = connect_to($port);

    like logon($before), qr/^a OK /, 'a session before a graceful restart';
    $site->graceful;
    like $before->say('b NOOP')->line, qr/^b OK/, '... goes on after it';
    like logon(connect_to($port)), qr/^a OK /, '... as new ones do';

    my ($agent) = $site->agent_pids;

    $site->expect_log(qr/ANID0012: .*signal|ANID0012: .*kill|ANID0012: /);
    test_survives('agent killed', sub { kill KILL => $agent },
                  sub { $site->wait_agent($agent) });

    my ($supervisor) = $site->supervisor_pids;

    test_survives('supervisor killed', sub { kill KILL => $supervisor },
                  sub {
        wait_until(sub {
            grep { $_ != $supervisor } $site->supervisor_pids
        }, 20, 'another supervisor');
    });
    ($agent) = $site->agent_pids;
    test_survives('agent killed after that', sub { kill KILL => $agent },
                  sub { $site->wait_agent($agent) });
}

sub is_open ($where) { return !!eval { connect_to($where)->line } }

sub test_changes ()
{
    my $own = free_port();
    my $config = $site->{config};

    $site->reconfigure(config => ($config =~ s/^.*:$few .*\n//mr)
                       =~ s/^.*\/moded.*\n//mr,
                       vhosts => ['a.test' => "AnonIDMailListen "
                                  . "imap://127.0.0.1:$own"]);
    $site->graceful;
    ok !is_open($few), 'a listener that was removed is closed';
    ok !-e "$folder/moded", '... and its socket removed';
    like logon(connect_to($own)), qr/^a OK/, 'a new one of a virtual host';

    my $taken = IO::Socket::IP->new(LocalHost => '127.0.0.1', Listen => 1,
                                    LocalPort => my $port_taken = free_port());

    $site->expect_log(qr/ANID0020: .*:$port_taken' has no effect: another/);
    $site->reconfigure(
        config => $config . "AnonIDMailListen imap://127.0.0.1:$port_taken\n");
    $site->graceful;
    ok $site->wait_log(qr/ANID0020: /),
        'an address that is taken does not end a running httpd';
    like logon(connect_to($port)), qr/^a OK/, '... others are served';
    close $taken;
    $site->graceful;
    like logon(connect_to($port_taken)), qr/^a OK/,
        '... and it is, too, after the next restart';
}

sub test_end ()
{
    $site->stop;
    ok !is_open($port), 'at the end of httpd listeners are closed';
    is_deeply [glob "$folder/*"], [], '... and sockets removed';
}

# What a killed httpd has left is no obstacle, a server that lives is.
sub test_leftovers ()
{
    my $left = IO::Socket::UNIX->new(Local => "$folder/imap", Listen => 1);

    close $left;
    ok -S "$folder/imap", 'a socket that nobody listens on any more';
    $site->start;
    like logon(connect_to("$folder/imap")), qr/^a OK/, '... is replaced';
    $site->stop;

    my $other = IO::Socket::UNIX->new(Local => "$folder/imap", Listen => 1);

    $site->expect_log(qr/ANID0010: .*another server listens there/);
    ok !eval { $site->start; 1 }, 'one that another server uses is an error';
    ok $site->wait_log(qr/ANID0010: .*'imap\+unix:\Q$folder\E\/imap': another/),
        '... that names it';
    ok -S "$folder/imap", '... and it stays';
    close $other;
    unlink "$folder/imap";
}

# An agent that runs out of descriptors: who connects then waits for one.
sub test_descriptors ()
{
    my $script = spit(temp_root() . '/agent-limited',
                      "#!/bin/sh\nulimit -n 64\nexec '" . agent_path() . "'\n",
                      0755);
    my $own = free_port();

    $site = site(listen => ["imap://127.0.0.1:$own"]);
    $site->reconfigure(config => $site->{config}
                       . "AnonIDAgentProgram \"$script\"\n");
    $site->allow_log(qr/ANID0501: .*AnonIDAgentProgram /);
    $site->expect_log(qr/ANID0042: /);
    $site->start;
    my @clients = map { connect_to($own) } 1 .. 70;
    my $last = $clients[-1];

    ok $site->wait_log(qr/ANID0042: .*'imap:.*:$own' can be accepted: Too many/),
        'no descriptors: the log says so';
    ok $last->silent(0.2), '... and who connects waits';
    splice @clients, 0, 40;
    like logon($last), qr/^a OK /, '... until there are some';
    $site->stop;
}

test_places();
test_users();
test_closed_already();
test_max();
test_half_open();
test_restarts();
test_changes();
test_end();
test_leftovers();
test_descriptors();
done_testing;
