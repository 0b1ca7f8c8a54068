# SPDX-License-Identifier: Apache-2.0
#
# A mail server that is down while another one works: messages pass it over,
# and the log tells when it went and when it is back, once.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();

sub server (@script)
{
    return AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'site', password => $password,
        script => [@script])->start;
}

sub url ($server) { return 'submission://localhost:' . $server->port('smtp') }

sub site (@servers)
{
    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password, limits => 'off',
        servers => [map { url($_) } @servers])->start;
}

# Sessions with it are not kept, so that each message is a cold one.
my @COLD = ([RSET => { drop => 1 }]);
my $first = server([connect => '421 4.3.2 Going down']);
my $second = server(@COLD);
my $site = site($first, $second);

$site->expect_log(qr/ANID0217: .*421 4\.3\.2 Going down/);
is_deeply [map { $site->send->{text} } 1 .. 20], [('200 webmaster') x 20],
    'the first server is down: every message goes by the second';
is $first->connections, 1, 'the first one is not asked by each of them';
is scalar(() = $site->log_text =~ /\[anonid:warn\].*ANID0217: /g), 1,
    'there is one warning';

# It works again, and the next try finds that out.
$first->script();
wait_until(sub { $site->send->{status} == 200 && $first->messages }, 40,
           'the first server is tried again');
cmp_ok $first->connections, '<=', 3, 'it was tried seldom';
ok $site->wait_log(qr/\[anonid:notice\].*ANID0228: .*: is back after \d+ s/),
    'the log says that it is back';
my $sent = $second->messages;
is_deeply [map { $site->send->{text} } 1 .. 5], [('200 webmaster') x 5],
    'messages go on';
is scalar($second->messages), $sent, 'by the first server';
$_->stop for $site, $first, $second;

# Nothing is lost by passing over: if no other server takes the message, the
# one that was down is asked after all.
$first = server([connect => '421 4.3.2 Going down']);
$second = server(@COLD);
$site = site($first, $second);
$site->expect_log(qr/ANID0217: /);
is $site->send->{status}, 200, 'the first server goes down';
$first->script();
$second->script([connect => '421 4.3.2 Going down, too'], @COLD);
is $site->send->{text}, '200 webmaster',
    'the second goes down when the first is back';
is scalar($first->messages), 1, 'the message went by the first';
$_->stop for $site, $first, $second;

# With a single server there is nobody else to ask: it is tried each time, and
# warned about once.
$first = server([connect => '421 4.3.2 Going down']);
$site = site($first);
$site->expect_log(qr/ANID0217: /, qr/ANID0305: /);
is_deeply [map { $site->send->{status} } 1 .. 5], [(503) x 5],
    'the only server is down';
is scalar(() = $site->log_text =~ /\[anonid:warn\].*ANID0217: /g), 1,
    'there is one warning';
$first->script();
is $site->send->{text}, '200 webmaster', 'it is asked as soon as it is back';
$_->stop for $site, $first;
done_testing;
