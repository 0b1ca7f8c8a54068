# SPDX-License-Identifier: Apache-2.0
#
# A mail server that takes only so many sessions: a burst of visitors is served
# by those, nobody is sent away, and the server is not asked for more again and
# again.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();

# Two bursts, together fewer than the 100 messages after which a session is
# replaced.
my ($VISITORS, $MORE) = (64, 30);

sub site ($server, $port)
{
    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password, limits => 'off',
        servers => ['submission://localhost:' . $server->port($port)])->start;
}

# So many visitors send at once; returns the answers' statuses.
sub burst ($site, $visitors)
{
    my @visitors = map { $site->connect } 1 .. $visitors;

    $_->send(join "\r\n", 'POST /mail HTTP/1.1', 'Host: localhost',
             'Content-Type: application/x-www-form-urlencoded',
             'Content-Length: 30', '', 'to=webmaster&subject=x&body=yz')
        for @visitors;
    return [map { $_->response('POST')->{status} } @visitors];
}

# Dovecot's own limit, with its own words: 2, and what everybody has.
sub test_dovecot ($limit)
{
    my $dovecot = AnonID::Test::Dovecot->new(
        ca => $ca, config => $limit ? "mail_max_userip_connections = $limit\n"
                                    : '');

    chomp(my $hash = `doveadm pw -s SCRAM-SHA-256 -p $password`);
    spit($dovecot->{accounts}, "site:$hash\n", 0644);
    $dovecot->start;
    my $site = site($dovecot, 'submission');
    my $name = 'Dovecot, ' . ($limit ? "at most $limit sessions"
                              : 'as it comes');
    for my $visitors ($VISITORS, $MORE) {
        is_deeply burst($site, $visitors), [(200) x $visitors],
            "$name: $visitors visitors at once, all are served";
    }
    is scalar(() = $dovecot->messages('webmaster')), $VISITORS + $MORE,
        "$name: each message once";
    my $refused = () = $dovecot->log_text
        =~ /Maximum number of connections from user\+IP exceeded/g;
    cmp_ok $refused, '<=', $limit, "$name: it was not asked again and again";
    if ($limit) {
        cmp_ok $refused, '>', 0, "$name: it did refuse";
        ok $site->wait_log(qr/ANID0227: .*: no more than $limit sessions/),
            "$name: the log says so";
    }
    $_->stop for $site, $dovecot;
}

# Every way to refuse a login beyond the second.
my @WAYS = (
    [connect => '421 4.7.0 Too many connections'],
    [connect => '554 5.7.0 Too many connections'],
    [connect => { drop => 1 }],
    [STARTTLS => '454 4.7.0 Too many connections'],
    [AUTH => '421 4.7.0 Too many connections'],
    [AUTH => '454 4.7.0 Too many connections'],
    [response => '535 5.7.8 Too many connections'],
);

sub test_ways ()
{
    for (@WAYS) {
        my ($state, $action) = @$_;
        my $server = AnonID::Test::BadMailServer->new(
            ca => $ca, user => 'site', password => $password,
            script => [map { [$state => $action, { connection => $_ }] }
                       3 .. 200])->start;
        my $site = site($server, 'smtp');
        my $name = "$state: " . (ref $action ? 'dropped' : $action);

        is_deeply burst($site, $VISITORS), [(200) x $VISITORS],
            "$name: $VISITORS visitors, all are served";
        is scalar($server->messages), $VISITORS, "$name: each message once";
        cmp_ok $server->connections, '<=', 4, "$name: two logins were refused";
        is_deeply burst($site, $MORE), [(200) x $MORE], "$name: once more";
        cmp_ok $server->connections, '<=', 4, "$name: and none again";
        $_->stop for $site, $server;
    }
}

SKIP: {
    skip 'needs Dovecot', 1 if !grep { -x "$_/dovecot" } split /:/, $ENV{PATH};
    test_dovecot($_) for 0, 2;
}
test_ways();
done_testing;
