# SPDX-License-Identifier: Apache-2.0
#
# A password that is rotated under load costs no message: neither while the
# mail server still knows the old one only (Dovecot looks at its file once a
# second), nor while it knows the new one and the old one is in use.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Ctl;
use AnonID::Test::Dovecot;
use AnonID::Test::Httpd;
use Sys::Hostname qw(hostname);

skip_unless_program('dovecot', 'doveadm');
require_build;

my ($ROTATIONS, $AT_ONCE) = (6, 4);
my ($host) = split /\./, hostname();
my $ca = AnonID::Test::CA->new;
my $dovecot = AnonID::Test::Dovecot->new(ca => $ca);
my $httpd = AnonID::Test::Httpd->new(config => <<"END");
AnonIDAccountFile "@{[ $dovecot->{accounts} ]}"
<AnonIDMailService mail>
AnonIDMailServer submission://localhost:@{[ $dovecot->port('submission') ]}
AnonIDMailTLS ca=@{[ $ca->file ]}
AnonIDMailFrom site\@example.test
AnonIDMailRecipient webmaster webmaster\@example.test
AnonIDMailLimit off
</AnonIDMailService>
AnonIDMapTo
AnonIDMail mail
<Location "/mail">
SetHandler anonid-submit
</Location>
END

sub begin_to_send ()
{
    my $connection = $httpd->connect(timeout => 60);

    $connection->send(join "\r\n", 'POST /mail HTTP/1.1', 'Host: localhost',
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: 30', '', 'to=webmaster&subject=x&body=yz');
    return $connection;
}

spit($dovecot->{accounts}, "IUSR_$host:!\n", 0644);
$dovecot->start;
$httpd->start;

my $ctl = AnonID::Test::Ctl->new($httpd);
my (%answers, $asked);

wait_until(sub { ($ctl->run('logon', "IUSR_$host"))[0] == 0 }, 20,
           'the account is logged on');
for my $rotation (1 .. $ROTATIONS) {
    my @before = map { begin_to_send } 1 .. $AT_ONCE;

    $ctl->ok('rotate', "IUSR_$host");
    my @after = map { begin_to_send } 1 .. $AT_ONCE;

    for my $connection (@before, @after) {
        my $answer = $connection->response('POST');

        $asked++;
        $answers{ $answer->{status} }++;
        diag $answer->{body} if $answer->{status} != 200;
    }
}
is_deeply \%answers, { 200 => $asked },
    "$ROTATIONS rotations under load: all of $asked messages are taken";
is scalar(() = $dovecot->messages('webmaster')), $asked,
    '... and are there, each of them once';

done_testing;
