# SPDX-License-Identifier: Apache-2.0
#
# Forty visitors who send 33 MB each, and stop halfway, take all the memory
# that a process has for large messages: small ones are sent meanwhile, the
# memory is bounded, and it is there again when they have gone. Where the
# operator gives no LimitRequestBody, they do not get that far.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Mime qw(form_data form_urlencoded);
use AnonID::Test::SubmitSite;
use IO::Select;

require_build;
skip_unless_program('doveadm');

my $MEGABYTE = 1024 * 1024;
my ($VISITORS, $LARGE, $ROOM, $RESERVE) = (40, 33, 320, 32);
my $site = AnonID::Test::SubmitSite->new(
    limits => 'off', mpm_config => <<'MPM', config => <<'CONFIG')->start;
StartServers 1
MinSpareThreads 1
MaxSpareThreads 64
ServerLimit 1
ThreadLimit 64
ThreadsPerChild 64
MaxRequestWorkers 64
MPM
<Location "/large">
    SetHandler anonid-submit
    AnonIDMail office
    LimitRequestBody 0
</Location>
CONFIG
my $sent = 0;

sub memory ()
{
    my ($worker) = $site->worker_pids;
    my ($kilobytes) = slurp("/proc/$worker/status") =~ /^VmRSS:\s+(\d+)/m;

    return $kilobytes / 1024;
}

sub begin ($target, $octets)
{
    my $http = $site->connect(timeout => 60);

    $http->send(join "\r\n", "POST $target HTTP/1.1", 'Host: localhost',
                'Content-Type: application/x-www-form-urlencoded',
                'Content-Length: ' . $octets * $MEGABYTE, '', 'to=desk&body=');
    return $http;
}

sub has_answer ($http)
{
    return IO::Select->new($http->{socket})->can_read(0);
}

# Sends a megabyte on each connection that is not answered yet; returns them.
sub send_round (@slow)
{
    state $text = 'x' x $MEGABYTE;

    return grep { !has_answer($_) && $_->send($text) } @slow;
}

# Bodies of every kind and of some size are sent.
sub small_are_sent ($when)
{
    my $text = 'small ' x 20_000;    # 120 kB
    my @answers = (
        $site->send(to => 'desk', body => 'x'),
        $site->send(to => 'desk', body => $text),
        $site->send(to => 'desk', body => 'x', file => {
            name => 'a', type => 'text/plain', content => $text }),
        $site->urlencoded(to => 'desk', body => $text),
        $site->json({ to => 'desk', body => $text }),
        $site->message('desk', "Subject: x\r\n\r\n"
                       . "small text\r\n" x 10_000),
    );

    is_deeply [map { $_->{status} } @answers], [(200) x @answers],
        "$when small messages are sent";
    $sent += @answers;
}

small_are_sent('before');
my $before = memory;
my @posts = map { begin('/contact', $LARGE) } 1 .. 3;
is $_->response('POST')->{status}, 413, '33 MB without LimitRequestBody: 413'
    for @posts;
is begin('/contact', 10.5)->response('POST')->{status}, 413, 'so are 10.5';
my ($type, $body) = form_data(to => 'desk', body => 'x', file => {
    name => 'a', type => 'x/y', content => 'x' x (9.9 * $MEGABYTE) });
is $site->post_to_form($type, $body)->{status}, 200, '9.9 MB are sent';
$sent++;

my @slow = map { begin('/large', $LARGE) } 1 .. $VISITORS;
small_are_sent('while many announce much');
cmp_ok memory() - $before, '<', 40,
    'what has been announced takes no memory';
$site->expect_log(qr/ANID0310: .* already take \d+ MB/);
my $rounds = 0;
while ($rounds++ < $LARGE) {
    my @waiting = send_round(@slow);
    last if @waiting < $VISITORS;
}
cmp_ok $rounds, '<', $LARGE, 'forty get so far';
cmp_ok $rounds, '>=', $ROOM / $VISITORS, 'and no less';
wait_until(sub { (grep { has_answer($_) } @slow) > 0 }, 10, 'one is refused');
my ($refused) = grep { has_answer($_) } @slow;
my $answer = $refused->response('POST');
is $answer->{status}, 503, 'who comes too late: 503';
like $answer->{header}{'retry-after'}, qr/^[1-9]\d*$/, 'with Retry-After';
cmp_ok memory() - $before, '<', $ROOM + $RESERVE + 32,
    'the memory is bounded';
small_are_sent('while many hold all of it');

$_->close for @slow;
wait_until(sub { memory() < $before + 48 }, 20, 'the memory is given back');
$answer = $site->post_to_form($type, $body);
is $answer->{status}, 200, 'afterwards a large message is sent again';
is $site->count('desk'), ++$sent, 'and no other one was';
done_testing;
