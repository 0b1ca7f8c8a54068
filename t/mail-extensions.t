# SPDX-License-Identifier: Apache-2.0
#
# What a message needs and what the server offers: SIZE, 8BITMIME, SMTPUTF8.
# Something needed and not offered is said clearly, before the message goes
# anywhere. And messages of any size and shape arrive octet for octet.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $LINE = 'x' x 60 . "\n";
my $EIGHT_BIT = "Subject: 8 bit\r\nMIME-Version: 1.0\r\n"
    . "Content-Type: text/plain; charset=iso-8859-1\r\n"
    . "Content-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe\r\n";

sub server (@extensions)
{
    return AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'site', password => $password,
        extensions => \@extensions)->start;
}

sub site ($server, %field)
{
    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password,
        servers => ['submission://localhost:' . $server->port('smtp')],
        %field)->start;
}

sub mail_line ($server)
{
    my @lines = map { /^\d+ C: (MAIL .*)/ ? $1 : () } $server->transcript;

    return $lines[-1] // 'none';
}

# A message as a client composed it.
sub send_message ($site, $message, $alias = 'webmaster')
{
    return $site->post("/mail?to=$alias", type => 'message/rfc822',
                       body => $message)->{status};
}

my $server = server('SIZE 100000', '8BITMIME', 'SMTPUTF8');
my $site = site($server);

is $site->send->{status}, 200, 'a message of ASCII';
like mail_line($server), qr/^MAIL FROM:<site\@example\.test> SIZE=\d+$/,
    'its size is said, and nothing else is asked for';
is $site->send(subject => "Gr\N{U+FC}\N{U+DF}e",
               body => "\N{U+E4}\n")->{status}, 200,
    'a form with umlauts';
unlike mail_line($server), qr/8BITMIME|SMTPUTF8/,
    'is composed so that it needs nothing';
is send_message($site, $EIGHT_BIT), 200, 'a message with 8 bits in its body';
like mail_line($server), qr/ BODY=8BITMIME$/, 'asks for 8BITMIME';
like [$server->messages]->[-1], qr/\r\n\r\nGr\xfc\xdfe\r\n\z/,
    'and arrives as it was';
is $site->send(body => $LINE x 1_000)->{status}, 200,
    'a message within SIZE';
is $site->send(body => $LINE x 2_000)->{status}, 413,
    'a message over SIZE is too large';
is scalar(grep { /C: MAIL/ } $server->transcript), 4,
    'and not even offered to the server';
is $server->connections, 1, 'the session is as good as before';
$_->stop for $site, $server;

$server = server('SIZE');
$site = site($server);
is $site->send(body => "0123456789abcdef\n" x 100_000)->{status}, 200,
    'SIZE without a number is no limit';
my $body = ([$server->messages]->[-1] =~ /\r\n\r\n(.*)\z/s)[0];
is length $body, 1_800_000, 'a large message arrives whole';
$site->expect_log(qr/ANID0201: .*: the server does not offer 8BITMIME/,
                  qr/ANID0305: /);
is send_message($site, $EIGHT_BIT), 502, '8BITMIME is needed, not offered';
is scalar($server->messages), 1, 'nothing is sent';
$_->stop for $site, $server;

# An address that is not ASCII.
my @UTF8 = (service => "AnonIDMailRecipient buero b\xc3\xbcro\@example.test");
$server = server('8BITMIME', 'SMTPUTF8');
$site = site($server, @UTF8);
is $site->send(to => 'buero')->{status}, 200, 'an address in UTF-8';
like mail_line($server), qr/ SMTPUTF8$/, 'asks for SMTPUTF8';
$_->stop for $site, $server;

$server = server('8BITMIME');
$site = site($server, @UTF8);
$site->expect_log(qr/ANID0201: .*: the server does not offer SMTPUTF8/,
                  qr/ANID0305: /);
is $site->send(to => 'buero')->{status}, 502,
    'SMTPUTF8 is needed, not offered';
is $site->send->{status}, 200, 'other addresses do not need it';
$_->stop for $site, $server;
done_testing;
