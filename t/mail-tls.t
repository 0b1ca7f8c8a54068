# SPDX-License-Identifier: Apache-2.0
#
# Whom the agent trusts: a server is spoken to only when its certificate is
# valid, comes from an authority of AnonIDMailTLS and bears the right name,
# with STARTTLS and with TLS from the first byte. No secret is said before.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $other = AnonID::Test::CA->new('Another CA');
my $password = canary();

sub server (%field)
{
    return AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'site', password => $password,
        mechanisms => [qw(SCRAM-SHA-256 PLAIN)], %field)->start;
}

sub site ($server, %field)
{
    my $scheme = $server->{tls} eq 'implicit' ? 'submissions' : 'submission';
    my $host = delete $field{host} // 'localhost';

    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password,
        servers => ["$scheme://$host:" . $server->port('smtp')],
        service => 'AnonIDMechanism PLAIN', %field)->start;
}

# Name, certificate, why it is refused (undef: it is good), site's fields.
my @CASES = (
    ['a good certificate', $ca->host('localhost'), undef],
    ['a good certificate for the address', $ca->host_only('127.0.0.1'), undef,
     host => '127.0.0.1'],
    ['a good certificate for the name of AnonIDMailTLS',
     $ca->host_only('mail.test'), undef,
     trust => 'ca=' . $ca->file . ' name=mail.test'],
    ['a wildcard', $ca->host_only('*.example.test'), undef,
     trust => 'ca=' . $ca->file . ' name=mail.example.test'],
    ['another name', $ca->host_only('mail.test'),
     qr/not valid for localhost: hostname mismatch/i],
    ['another address', $ca->host_only('127.0.0.2'),
     qr/not valid for 127\.0\.0\.1: IP address mismatch/i,
     host => '127.0.0.1'],
    ['part of a wildcard', $ca->host_only('m*.example.test'),
     qr/not valid for mail\.example\.test: hostname mismatch/i,
     trust => 'ca=' . $ca->file . ' name=mail.example.test'],
    ['an expired certificate', $ca->expired('localhost'),
     qr/not valid for localhost: certificate has expired/],
    ['a self-signed certificate', $ca->self_signed('localhost'),
     qr/not valid for localhost: self.signed certificate/],
    ['an unknown authority', $other->host('localhost'),
     qr/not valid for localhost: unable to get local issuer/],
    ['an authority that the system does not know', $ca->host('mail.test'),
     qr/not valid for mail.test: unable to get local issuer/,
     trust => 'name=mail.test'],
);

for my $tls (qw(starttls implicit)) {
    for my $case (@CASES) {
        my ($name, $certificate, $reason, %field) = @$case;
        my $server = server(tls => $tls, certificate => $certificate);
        my $site = site($server, %field);

        $site->expect_log(qr/ANID0212: .*: TLS handshake: .*$reason/,
                          qr/ANID0305: /) if $reason;
        is $site->send->{text}, $reason ? '503' : '200 webmaster',
            "$tls: $name";
        is $server->logins, $reason ? 0 : 1, "$tls: $name: logins";
        $_->stop for $site, $server;
    }
}

# TLS where there is none, and the other way round.
my $server = server(tls => 'implicit');
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, deadlines => 3,
    servers => ['submission://localhost:' . $server->port('smtp')])->start;
$site->expect_log(
    qr{ANID021[45]: .*: greeting: .*first byte, write submissions:// for it},
    qr/ANID0305: /);
is $site->send->{text}, '503', 'STARTTLS is expected, but TLS comes at once';
$_->stop for $site, $server;

$server = server(tls => 'starttls');
$site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password,
    servers => ['submissions://localhost:' . $server->port('smtp')])->start;
$site->expect_log(
    qr{ANID0212: .*: TLS handshake: .*plain text,.*: write submission:// for},
    qr/ANID0305: /);
is $site->send->{text}, '503', 'TLS is expected, but a greeting comes';
$site->stop;

# Authorities are read again when their file has changed.
my $trusted = spit(temp_root() . '/ca.pem', slurp($other->file), 0644);
$site = site($server, trust => "ca=$trusted");
$site->expect_log(qr/ANID0212: /, qr/ANID0213: .*cannot be read/,
                  qr/ANID0305: /);
is $site->send->{text}, '503', 'the wrong authority';
unlink $trusted;
is $site->send->{text}, '503', 'no authority';
spit($trusted, slurp($ca->file), 0644);
is $site->send->{text}, '200 webmaster',
    'the right authority is taken up without a restart';
done_testing;
