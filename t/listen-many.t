# SPDX-License-Identifier: Apache-2.0
#
# Thousands of sessions behind one listener: what they cost, that they outlive
# a graceful restart of httpd, what one too many hears, and that they come back
# after a restart of their server.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Dialogue;
use AnonID::Test::ImapSink;
use AnonID::Test::MailSite;

require_build;
plan skip_all => 'only root can look at the memory of the agent' if $> != 0;

use constant { WANTED => 5000, AT_ONCE => 50, MOST_OCTETS => 4096 };

my ($files) = slurp('/proc/self/limits') =~ /^Max open files\s+(\d+)/m;

# Each has one descriptor here, one in the server and two in the agent.
my $sessions = ($files // WANTED) > 2 * WANTED + 500 ? WANTED
    : int(($files - 500) / 2);

plan skip_all => 'too few descriptors (ulimit -n)' if $sessions < 100;

my $password = canary();
my $sink = AnonID::Test::ImapSink->new(password => $password,
                                       octets => 1000)->start;
my $port = free_port();
my $site = AnonID::Test::MailSite->new(
    ca => undef, trust => '', password => $password, log_level => 'warn',
    servers => ['imap://localhost:' . $sink->port . '?tls=none'],
    listen => ["imap://127.0.0.1:$port max=$sessions"]);

$site->reconfigure(config => $site->{config} =~ s/^AnonIDMailTLS\s*$//mr);
$site->start;

my ($agent) = $site->agent_pids;

sub memory ()
{
    my ($size) = slurp("/proc/$agent/smaps_rollup") =~ /^Pss_Anon:\s+(\d+)/m;

    return 1024 * $size;
}

# So many more sessions, some at a time; those that were let in.
sub log_on ($n)
{
    my @clients;

    while (@clients < $n) {
        my @some = map { AnonID::Test::Dialogue->connect($port) }
            1 .. ($n - @clients < AT_ONCE ? $n - @clients : AT_ONCE);

        $_->say('a LOGIN u p') for @some;
        $_->until(qr/^a OK /) for @some;
        push @clients, @some;
    }
    return @clients;
}

# How many of them are answered.
sub answered (@clients)
{
    $_->say('b NOOP') for @clients;
    return scalar grep { ($_->line // '') eq 'b OK Done' } @clients;
}

my $before = memory();
my @clients = log_on($sessions);
my $each = (memory() - $before) / $sessions;

is answered(@clients), $sessions, "$sessions sessions are served";
cmp_ok $each, '<=', MOST_OCTETS,
    sprintf 'an idle session costs %d octets', $each;

$site->expect_log(qr/ANID0049: .*:$port' has all of its $sessions connections/);
is +AnonID::Test::Dialogue->connect($port)->line,
    '* BYE [LIMIT] Too many connections', 'one too many is told so';

$site->graceful;
is answered(@clients), $sessions, 'they outlive a graceful restart';
is_deeply [$site->agent_pids], [$agent], '... as the agent does';

# The server goes, and all of them with it; then all come back at once.
$sink->stop;
is scalar(grep { $_->ended } @clients), $sessions,
    'they end with their server';
$sink->start;
my $back = $sessions < 500 ? $sessions : 500;

@clients = map { AnonID::Test::Dialogue->connect($port)->say('a LOGIN u p') }
    1 .. $back;
is scalar(grep { ($_->until(qr/^a /))[-1] =~ /^a OK / } @clients), $back,
    "$back come back at once, and are let in one after the other";
done_testing;
