# SPDX-License-Identifier: Apache-2.0
#
# Applications use mailboxes of accounts of a domain without a password:
# listeners of IMAP, POP3 and SMTP log on by NTLMv2, and the mail server asks
# the domain controller. Of two controllers the first one is dead. An account
# that the controller does not let in is told of in the log with its code, and
# to the application not at all; a wrong password is tried once, however many
# applications come at once, and works as soon as it is corrected.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Application
    qw(use_at_once use_listener listens servers tls_servers @PROTOCOLS);
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::LogonSite;
use AnonID::Test::SambaDC;

skip_unless_root;
skip_unless_program(qw(samba samba-tool ldbmodify ldbsearch wbinfo ntlm_auth
                       ip dovecot));
require_build;
glob '/usr/lib{,64}{,/*}/gssntlmssp/gssntlmssp.so'
    or plan skip_all => 'needs gss-ntlmssp';

my $ca = AnonID::Test::CA->new;
my %failure = (wrong => 1326, disabled => 1331, locked => 1909);
my %password = map { ($_ => canary()) } qw(AnonUser tls later), keys %failure;
my $dc = AnonID::Test::SambaDC->new(users => { %password })->start;

$dc->set_state($_ => $_) for qw(disabled locked);

my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => ['ntlm'], config => <<'END')->start;
auth_use_winbind = yes
auth_winbind_helper_path = /usr/bin/ntlm_auth
auth_username_format = %u
mail_max_userip_connections = 1000
END

sub windows ($user) { return "EXAMPLE\\$user" }

my (%port, %account);
for my $name (keys %password) {
    $port{$name} = { map { ($_ => free_port()) } @PROTOCOLS };
    $account{ windows($name) } = {
        logon => "ldap ldap://127.0.0.1:1 ldap://@{[ $dc->address ]} "
            . windows($name),
        secret => $name eq 'wrong' ? canary() : $password{$name},
        vhost => ['AnonIDMail ' . ($name eq 'tls' ? 'tls' : 'mail'),
                  listens(%{ $port{$name} })] };
}

sub service ($name, @servers)
{
    return <<"END";
<AnonIDMailService $name>
AnonIDMailServer @servers
AnonIDMailTLS ca=@{[ $ca->file ]}
AnonIDMechanism NTLM
AnonIDMailFrom site\@example.test
AnonIDMailRecipient webmaster webmaster\@example.test
</AnonIDMailService>
END
}

my $site = AnonID::Test::LogonSite->new(
    accounts => \%account, log_level => 'info anonid:debug',
    config => service('mail', servers($dovecot))
        . service('tls', tls_servers($dovecot)));
$site->expect_failure(windows($_) => $failure{$_}) for keys %failure;
$site->start;

# Mail flows.
$site->wait_state(windows($_) => 'logged on') for qw(AnonUser tls later);
for my $name (qw(AnonUser tls)) {
    for my $protocol (@PROTOCOLS) {
        my $mark = $dovecot->log_mark;
        my $result = use_listener($protocol, $port{$name}{$protocol});

        ok $result->{good}, "$name: $protocol" or diag $result->{heard};
        ok $dovecot->wait_log(
            qr/Login: user=<$name\@EXAMPLE>, method=NTLM/i, since => $mark),
            '... by NTLM, as an account of the domain';
    }
}

# What the controller does not let in. Nobody asks it a second time.
my %unavailable = (imap => qr/^a NO \[/, pop3 => qr/^-ERR \[SYS\//,
                   smtp => qr/^4\d\d 4\./);
my $words = '';
for my $name (sort keys %failure) {
    my $code = sprintf '%08x', $failure{$name};

    $site->wait_failure(windows($name) => $failure{$name});
    like $site->warning(windows($name)),
        qr/#$failure{$name} \[data $code, provider ldap/,
        "$name: a warning with the controller's code";
    for my $protocol (@PROTOCOLS) {
        my $result = use_listener($protocol => $port{$name}{$protocol});

        like $result->{said}, $unavailable{$protocol}, "... $protocol waits";
        $words .= $result->{heard};
    }
}
unlike $words, qr/EXAMPLE\W|wrong|disabled|locked|logon failure/i,
    'applications hear nothing of accounts and reasons';
is $dc->bad_passwords('wrong'), 1, 'the wrong password was tried once';

# 200 at once, while the password that the mail server asks about is wrong:
# the account is logged on, and its password is another one since.
my $second = canary();
$dc->set_password(later => $second);
$site->expect_log(qr/ANID022[12]: .*'EXAMPLE\\\\?later'/);
my @results = use_at_once(200, $port{later});
is scalar(grep { $_->{good} } @results), 0, '200 applications at once: refused';
unlike join('', map { $_->{heard} } @results), qr/EXAMPLE\W|later/,
    '... of which none hears a name';
is $dc->bad_passwords('later'), 1, '... and the controller has counted one';
$site->put_secret(windows('later') => $second);
for my $protocol (@PROTOCOLS) {
    wait_until(sub { use_listener($protocol => $port{later}{$protocol})
                         ->{good} }, 60, "$protocol: let in");
    pass "$protocol: let in as soon as the password is right";
}

done_testing;
