# SPDX-License-Identifier: Apache-2.0
#
# The file of a mail service's authorities is on a file system that hangs:
# whoever uses that service waits, and nobody else does.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Httpd;
use AnonID::Test::HTTP;
use AnonID::Test::MailSite;
use AnonID::Test::SleepingFS;

require_build;
my $unusable = AnonID::Test::SleepingFS->unusable;
plan(skip_all => $unusable) if $unusable;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password)->start;
my $fs = AnonID::Test::SleepingFS->new(content => slurp($ca->file))
    ->start;
my %trusted = (ready => $ca->file, other => $ca->file, slow => $fs->secret);

sub service ($name)
{
    return <<"END";
<AnonIDMailService $name>
AnonIDMailServer submission://localhost:@{[$server->port('smtp')]}
AnonIDMailTLS "ca=$trusted{$name}"
AnonIDMailFrom site\@example.test
AnonIDMailRecipient webmaster webmaster\@example.test
</AnonIDMailService>
<Location "/$name">
SetHandler anonid-submit
AnonIDMail $name
</Location>
END
}

my $site = AnonID::Test::Httpd->new(
    log_level => 'info anonid:debug',
    config => <<"END" . join '', map { service($_) } sort keys %trusted);
<AnonIDAccount site>
AnonIDLogon file "\${DIR}/accounts"
AnonIDSecret "file:\${DIR}/secret"
</AnonIDAccount>
AnonIDMapTo site
END
AnonID::Test::MailSite::password($site, $password);
$site->start;

sub post ($to)
{
    my $response = $site->post("/$to",
        timeout => 20, type => 'application/x-www-form-urlencoded',
        body => AnonID::Test::MailSite::form());

    return $response ? $response->{status} : 'nothing';
}

sub begin_post ($to)
{
    my $http = AnonID::Test::HTTP->connect(port => $site->port('http'),
                                           timeout => 60);
    my $form = AnonID::Test::MailSite::form();

    $http->send("POST /$to HTTP/1.1\r\nHost: localhost\r\n"
                . "Content-Type: application/x-www-form-urlencoded\r\n"
                . 'Content-Length: ' . length($form) . "\r\n\r\n$form");
    return $http;
}

is post('ready'), 200, 'a message is sent';
$fs->hang;
my @waiting = map { begin_post('slow') } 1 .. 3;
$fs->wait_caught;
is post('ready'), 200, 'another service sends while the file system hangs';
is post('other'), 200, '... over a new connection, too';
$fs->wake;
is $_->response('POST')->{status}, 200, 'who had to wait is served'
    for @waiting;

done_testing;
