# SPDX-License-Identifier: Apache-2.0
#
# Each state of a directory account has its failure; a wrong password is tried
# once, by the directory's own count; a new secret is taken up at once if it is
# right, and leaves the old logon in use if it is wrong.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::LogonSite;
use AnonID::Test::Slapd;
use Time::HiRes qw(time);

skip_unless_program('slapd', 'slapadd', 'ldapmodify', 'ldapsearch');
require_build;

my @names = qw(good wrong locked expired change unknown malformed);
my %password = map { ($_ => canary()) } @names;
my $slapd = AnonID::Test::Slapd->new(
    users => { map { ($_ => { password => $password{$_} }) }
               grep { $_ ne 'unknown' } @names })->start;

$slapd->set_state(locked => 'locked')->set_state(expired => 'expired')
    ->set_state(change => 'must_change');

my $url = $slapd->url('ldapi');
my %dn = (malformed => 'this-is-no-dn');
my $site = AnonID::Test::LogonSite->new(accounts => {
    map { ($_ => { logon => "ldap $url " . ($dn{$_} // $slapd->dn($_)),
                   secret => $_ eq 'wrong' ? canary() : $password{$_} }) }
        @names });
my $ctl = AnonID::Test::Ctl->new($site);

# name => [code, sentence, detail]
my $bad = 'Logon failure: unknown user name or bad password.';
my %failure = (
    wrong => [1326, $bad, 'LDAP result 49, Invalid credentials'],
    unknown => [1326, $bad, 'LDAP result 49, Invalid credentials'],
    malformed => [1326, $bad, 'LDAP result 34, Invalid DN syntax: invalid DN'],
    locked => [1909, 'The referenced account is currently locked out and may '
               . 'not be logged on to.', 'accountLocked'],
    expired => [1330, 'Logon failure: the specified account password has '
                . 'expired.', 'passwordExpired'],
    change => [1907, 'The user\'s password must be changed before logging on '
               . 'the first time.', 'changeAfterReset'],
);

$site->expect_failure($_ => $failure{$_}[0]) for keys %failure;
$site->allow_log(qr/AH00098: .* Unclean shutdown/);
$site->start;

# The states, and the whole text of their warnings.
$site->wait_state(good => 'logged on');
for my $name (sort keys %failure) {
    my ($code, $sentence, $detail) = @{ $failure{$name} };
    my $status = $site->wait_failure($name => $code);

    is $status->{state}, 'failed', "$name is not logged on";
    is_deeply [$site->warnings($name)],
        [$site->warning_text('LDAP account', $name, $code, $sentence, 'ldap')
         . ", $detail]"], '... which is said once, exactly so';
    is defined $status->{next_attempt} ? 'again' : 'never',
        $name eq 'locked' ? 'again' : 'never', '... and is it tried again';
}
my $delay = $site->status('locked')->{next_attempt} - time;
cmp_ok $delay, '>', 50, 'a locked account is left alone for a minute';

# Once for each version of the secret, whatever happens here.
sub counts_once ($what)
{
    is $slapd->failures('wrong'), 1, "one failed attempt is counted: $what";
}

counts_once('at the start');
$site->served('wrong') for 1 .. 5;
counts_once('after visits');
$site->graceful for 1 .. 3;
$site->restart;
counts_once('after restarts of the workers');
my $agent = ($site->agent_pids)[0];
$site->put_secret(good => $password{good});
$site->wait_status(good => sub ($s) { $s->{attempts} > 1 }, 'tried again');
is +($site->agent_pids)[0], $agent, 'the agent is still the first one';
counts_once('after a change of another secret');
is $site->status('wrong')->{attempts}, 1, 'one attempt was made';
$site->stop->start;
$site->wait_state($_ => 'failed') for keys %failure;
$site->wait_state(good => 'logged on');
counts_once('after a full restart');
$site->kill->start;
$site->wait_state(wrong => 'failed');
$site->wait_state(good => 'logged on');
counts_once('after a violent end');

# The right secret, which no restart takes up.
$site->expect_recovery('wrong');
my $mark = $site->log_mark;
my $put = time;
$site->put_secret(wrong => $password{wrong});
$site->wait_state(wrong => 'logged on');
cmp_ok time - $put, '<', 5, 'the right secret logs on within 5 s';
is $site->served('wrong'), 200, '... and the visitors are served';
like $site->wait_log(qr/ANID0002/, since => $mark),
    qr/The account 'wrong' is logged on again after 1 failure in \d+/,
    '... which is said';
is $slapd->failures('wrong'), 0, 'the directory has forgotten the failure';

# Another wrong one.
$site->expect_log(qr/ANID0001: .*'good' .*last good logon stays in use/);
$site->put_secret(good => canary());
$site->wait_status(good => sub ($s) { $s->{kept} }, 'kept');
is $site->status('good')->{state}, 'logged on',
    'a wrong new secret leaves the old logon in use';
is $site->served('good'), 200, '... and the visitors are served';
is $site->warning('good'),
    $site->warning_text('LDAP account', 'good', 1326, $bad, 'ldap')
    . ', LDAP result 49, Invalid credentials] The new secret was not taken '
    . 'up; the last good logon stays in use.', '... which is said';
is $slapd->failures('good'), 1, 'it is tried once';
$site->graceful;
is $slapd->failures('good'), 1, '... also after a restart';
$site->expect_recovery('good');
$slapd->set_password(good => $password{good} = canary());
$site->put_secret(good => $password{good});
$site->wait_status(good => sub ($s) { !$s->{kept} }, 'no longer kept');
is $site->status('good')->{code}, 0, 'a right new secret is taken up';

# An operator mends the accounts in the directory and asks for an attempt.
for my $name (qw(locked expired change)) {
    $site->expect_recovery($name);
    my ($exit, $output) = $ctl->run('logon', $name);
    isnt $exit, 0, "anonidctl logon $name fails";
    my $data = sprintf '[data %08x, ', $failure{$name}[0];
    like $output, qr/\Q$data\E/, '... with the code';
    $slapd->set_state($name => 'good');
    ($exit, $output) = $ctl->run('logon', $name);
    is $exit, 0, 'mended in the directory, it logs on' or diag $output;
    is $site->wait_state($name => 'logged on')->{code}, 0, '... and says so';
}

done_testing;
