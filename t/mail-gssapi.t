# SPDX-License-Identifier: Apache-2.0
#
# Kerberos accounts log on to a mail server with GSSAPI: each with its own
# tickets, fetched ahead, so that neither the KDC's end nor the renewal of
# tickets stops mail; and who has no ticket for a server takes the next
# mechanism, before the server has heard a word.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::KDC;
use AnonID::Test::LogonSite;
use AnonID::Test::MailSite;
use AnonID::Test::Process qw(run);

skip_unless_program('krb5kdc', 'kadmin.local', 'klist', 'dovecot');
skip_unless_root;
require_build;
-e '/usr/lib/dovecot/modules/auth/libmech_gssapi.so'
    or plan skip_all => 'needs dovecot-gssapi';

my $LIFE = 20;
my $ca = AnonID::Test::CA->new;
my %password = map { ($_ => canary()) } qw(web short scram);
my @servers = ('smtp/localhost' => undef);
my $kdc = AnonID::Test::KDC->new(principals => {
    web => $password{web}, short => $password{short}, 'keys' => undef,
    @servers })->start;
my $other = AnonID::Test::KDC->new(realm => 'OTHER.TEST', principals => {
    web => $password{web}, scram => $password{scram}, @servers })->start;
my $empty = AnonID::Test::KDC->new(realm => 'EMPTY.TEST', principals => {
    scram => $password{scram} })->start;

$kdc->kadmin('modprinc', '-maxlife', "$LIFE seconds", 'short');

# A host that belongs to no realm is looked for in the account's own.
my $conf = spit(temp_root() . '/krb5.conf',
                $kdc->krb5_conf($other, $empty)
                =~ s/\[domain_realm\]\nlocalhost.*\n//r, 0644);

$ENV{KRB5_CONFIG} = $conf;
$ENV{KRB5CCNAME} = 'FILE:' . temp_root() . '/environment';

# The server has keys of two realms.
my $keytab = temp_root() . '/smtp.keytab';
for ($kdc, $other) {
    $_->kadmin('ktadd', '-norandkey', '-k', $keytab, 'smtp/localhost');
}
sub dovecot (@mechanisms)
{
    my $dovecot = AnonID::Test::Dovecot->new(
        ca => $ca, mechanisms => \@mechanisms, config => <<"END");
auth_gssapi_hostname = "\$ALL"
auth_krb5_keytab = $keytab
auth_username_format = %u
import_environment = KRB5_CONFIG=$conf KRB5RCACHENAME=none:
passdb {
  driver = static
  args = nopassword=y k5principals=web\@OTHER.TEST
  mechanisms = gssapi
}
END

    spit($dovecot->{accounts}, "scram:{PLAIN}$password{scram}\n", 0600);
    return $dovecot->start;
}

my $dovecot = dovecot(qw(gssapi scram-sha-256));
my %principal = (web => 'web@EXAMPLE.TEST', other => 'web@OTHER.TEST',
                 'keys' => 'keys@EXAMPLE.TEST', short => 'short@EXAMPLE.TEST',
                 scram => 'scram@EMPTY.TEST', without => 'scram@EMPTY.TEST');
my %secret = (%password, other => $password{web},
              without => $password{scram});

my %accounts = map {
    my $name = $_;
    ($name => { logon => "krb5 $principal{$name}",
                $name eq 'keys'
                    ? (source => 'keytab:' . $kdc->keytab('keys'))
                    : (secret => $secret{$name}),
                vhost => ['AnonIDMail '
                          . ($name eq 'without' ? 'kerberos' : 'mail')] })
} keys %principal;

sub service ($name, $port, $mechanisms)
{
    return <<"END";
<AnonIDMailService $name>
AnonIDMailServer submission://localhost:$port
AnonIDMailTLS ca=@{[ $ca->file ]}
AnonIDMechanism $mechanisms
AnonIDMailFrom site\@example.test
AnonIDMailRecipient webmaster webmaster\@example.test
</AnonIDMailService>
END
}

my $port = $dovecot->port('submission');
my $site = AnonID::Test::LogonSite->new(
    accounts => \%accounts, log_level => 'info anonid:debug',
    config => service('mail', $port, 'GSSAPI SCRAM-SHA-256')
        . service('kerberos', $port, 'GSSAPI')
        . "<Location /mail>\nSetHandler anonid-submit\n</Location>\n")->start;

sub send_as ($name, $subject = $name)
{
    return $site->post('/mail', vhost => AnonID::Test::LogonSite::vhost($name),
        timeout => 60, type => 'application/x-www-form-urlencoded',
        headers => { Accept => 'application/json' },
        body => AnonID::Test::MailSite::form(subject => $subject))->{status};
}

sub mechanism ($name)
{
    return ($site->log_text
            =~ /logged on as '\Q$name\E' with (\S+)$/mg)[-1] // 'none';
}

$site->wait_state($_ => 'logged on') for sort keys %principal;

# Two realms and two kinds of secret in one process.
for my $name (qw(web keys other)) {
    is $kdc->tickets($name, 'smtp/localhost')
        + ($name eq 'other' ? $other->tickets('web', 'smtp/localhost') : 0), 1,
        "$name: a ticket for the server was fetched ahead";
    is send_as($name), 200, "$name sends";
    is mechanism($name), 'GSSAPI', '... by GSSAPI';
    ok $dovecot->wait_log(
        qr/submission-login: Info: Login: user=<\Q$principal{$name}\E>, (?#
          )method=GSSAPI/), "... as $principal{$name}";
    is $kdc->tickets($name, 'smtp/localhost')
        + ($name eq 'other' ? $other->tickets('web', 'smtp/localhost') : 0), 1,
        '... with that ticket';
}
ok !-e temp_root() . '/environment', 'the environment\'s cache is not used';

# Who has no ticket for the server.
is send_as('scram'), 200, 'an account without a ticket for the server sends';
is mechanism('scram'), 'SCRAM-SHA-256', '... by the next mechanism';
ok $site->wait_log(qr/account 'scram': passed over for SCRAM-SHA-256: (?#
    )GSSAPI: .*not found in Kerberos database/), '... which the log explains';
$site->expect_log(qr/ANID0230: .*account 'without': AUTH: GSSAPI: .*not found/,
                  qr/ANID0305: /);
is send_as('without'), 503, '... or not, where there is no other';
unlike $dovecot->log_text, qr/Info: (?:Disconnected|Aborted).*auth failed/,
    'the server has heard of neither';

# Tickets are renewed while sessions go on, and each new session has a new one.
my $first = $site->status('short')->{expires};
is send_as('short'), 200, 'an account whose tickets live for a short time';
$site->wait_status(short => sub ($s) { $s->{expires} > $first + $LIFE / 2 },
                   'renewed', $LIFE * 3);
is send_as('short'), 200, '... sends by the session that it has';
$dovecot->mta->allow_log(qr/the LMTP server hung up/);
$dovecot->allow_log(qr/read\(anvil\) failed: EOF/);
$dovecot->kill;
$site->allow_log(qr/ANID02(?:11|14|16|17): /, qr/ANID0305: /);
$dovecot->start;
wait_until(sub { send_as('short') == 200 }, 90, 'sent by a new session');
is mechanism('short'), 'GSSAPI', '... and by a new one, with a new ticket';

# The KDC's end.
$kdc->kill;
$site->expect_failure(short => 1311);
wait_until(sub { send_as('web') == 200 }, 90, 'sent without the KDC');
is mechanism('web'), 'GSSAPI', 'the KDC is down: tickets are still good';
wait_until(sub { send_as('other') == 200 }, 90, 'sent to the other realm');
pass '... and another realm is not concerned';
$site->wait_state(short => 'failed', $LIFE + 30);
is send_as('short'), 503, '... until they end';
$site->expect_recovery('short');
$kdc->start;
$site->wait_state(short => 'logged on', 90);
wait_until(sub { send_as('short') == 200 }, 60, 'sent again');
pass '... and then from its new beginning';

# Servers that do not prove themselves are sent nothing, and nothing weaker is
# tried with them.
$site->stop;
for (['success at once', [[AUTH => '235 2.7.0 Ok']],
      'claims success'],
     ['success for a ticket', {}, 'claims success'],
     ['a token that is none', { says => ['garbage'] }, 'GSSAPI: ']) {
    my ($name, $behaviour, $reason) = @$_;
    my $server = AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'web', password => canary(),
        (ref $behaviour eq 'ARRAY' ? 'script' : 'sasl') => $behaviour,
        mechanisms => [qw(GSSAPI SCRAM-SHA-256)])->start;

    $site = AnonID::Test::LogonSite->new(
        accounts => { web => $accounts{web} },
        config => service('mail', $server->port('smtp'), 'GSSAPI PLAIN')
            . "<Location /mail>\nSetHandler anonid-submit\n</Location>\n")
        ->start;
    $site->wait_state(web => 'logged on');
    $site->expect_log(qr/ANID0224: .*AUTH: .*\Q$reason\E/, qr/ANID0305: /);
    is send_as('web'), 503, "$name: not sent";
    is_deeply [map { /^\d+ C: AUTH (\S+)/ ? $1 : () } $server->transcript],
        ['GSSAPI'], "$name: nothing weaker is tried";
    $_->stop for $site, $server;
}

done_testing;
