# SPDX-License-Identifier: Apache-2.0
#
# A mail server that misbehaves behind an SMTP listener: the application is
# never told that the message was sent, is told at once or at the deadline,
# and the next message goes its way.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::MailSite;
use IO::Socket::INET;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password)->start;
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, deadlines => 3, limits => 'off',
    servers => ['submission://localhost:' . $server->port('smtp')]);

$site->reconfigure(config => "$site->{config}\nAnonIDMailListen "
                       . 'smtp://127.0.0.1:' . $site->port('listener')
                       . " users=*\n");
$site->start;
$site->get('/'); # which waits for the logon
$site->allow_log(qr/ANID02\d\d: /);

my @SAID = ('EHLO x', 'MAIL FROM:<site@example.test>',
            'RCPT TO:<webmaster@example.test>', 'DATA', "a: b\r\n\r\nc\r\n.");

# One message; the replies after EHLO's, as far as the first refusal.
sub send_one ()
{
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $site->port('listener'))
        or die "connect: $!";
    my @replies;

    local $SIG{ALRM} = sub { die "no reply\n" };
    alarm 60;
    readline $socket;
    for my $said (@SAID) {
        print $socket "$said\r\n";
        my $reply = '';
        $reply = readline $socket // '' while $reply !~ /^\d{3} /;
        push @replies, $reply =~ s/\r\n//r;
        last if $reply =~ /^[45]/;
    }
    alarm 0;
    return join ' ', $replies[-1] =~ /^[45]/ ? $replies[-1]
        : map { substr $_, 0, 3 } @replies;
}

is send_one(), '250 250 250 354 250', 'a message';

my %action = (
    'hangs' => { hang => 1 }, 'drops' => { drop => 1 },
    'resets' => { reset => 1 }, 'babbles' => { raw => "* OK hello\r\n" },
    'says 1 MB' => { raw => '250-' . 'x' x 1_048_576 },
    'says 354' => '354 what?', 'says 421' => '421 4.3.2 closing',
);

for my $state (qw(MAIL RCPT DATA message)) {
    for my $name (sort keys %action) {
        next if $name eq 'says 354' && $state eq 'DATA';
        $server->script([$state => $action{$name}]);
        like send_one(), qr/^45\d 4\.\d\.\d /, "$state: the server $name";
        $server->script();
        is send_one(), '250 250 250 354 250', 'and the next message is sent';
    }
}
$server->script(['RCPT' => '550 5.1.1 no user of localhost']);
is send_one(), '550 5.1.1 refused by the mail server',
    'the server\'s name is not shown';
done_testing;
