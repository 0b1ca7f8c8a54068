# SPDX-License-Identifier: Apache-2.0
#
# What the README prints for Postfix works: Dovecot, as Debian configures it
# and with the printed files, says who may submit, and Postfix, with the
# printed lines, takes the visitor's message and nobody else's.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::Httpd;
use AnonID::Test::Postfix;
use AnonID::Test::Readme;
use AnonID::Test::StockDovecot;
use IO::Socket::INET;
use Sys::Hostname qw(hostname);

skip_unless_root;
skip_unless_program('dovecot', 'postfix');
plan(skip_all => 'needs Debian\'s configuration of Dovecot')
    if !AnonID::Test::StockDovecot->installed;
require_build;

my ($host) = split /\./, hostname();
my $ca = AnonID::Test::CA->new;
my $certificate = $ca->host('mail.example.com');
my $accounts = AnonID::Test::temp_root() . '/accounts';
my $mailboxes = AnonID::Test::Dovecot->new(ca => $ca)->start;
my $postfix = AnonID::Test::Postfix->new(
    lmtp_port => $mailboxes->port('lmtp'), config => join "\n",
    readme_block('/etc/postfix/main.cf (added at its end)'),
    'smtpd_tls_security_level = may',
    "smtpd_tls_cert_file = $certificate->{chain}",
    "smtpd_tls_key_file = $certificate->{key}", '');
my $port = $postfix->port('submission');

# Debian's smtpd runs in a chroot that its start script fills; this one is
# where the test has its queue.
spit($postfix->path('etc/master.cf'), join '',
     slurp($postfix->path('etc/master.cf')),
     "tlsmgr unix - - n 1000? 1 tlsmgr\n",
     readme_block('/etc/postfix/master.cf (added at its end)',
                  'submission inet n       -       y' =>
                  "127.0.0.1:$port inet n - n"));
$postfix->start;

my $dovecot = AnonID::Test::StockDovecot->new(
    ca => $ca, mailboxes => $mailboxes, files => {
        '99-anonid.conf' => readme_block(
            '/etc/dovecot/conf.d/99-anonid.conf',
            '/var/lib/anonid/accounts' => $accounts),
        '99-anonid-postfix.conf' => readme_block(
            '/etc/dovecot/conf.d/99-anonid-postfix.conf',
            '/var/spool/postfix' => $postfix->path('queue')),
    })->start;

my $httpd = AnonID::Test::Httpd->new(config => <<"END");
AnonIDAccountFile $accounts
AnonIDMapTo
AnonIDMail office
<AnonIDMailService office>
AnonIDMailServer submission://localhost:$port
AnonIDMailTLS ca=@{[$ca->file]} name=mail.example.com
AnonIDMailFrom website\@example.test
AnonIDMailRecipient sales sales\@example.test
</AnonIDMailService>
<Location "/contact">
SetHandler anonid-submit
</Location>
END
spit($accounts, "IUSR_$host:*\n", 0640);
chown 0, scalar getgrnam('dovecot'), $accounts or die "chown: $!";
$httpd->start;

my $answer = wait_until(sub {
    my $got = $httpd->post('/contact', body => 'to=sales&subject=S&body=Hello',
                           type => 'application/x-www-form-urlencoded');
    return $got if $got->{status} != 503;
}, 20, 'an answer to a message');
is $answer->{status}, 200, 'a visitor\'s message is taken'
    or diag $answer->{body};
like $mailboxes->wait_message('sales', 1), qr/Hello/, '... and delivered';
like $postfix->log_text, qr/sasl_method=SCRAM-SHA-256, sasl_username=iusr_/i,
    '... for the account, which proved itself';

my $stranger = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $port, Timeout => 10)
    or die "connect: $!";
$stranger->print("EHLO x\r\nMAIL FROM:<a\@example.test>\r\nQUIT\r\n");
like join('', <$stranger>), qr/^530 5\.7\.0 Must issue a STARTTLS/m,
    'nobody submits without TLS';

# It keeps its connection to Dovecot, which waits for that to end.
$httpd->stop;
$postfix->stop;

done_testing;
