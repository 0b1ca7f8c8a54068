# SPDX-License-Identifier: Apache-2.0
#
# A mail server that hangs holds those who write to it, and not all of httpd:
# pages and another mail service work on, however few workers httpd may have.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::SubmitSite;
use IO::Select;
use IO::Socket::INET;

require_build;

# MaxRequestWorkers is 128 in AnonID::Test::HttpdConfig.
my ($POSTS, $MOST) = (100, 64);

sub server ($password, @script)
{
    return AnonID::Test::BadMailServer->new(
        ca => AnonID::Test::SubmitSite->ca, user => 'visitor',
        password => $password, script => [@script])->start;
}

# A visitor who has sent his form, and waits.
sub post_from ($site)
{
    my $visitor = $site->connect;

    $visitor->send(join "\r\n", 'POST /contact HTTP/1.1', 'Host: localhost',
                   'Connection: close',
                   'Content-Type: application/x-www-form-urlencoded',
                   'Content-Length: 25', '', 'to=desk&subject=x&body=yz');
    return $visitor;
}

my $password = canary();
my $slow = server($password, [connect => { hang => 1 }]);
my $quick = server($password);
my $site = AnonID::Test::SubmitSite->new(
    server => $slow, limits => 'off', config => <<"END");
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
my @visitors = map { post_from($site) } 1 .. $POSTS;

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
$site->wait_log(qr/ANID0229: /);
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
$_->stop for $site, $quick;

# Eight workers, by either MPM: half of them hang.
my %few = (
    event => "StartServers 2\nServerLimit 2\nThreadLimit 4\n"
        . "ThreadsPerChild 4\nMinSpareThreads 4\nMaxSpareThreads 8\n"
        . 'MaxRequestWorkers 8',
    prefork => "StartServers 8\nMinSpareServers 1\nMaxSpareServers 8\n"
        . "ServerLimit 8\nMaxRequestWorkers 8",
);

for my $mpm (sort keys %few) {
    subtest "$mpm with 8 workers" => sub {
        $slow->script([connect => { hang => 1 }]);
        my $site = AnonID::Test::SubmitSite->new(
            server => $slow, mpm => $mpm, mpm_config => $few{$mpm});

        $site->document('page.txt', "A page\n");
        $site->start;
        $site->expect_log(qr/ANID0229: .*'office': 4 messages are on their/,
                          qr/ANID0305: /);
        $site->allow_log(qr/ANID021[145]: |AH00484|AH00161/);
        wait_until(sub { $site->get('/page.txt')->{status} == 200 }, 30,
                   'the account is logged on');
        @visitors = map { post_from($site) } 1 .. 12;
        wait_until(sub { 8 == (() = answered()) }, 30, 'all but 4 are answered');
        is_deeply [map { $site->get('/page.txt')->{status} } 1 .. 20],
            [(200) x 20], 'pages are served';
        is scalar(() = answered()), 8, '... while half of the workers wait';
        # prefork ends its processes as they are, and event awaits its threads.
        $slow->stop if $mpm eq 'event';
        $site->stop;
        $slow->start if $mpm eq 'event';
    };
}
$slow->stop;
done_testing;
