# SPDX-License-Identifier: Apache-2.0
#
# Accounts in a directory log on by every way to a server that there is, in
# the order of the servers, as a DN or by a search, and by no other way: who
# is not trusted, or offers no TLS, never sees the password.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::LogonSite;
use AnonID::Test::Slapd;

skip_unless_program('slapd', 'slapadd', 'ldapmodify');
require_build;

my $ca = AnonID::Test::CA->new;
my $other_ca = AnonID::Test::CA->new('Somebody else');
my @names = qw(socket plain starttls ldaps named failover second found filter
               scoped searched chained base);
my @refused = qw(authority expired name notls nobody several denied
                 nohelper);
my %password = map { ($_ => canary()) } @names, @refused, 'search';

my $slapd = AnonID::Test::Slapd->new(
    ca => $ca,
    users => { map { ($_ => { password => $password{$_} }) }
               keys %password });
my $expired = AnonID::Test::Slapd->new(
    ca => $ca, certificate => $ca->expired('127.0.0.1'),
    users => { expired => { password => $password{expired} } });
my $elsewhere = AnonID::Test::Slapd->new(
    ca => $ca, certificate => $ca->host_only('ldap.test'),
    users => { map { ($_ => { password => $password{$_} }) } qw(name named) });
my $notls = AnonID::Test::Slapd->new(
    users => { notls => { password => $password{notls} } });

# We end the handshake.
$_->allow_log(qr/TLS: can't accept/)->start
    for $slapd, $expired, $elsewhere, $notls;

my $trust = 'AnonIDLogonTLS ca=' . $ca->file;
my $people = 'ou=people,dc=example,dc=test';
my $nobody_home = 'ldap://127.0.0.1:' . free_port();

# An account of that directory at these URLs; $dn for another form of DN.
sub account ($name, $urls, @lines)
{
    my $dn = $lines[0] && $lines[0] =~ /^\w+:|^"/ ? shift @lines
        : $slapd->dn($name);

    return ($name => { logon => "ldap $urls $dn", lines => \@lines,
                       secret => $password{$name} });
}

my ($ldap, $ldaps) = map { $slapd->url($_) } qw(ldap ldaps);
my $unknown_host = $notls->url('ldap') =~ s/127\.0\.0\.1/0.0.0.0/r;

my $site = AnonID::Test::LogonSite->new(accounts => {
    account('socket', $slapd->url('ldapi')),
    account('plain', $ldap),
    account('starttls', $ldap, $trust),
    account('ldaps', $ldaps, $trust),
    account('named', $elsewhere->url('ldaps'), "$trust name=ldap.test"),
    account('failover', "$nobody_home $ldap"),
    account('second', $expired->url('ldaps') . " $ldaps", $trust),
    account('found', $ldap, "ldap:///$people?uid"),
    account('filter', $ldap, "ldap:///$people???(&(cn=filter)(sn=filter))"),
    account('scoped', $ldap,
            "\"ldap:///$people?cn?one?(objectClass=inetOrgPerson)\""),
    account('search', $ldap),
    account('searched', $ldap, "ldap:///$people?uid",
            'AnonIDLogonSearchAs chained'),
    account('chained', $ldap, "ldap:///$people?uid",
            'AnonIDLogonSearchAs search'),
    base => { logon => "ldap $ldap/@{[$slapd->dn('base')]}?cn?base",
              secret => $password{base} },

    account('authority', $ldaps, 'AnonIDLogonTLS ca=' . $other_ca->file),
    account('expired', $expired->url('ldaps'), $trust),
    account('name', $elsewhere->url('ldaps'), $trust),
    account('notls', $unknown_host),
    account('nobody', $ldap, "ldap:///$people?uid?sub?(cn=somebody)"),
    account('several', $ldap, "ldap:///$people???(objectClass=person)"),
    account('denied', $ldap, "ldap:///dc=elsewhere?uid"),
    account('nohelper', $ldap, "ldap:///$people?uid",
            'AnonIDLogonSearchAs nobody'),
});

$site->expect_failure($_ => 1311) for qw(authority expired name notls);
$site->expect_failure($_ => 1326) for qw(nobody denied);
$site->expect_failure(several => 1327);
$site->expect_failure(nohelper => 5);
$site->start;

for my $name (@names, 'search') {
    is $site->wait_state($name, 'logged on')->{attempts}, 1,
        "$name is logged on, at the first attempt";
}
is $site->served('plain'), 200, 'its visitors are served';
my ($conn) = $slapd->log_text
    =~ /conn=(\d+) op=\d+ BIND dn="\Q@{[$slapd->dn('starttls')]}\E" mech=/;
like $slapd->log_text, qr/conn=$conn fd=\d+ TLS established/,
    '... over TLS, although the server is this machine';
is $elsewhere->binds('named'), 1, 'a certificate may have another name';
is $expired->binds('second'), 0,
    'a server with a bad certificate never sees the password';
is $slapd->binds('second'), 1, '... and the next one is asked';

# Who is refused, and why.
my %why = (
    authority => qr/certificate is not valid for 127\.0\.0\.1: self-/,
    expired => qr/certificate is not valid for 127.*: certificate has expired/,
    name => qr/certificate is not valid for 127.*: (?:IP address|hostname) mi/,
    notls => qr/LDAP result -11, Connect error: the server refuses StartTLS/,
    nobody => qr/^LDAP result 32, No such object: the search finds no entry$/,
    several => qr/^LDAP result 4, .*: the search finds more than one entry$/,
    denied => qr/^LDAP result 32, No such object/,
    nohelper => qr/^the account 'nobody', which searches, is not logged on$/,
);
for my $name (@refused) {
    my $status = $site->wait_state($name, 'failed');

    like $status->{detail}, $why{$name}, "$name is refused: why";
    is $site->served($name), 503, '... and its visitors wait';
}
is $_->[0]->binds($_->[1]), 0, "the password of $_->[1] is not sent"
    for [$slapd, 'authority'], [$expired, 'expired'], [$elsewhere, 'name'],
        [$notls, 'notls'], [$slapd, 'nobody'], [$slapd, 'several'];

is $site->warning('expired') =~ s/, ldaps:.*//r,
    $site->warning_text('LDAP account', 'expired', 1311, 'There are currently '
                        . 'no logon servers available to service the logon '
                        . 'request.', 'ldap'),
    'the warning is in the words of the manual';
like $site->warning('expired'),
    qr/, \Q@{[$expired->url('ldaps')]}\E: LDAP result -11, [^\]]*expired\]$/,
    '... and names the server and the cause';

done_testing;
