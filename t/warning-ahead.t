# SPDX-License-Identifier: Apache-2.0
#
# What comes to its end is warned of ahead: passwords of real directories and
# a real realm, tokens, certificates of mail servers. Once, in the log of each
# site that is concerned; and operators see it.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Ctl;
use AnonID::Test::Dovecot;
use AnonID::Test::KDC;
use AnonID::Test::LogonSite;
use AnonID::Test::MailSite;
use AnonID::Test::Slapd;
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64url);

skip_unless_program(qw(slapd krb5kdc kadmin.local dovecot openssl));
require_build;

my $DAYS_3 = 60 * 3600; # and not 2: it is more than two days
my $ca = AnonID::Test::CA->new;
my %password = map { ($_ => canary()) } qw(ending good krb never);
my $slapd = AnonID::Test::Slapd->new(users => {
    ending => { password => $password{ending}, state => 'ending' },
    good => { password => $password{good} } })->start;
my $kdc = AnonID::Test::KDC->new(principals => {
    krb => $password{krb}, never => $password{never} })->start;

$kdc->kadmin('modprinc', '-maxlife', '10 seconds', '-pwexpire',
             "$DAYS_3 seconds", 'krb');
$kdc->kadmin('modprinc', '-maxlife', '10 seconds', 'never');
%ENV = (%ENV, $kdc->env);

my $site = AnonID::Test::LogonSite->new(log_level => 'info', accounts => {
    (map { ($_ => { logon => 'ldap ' . $slapd->url('ldap') . ' '
                        . $slapd->dn($_), secret => $password{$_} })
     } qw(ending good)),
    (map { ($_ => { logon => "krb5 $_\@" . $kdc->{realm},
                    secret => $password{$_} }) } qw(krb never)),
}, config => <<'END');
<AnonIDAccount token>
AnonIDLogon token
AnonIDToken "file:${DIR}/token"
</AnonIDAccount>
END

sub token ($life)
{
    return join '.', map { encode_base64url($_) }
        '{"alg":"none"}', sprintf('{"exp":%d}', time + $life), '';
}
spit($site->path('token'), token(20) . "x\n", 0600);
$site->expect_log(qr/ANID0005: /, qr/ANID0006: /,
                  qr/ANID0012: The agent \S+ is not running: it ended/);
$site->allow_log(qr/ANID0001: .*'token'/); # it ends meanwhile
$site->start;

my $ahead = qr/ANID0005: The password of the (?:LDAP|Kerberos) account (?#
    )'(\w+)' expires in 3 days \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)\. (?#
    )Change it there first/;

sub warned ($name, $log = 'error')
{
    return scalar grep { /$ahead/ && $1 eq $name }
        split /\n/, $site->log_text($log);
}

wait_until(sub { warned('ending') }, 20, 'a warning of the directory\'s');
pass 'a password of a directory that ends is warned of';
wait_until(sub { warned('krb') }, 40, 'a warning of the realm\'s');
pass '... one of a realm, at the first renewal';
is warned('ending', 'ending.test'), 1,
    '... in the log of the virtual host, too';
is warned('ending', 'good.test'), 0, '... not in another\'s';
ok $site->wait_log(qr/ANID0006: The token of the account 'token' expires in (?#
    )\d+ s .* no newer one has come/), 'a token that nobody renews';

# Once: neither a renewal, nor a graceful, nor another agent repeats it.
my ($agent) = $site->agent_pids;
my $ctl = AnonID::Test::Ctl->new($site);

$ctl->ok('logon', 'ending');
$site->graceful;
kill KILL => $agent;
$site->wait_agent($agent);
wait_until(sub { ($ctl->run('logon', 'ending'))[0] == 0 }, 30,
           'the next agent logs on');
is warned('ending'), 1, 'it is said once';
is warned('good') + warned('never'), 0, 'others are not warned of';

# Operators see it.
my $status = $site->status;
my $left = $status->{ending}{secret_expires} - time;
ok $left > $DAYS_3 - 600 && $left <= $DAYS_3, 'status tells when it ends';
is $status->{good}{secret_expires}, undef, '... null where nothing is known';
like $ctl->ok('status', 'ending'),
    qr/^ +The password expires at \d{4}-/m, '... in the table, too';
$site->stop;

# A mail server's certificate.
my $mail_password = canary();
my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, certificate => $ca->ending(3, 'localhost'));
spit($dovecot->{accounts}, "site:{PLAIN}$mail_password\n", 0600);
$dovecot->start;

my $mail = AnonID::Test::MailSite->new(
    ca => $ca, password => $mail_password,
    servers => ['submission://localhost:' . $dovecot->port('submission')]);
$mail->expect_log(qr/ANID0007: /);
$mail->start;
is $mail->send->{status}, 200, 'a server whose certificate ends soon';
ok $mail->wait_log(qr/ANID0007: mail service 'mail', server (?#
    )submission:\S+: its certificate expires in 3 days \(/),
    '... is warned of';
is scalar(() = $mail->log_text =~ /ANID0007/g), 1, '... once';
my $document = decode_json(
    AnonID::Test::Ctl->new($mail)->ok('status', '--json'));
my $end = $document->{mail}{servers}[0]{certificate_expires} // 0;
ok abs($end - time - 3 * 86400) < 600, '... and status tells when it ends';
$mail->stop;

done_testing;
