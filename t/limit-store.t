# SPDX-License-Identifier: Apache-2.0
#
# Limits over several machines: four httpds that share a real redis send no
# more together than one may; and whatever becomes of the store, each keeps to
# its own limits and visitors notice nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::MailSite;
use AnonID::Test::Memory qw(find_in_files find_in_memory);
use AnonID::Test::Redis;
use POSIX ();
use Time::HiRes ();

require_build;
skip_unless_program($_) for qw(redis-server redis-cli);

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $sink = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password)->start;
my $UP = qr/limits and failed logons are shared through the store/;
my $LOST = qr/ANID0252: The store \S+ cannot be used: /;

# An httpd of its own state folder, a machine as it were. It is started, and
# has the store.
sub machine ($redis, $scheme, @limits)
{
    my $site = AnonID::Test::MailSite->new(
        ca => $ca, password => $password, remoteip => 1,
        servers => ['submission://localhost:' . $sink->port('smtp')],
        service => join "\n", map { "AnonIDMailLimit $_" } @limits);
    my $options = $scheme =~ /rediss/ ? 'ca=' . $ca->file : '';
    my $url = $scheme =~ m{://} ? $scheme : $redis->url($scheme);

    $site->reconfigure(config => "$site->{config}\nAnonIDLimitStore $url "
        . "$options\nAnonIDLimitStoreSecret \"file:@{[ $redis->secret ]}\"\n");
    $site->start;
    $site->get('/');
    return $site;
}

sub up (@machines)
{
    $_->wait_log($UP) for @machines;
    return @machines;
}

my $counted = 0;
sub delivered ()
{
    my $all = $sink->messages;
    my $new = $all - $counted;

    $counted = $all;
    return $new;
}

# Visitors of all machines at once; the statuses of all their messages.
sub hammer ($visitors, $each, @machines)
{
    my $file = $machines[0]->path('statuses');
    my @pids;

    for my $n (0 .. $visitors * @machines - 1) {
        my $pid = fork // die "fork: $!";

        if (!$pid) {
            my $site = $machines[$n % @machines];
            my @statuses = map { $site->send(from => "192.0.2.$n")->{status} }
                1 .. $each;

            spit("$file$n", "@statuses");
            POSIX::_exit(0);
        }
        push @pids, $pid;
    }
    waitpid $_, 0 for @pids;
    return map { split / /, slurp("$file$_") } 0 .. $#pids;
}

# A store that is lost meanwhile, because this machine is busy with something
# else, shares nothing: then once more.
sub test_total ($scheme)
{
    my $redis = AnonID::Test::Redis->new(ca => $ca)->start;
    my @machines = map { machine($redis, $scheme, '10/hour 20 total',
                                 '100/hour per-client') } 1 .. 4;
    my ($sent, $refused, $delivered);

    $_->allow_log(qr/ANID0250|ANID0252/) for @machines;
    up(@machines);
    for (1 .. 3) {
        $redis->ask('FLUSHALL');
        my @statuses = hammer(3, 6, @machines);

        $sent = grep { $_ eq 200 } @statuses;
        $refused = grep { $_ eq 429 } @statuses;
        $delivered = delivered();
        last if !grep { $_->log_text =~ $LOST } @machines;
        $_->stop for @machines;
        @machines = map { machine($redis, $scheme, '10/hour 20 total',
                                  '100/hour per-client') } 1 .. 4;
        $_->allow_log(qr/ANID0250|ANID0252/) for @machines;
        up(@machines);
    }
    is $sent, 20, "$scheme: four machines send what one may";
    is $refused, 52, "$scheme: all other messages are refused";
    is $delivered, 20, "$scheme: the mail server has seen no more";
    my $refusal = $machines[1]->send(from => '192.0.2.99');
    is $refusal->{status}, 429, "$scheme: a new visitor of any machine, too";
    cmp_ok $refusal->{retry_after}, '<=', 360, "$scheme: he waits for a place";
    cmp_ok $refusal->{retry_after}, '>', 240, "$scheme: of the shared limit";

    my @keys = $redis->keys;
    cmp_ok scalar @keys, '>', 1, "$scheme: there are keys in the store";
    is scalar(grep { !/^anonid:limit:[0-9a-f]{40}$/ } @keys), 0,
        "$scheme: from which nobody learns anything";
    is scalar(grep { $redis->ask('PTTL', $_) <= 0 } @keys), 0,
        "$scheme: and which all have an end";
    $_->stop for @machines, $redis;
}

# What the mail server refuses takes no place of the total on any machine.
sub test_giving_back ()
{
    my $redis = AnonID::Test::Redis->new(ca => $ca)->start;
    my ($one, $two) = up(map { machine($redis, 'redis', '1/hour 2 total') } 1, 2);

    $_->allow_log(qr/ANID0250/) for $one, $two;
    $one->expect_log($_) for qr/ANID0202/, qr/ANID0305/;
    $sink->script([RCPT => '550 5.1.1 no such mailbox']);
    is $one->send->{status}, 502, 'refused by the mail server' for 1 .. 4;
    $sink->script;
    is $two->send->{status}, 200, 'two messages can be sent' for 1 .. 2;
    is $one->send->{status}, 429, 'and no more, on either machine';
    delivered();
    $_->stop for $one, $two, $redis;
}

# A store that fails, by $fail: local limits hold, and it is noticed when it
# is back.
sub test_failure ($what, $fail, $mend, $why)
{
    my $redis = AnonID::Test::Redis->new(ca => $ca)->start;
    my ($site) = up(machine($redis, 'redis', '10/hour 6 total'));

    $site->expect_log(qr/ANID0250/, $LOST);
    is $site->send->{status}, 200, "$what: a message is sent";
    $fail->($redis);
    my $begun = Time::HiRes::time();
    is $site->send->{status}, 200, "$what: and the next one, all the same";
    cmp_ok Time::HiRes::time() - $begun, '<', 2, "$what: at once";
    $site->wait_log(qr/$LOST.*$why/);
    is $site->send->{status}, 200, "$what: local limits hold ..." for 1 .. 4;
    is $site->send->{status}, 429, "$what: ... up to their end";
    is scalar(() = $site->log_text =~ /ANID0252/g), 1, "$what: warned once";
    $mend->($redis);
    $site->wait_log(qr/ANID0253: The store \S+ works again after \d+ s/,
                    deadline => 40);
    delivered();
    $_->stop for $site, $redis;
}

# ... and a store that never worked.
sub test_never ($what, $redis, $url, $why)
{
    my $site = machine($redis, $url, '10/hour 2 total');

    $site->expect_log(qr/ANID0250/, $LOST);
    $site->wait_log(qr/$LOST.*$why/);
    is join(' ', map { $site->send->{status} } 1 .. 3), '200 200 429',
        "$what: local limits hold";
    delivered();
    $site->stop;
}

# The store's password is the agent's, as any secret.
sub test_secret ()
{
    my $redis = AnonID::Test::Redis->new(ca => $ca)->start;
    my ($site) = up(machine($redis, 'redis', '10/hour total'));
    my $forms = { password => $redis->{password} };

    is $site->send->{status}, 200, 'a message is sent';
    is_deeply [find_in_files($forms, $site->path('logs'))], [],
        'the password of the store is in no log';
    SKIP: {
        skip 'needs root', 1 if $> != 0;
        is_deeply [find_in_memory($forms, $site->httpd_pids)], [],
            'and in no process of httpd';
    }
    delivered();
    $_->stop for $site, $redis;
}

test_total($_) for qw(redis rediss);
test_secret();
test_giving_back();
test_failure('killed', sub ($redis) { $redis->kill },
             sub ($redis) { $redis->start }, 'closed|refused');
test_failure('hung', sub ($redis) { $redis->pause },
             sub ($redis) { $redis->resume }, 'did not answer in time');
test_failure('full',
             sub ($redis) { $redis->ask(qw(CONFIG SET maxmemory 1)) },
             sub ($redis) { $redis->ask(qw(CONFIG SET maxmemory 0)) },
             'OOM command not allowed');
test_failure('read only',
             sub ($redis) { $redis->ask(qw(REPLICAOF 127.0.0.1 1)) },
             sub ($redis) { $redis->ask(qw(REPLICAOF NO ONE)) },
             'READONLY|MASTERDOWN');
test_failure('another password',
             sub ($redis) {
                 my $other = canary();

                 $redis->ask(qw(CONFIG SET requirepass), $other);
                 $redis->{first} = $redis->{password};
                 $redis->{password} = $other;
                 $redis->ask(qw(CLIENT KILL TYPE normal SKIPME yes));
             },
             sub ($redis) {
                 $redis->ask(qw(CONFIG SET requirepass), $redis->{first});
                 $redis->{password} = $redis->{first};
             }, 'closed|WRONGPASS');

my $redis = AnonID::Test::Redis->new(ca => $ca)->start;
my $other = AnonID::Test::Redis->new(ca => AnonID::Test::CA->new('other'));

test_never('nobody there', $redis, 'redis://127.0.0.1:' . free_port(),
           'connect: Connection refused');
my $web = AnonID::Test::Httpd->new->start;

test_never('no redis', $redis, 'redis://127.0.0.1:' . $web->port('http'),
           'not the protocol of redis');
$web->stop;
$redis->stop;
$other->start;
test_never('a certificate of somebody else', $other, 'rediss',
           'TLS handshake: .*certificate');
$other->stop;

# A store without a password takes none, and shares all the same.
my $open = AnonID::Test::Redis->new(password => '');
spit($open->secret, canary() . "\n", 0600);
$open->start;
my ($first, $second) =
    up(map { machine($open, 'redis', '1/hour 1 total') } 1, 2);

$second->expect_log(qr/ANID0250/);
is $first->send->{status}, 200, 'a store without a password: a message';
is $second->send->{status}, 429, 'and no other one on the other machine';
$_->stop for $first, $second, $open;
done_testing;
