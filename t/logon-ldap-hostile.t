# SPDX-License-Identifier: Apache-2.0
#
# Servers that lie, babble, drip or fall silent: each is a failure with a name
# within its deadlines, and the agent neither dies nor grows nor spins, nor
# does it let other accounts wait.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadLdapServer;
use AnonID::Test::CA;
use AnonID::Test::LogonSite;
use Time::HiRes qw(time);

require_build;

my $ca = AnonID::Test::CA->new;
my $trust = 'AnonIDLogonTLS ca=' . $ca->file;

# way => [code, detail]; a url other than ldap://, further lines.
my $silence = 'LDAP result -5, Timed out: no answer in time';
my $lost = 'LDAP result -1, Can\'t contact LDAP server';
my $handshake = 'LDAP result -11, Connect error: the TLS handshake took too';
my %failure = (
    closes => [1311, $lost],
    silent => [1311, $silence],
    garbage => [1311, $lost],
    http => [1311, 'LDAP result'],
    huge => [1311, $lost],
    indefinite => [1311, 'LDAP result'],
    cut => [1311, $lost],
    inner => [1311, 'LDAP result'],
    drip => [1311, $silence],
    oversized => [1326, 'LDAP result 49, Invalid credentials: bad  ANID0002'],
    nul => [1311, 'LDAP result -4, Decoding error'],
    enormous => [1311, $lost],
    referral => [1311, 'LDAP result 10, Referral'],
    elsewhere => [1311, $silence],
    unsolicited => [1311, 'LDAP result'],
    intermediate => [1311, 'LDAP result 2, Protocol error: the server says'],
    type => [1311, 'LDAP result 2, Protocol error: the answer is of another'],
    unknown => [1327, 'LDAP result 123, '],
    unbound => [1311, $silence],
    reset => [1311, $lost],
    disconnect => [1311, 'LDAP result'],
    entries => [1311, 'LDAP result -5, Timed out: no end of the search'],
    references => [1311, 'LDAP result -5, Timed out: no'],
    notls => [1311, 'LDAP result -11, Connect error: the server refuses'],
    unready => [1311, $silence],
    handshake => [1311, $handshake],
    injected => [1311, 'LDAP result -11, Connect error: '],
    tls => [1311, $handshake],
    plain => [1311, 'LDAP result -11, Connect error: '],
);

my %way = ((map { ($_ => $_) } AnonID::Test::BadLdapServer->ways),
           tls => 'silent', plain => 'http');
my %scheme = (tls => 'ldaps', plain => 'ldaps');
my %lines = map { ($_ => [$trust]) }
    qw(notls unready handshake injected tls plain);
my %server = map {
    ($_ => AnonID::Test::BadLdapServer->new(name => "bad-$_",
                                            way => $way{$_})->start)
} keys %way;

is_deeply [grep { !$failure{$_} } keys %way], ['control'],
    'every way is looked at';
my $site = AnonID::Test::LogonSite->new(accounts => {
    map { ($_ => { logon => 'ldap ' . $server{$_}->url($scheme{$_} // 'ldap')
                       . ' cn=somebody',
                   lines => $lines{$_} // [], secret => canary() }) }
        keys %server });

$site->expect_failure($_ => $failure{$_}[0]) for keys %failure;
my $began = time;
$site->start;
my ($agent) = $site->agent_pids;

for my $name (sort keys %failure) {
    my ($code, $detail) = @{ $failure{$name} };
    $site->wait_failure($name, $code, 120);
    like $site->warning($name), qr/provider ldap, .*\Q$detail\E/,
        "$name: a failure with a name";
}
cmp_ok time - $began, '<', 90, 'all of them had their turn in time';
is $site->wait_state(control => 'logged on')->{code}, 0,
    'a malformed control of a success is passed over';

# Nobody is bound to who has not proven itself.
is $server{$_}->binds, 0, "$_: the password is not sent"
    for qw(closes silent garbage http huge indefinite disconnect entries
           references notls unready handshake injected tls plain);
is $server{$_}->binds, 1, "$_: a refusal is final" for qw(oversized unknown);

# The log stands as it should, the agent lives as it should.
my @lines = grep { /ANID0001/ } split /\n/, $site->error_log('oversized.test');
is scalar @lines, 1, 'a diagnostic text makes one line';
cmp_ok length $lines[0], '<', 1000, '... which is not too long';
unlike $lines[0], qr/[\x00-\x1f]/, '... and has no control characters';
is_deeply [$site->agent_pids], [$agent], 'the agent is the first one';
my ($peak) = slurp("/proc/$agent/status") =~ /^VmHWM:\s+(\d+)/m;
cmp_ok $peak, '<', $ENV{ANONID_HTTPD_PRELOAD} ? 1_000_000 : 100_000,
    'it did not grow';
my @stat = split ' ', slurp("/proc/$agent/stat") =~ s/^.*\) //r;
cmp_ok +($stat[11] + $stat[12]) / 100, '<', 0.5 * (time - $began),
    'it did not spin';

done_testing;
