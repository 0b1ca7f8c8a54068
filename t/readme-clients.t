# SPDX-License-Identifier: Apache-2.0
#
# What the README prints on applications without a password works as it is
# printed, but for ports and folders; and its table names every client that
# was tried.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Clients;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;
use AnonID::Test::Process qw(run);
use AnonID::Test::Readme;
use File::Basename qw(dirname);

skip_unless_root; # who adds to users=, and diverts sendmail
skip_unless_program(qw(fetchmail mbsync msmtp php));
require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => ['scram-sha-256']);
my %port = map { ($_ => free_port()) } qw(2525 1143 1110);

spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
$dovecot->start;

my $bin = dirname(sendmail_path());
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, servers => ['submission://as.printed']);
my $socket = $site->path('run/sendmail.sock');

sub block ($title, @instead)
{
    return readme_block($title, @instead) =~ s/example\.com/example.test/gr;
}

my $servers = block('httpd: the mail service "office" as above, with these '
                    . 'lines');
$servers =~ s{(\w+)://localhost}{"$1://localhost:" . $dovecot->port($1)}ge;
$site->reconfigure(config => join "\n",
    $site->{config} =~ s/^AnonIDMailServer .*/$servers/mr,
    block('httpd: in the server, or in a virtual host',
          '/run/apache2/anonid/sendmail.sock' => $socket,
          (map { ("127.0.0.1:$_" => "127.0.0.1:$port{$_}") }
               sort keys %port)));
$site->start;
$site->get('/'); # which waits for the logon

$ENV{ANONID_LISTENER} = "smtp+unix:$socket";

# Somewhere to put a client's files.
sub home ($name)
{
    my $home = temp_root() . "/$name";

    mkdir $home or die "$home: $!";
    return $home;
}

sub sends ($user, $command, $what, %option)
{
    my ($exit, $output) = run($command, timeout => 120, %option);

    is $exit, 0, $what or return diag $output;
    like $dovecot->wait_message($user), qr/^Hello from \Q$user\E/m,
        '... and it arrives';
}

sub test_php_mail ()
{
    my $home = home('php');

    spit("$home/ini/99.ini", block(
        '/etc/php/8.2/mods-available/anonid.ini, then: phpenmod anonid',
        '/usr/local/sbin' => $bin));
    sends('php', ['php', '-r', 'exit(mail("php@example.test", "s", '
                  . '"Hello from php", "From: app@host.test") ? 0 : 1);'],
          'PHP mail()', env => { PHP_INI_SCAN_DIR => ":$home/ini" });
}

sub test_phpmailer ()
{
    my $library = '/usr/share/php/libphp-phpmailer/autoload.php';

    return if !-e $library;
    my $file = spit(home('phpmailer') . '/send.php', join "\n",
        "<?php require '$library';",
        '$mail = new PHPMailer\PHPMailer\PHPMailer(true);',
        block('PHPMailer', 2525 => $port{2525}),
        '$mail->setFrom("app@host.test");',
        '$mail->addAddress("phpmailer@example.test");',
        '$mail->Body = "Hello from phpmailer\n";', '$mail->send();');

    sends('phpmailer', ['php', $file], 'PHPMailer');
}

sub test_roundcube ()
{
    return if !-e unpacked() . '/etc/roundcube/defaults.inc.php';
    my $home = home('roundcube');
    my $config = spit("$home/config.inc.php", "<?php\n" . block(
        '/etc/roundcube/config.inc.php',
        map { ($_ => $port{$_}) } qw(2525 1143)));
    my $letter = spit("$home/letter", "From: app\@host.test\r\nSubject: s\r\n"
                      . "\r\nHello from roundcube\r\n");
    my $clients = srcdir() . '/t/clients';

    sends('roundcube', ['php', "$clients/roundcube-smtp.php", unpacked(),
                        $config, $letter, 'roundcube@example.test'],
          'Roundcube sends');
    my ($host) = slurp($config) =~ /imap_host.*'(.*):\d+'/;
    my ($exit, $output) = run(
        ['php', "$clients/roundcube.php", unpacked(), 'CHECK', 'store', $host,
         $port{1143}, $letter]);
    is $exit, 0, 'Roundcube stores' or diag $output;
}

sub test_msmtp ()
{
    my $config = spit(home('msmtp') . '/msmtprc',
                      block('/etc/msmtprc', 2525 => $port{2525}));

    sends('msmtp', ['msmtp', '-C', $config, 'msmtp@example.test'], 'msmtp',
          input => "Subject: s\n\nHello from msmtp\n");
}

# What Debian's cron says, and how it calls sendmail.
sub test_cron ()
{
    my $root = home('cron');
    my $commands = block(
        'as root: /usr/sbin/sendmail is anonid-sendmail from now on',
        '/usr/sbin' => "$root/usr/sbin", '/usr/local/sbin' => $bin,
        'dpkg-divert --local' => "dpkg-divert --admindir $root --local");
    my ($to) = block('crontab(5): an address that AnonIDMailAllow allows, not '
                     . '"root"') =~ /^MAILTO=(.*)/m;

    spit("$root/usr/sbin/sendmail", "the old one\n");
    my ($exit, $output) = run(['sh', '-ec', $commands]);
    is $exit, 0, 'sendmail is diverted' or diag $output;
    is slurp("$root/usr/sbin/sendmail.distrib"), "the old one\n",
        '... and kept';
    sends('operator', ['setpriv', '--reuid', 'nobody', '--clear-groups', '--',
                       "$root/usr/sbin/sendmail", qw(-FCronDaemon -i
                       -B8BITMIME -oem), $to], 'cron', input => <<"END");
From: root (Cron Daemon)
To: $to
Subject: Cron <root\@host> echo Hello
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
X-Cron-Env: <SHELL=/bin/sh>

Hello from operator
END
}

sub put_message ()
{
    my $letter = letter();

    $dovecot->imap('site')->command(
        'APPEND', 'INBOX', '{' . length($letter) . "+}\r\n$letter");
    return $letter =~ s/\r\n/\n/gr;
}

sub test_fetchmail ($letter)
{
    my $home = home('fetchmail');
    my $config = spit("$home/.fetchmailrc",
                      block('~/.fetchmailrc', 1110 => $port{1110}), 0600);
    my ($exit, $output) = run(['fetchmail', '-m', "cat >>'$home/got'"],
                              env => { HOME => $home });

    is $exit, 0, 'fetchmail' or diag $output;
    like slurp("$home/got"), qr/\Q$letter\E\z/, '... has it all';
}

sub test_mbsync ($letter)
{
    my $home = home('mbsync');

    mkdir "$home/Mail";
    spit("$home/.mbsyncrc", block('~/.mbsyncrc', 1143 => $port{1143}));
    my ($exit, $output) = run(['mbsync', 'office'], env => { HOME => $home });
    is $exit, 0, 'mbsync' or diag $output;
    my ($same) = grep { slurp($_) =~ s/^X-TUID: .*\n//mr eq $letter }
        glob "$home/Mail/INBOX/*/*";
    ok $same, '... has it all';
}

sub test_table ()
{
    my ($table) = slurp(srcdir() . '/README')
        =~ /^    client +listener +what to set\n((?:    .+\n)+)/m;
    my @all = map { my $protocol = $_; map { [$protocol, $_->{name}] }
                    clients($protocol) } qw(smtp imap pop3);
    my @missing = grep { !is_printed($table, @$_) } @all;

    is join(', ', map { "$_->[1] ($_->[0])" } @missing), '',
        'the table names every client and listener that was tried';
}

# The name without its options; what sends by a command is at sendmail.
sub is_printed ($table, $protocol, $name)
{
    my $kind = $name =~ /mail\(\)|bsd-mailx/ ? 'sendmail' : $protocol;
    my @words = split ' ', $name =~ s/ (?:\(|--|by ).*//r;

    while (@words) {
        return 1 if $table =~ /^ {4}\Q@words\E {2,}.*\b$kind\b/m;
        pop @words;
    }
    return 0;
}

test_php_mail();
test_phpmailer();
test_roundcube();
test_msmtp();
test_cron();
my $letter = put_message();
test_fetchmail($letter);
test_mbsync($letter);
test_table();
done_testing;
