# SPDX-License-Identifier: Apache-2.0
#
# Applications use mailboxes of Kerberos accounts without a ticket of their
# own: listeners log on by GSSAPI, with a password or a keytab, in two realms
# at once, with STARTTLS and with TLS from the first byte; sessions go on when
# their tickets end or are renewed and while the KDC is down.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Application
    qw(use_listener listens servers tls_servers @PROTOCOLS);
use AnonID::Test::CA;
use AnonID::Test::Dialogue;
use AnonID::Test::Dovecot;
use AnonID::Test::KDC;
use AnonID::Test::LogonSite;

skip_unless_program('krb5kdc', 'kadmin.local', 'klist', 'dovecot');
skip_unless_root;
require_build;
-e '/usr/lib/dovecot/modules/auth/libmech_gssapi.so'
    or plan skip_all => 'needs dovecot-gssapi';

my $LIFE = 30;
my @HOSTS = map { "$_/localhost" } qw(imap pop smtp);
my $ca = AnonID::Test::CA->new;
my %password = map { ($_ => canary()) } qw(web other short);
my $kdc = AnonID::Test::KDC->new(principals => {
    web => $password{web}, short => $password{short}, keys => undef,
    map { ($_ => undef) } @HOSTS })->start;
my $other = AnonID::Test::KDC->new(realm => 'OTHER.TEST', principals => {
    web => $password{other}, map { ($_ => undef) } @HOSTS })->start;

$kdc->kadmin('modprinc', '-maxlife', "$LIFE seconds", 'short');

# A host that belongs to no realm is looked for in the account's own.
my $conf = spit(temp_root() . '/krb5.conf', $kdc->krb5_conf($other)
                =~ s/\[domain_realm\]\nlocalhost.*\n//r, 0644);
my $keytab = temp_root() . '/mail.keytab';

for my $realm ($kdc, $other) {
    $realm->kadmin('ktadd', '-norandkey', '-k', $keytab, $_) for @HOSTS;
}
$ENV{KRB5_CONFIG} = $conf;
$ENV{KRB5CCNAME} = 'FILE:' . temp_root() . '/environment';

my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => ['gssapi'], config => <<"END");
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
spit($dovecot->{accounts}, '', 0600);
$dovecot->start;

my %principal = (web => 'web@EXAMPLE.TEST', keys => 'keys@EXAMPLE.TEST',
                 other => 'web@OTHER.TEST', short => 'short@EXAMPLE.TEST');
my (%port, %account);

for my $name (sort keys %principal) {
    $port{$name} = { map { ($_ => free_port()) } @PROTOCOLS };
    $account{$name} = {
        logon => "krb5 $principal{$name}",
        $name eq 'keys' ? (source => 'keytab:' . $kdc->keytab('keys'))
            : (secret => $password{$name}),
        vhost => ['AnonIDMail ' . ($name eq 'keys' ? 'tls' : 'mail'),
                  listens(%{ $port{$name} })] };
}

sub service ($name, @servers)
{
    return <<"END";
<AnonIDMailService $name>
AnonIDMailServer @servers
AnonIDMailTLS ca=@{[ $ca->file ]}
AnonIDMechanism GSSAPI
AnonIDMailFrom site\@example.test
AnonIDMailRecipient webmaster webmaster\@example.test
</AnonIDMailService>
END
}

my $site = AnonID::Test::LogonSite->new(
    accounts => \%account, log_level => 'info anonid:debug',
    config => service('mail', servers($dovecot))
        . service('tls', tls_servers($dovecot)))->start;

$site->wait_state($_ => 'logged on') for sort keys %principal;

# Two realms and two kinds of secret in one process.
my %login = (imap => 'imap-login', pop3 => 'pop3-login',
             smtp => 'submission-login');
for my $name (qw(web keys other)) {
    for my $protocol (@PROTOCOLS) {
        my $mark = $dovecot->log_mark;
        my $result = use_listener($protocol, $port{$name}{$protocol});

        ok $result->{good}, "$name: $protocol" or diag $result->{heard};
        ok $dovecot->wait_log(
            qr/$login{$protocol}: Info: Login: user=<\Q$principal{$name}\E>, (?#
              )method=GSSAPI/, since => $mark),
            "... as $principal{$name}, by GSSAPI";
    }
}
like $dovecot->log_text, qr/imap-login: .*<keys\@EXAMPLE.TEST>.*TLS/,
    'with TLS from the first byte, too';
ok !-e temp_root() . '/environment', 'the environment\'s cache is not used';

# A session that is older than its tickets, and one that is older than the
# KDC's end.
my $session = AnonID::Test::Dialogue->connect($port{short}{imap});
$session->line;
like $session->say('a LOGIN u p')->line, qr/^a OK /, 'a session';
my $first = $site->status('short')->{expires};
$site->wait_status(short => sub ($s) { $s->{expires} > $first + $LIFE / 2 },
                   'renewed', $LIFE * 3);
like $session->say('b NOOP')->line, qr/^b OK /,
    'goes on when its tickets were renewed';
ok use_listener(imap => $port{short}{imap})->{good},
    '... and a new one has new ones';
$kdc->kill;
$site->expect_failure(short => 1311);
ok use_listener($_ => $port{web}{$_})->{good},
    "$_: tickets are good without the KDC" for @PROTOCOLS;
ok use_listener(imap => $port{other}{imap})->{good},
    '... and another realm is not concerned';
$site->wait_state(short => 'failed', $LIFE + 60);
like $session->say('c NOOP')->line, qr/^c OK /,
    'a session goes on when its tickets have ended';
my %refusal = (imap => qr/^a NO \[UNAVAILABLE\] /,
               pop3 => qr/^-ERR \[SYS\/TEMP\] /, smtp => qr/^451 4\./);
for (@PROTOCOLS) {
    my $result = use_listener($_ => $port{short}{$_});

    like $result->{said}, $refusal{$_}, "$_: a new one has to wait";
    unlike $result->{heard}, qr/short|EXAMPLE\.TEST|krb5|KDC/i,
        '... and hears nothing of the account';
}
$site->expect_recovery('short');
$kdc->start;
$site->wait_state(short => 'logged on', 90);
ok use_listener($_ => $port{short}{$_})->{good},
    "$_: until the KDC is back" for @PROTOCOLS;
like $session->say('d NOOP')->line, qr/^d OK /, 'the session has lasted';

done_testing;
