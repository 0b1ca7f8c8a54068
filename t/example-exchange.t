# SPDX-License-Identifier: Apache-2.0
#
# A mailbox for visitors who never log on, from end to end, as the example
# prints it: the account of a real domain (Samba) with the printed commands,
# Postfix and Dovecot that know no password with the printed lines, the form
# and the listeners. Names of hosts, domain and ports are the test's.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::Httpd;
use AnonID::Test::Imap;
use AnonID::Test::Postfix;
use AnonID::Test::Process qw(run);
use AnonID::Test::Readme;
use AnonID::Test::SambaDC;
use MIME::Base64 qw(encode_base64);
use Encode qw(encode);
use Net::SMTP;
use Text::ParseWords qw(shellwords);

skip_unless_root;
skip_unless_program(qw(samba samba-tool ldbmodify wbinfo ntlm_auth ip dovecot
                       postfix ldapmodify));
require_build;
-e '/usr/lib/dovecot/modules/auth/libmech_gssapi.so'
    or plan skip_all => 'needs dovecot-gssapi';
glob '/usr/lib{,64}{,/*}/gssntlmssp/gssntlmssp.so'
    or plan skip_all => 'needs gss-ntlmssp';

my $EXAMPLE = 'exchange.conf';
my $ca = AnonID::Test::CA->new;
my $password = canary();
my $dc = AnonID::Test::SambaDC->new(
    ca => $ca, users => { mail => canary() })->start;
%ENV = (%ENV, $dc->env);

# The account, with the commands as they are printed; the password that the
# first one asks for stands behind it.
for my $line (split /\n/, example_block(
        $EXAMPLE, 'samba-tool user create', 'DC=com' => 'DC=test')) {
    my (undef, @words) = shellwords($line);

    $dc->tool(@words, $words[1] eq 'create' ? $password : ());
}
ok $dc->attribute('AnonUser', 'userAccountControl') & 0x10000,
    'the account\'s password does not expire';

# As the user, who knows the password.
sub change_password ($from, $to)
{
    my ($old, $new) = map {
        encode_base64(encode('UTF-16LE', "\"$_\""), '') } $from, $to;
    local $ENV{LDAPTLS_CACERT} = $ca->file;

    return run(['ldapmodify', '-x', '-H', 'ldaps://' . $dc->address,
                '-D', $dc->dn('AnonUser'), '-w', $from], input => <<"END");
dn: @{[ $dc->dn('AnonUser') ]}
changetype: modify
delete: unicodePwd
unicodePwd:: $old
-
add: unicodePwd
unicodePwd:: $new
END
}

my ($exit, $output) = change_password($password, canary());
like "$exit $output", qr/\A19 .*Constraint violation/s,
    '... and the user cannot change it';

# The mail server's keys.
my $keytab = $dc->path('mail.keytab');
for my $service (qw(smtp/localhost imap/localhost)) {
    $dc->add_service($service, 'mail');
    $dc->tool(qw(domain exportkeytab), $keytab, "--principal=$service");
}

my $mail_config = example_block(
    $EXAMPLE, 'auth_mechanisms', '/etc/dovecot/mail.keytab' => $keytab);
my $dovecot = AnonID::Test::Dovecot->new(ca => $ca, config => <<"END");
auth_username_format = %Lu
import_environment = KRB5_CONFIG=$ENV{KRB5_CONFIG} KRB5RCACHENAME=none:
$mail_config
END
my $certificate = $ca->host('localhost');
my $postfix = AnonID::Test::Postfix->new(
    lmtp_port => $dovecot->port('lmtp'), config => join "\n",
    readme_block('/etc/postfix/main.cf (added at its end)'),
    example_block($EXAMPLE, 'smtpd_sender_login_maps',
                  'example.com' => 'example.test'),
    'smtpd_tls_security_level = may',
    "smtpd_tls_cert_file = $certificate->{chain}",
    "smtpd_tls_key_file = $certificate->{key}", '');
my $submission = $postfix->port('submission');

spit($postfix->path('etc/master.cf'), join '',
     slurp($postfix->path('etc/master.cf')),
     "tlsmgr unix - - n 1000? 1 tlsmgr\n",
     readme_block('/etc/postfix/master.cf (added at its end)',
                  'submission inet n       -       y' =>
                  "127.0.0.1:$submission inet n - n"));
$postfix->start;
$dovecot->{config} .= readme_block(
    '/etc/dovecot/conf.d/99-anonid-postfix.conf',
    '/var/spool/postfix' => $postfix->path('queue'));
$dovecot->write_config->start;

# The site as it is printed, but for names and ports.
sub site ($smtp, $imap, @instead)
{
    my $site = AnonID::Test::Httpd->new(
        log_level => 'info anonid:debug', config => example(
            $EXAMPLE, @instead,
            'submission://mail.example.com imap://mail.example.com' =>
                "submission://localhost:$submission imap://localhost:"
                . $dovecot->port('imap'),
            'example.com' => 'example.test', 'EXAMPLE.COM' => 'EXAMPLE.TEST',
            '127.0.0.1:2525' => "127.0.0.1:$smtp",
            '127.0.0.1:1143' => "127.0.0.1:$imap"));

    spit($site->path('anonid/AnonUser.secret'), "$password\n", 0600);
    spit($site->path('anonid/ca.pem'), slurp($ca->file), 0644);
    return $site;
}

sub visitor ($site, $text)
{
    return wait_until(sub {
        my $got = $site->post('/contact', timeout => 60,
            type => 'application/x-www-form-urlencoded',
            body => "to=sales&subject=$text&body=Hello");

        return $got if $got->{status} != 503;
    }, 30, 'an answer to a message')->{status};
}

# An application sends to the account's own mailbox.
sub application ($port, $text)
{
    my $smtp = Net::SMTP->new('127.0.0.1', Port => $port, Timeout => 30)
        or die "SMTP: $@";

    $smtp->mail('me@here.test') or return $smtp->message;
    $smtp->to('anonuser@example.test') or return $smtp->message;
    $smtp->data("From: me\@here.test\nSubject: $text\n\nHello\n");
    return $smtp->code;
}

my $received = 0;

# One round: the form, and the listeners.
sub test_mail ($mechanism, $name, @instead)
{
    my ($smtp, $imap) = (free_port(), free_port());
    my $site = site($smtp, $imap, @instead)->start;

    is visitor($site, "form-$mechanism"), 200,
        "$mechanism: a visitor's message is taken";
    like $dovecot->wait_message('sales', $received + 1),
        qr/^Subject: form-$mechanism/m, '... and delivered';
    like $postfix->log_text,
        qr/sasl_method=$mechanism, sasl_username=\Q$name\E$/m,
        '... as an account of the domain, that Postfix knows';
    is application($smtp, "own-$mechanism"), 250,
        '... an application\'s as well';
    $dovecot->wait_message('anonuser', $received + 1);
    my $mailbox = AnonID::Test::Imap->connect(port => $imap);
    $mailbox->login('any', 'word');
    like(($mailbox->messages('INBOX'))[$received],
         qr/^From: .*website\@example\.test.*^Subject: own-$mechanism/ms,
         '... which reads the account\'s mailbox');
    like $dovecot->log_text,
        qr/imap-login: Info: Login: user=<\Q$name\E>, method=$mechanism,/,
        '... that it was let into by the same mechanism';
    $received++;
    $site->stop;
}

test_mail('GSSAPI', 'anonuser@example.test');
test_mail('NTLM', 'anonuser@example', 'GSSAPI NTLM' => 'NTLM');
ok $dc->wait_log(qr/authentication for user \[AnonUser\].* succeeded/i),
    '... after the domain controller has checked the hash';

# The sender is bound to the account at the server, too.
my $site = site(free_port(), free_port(),
                'website@example.com' => 'boss@example.test');
$site->expect_log(qr/ANID0\d+: .*553 5\.7\.1/);
$site->start;
is visitor($site, 'boss'), 502, 'nobody else can be sent as';
like $postfix->log_text, qr/553 5\.7\.1 <boss\@example\.test>: Sender (?#
    )address rejected: not owned by user anonuser\@example\.test/,
    '... which Postfix refuses';
$site->stop;

# httpd keeps no connection to Postfix, and so Postfix none to Dovecot.
$postfix->stop;

done_testing;
