# SPDX-License-Identifier: Apache-2.0
#
# Accounts in Active Directory log on by Kerberos, with a password or a
# keytab, by account name or by a UPN of any suffix. Each state has its
# failure, told apart by what the domain controller puts beside its error; a
# locked account is tried again and not counted; outages pass.
#
# Samba names no cause for a locked account, which Windows does, and looks at
# workstations only if a client names its own, which libkrb5 does not. For
# these two, t/unit/test_krb5_failure.c has recorded replies.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::LogonSite;
use AnonID::Test::SambaDC;
use Time::HiRes qw(time);

skip_unless_root;
skip_unless_program(qw(samba samba-tool ldbmodify ldbsearch wbinfo ip));
require_build;

my @good = qw(AnonUser Upn Suffix Keytab workstation);
my @states = qw(disabled expired must_change password_expired hours locked);
my %password = map { ($_ => canary()) } @good, @states,
    qw(wrong unknown rolled locked_wrong);

my $dc = AnonID::Test::SambaDC->new(
    users => { Mail => canary(), map { ($_ => $password{$_}) }
               grep { $_ ne 'unknown' } keys %password })->start;
$dc->set_state($_ => $_) for @states, 'workstation';
$dc->set_state(locked_wrong => 'locked');
$dc->add_service('smtp/localhost', 'Mail');
$dc->modify($dc->replacement('Suffix', userPrincipalName => 'web@upn.test'));
%ENV = (%ENV, $dc->env);

sub windows ($user) { return "EXAMPLE\\$user" }

sub account ($name, $principal, $secret)
{
    return ($name => { logon => "krb5 $principal\@EXAMPLE.TEST",
                       secret => $secret });
}

# Exported beside its place, so that it gets there as one change.
sub put_keytab ($user)
{
    my $place = temp_root() . "/$user.keytab";

    rename $dc->keytab($user), $place or die "$place: $!";
    return (source => "keytab:$place");
}

my $site = AnonID::Test::LogonSite->new(
    mpm => 'prefork',
    accounts => {
        (map { account(windows($_), $_, $password{$_}) }
             qw(workstation unknown), @states),
        windows('AnonUser') => { logon => 'krb5 AnonUser@EXAMPLE.TEST',
                                 secret => $password{AnonUser},
                                 vhost => ['AnonIDMail office'] },
        account(windows('wrong'), 'wrong', canary()),
        account(windows('locked_wrong'), 'locked_wrong', canary()),
        account('Upn@EXAMPLE.TEST', 'Upn@EXAMPLE.TEST', $password{Upn}),
        account('Suffix@upn.test', 'web@upn.test', $password{Suffix}),
        (map { (windows($_) => { logon => "krb5 $_\@EXAMPLE.TEST",
                                 put_keytab($_) }) } qw(Keytab rolled)),
    },
    config => <<'END');
<AnonIDMailService office>
AnonIDMailServer submission://localhost:2
AnonIDMailFrom web@example.test
AnonIDMailRecipient webmaster webmaster@example.test
</AnonIDMailService>
END
my $ctl = AnonID::Test::Ctl->new($site);
$dc->set_password(rolled => canary());

# user => [code, sentence, detail]
my $bad = 'Logon failure: unknown user name or bad password.';
my $restriction = 'Logon failure: user account restriction.';
my $revoked = 'KRB5KDC_ERR_CLIENT_REVOKED';
my %failure = (
    wrong => [1326, $bad, 'KRB5KDC_ERR_PREAUTH_FAILED'],
    rolled => [1326, $bad, 'KRB5KDC_ERR_PREAUTH_FAILED'],
    unknown => [1326, $bad, 'KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN'],
    locked => [1327, $restriction,
               "$revoked (disabled, expired or locked out)"],
    locked_wrong => [1327, $restriction,
                     "$revoked (disabled, expired or locked out)"],
    hours => [1328, 'Logon failure: account logon time restriction violation.',
              "$revoked, STATUS_INVALID_LOGON_HOURS"],
    password_expired => [
        1330, 'Logon failure: the specified account password has expired.',
        'KRB5KDC_ERR_KEY_EXP, STATUS_PASSWORD_EXPIRED'],
    disabled => [1331, 'Logon failure: account currently disabled.',
                 "$revoked, STATUS_ACCOUNT_DISABLED"],
    expired => [1793, 'The user\'s account has expired.',
                "$revoked, STATUS_ACCOUNT_EXPIRED"],
    must_change => [1907, 'The user\'s password must be changed before '
                    . 'logging on the first time.',
                    'KRB5KDC_ERR_KEY_EXP, STATUS_PASSWORD_MUST_CHANGE'],
);

sub visit_all ()
{
    return map { $site->served(windows($_)) } sort keys %failure;
}

$site->expect_failure(windows($_) => $failure{$_}[0]) for keys %failure;
$site->start;

# Who is right.
my @right = ((map { windows($_) } qw(AnonUser Keytab workstation)),
             'Upn@EXAMPLE.TEST', 'Suffix@upn.test');
for my $name (@right) {
    is $site->wait_state($name, 'logged on')->{attempts}, 1,
        "$name is logged on, at the first attempt";
    is $site->served($name), 200, '... and its visitors are served';
}
like $dc->log_text, qr{TGS-REQ AnonUser\@\S+ from \S+ for smtp/localhost\@},
    'a ticket for a mail server is fetched ahead';

# The states, and the whole text of their warnings.
for my $user (sort keys %failure) {
    my ($code, $sentence, $detail) = @{ $failure{$user} };

    $site->wait_failure(windows($user) => $code);
    is_deeply [$site->warnings(windows($user))],
        [$site->warning_text('Windows NT account', windows($user), $code,
                             $sentence, 'krb5') . ", $detail]"],
        "$user: the warning says $code, once";
}

# The controller's own count, which a good logon would clear.
my $lockout = $dc->attribute('locked_wrong', 'lockoutTime');
my %count = (wrong => 1, rolled => 1, locked => 3, locked_wrong => 3,
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
$site->wait_status(windows($_) => sub ($s) { $s->{attempts} > 3 }, 'tried')
    for qw(locked locked_wrong);
counts_once('after visits, graceful restarts and more attempts');
is $dc->attribute('locked_wrong', 'lockoutTime'), $lockout,
    'a lock-out does not begin anew, not even by a wrong password';
is $site->status(windows($_))->{attempts}, 1, "$_ is not tried again"
    for grep { !/locked|hours/ } sort keys %failure;
$site->stop->start;
is $site->wait_failure(windows('wrong') => 1326)->{attempts}, 0,
    'a new agent does not try it either';
counts_once('after a restart of everything');

# A wrong password is known as such, and counts, once the lock is gone.
my $unlocked = windows('locked_wrong');
$site->expect_failure($unlocked => 1326);
$dc->set_state(locked_wrong => 'good');
my ($exit, $output) = $ctl->run('logon', $unlocked);
isnt $exit, 0, 'after a lock-out, a wrong password is tried';
is $site->wait_failure($unlocked => 1326)->{next_attempt}, undef,
    '... and then no more';

# The lock may be gone for our own next attempt before the operator's.
my $counted = $dc->bad_passwords('locked_wrong');
ok $counted == 1 || $counted == 2, '... it counts for each that was made'
    or diag $counted;
visit_all() for 1 .. 5;
$site->graceful;
is $dc->bad_passwords('locked_wrong'), $counted, '... and does not go on';

# An operator mends the accounts, and changes the secret or says so.
$dc->set_state($_ => 'good') for qw(disabled expired hours locked);
$dc->set_password($_ => canary()) for qw(password_expired must_change);
$dc->tool(qw(user create), 'unknown', $dc->{users}{unknown} = canary());
$site->expect_recovery(windows($_)) for keys %failure;
my $mended = time;
put_keytab('rolled');
$site->put_secret(windows($_) => $dc->{users}{$_})
    for qw(wrong locked_wrong unknown password_expired must_change);
$ctl->ok('logon', windows($_)) for qw(disabled expired hours locked);
for my $user (sort keys %failure) {
    $site->wait_state(windows($user) => 'logged on');
    cmp_ok time - $mended, '<', 5,
        "$user is mended, and logged on within 5 s";
    like $site->wait_log(qr/ANID0002: The account 'EXAMPLE\\\\$user'/),
        qr/is logged on again after \d+ failures? in \d+/, '... which is said';
}
is_deeply [visit_all()], [(200) x keys %failure], 'all visitors are served';
is $dc->bad_passwords('wrong'), 0, 'a good logon clears the count';

# Keys rolled over while the account is logged on.
$dc->set_password(Keytab => canary());
put_keytab('Keytab');
$site->wait_status(windows('Keytab') => sub ($s) { $s->{attempts} > 1 },
                   'tried');
is $site->status(windows('Keytab'))->{code}, 0, 'a new keytab is taken up';

# The controller hangs.
my $anon = windows('AnonUser');
my $outage = $site->warning_text(
    'Windows NT account', $anon, 1311, 'There are currently no logon servers '
    . 'available to service the logon request.', 'krb5')
    . ', KRB5_KDC_UNREACH]';
$site->expect_failure($anon => 1311);
$dc->pause;
$site->put_secret($anon => $password{AnonUser});
my $status = $site->wait_failure($anon => 1311, 60);
is $status->{state}, 'logged on', 'the controller hangs: a ticket stays good';
is $site->served($anon), 200, '... and serves visitors';
like $site->warning($anon), qr/^\Q$outage\E/, '... which the warning says';
$dc->resume;
$site->expect_recovery($anon);
$site->wait_failure($anon => 0, 60);
pass 'it goes on, which is noticed';

# It is down when httpd starts.
$dc->stop;
my @all = (@right, map { windows($_) } sort keys %failure);
$site->expect_failure($_ => 1311), $site->expect_recovery($_) for @all;
$site->stop->start;
for my $name (@all) {
    is $site->wait_failure($name => 1311)->{state}, 'failed',
        "it is down at the start: $name is not logged on";
}
is $site->warning($anon), $outage, 'which the warning says';
is $site->served($anon), 503, '... and the visitors wait';
$dc->start;
$site->wait_state($_ => 'logged on') for @all;
is $site->served($anon), 200, 'it comes back, and visitors are served';

done_testing;
