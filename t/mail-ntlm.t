# SPDX-License-Identifier: Apache-2.0
#
# What IIS and Exchange did, with Samba and Dovecot: a visitor who never logs
# on sends mail as an account of the domain. The account is logged on at the
# domain controller; the mail server sends a random value, gets the hash of it
# (NTLMv2), asks the controller, and does what that says.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::LogonSite;
use AnonID::Test::MailSite;
use AnonID::Test::SambaDC;
use MIME::Base64 qw(decode_base64);
use Encode qw(decode encode);
use Sys::Hostname;

skip_unless_root;
skip_unless_program(qw(samba samba-tool ldbmodify ldbsearch wbinfo ntlm_auth
                       ip dovecot));
require_build;
glob '/usr/lib{,64}{,/*}/gssntlmssp/gssntlmssp.so'
    or plan skip_all => 'needs gss-ntlmssp';

my $ca = AnonID::Test::CA->new;
my @states = qw(disabled locked expired);
my %password = map { ($_ => canary()) } qw(AnonUser later wrong), @states;
my $dc = AnonID::Test::SambaDC->new(users => { %password })->start;

$dc->set_state($_ => $_) for @states;

# The mail server knows no password: it asks the controller.
my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => ['ntlm'], config => <<'END')->start;
auth_use_winbind = yes
auth_winbind_helper_path = /usr/bin/ntlm_auth
auth_username_format = %u
END

sub windows ($user) { return "EXAMPLE\\$user" }

sub service ($port, $mechanisms = 'NTLM')
{
    return <<"END";
<AnonIDMailService mail>
AnonIDMailServer submission://localhost:$port
AnonIDMailTLS ca=@{[ $ca->file ]}
AnonIDMechanism $mechanisms
AnonIDMailFrom site\@example.test
AnonIDMailRecipient webmaster webmaster\@example.test
</AnonIDMailService>
<Location /mail>
SetHandler anonid-submit
</Location>
END
}

# Of two controllers the first one is dead.
sub account ($name, $secret)
{
    my $servers = "ldap://127.0.0.1:1 ldap://@{[ $dc->address ]}";

    return (windows($name) => {
        logon => "ldap $servers " . windows($name), secret => $secret,
        vhost => ['AnonIDMail mail'] });
}

sub site ($port, @accounts)
{
    return AnonID::Test::LogonSite->new(
        accounts => { @accounts }, log_level => 'info anonid:debug',
        config => service($port));
}

sub send_as ($site, $name)
{
    return $site->post('/mail', vhost => "$name.test", timeout => 60,
        type => 'application/x-www-form-urlencoded',
        headers => { Accept => 'application/json' },
        body => AnonID::Test::MailSite::form(subject => $name))->{status};
}

my %failure = (wrong => 1326, disabled => 1331, locked => 1909,
               expired => 1793);
my $site = site($dovecot->port('submission'),
                account(AnonUser => $password{AnonUser}),
                account(later => $password{later}),
                account(wrong => canary()),
                map { account($_ => $password{$_}) } @states);

$site->expect_failure(windows($_) => $failure{$_}) for keys %failure;
$site->start;

# Mail flows.
$site->wait_state(windows($_) => 'logged on') for qw(AnonUser later);
is send_as($site, 'AnonUser'), 200, 'a visitor sends';
ok $site->wait_log(qr/logged on as 'EXAMPLE\\\\?AnonUser' with NTLM$/m),
    '... as an account of the domain, by NTLM';
ok $dovecot->wait_log(qr/submission-login: Info: Login: (?#
    )user=<AnonUser\@EXAMPLE>, method=NTLM/i), '... so says the mail server';
ok $dc->wait_log(qr/authentication for user \[AnonUser\] -> \[AnonUser\] (?#
    ).*succeeded/), '... and the controller, which takes NTLMv2 only';
like $dovecot->wait_message('webmaster'), qr/^Subject: AnonUser/m,
    '... and the mail is there';

# The controller's verdict, at the logon.
for my $name (sort keys %failure) {
    my $code = sprintf '%08x', $failure{$name};

    $site->wait_failure(windows($name) => $failure{$name});
    like $site->warning(windows($name)),
        qr/#$failure{$name} \[data $code, provider ldap/,
        "$name: a warning with the controller's code";
    is send_as($site, $name), 503, '... and nothing is sent';
}
is $dc->bad_passwords('wrong'), 1, 'the wrong password was tried once';

# ... and at the mail server, when it changes its mind.
$dc->set_state(later => 'disabled');
$site->expect_log(qr/ANID0221: .*account 'EXAMPLE\\\\?later': AUTH: 535/,
                  qr/ANID0305: /);
is send_as($site, 'later'), 503, 'an account that was disabled since';
ok $dc->wait_log(qr/\[later\].*NT_STATUS_ACCOUNT_DISABLED/),
    '... for the controller\'s reason';
$site->stop;

# What goes over the wire: a CHALLENGE as MS-NLMP 2.2.1.2 says, of a domain.
my $domain = encode('UTF-16LE', 'EXAMPLE');
my $info = pack('v v/a*', 2, $domain) . pack('v v', 0, 0);
my $challenge = "NTLMSSP\0" . pack('V v v V V a8 x8 v v V x8', 2,
    (length $domain) x 2, 56, 0xa2898205, 'nonce678', (length $info) x 2,
    56 + length $domain) . $domain . $info;

# A field of an AUTHENTICATE: which, of those at octet 12 and on.
sub field ($message, $number)
{
    my ($length, $offset) = unpack 'x' . (12 + 8 * $number) . ' v x2 V',
        $message;

    return substr $message, $offset, $length;
}

my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'x', password => canary(), mechanisms => ['NTLM'],
    sasl => { says => [$challenge, 'garbage'] })->start;
$site = site($server->port('smtp'), account(AnonUser => $password{AnonUser}));
$site->expect_log(qr/ANID0224: .*AUTH: NTLM: /, qr/ANID0305: /);
$site->start;
$site->wait_state(windows('AnonUser') => 'logged on');
is send_as($site, 'AnonUser'), 503, 'a challenge too many';
my ($negotiate, $authenticate) = join("\n", $server->transcript)
    =~ /C: AUTH NTLM (\S+)\n.*?C: (\S+)/s;
$authenticate = decode_base64($authenticate);
is substr(decode_base64($negotiate), 0, 12), "NTLMSSP\0\1\0\0\0",
    'NEGOTIATE goes with the command';
is substr($authenticate, 0, 12), "NTLMSSP\0\3\0\0\0", 'then AUTHENTICATE';
cmp_ok length field($authenticate, 1), '>', 24, '... which is NTLMv2\'s';
is_deeply [map { decode('UTF-16LE', field($authenticate, $_)) } 2 .. 4],
    ['EXAMPLE', 'AnonUser', uc substr hostname() =~ s/\..*//r, 0, 15],
    '... with domain, user, and this host\'s NetBIOS name';
$_->stop for $site, $server;

done_testing;
