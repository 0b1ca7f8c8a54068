# SPDX-License-Identifier: Apache-2.0
#
# Accounts in Kerberos realms log on with a password, in every state that a
# KDC can put them into: each has its code, its words and one attempt, and a
# new secret is proven before it replaces one that works.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::KDC;
use AnonID::Test::LogonSite;
use AnonID::Test::Process qw(run);
use Time::HiRes qw(time);

skip_unless_program('krb5kdc', 'kadmin.local', 'kinit');
require_build;

my @good = qw(web changed kept DOM\windows);
my @states = qw(disabled expired password_expired must_change locked);
my %password = map { ($_ => canary()) } @good, @states, 'wrong', 'upn';
my $password = canary();

# One without SPAKE, and one with: a client could try both, one after another.
# The first has a primary: a client could ask that again after a refusal.
my $kdc = AnonID::Test::KDC->new(
    primary => 1,
    principals => { (map { (AnonID::Test::LogonSite::user($_)
                            => $password{$_}) } @good, @states, 'wrong'),
                    'upn\@upn.test' => $password{upn}, kinit => canary(),
                    'smtp/localhost' => undef, 'imap/localhost' => undef });
my $spake = "spake_preauth_groups = edwards25519\n";
my $other = AnonID::Test::KDC->new(
    realm => 'OTHER.TEST', libdefaults => $spake,
    principals => { web => $password, wrong => $password });

$_->start for $kdc, $other;
$kdc->set_state($_ => $_) for grep { $_ ne 'locked' } @states;
run(['kinit', '-c', temp_root() . '/ccache', 'locked'], input => "wrong\n",
    env => { $kdc->env }) for 1 .. 3;

# What httpd's environment says is what the agent uses; a cache is no part of
# it, although the configuration names a file.
my $conf = spit(temp_root() . '/krb5.conf',
                $kdc->krb5_conf($other)
                =~ s/\[realms\]/$spake$&/r);
$ENV{KRB5_CONFIG} = $conf;
$ENV{KRB5CCNAME} = 'FILE:' . temp_root() . '/environment';

sub account ($name, $principal, $secret = $password{$name})
{
    return ($name => { logon => "krb5 $principal", secret => $secret });
}

sub principal ($name)
{
    return AnonID::Test::LogonSite::user($name) . '@EXAMPLE.TEST';
}

my $site = AnonID::Test::LogonSite->new(
    accounts => {
        (map { account($_, principal($_)) } @good, @states),
        web => { logon => 'krb5 ' . principal('web'),
                 secret => $password{web},
                 vhost => ['AnonIDMail office', '<Location "/plain">',
                           'AnonIDMail plain', '</Location>'] },
        account('upn', 'upn@upn.test@EXAMPLE.TEST'),
        account('elsewhere', 'web@OTHER.TEST', $password),
        account('unknown', principal('nobody'), canary()),
        account('wrong', principal('wrong'), canary()),
        account('DOM\stranger', principal('stranger'), canary()),
        account('spake', 'wrong@OTHER.TEST', canary()),
        account('norealm', 'web@NOWHERE.TEST', canary()),
    },
    config => <<'END');
<AnonIDMailService office>
AnonIDMailServer submission://localhost:2 submission://127.0.0.1:2?tls=none
AnonIDMailFrom web@example.test
AnonIDMailRecipient webmaster webmaster@example.test
</AnonIDMailService>
<AnonIDMailService plain>
AnonIDMailServer submission://elsewhere.test
AnonIDMechanism PLAIN
AnonIDMailFrom web@example.test
AnonIDMailRecipient webmaster webmaster@example.test
</AnonIDMailService>
END

my $unknown = 'Logon failure: unknown user name or bad password.';
my $revoked = 'KRB5KDC_ERR_CLIENT_REVOKED (disabled, expired or locked out)';
my %failure = (
    unknown => [1326, $unknown, 'KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN'],
    'DOM\stranger' => [1326, $unknown, 'KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN'],
    wrong => [1326, $unknown, 'KRB5KDC_ERR_PREAUTH_FAILED'],
    spake => [1326, $unknown, 'KRB5KDC_ERR_PREAUTH_FAILED'],
    disabled => [1327, 'Logon failure: user account restriction.', $revoked],
    locked => [1327, 'Logon failure: user account restriction.', $revoked],
    expired => [1793, 'The user\'s account has expired.',
                'KRB5KDC_ERR_NAME_EXP'],
    password_expired => [
        1330, 'Logon failure: the specified account password has expired.',
        'KRB5KDC_ERR_KEY_EXP'],
    # MIT's KDC does not tell it apart; Active Directory does.
    must_change => [
        1330, 'Logon failure: the specified account password has expired.',
        'KRB5KDC_ERR_KEY_EXP'],
    norealm => [1355, 'The specified domain either does not exist or could '
                . 'not be contacted.', 'KRB5_REALM_UNKNOWN'],
);

$site->expect_failure($_ => $failure{$_}[0]) for keys %failure;
$site->start;

for my $name (@good, qw(upn elsewhere)) {
    my $status = $site->wait_state($name => 'logged on');

    is $status->{attempts}, 1, "$name is logged on at the first attempt";
    cmp_ok abs($status->{expires} - time - 10 * 3600), '<', 120,
        '... for the ticket\'s life of ten hours';
}
is $site->served('web'), 200, 'its visitors are served';

for my $name (sort keys %failure) {
    my ($code, $sentence, $detail) = @{ $failure{$name} };

    $site->wait_failure($name => $code);
    is $site->warning($name),
        $site->warning_text($name =~ /\\/ ? 'Windows NT account'
                                : 'Kerberos account', $name, $code, $sentence,
                            'krb5') . ", $detail]",
        "$name: the warning says $code";
    is $site->served($name), 503, '... and its visitors wait';
}

# How often a KDC is asked.
run(['kinit', '-c', temp_root() . '/ccache', 'kinit'], input => "wrong\n",
    env => { $kdc->env });
is $kdc->failed_attempts('kinit'), 2, 'kinit\'s wrong password counts twice';
is $kdc->failed_attempts('wrong'), 1, 'ours is counted once';
is $other->failed_attempts('wrong'), 1, '... also where there is SPAKE';
like $other->log_text, qr/preauth \(spake\) verify failure/,
    '... which was what the client had chosen';
is $site->status($_)->{attempts}, 1, "$_ is not tried again"
    for qw(unknown wrong spake expired password_expired must_change);
$site->wait_status($_ => sub ($s) { $s->{attempts} > 2 }, 'tried again')
    for qw(disabled locked norealm);
pass 'what may pass by itself is tried again';
$kdc->set_state(disabled => 'good');
$site->expect_recovery('disabled');
$site->wait_state(disabled => 'logged on', 60);
pass '... and found to have passed';

# Tickets for the mail servers are there before a visitor is.
is $kdc->tickets('web', 'smtp/localhost'), 1,
    'a ticket for a mail server is fetched ahead';
unlike $kdc->log_text, qr{TGS_REQ .* for smtp/(?!localhost)},
    '... but none for an address, nor where GSSAPI is not wanted';
is scalar(() = $kdc->log_text =~ m{TGS_REQ .* for smtp/}g), 1,
    '... nor for accounts that do not use the service';

# Recovery.
my $mark = time;
$site->expect_recovery('wrong');
$site->put_secret(wrong => $password{wrong});
$site->wait_state(wrong => 'logged on');
cmp_ok time - $mark, '<', 5, 'the right password is taken up within 5 s';
is $site->served('wrong'), 200, '... and visitors are served again';
like $site->wait_log(qr/ANID0002: The account 'wrong'/),
    qr/is logged on again after 1 failure in \d+ s\.$/, '... which is said';

# A new secret that is wrong, and one that is right.
$site->expect_failure(kept => 1326);
$site->put_secret(kept => canary());
my $status = $site->wait_failure(kept => 1326);
is $status->{state}, 'logged on', 'a new wrong password: the old logon stays';
is $status->{kept}, JSON::PP::true, '... which the status says';
is $site->served('kept'), 200, '... and serves visitors';
is $site->warning('kept'),
    $site->warning_text('Kerberos account', 'kept', 1326, $unknown, 'krb5')
    . ', KRB5KDC_ERR_PREAUTH_FAILED] The new secret was not taken up; the '
    . 'last good logon stays in use.', '... which the warning says';
is $kdc->failed_attempts('kept'), 1, '... and it is tried once';

$kdc->set_password(changed => my $new = canary());
$site->put_secret(changed => $new);
$site->wait_status(changed => sub ($s) { $s->{attempts} == 2 }, 'tried');
is $site->status('changed')->{code}, 0, 'a new right password is taken up';
is $kdc->failed_attempts('changed'), 0, '... and no old one is tried';

# Restarts.
$site->graceful for 1 .. 3;
$site->restart;
is $site->wait_state(web => 'logged on')->{attempts}, 1,
    'a restart logs nothing on again';
is $kdc->failed_attempts('kept'), 1, '... nor tries what has failed';
my ($exit, $output) = AnonID::Test::Ctl->new($site)->run('logon', 'web');
is $exit, 0, 'a logon on demand succeeds';
is $site->status('web')->{attempts}, 2, '... with one attempt';

my @caches = grep { -e } temp_root() . '/environment',
    $kdc->path('run/ccache'), $other->path('run/ccache');
is_deeply \@caches, [], 'no file holds a ticket';

done_testing;
