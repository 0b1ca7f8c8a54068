# SPDX-License-Identifier: Apache-2.0
#
# The example of listeners loads as it is shipped, and each of its listeners
# serves, but for names of hosts, ports and folders.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Dialogue;
use AnonID::Test::Dovecot;
use AnonID::Test::Httpd;
use AnonID::Test::Readme;

skip_unless_root;
skip_unless_program('dovecot');
require_build;

my $ca = AnonID::Test::CA->new;
my %password = map { ($_ => canary()) } qw(webmail shop);
my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => ['scram-sha-256']);

spit($dovecot->{accounts}, join('', map { "$_:{PLAIN}$password{$_}\n" }
                                    sort keys %password), 0600);
$dovecot->start;

my %port = map { ($_ => free_port()) } 2525, 1143, 1110, 1144;
my $smtp = $port{2525};
my $folder = temp_root() . '/sockets';
mkdir $folder or die "$folder: $!";

my $site = AnonID::Test::Httpd->new(config => example(
    'listeners.conf',
    '://mail.example.com' => '://localhost',
    '/run/apache2/anonid' => $folder,
    'example.com' => 'example.test',
    (map { ("127.0.0.1:$_" => "127.0.0.1:$port{$_}") } sort keys %port),
    '[::1]:2525' => "[::1]:$port{2525}")
    =~ s{\b(submission|imap|pop3)://localhost}
        {"$1://localhost:" . $dovecot->port($1)}ger);

spit($site->path("anonid/$_.secret"), "$password{$_}\n", 0600)
    for keys %password;
spit($site->path('anonid/accounts'), join('', map {
    "$_:" . crypt($password{$_}, '$6$verifier') . "\n" } sort keys %password),
    0600);
spit($site->path('anonid/ca.pem'), slurp($ca->file), 0644);
$site->start;

sub said ($where, @lines)
{
    return AnonID::Test::Dialogue->connect($where)->say(@lines)->shut->rest;
}

sub sent ($where, $to)
{
    my $client = AnonID::Test::Dialogue->connect($where);

    for my $line ('EHLO x', 'MAIL FROM:<me@x.test>', "RCPT TO:<$to>",
                  'DATA') {
        my $answer = ($client->until(qr/^\d+ /))[-1];

        return $answer if $answer =~ /^5/;
        $client->say($line);
    }
    $client->until(qr/^354 /);
    $client->say("Subject: $where", '', 'Hello', '.');
    return ($client->until(qr/^\d+ /))[-1];
}

like sent($smtp, 'sales@example.test'), qr/^250 /,
    'SMTP: to a recipient';
like sent("$folder/sendmail.sock", 'any@below.example.test'), qr/^250 /,
    '... over a socket, to a domain that is allowed';
like sent($smtp, 'any@elsewhere.test'), qr/^550 5\.7\.1 /,
    '... to no other';
like $dovecot->wait_message('sales'), qr/^Subject: $smtp\r?$/m,
    '... and it is there';

my @login = ('a LOGIN any words', 'b LIST "" INBOX', 'c LOGOUT');
like said($port{1143}, @login), qr/^b OK .*^c OK /ms, 'IMAP: a mailbox';
like said("$folder/imap.sock", 'b LIST "" INBOX', 'c LOGOUT'),
    qr/\A\* PREAUTH .*^b OK .*^c OK /ms, '... without a login';
like said($port{1110}, 'USER any', 'PASS word', 'STAT', 'QUIT'),
    qr/^\+OK 0 0\r?$/m, 'POP3: a mailbox';
like said($port{1144}, @login), qr/^b OK .*^c OK /ms,
    'IMAP of another site';
$dovecot->wait_log(qr/imap-login: Info: Login: user=<shop>/);
pass '... is another account\'s';
$site->stop;

done_testing;
