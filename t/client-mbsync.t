# SPDX-License-Identifier: Apache-2.0
#
# mbsync brings a Maildir of 2,000 messages and a mailbox behind a listener in
# line, both ways: new messages, flags, and what was deleted.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Clients;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;
use AnonID::Test::Process qw(run);
use File::Path qw(make_path);

skip_unless_program('mbsync');
require_build;

my $MANY = 2000;
my $ca = AnonID::Test::CA->new;
my $password = canary();
my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, config => "mail_fsync = never\n");

spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
$dovecot->start;
my $port = free_port();
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password,
    servers => ['imap://localhost:' . $dovecot->port('imap')],
    listen => ["imap://127.0.0.1:$port"])->start;

# A Maildir that stands for one computer, and its channel.
sub computer ($name)
{
    my $home = temp_root() . "/$name";

    make_path(map { "$home/near/$_" } qw(cur new tmp));
    spit("$home/mbsyncrc", <<"END", 0600);
FSync no

IMAPStore far
Host 127.0.0.1
Port $port
User any
Pass word
SSLType None

MaildirStore near
Inbox $home/near

Channel inbox
Far :far:
Near :near:
Create Both
Expunge Both
SyncState *
END
    return $home;
}

sub sync_up ($home)
{
    my ($exit, $output) = run(['mbsync', '-c', "$home/mbsyncrc", 'inbox'],
                              env => { HOME => $home }, timeout => 300);

    return $exit == 0 || (diag($output), 0);
}

# Number => [text, flags], by the number in the subject; without what mbsync
# writes into the header.
sub contents ($home)
{
    my %found;

    for my $path (glob "$home/near/cur/* $home/near/new/*") {
        my $text = slurp($path) =~ s/^X-TUID: .*\n//mr;
        my ($number) = $text =~ /^Subject: (\d+)$/m;
        my ($flags) = $path =~ /:2,(\w*)/;

        die "$number is there twice" if $found{$number};
        $found{$number} = [$text, $flags // '', $path];
    }
    return \%found;
}

sub same ($one, $other)
{
    return keys %$one == keys %$other
        && !grep { ($one->{$_}[0] // '') ne ($other->{$_}[0] // '')
                   || $one->{$_}[1] ne $other->{$_}[1] } keys %$one;
}

my ($here, $there) = map { computer($_) } qw(here there);

for my $number (1 .. $MANY) {
    my $letter = letter(200 * ($number % 40)) =~ s/\r\n/\n/gr;

    spit("$here/near/new/1700000000.$number.host",
         $letter =~ s/^Subject: .*/Subject: $number/mr);
}
my $sent = contents($here);
ok sync_up($here), "$MANY messages go up";
ok sync_up($there), '... and come down elsewhere';
my $came = contents($there);
is keys %$came, $MANY, 'all of them';
is_deeply [grep { $came->{$_}[0] ne $sent->{$_}[0] } keys %$came], [],
    '... octet by octet';

my $unread = $came->{7}[2];
rename $unread, ($unread =~ s{/new/}{/cur/}r =~ s/:2,\w*//r) . ':2,FS'
    or die "rename: $!";
unlink $came->{8}[2] or die "unlink: $!";
spit("$there/near/new/1700000000.new.host",
     letter() =~ s/^Subject: .*/Subject: 9999/mr =~ s/\r\n/\n/gr);
ok sync_up($there) && sync_up($here), 'a flag, a new message, one less';
my $now = contents($here);
is $now->{7}[1], 'FS', 'the flag is there';
ok !$now->{8} && $now->{9999}, 'and what is new, and not what is deleted';
is keys %$now, $MANY, 'and all else';
ok same($now, contents($there)), 'both Maildirs say the same';
is scalar(() = $dovecot->log_text =~ /imap-login: Info: Login: /g), 4,
    'by one login for each run';
done_testing;
