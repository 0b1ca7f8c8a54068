# SPDX-License-Identifier: Apache-2.0
#
# SCRAM with channel binding towards a real server (Cyrus): it is what is taken
# by default where it is offered, for both listeners, with STARTTLS and with
# TLS from the first byte. Cyrus 3.6 binds to TLS 1.2 as RFC 5929 says, but
# not to TLS 1.3, so it speaks TLS 1.2 here.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Cyrus;
use AnonID::Test::Dialogue;
use AnonID::Test::MailSite;

my $missing = AnonID::Test::Cyrus->missing;

plan(skip_all => $missing) if $missing;
require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $cyrus = AnonID::Test::Cyrus->new(
    ca => $ca, users => { site => $password },
    config => "tls_versions: tls1_2\n")->start;
my %listener = map { ($_ => free_port()) } qw(imap pop3);
my %dialogue = (
    imap => ['a LOGIN u p', 'b SELECT INBOX', 'c LOGOUT'],
    pop3 => ['USER u', 'PASS p', 'STAT', 'QUIT'],
);

# The mechanism by which one client's session was logged on.
sub mechanism ($site, $protocol)
{
    my $mark = $site->log_mark;
    my $said = AnonID::Test::Dialogue->connect($listener{$protocol})
        ->say(@{ $dialogue{$protocol} })->shut->rest;

    like $said, $protocol eq 'imap' ? qr/^b OK /m : qr/^\+OK \d+ \d+\r?$/m,
        "$protocol: the mailbox is served";
    my ($name) = substr($site->log_text, $mark)
        =~ /logged on as 'site' with (\S+)$/m;
    return $name;
}

for my $servers ([qw(imap pop3)], [qw(imaps)]) {
    my @protocols = map { s/s$//r } @$servers;
    my $site = AnonID::Test::MailSite->new(
        ca => $ca, password => $password,
        servers => [map { "$_://localhost:" . $cyrus->port($_) } @$servers],
        listen => [map { "$_://127.0.0.1:$listener{$_}" } @protocols])->start;

    is mechanism($site, $_), 'SCRAM-SHA-256-PLUS',
        "... bound to its TLS, by @$servers" for @protocols;
    $site->stop;
}

done_testing;
