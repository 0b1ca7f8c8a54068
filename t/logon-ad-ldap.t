# SPDX-License-Identifier: Apache-2.0
#
# Accounts in Active Directory log on by LDAP, over StartTLS and ldaps, as
# DOMAIN\user, as user@REALM, as a DN or by a search. Each state has its
# failure; a wrong password is counted once by the domain controller itself;
# what an operator mends is found mended; and an outage passes.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Ctl;
use AnonID::Test::LogonSite;
use AnonID::Test::SambaDC;
use Time::HiRes qw(time);

skip_unless_root;
skip_unless_program(qw(samba samba-tool ldbmodify ldbsearch wbinfo ip));
require_build;

my @good = qw(AnonUser Upn Dn Found Reader Short);
my @states = qw(disabled expired must_change password_expired workstation hours
                locked);
my %password = map { ($_ => canary()) } @good, @states, qw(wrong unknown);

my $ca = AnonID::Test::CA->new;
my $dc = AnonID::Test::SambaDC->new(
    ca => $ca, users => { map { ($_ => $password{$_}) }
                          grep { $_ ne 'unknown' } keys %password });

# Passwords are good for 42 days: these for two more.
$dc->age_password($_, (int(time) + 11644473600 - 40 * 86400) * 10_000_000)
    for qw(Upn Dn Short);
$dc->start;
$dc->set_state($_ => $_) for @states;

my $trust = 'AnonIDLogonTLS ca=' . $ca->file;
my $starttls = 'ldap://' . $dc->address;
my $ldaps = 'ldaps://' . $dc->address;
my $users = 'CN=Users,DC=example,DC=test';

sub account ($name, $logon, $user, @lines)
{
    return ($name => { logon => "ldap $logon", lines => [$trust, @lines],
                       secret => $password{$user} });
}

sub windows ($user) { return "EXAMPLE\\$user" }

my $site = AnonID::Test::LogonSite->new(accounts => {
    (map { account(windows($_), "$starttls EXAMPLE\\$_", $_) }
         'AnonUser', @states, 'unknown'),
    account('Upn@EXAMPLE.TEST', "$ldaps Upn\@EXAMPLE.TEST", 'Upn'),
    account('Dn', "$ldaps " . $dc->dn('Dn'), 'Dn'),
    account(windows('Found'),
            "$ldaps ldap:///DC=example,DC=test?sAMAccountName", 'Found',
            'AnonIDLogonSearchAs EXAMPLE\Reader'),
    account(windows('Reader'), "$ldaps EXAMPLE\\Reader", 'Reader'),
    account(windows('Short'), "$starttls EXAMPLE\\Short", 'Short',
            'AnonIDLogonLifetime 8'),
    windows('wrong') => { logon => "ldap $starttls EXAMPLE\\wrong",
                          lines => [$trust], secret => canary() },
});
my $ctl = AnonID::Test::Ctl->new($site);

# user => [code, sentence, data]
my $bad = 'Logon failure: unknown user name or bad password.';
my %failure = (
    wrong => [1326, $bad, '52e'],
    unknown => [1326, $bad, '52e'],
    hours => [1328, 'Logon failure: account logon time restriction violation.',
              '530'],
    workstation => [1329, 'Logon failure: user not allowed to log on to this '
                    . 'computer.', '531'],
    password_expired => [1330, 'Logon failure: the specified account password '
                         . 'has expired.', '532'],
    disabled => [1331, 'Logon failure: account currently disabled.', '533'],
    expired => [1793, 'The user\'s account has expired.', '701'],
    must_change => [1907, 'The user\'s password must be changed before '
                    . 'logging on the first time.', '773'],
    locked => [1909, 'The referenced account is currently locked out and may '
               . 'not be logged on to.', '775'],
);

sub visit_all ()
{
    return map { $site->served(windows($_)) } sort keys %failure;
}

$site->expect_failure(windows($_) => $failure{$_}[0]) for keys %failure;
$site->start;

$site->expect_log(qr/ANID0005: .* '(?:Upn\@EXAMPLE\.TEST|Dn|EXAMPLE(?#
    )\\+Short)' expires in (?:2 days|\d+ h)/);

# Who is right.
for my $name ((map { windows($_) } qw(AnonUser Found Reader Short)),
              'Upn@EXAMPLE.TEST', 'Dn') {
    is $site->wait_state($name, 'logged on')->{attempts}, 1,
        "$name is logged on, at the first attempt";
    is $site->served($name), 200, '... and its visitors are served';
}
is $site->status(windows('Found'))->{detail}, '', 'a search passes referrals';

# The directory says when passwords end, however the account is called.
for my $name ('Upn@EXAMPLE.TEST', 'Dn', windows('Short')) {
    my $left = $site->status($name)->{secret_expires} - time;

    ok $left > 86400 && $left <= 2 * 86400, "$name: the password ends soon";
}
my $left = $site->status(windows('AnonUser'))->{secret_expires} - time;
ok $left > 41 * 86400, '... another one does not';
is scalar(() = $site->log_text =~ /ANID0005: /g), 3, '... and is warned of';

# The states, and the whole text of their warnings.
for my $user (sort keys %failure) {
    my ($code, $sentence, $data) = @{ $failure{$user} };
    my $status = $site->wait_failure(windows($user) => $code);

    is_deeply [$site->warnings(windows($user))],
        [$site->warning_text('Windows NT account', windows($user), $code,
                             $sentence, 'ldap')
         . ", LDAP result 49, data $data]"],
        "$user: the warning says $code, once";
    is defined $status->{next_attempt} ? 'again' : 'never',
        $user =~ /^(?:locked|hours)$/ ? 'again' : 'never',
        '... and is it tried again';
}
my $delay = $site->status(windows('locked'))->{next_attempt} - time;
cmp_ok $delay, '>', 40, 'a locked account is left alone for a minute';

# The controller's own count, which a good logon would clear.
my $lockout = $dc->attribute('locked', 'lockoutTime');
my %count = (wrong => 1, locked => 3,
             map { ($_ => 0) } grep { $_ ne 'locked' } @states);
sub counts_once ($what)
{
    is_deeply { map { ($_ => $dc->bad_passwords($_)) } keys %count }, \%count,
        "the controller counts a wrong password once: $what";
}

counts_once('at the start');
for (1 .. 3) {
    visit_all() for 1 .. 20;
    $site->graceful;
}
is_deeply [visit_all()], [(503) x keys %failure], 'the visitors wait';
counts_once('after visits and graceful restarts');
$site->stop->start;
is $site->wait_failure(windows('wrong') => 1326)->{attempts}, 0,
    'a new agent does not try it';
counts_once('after a restart of everything');
is $dc->attribute('locked', 'lockoutTime'), $lockout,
    'a lock-out does not begin anew';

# An operator mends the accounts, and changes the secret or says so.
my @mended = qw(disabled expired hours workstation locked);
$dc->set_state($_ => 'good') for @mended;
$dc->set_password($_ => canary()) for qw(password_expired must_change);
$dc->tool(qw(user create), 'unknown', $dc->{users}{unknown} = canary());
$site->expect_recovery(windows($_)) for keys %failure;
my $mended = time;
$site->put_secret(windows($_) => $dc->{users}{$_})
    for qw(wrong unknown password_expired must_change);
$ctl->ok('logon', windows($_)) for @mended;
for my $user (sort keys %failure) {
    $site->wait_state(windows($user) => 'logged on');
    cmp_ok time - $mended, '<', 5,
        "$user is mended, and logged on within 5 s";
    like $site->wait_log(qr/ANID0002: The account 'EXAMPLE\\\\$user'/),
        qr/is logged on again after \d+ failures? in \d+/, '... which is said';
}
is_deeply [visit_all()], [(200) x keys %failure], 'all visitors are served';
is $dc->bad_passwords('wrong'), 0, 'a good logon clears the count';

# A new secret that is wrong, among good ones.
$site->expect_failure(windows('AnonUser') => 1326);
$site->put_secret(windows('AnonUser') => canary());
$site->wait_status(windows('AnonUser') => sub ($s) { $s->{kept} }, 'kept');
like $site->warning(windows('AnonUser')), qr/the last good logon stays in use/,
    'a wrong new secret leaves the old logon in use';
is $dc->bad_passwords('AnonUser'), 1, '... and counts once';
is $site->served(windows('AnonUser')), 200, '... the visitors notice nothing';

# The controller hangs, dies and comes back; the logon is good for 8 s.
my $short = windows('Short');
my $outage = $site->warning_text(
    'Windows NT account', $short, 1311, 'There are currently no logon servers '
    . 'available to service the logon request.', 'ldap');
$site->expect_failure($short => 1311);
$site->expect_recovery($short);
sub outage_passes ($what, $detail, $end)
{
    is $site->served($short), 200, "$what: who is logged on stays so";
    my $status = $site->wait_state($short => 'failed');
    is $status->{code}, 1311, '... until the logon ends';
    is $site->served($short), 503, '... and then the visitors wait';
    is $site->warning($short), "$outage, $detail]",
        '... which the warning says';
    my $mark = $site->log_mark;
    $dc->$end;
    $site->wait_log(qr/ANID0002: The account 'EXAMPLE\\\\Short'/,
                    since => $mark);
    is $site->served($short), 200, '... and the end is noticed';
}

$dc->pause;
outage_passes('it hangs', 'the logon ended before it could be renewed',
              'resume');
$dc->stop;
outage_passes('it is stopped', "$starttls: LDAP result -1, Can't contact LDAP "
              . 'server: Connection refused', 'start');

done_testing;
