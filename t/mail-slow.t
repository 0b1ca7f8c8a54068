# SPDX-License-Identifier: Apache-2.0
#
# A mail server that hangs holds those who write to it, and not all of httpd:
# pages and another mail service work on.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::SubmitSite;
use IO::Select;
use IO::Socket::INET;

require_build;

my ($POSTS, $MOST) = (100, 64);

sub server ($password, @script)
{
    return AnonID::Test::BadMailServer->new(
        ca => AnonID::Test::SubmitSite->ca, user => 'visitor',
        password => $password, script => [@script])->start;
}

my $password = canary();
my $slow = server($password, [connect => { hang => 1 }]);
my $quick = server($password);
my $site = AnonID::Test::SubmitSite->new(server => $slow, config => <<"END");
<AnonIDMailService other>
AnonIDMailServer submission://localhost:@{[$quick->port('smtp')]}
AnonIDMailTLS ca=@{[AnonID::Test::SubmitSite->ca->file]}
AnonIDMailFrom website\@example.test
AnonIDMailRecipient desk desk\@example.test
</AnonIDMailService>
<Location "/other">
SetHandler anonid-submit
AnonIDMail other
</Location>
END

$site->document('page.txt', "A page\n");
$site->start;
$site->expect_log(qr/ANID0229: .*'office': $MOST messages are on their way/,
                  qr/ANID0305: /);
$site->allow_log(qr/ANID021[145]: /);
my @visitors = map { $site->connect } 1 .. $POSTS;
$_->send(join "\r\n", 'POST /contact HTTP/1.1', 'Host: localhost',
         'Content-Type: application/x-www-form-urlencoded',
         'Content-Length: 25', '', 'to=desk&subject=x&body=yz')
    for @visitors;

# Those who are answered while the others wait.
sub answered ()
{
    return map { $_->[1] } grep { IO::Select->new($_->[0])->can_read(0) }
        map { [$_->{socket}, $_] } @visitors;
}

wait_until(sub { $POSTS - $MOST == (() = answered()) }, 30,
           'all but 64 are answered');
my @answered = answered();
my %answered = map { $_ => 1 } @answered;
my @answers = map { $_->response('POST') } @answered;
is scalar @answers, $POSTS - $MOST, "of $POSTS posts, $MOST wait";
is_deeply [grep { $_->{status} != 503 || !$_->{header}{'retry-after'} }
               @answers], [], 'the others are told at once to come back later';
is scalar(() = $site->log_text =~ /ANID0229: /g), 1, 'there is one warning';

is_deeply [map { $site->get('/page.txt')->{status} } 1 .. 20], [(200) x 20],
    'pages are served';
is $site->post('/other', type => 'application/x-www-form-urlencoded',
               body => 'to=desk&subject=x&body=yz')->{status}, 200,
    'another mail service sends';
is scalar($quick->messages), 1, 'the message has arrived there';

# It goes on as soon as the server does.
$slow->script();
$slow->stop;
$slow->start;
wait_until(sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                     PeerPort => $slow->port('smtp')) },
           10, 'the server listens again');
@answers = map { $_->response('POST') } grep { !$answered{$_} } @visitors;
is_deeply [grep { $_->{status} != 503 } @answers], [],
    'those who waited are told when the server goes';
is $site->post('/contact', type => 'application/x-www-form-urlencoded',
               body => 'to=desk&subject=x&body=yz')->{status}, 200,
    'when it is back, messages are sent';
$_->stop for $site, $slow, $quick;
done_testing;
