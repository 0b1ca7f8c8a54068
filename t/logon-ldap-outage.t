# SPDX-License-Identifier: Apache-2.0
#
# A directory that is down, dies, hangs and comes back: who is logged on stays
# so until the bind's lifetime is over, recovery is noticed, nothing waits for
# ever, and a wrong password is not counted more than once however long the
# directory slept.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Ctl;
use AnonID::Test::LogonSite;
use AnonID::Test::Slapd;
use Time::HiRes qw(time);

skip_unless_program('slapd', 'slapadd', 'ldapmodify', 'ldapsearch');
require_build;

my $LIFETIME = 12;
my $ca = AnonID::Test::CA->new;
my @names = qw(short long second wrong plain tls starttls);
my %password = map { ($_ => canary()) } @names, 'late';

sub directory ($name, @users)
{
    return AnonID::Test::Slapd->new(
        name => $name, ca => $ca,
        users => { map { ($_ => { password => $password{$_} }) } @users });
}

my $slapd = directory('first', @names)->start;
my $other = directory('other', 'second')->start;
my $late = directory('late', 'late');
my $sleeper = directory('sleeper', qw(plain tls starttls wrong second))
    ->start->pause;

my $trust = 'AnonIDLogonTLS ca=' . $ca->file;
my $lifetime = "AnonIDLogonLifetime $LIFETIME";

sub account ($name, $urls, @lines)
{
    return ($name => { logon => "ldap $urls " . $slapd->dn($name),
                       secret => $name eq 'wrong' ? canary()
                           : $password{$name},
                       lines => \@lines });
}

my $site = AnonID::Test::LogonSite->new(accounts => {
    account('late', $late->url('ldap')),
    account('short', $slapd->url('ldap'), $lifetime),
    account('long', $slapd->url('ldap')),
    account('second', join(' ', map { $_->url('ldap') }
                           $sleeper, $slapd, $other), $lifetime),
    account('wrong', $sleeper->url('ldapi')),
    account('plain', $sleeper->url('ldap')),
    account('tls', $sleeper->url('ldaps'), $trust),
    account('starttls', $sleeper->url('ldap'), $trust),
});

my @hanging = qw(wrong plain tls starttls);
$site->expect_failure($_ => 1311) for 'late', @hanging, 'short', 'long';
$site->expect_recovery($_) for 'late', qw(plain tls starttls short long);
$site->expect_failure(wrong => 1326);
$sleeper->allow_log(qr/TLS: can't accept/, qr/ber write failed/);

# Down at the start.
my $began = time;
$site->start;
cmp_ok time - $began, '<', 10, 'httpd starts without the directories';
my $status = $site->wait_failure(late => 1311);
like $status->{detail},
    qr/^\Q@{[$late->url('ldap')]}\E: LDAP result -1, .*Connection refused$/,
    'a directory that is down at the start: why';
is $site->served('late'), 503, '... and the visitors wait';
$site->wait_state($_ => 'logged on') for qw(short long);
$site->wait_status(late => sub ($s) { $s->{attempts} > 2 }, 'tried again');
is scalar(() = $site->warnings('late')), 1, '... which is said once';
$late->start;
$site->wait_state(late => 'logged on');
like $site->wait_log(qr/ANID0002: The account 'late'/),
    qr/is logged on again after [3-9] failures in \d+ s/,
    'it comes up, which is noticed and said';
is $site->served('late'), 200, '... and the visitors are served';

# A server that hung is passed over for a moment.
my $HUNG = 'it kept another logon waiting in vain';

# Hanging from the start: connections are taken and never answered.
my %why = (
    wrong => 'LDAP result -5, Timed out: no answer in time',
    plain => 'LDAP result -5, Timed out: no answer in time',
    tls => 'LDAP result -11, Connect error: the TLS handshake took too long',
    starttls => 'LDAP result -5, Timed out: no answer in time',
);
for my $name (@hanging) {
    $site->wait_failure($name => 1311, 40);
    like $site->warning($name), qr/: \Q$why{$name}\E\]$/,
        "$name: a directory that hangs is given up";
}
cmp_ok time - $began, '<', 40, '... within its deadlines';
is $site->wait_state(second => 'logged on')->{attempts}, 1,
    'the next server was asked meanwhile';
is $other->binds('second') + $slapd->binds('second'), 1, '... once';

$status = $site->wait_status(
    tls => sub ($s) { $s->{detail} =~ /\Q$HUNG\E$/ }, 'it is passed over');
is $status->{code}, 1311, 'the next attempts do not wait for it again';

# It wakes up.
$site->wait_status(wrong => sub ($s) { $s->{attempts} > 1 }, 'tried again');
$sleeper->resume;
$site->wait_state($_ => 'logged on', 90) for qw(plain tls starttls);
pass 'a directory that woke up is noticed';
$site->wait_failure(wrong => 1326, 90);
is $sleeper->failures('wrong'), 1,
    'a wrong password is counted once, however long it slept';

# Killed while running.
$slapd->kill;
my $killed = time;
$status = $site->wait_status(
    short => sub ($s) { $s->{code} == 1311 }, 'renewal fails', 30);
is $status->{state}, 'logged on', 'who is logged on stays so';
my $printed = AnonID::Test::Ctl->new($site)->ok('status', 'short');
like $printed,
    qr/^    The last good logon is in use; since then: There are currently no/m,
    '... which anonidctl says, of no other secret';
like $site->wait_log(qr/ANID0001: .*'short'/),
    qr/\] The last good logon stays in use until it ends\.$/,
    '... which the warning says';
is $site->served('short'), 200, '... and the visitors are served';
cmp_ok time - $killed, '<', $LIFETIME, '... before the lifetime is over';
$status = $site->wait_state(short => 'failed', $LIFETIME + 5);
cmp_ok time - $killed, '<', $LIFETIME + 5, '... until it is';
is $status->{code}, 1311, '... with the failure that prevents the renewal';
is $site->served('short'), 503, '... and the visitors wait';
is $site->status('long')->{state}, 'logged on', 'a longer lifetime lasts';
is $site->served('long'), 200, '... and its visitors are served';

# A new secret meanwhile: nobody can say whether it is a good one.
$site->put_secret(long => $password{long});
$site->wait_failure(long => 1311);
like $site->warning('long'),
    qr/\] The new secret could not be proven, because no server could be asked;/,
    'a new secret while the directory is down could not be proven';
is $site->served('long'), 200, '... and the old one stays in use';
$site->wait_status(second => sub ($s) { $other->binds('second') > 0
                                        || $sleeper->binds('second') > 0 },
                   'renewed elsewhere', 30);
is $site->status('second')->{state}, 'logged on',
    'who has another server is renewed there';
$slapd->start;
$site->wait_state(short => 'logged on', 90);
is $site->served('short'), 200, 'it comes back, which is noticed';
ok $site->wait_log(qr/ANID0002: The account 'long'/, deadline => 90),
    'the new secret is proven';

# What the agent did meanwhile.
my ($agent) = $site->agent_pids;
my @stat = split ' ', slurp("/proc/$agent/stat") =~ s/^.*\) //r;
cmp_ok +($stat[11] + $stat[12]) / 100, '<', 3, 'no loop was a busy one';

done_testing;
