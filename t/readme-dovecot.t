# SPDX-License-Identifier: Apache-2.0
#
# What the README prints for Dovecot works on Debian's configuration: the
# commands, the file for conf.d, and httpd's own lines; and who could log on
# before still can.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Ctl;
use AnonID::Test::Dovecot;
use AnonID::Test::Httpd;
use AnonID::Test::Process qw(run);
use AnonID::Test::Readme;
use AnonID::Test::StockDovecot;
use Sys::Hostname qw(hostname);

skip_unless_root;
skip_unless_program('dovecot', 'doveadm');
plan(skip_all => 'needs Debian\'s configuration of Dovecot')
    if !AnonID::Test::StockDovecot->installed;
require_build;

my ($host) = split /\./, hostname();
my $ca = AnonID::Test::CA->new;
my $root = AnonID::Test::temp_root() . '/var-lib-anonid';
my @paths = ('/var/lib/anonid' => $root);
my $alice = canary();

# Debian's passdb is PAM; here it has one user, as a system has.
sub one_system_user ($name, $text)
{
    return $text if $name ne 'conf.d/auth-system.conf.ext';
    return <<"END";
passdb {
  driver = passwd-file
  args = ${root}-users
}
userdb {
  driver = passwd-file
  args = ${root}-users
  default_fields = uid=nobody gid=nogroup home=$root/mail
}
END
}

my $mailboxes = AnonID::Test::Dovecot->new(ca => $ca)->start;

sub dovecot ($edit)
{
    return AnonID::Test::StockDovecot->new(
        ca => $ca, mailboxes => $mailboxes, edit => $edit, certificate => $ca->host('mail.example.com'),
        files => {
            '99-anonid.conf' => readme_block(
                '/etc/dovecot/conf.d/99-anonid.conf', @paths),
        })->start;
}

sub site ($dovecot)
{
    my $port = $dovecot->port('submission');
    my $config = readme_lines(
        '/var/lib/anonid' => $root,
        'submission://localhost' => "submission://localhost:$port",
        '/etc/ssl/certs/ca-certificates.crt' => $ca->file,
        'sales@example.com' => 'sales@example.test');

    return AnonID::Test::Httpd->new(config => "AnonIDMapTo\n$config");
}

# The README's example of httpd's configuration, without its virtual host.
sub readme_lines (@instead)
{
    my ($text) = slurp(srcdir() . '/README') =~ m{
        ^(\ {4}AnonIDAccountFile.*?)^\ {4}</VirtualHost>}msx
        or die 'README has no example';

    $text =~ s/^\s*(?:<VirtualHost|ServerName).*//mg;
    while (my ($printed, $own) = splice @instead, 0, 2) {
        $text =~ s/\Q$printed\E/$own/g or die "README lacks $printed";
    }
    return $text;
}

# The printed commands, with this httpd in place of Debian's.
sub set_up ($httpd)
{
    my $commands = readme_block('once, as root', @paths,
                                'systemctl restart apache2' => 'exit 0');
    my ($exit, $output) = run(['sh', '-ec', $commands]);

    is $exit, 0, 'the commands run' or diag $output;
    $httpd->start;
}

sub sends ($httpd, $number, $what)
{
    my $answer = wait_until(sub {
        my $got = $httpd->post('/contact',
            body => "to=sales&subject=S&body=B$number",
            type => 'application/x-www-form-urlencoded');
        return $got if $got->{status} != 503;
    }, 20, 'an answer to a message');

    is $answer->{status}, 200, $what or diag $answer->{body};
    like $mailboxes->wait_message('sales', $number), qr/B$number/,
        '... and it is there';
}

my $pam = dovecot(undef);
my $httpd = site($pam);

set_up($httpd);
sends($httpd, 1, 'a visitor sends, beside Debian\'s own users');
my $modes = sprintf '%04o %s', (stat "$root/accounts")[2] & 07777,
    scalar getgrgid((stat _)[5]);
is $modes, '0640 dovecot', 'the file is as it was made';
AnonID::Test::Ctl->new($httpd)->ok('rotate', "IUSR_$host");
is sprintf('%04o %s', (stat "$root/accounts")[2] & 07777,
           scalar getgrgid((stat _)[5])), $modes,
    '... also with another password';
$httpd->stop;
$pam->stop;

# Other users of the machine.
spit("$root-users", 'alice:{PLAIN}' . $alice . "\n", 0644);
my $dovecot = dovecot(\&one_system_user);
for my $case (['alice', $alice, 0], ['alice', 'wrong', 77],
              ["IUSR_$host", 'wrong', 77]) {
    my ($name, $password, $expected) = @$case;
    my ($exit, $output) = run(['doveadm', '-c', $dovecot->path('dovecot.conf'),
                               'auth', 'test', $name, $password]);

    is $exit, $expected, "$name logs on as before: "
        . ($expected ? 'not with another password' : 'yes') or diag $output;
}
my ($exit) = run(['doveadm', '-c', $dovecot->path('dovecot.conf'), 'auth',
                  'lookup', 'nobody-of-that-name']);
isnt $exit, 0, 'nobody is made up';

done_testing;
