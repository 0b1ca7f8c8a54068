# SPDX-License-Identifier: Apache-2.0
#
# Bodies that are large, slow, in chunks, cut off or malformed: either the
# whole of one is sent, or nothing is and the visitor is told, and the memory
# is given back.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Mime qw(form_data);
use AnonID::Test::SubmitSite;
use Time::HiRes qw(time);

require_build;
skip_unless_program('doveadm');

my $MEGABYTE = 1024 * 1024;
my $site = AnonID::Test::SubmitSite->new(
    modules => ['reqtimeout'], config => <<'END')->start;
RequestReadTimeout body=3
<Location "/small">
    SetHandler anonid-submit
    AnonIDMail office
    LimitRequestBody 10000
</Location>
<Location "/unlimited">
    SetHandler anonid-submit
    AnonIDMail office
    LimitRequestBody 0
</Location>
END
my $sent = 0;

sub memory ()
{
    my ($worker) = $site->worker_pids;
    my ($kilobytes) = slurp("/proc/$worker/status") =~ /^VmRSS:\s+(\d+)/m;

    return $kilobytes / 1024;
}

# A form whose body has just $octets octets.
sub form_of ($octets)
{
    my ($type, $body) = form_data(to => 'desk', body => '');

    return form_data(to => 'desk',
                     body => 'y' x ($octets - length $body));
}

# The head of a POST, with other header fields.
sub head ($target, $type, @fields)
{
    return join "\r\n", "POST $target HTTP/1.1", 'Host: localhost',
        "Content-Type: $type", @fields, '', '';
}

my $bytes = join '', map { pack 'N', $_ * 2654435761 % 2**32 }
    1 .. 3 * $MEGABYTE;
my $before = do { $site->send(to => 'desk', body => 'x'); $sent++; memory };
my $answer = $site->send({ target => '/unlimited' }, to => 'desk', body => 'x',
    file => { name => 'big', type => 'x/y', content => $bytes });
is $answer->{status}, 200, 'a file of 12 MB: 200';
my $message = $site->received('desk', ++$sent);
ok $message->{parts}[1]{body} eq $bytes, 'and it arrived byte for byte';
$site->send({ target => '/unlimited' }, to => 'nobody', body => 'x',
            file => { name => 'big', type => 'x/y', content => $bytes })
    for 1 .. 4;
wait_until(sub { memory() < $before + 6 }, 10, 'the memory is given back');
pass 'the memory was given back';

for my $octets (9_999, 10_000, 10_001) {
    my ($type, $body) = form_of($octets);
    my $status = $octets > 10_000 ? 413 : 200;

    length $body == $octets or die length $body;
    $answer = $site->post_to_form($type, $body, target => '/small');
    is $answer->{status}, $status, "LimitRequestBody: $octets octets";
    my $http = $site->connect;

    $http->send(head('/small', $type, 'Transfer-Encoding: chunked'));
    $http->send_chunk($_) for $body =~ /(.{1,1000})/gs;
    $http->send_chunk('');
    is $http->response('POST')->{status}, $status, 'the same in chunks';
    $sent += 2 if $status == 200;
}

for (['/contact', 10], ['/unlimited', 64]) {
    my ($target, $megabytes) = @$_;
    my $http = $site->connect;

    $http->send(head($target, 'application/json', 'Expect: 100-continue',
                     'Content-Length: ' . ($megabytes * $MEGABYTE + 1)));
    my $head = $http->read_head;
    like $head, qr{^HTTP/1.1 413 },
        "$target: more than $megabytes MB: 413 at once";
    like $head, qr{^Connection: close}m, 'and nothing is read';
}
my $http = $site->connect;
$http->send(head('/contact', 'text/plain', 'Content-Length: 1000000000'));
is $http->response->{status}, 415, 'a body that nobody wants is not awaited';

my ($type, $body) = form_data(to => 'desk', subject => 'chunks',
                              body => 'in chunks');
$http = $site->connect;
$http->send(head('/contact', $type, 'Transfer-Encoding: chunked',
                 'Expect: 100-continue'));
like $http->read_head, qr{^HTTP/1.1 100 }, 'the visitor is asked for the body';
$http->send_chunk($_) for split //, $body;
$http->send("0\r\nSubject: a trailer\r\n\r\n");
is $http->response->{status}, 200, 'octet by octet: 200';
is $site->received('desk', ++$sent)->{header}{subject}, 'chunks',
    'and it arrived';

for my $count (0, 10, length($body) - 1) {
    $http = $site->connect;
    $http->send(head('/contact', $type, 'Content-Length: ' . length $body)
                . substr $body, 0, $count);
    $http->close;
    $http = $site->connect;
    $http->send(head('/contact', $type, 'Transfer-Encoding: chunked'));
    $http->send_chunk(substr $body, 0, $count) if $count;
    $http->close;
}
$http = $site->connect;
$http->send(head('/contact', $type, 'Transfer-Encoding: chunked')
            . "zz\r\n$body\r\n0\r\n\r\n");
is $http->response->{status}, 400, 'chunks that are none: 400';

$http = $site->connect(timeout => 20);
$http->send(head('/contact', $type, 'Content-Length: ' . length $body)
            . substr $body, 0, -1);
my $start = time;
my $slow = $http->response;
is $slow->{status}, 408, 'a body that does not end: 408';
cmp_ok time - $start, '<', 15, 'in time';

$answer = $site->send(to => 'desk', body => 'the end');
is $answer->{status}, 200, 'after all that the next message is sent';
$site->received('desk', ++$sent);
is $site->count('desk'), $sent, 'and no part of a message was';
done_testing;
