# SPDX-License-Identifier: Apache-2.0
#
# Applications at listeners work with an account's mailbox, and no log, no file
# of the state folder, and no memory of an httpd process or of an application
# holds the password, also with PLAIN. And a wrong one is tried once, however
# many of all protocols come at once; the right one serves them all.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Application
    qw(use_at_once use_listener servers tls_servers @PROTOCOLS);
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;
use AnonID::Test::Memory
    qw(secret_forms find_in_memory find_in_files can_read_memory);

require_build();
skip_unless_program('doveadm');

my $ca = AnonID::Test::CA->new;
my %port = map { ($_ => free_port()) } @PROTOCOLS;

sub start_dovecot ($password)
{
    my $dovecot = AnonID::Test::Dovecot->new(
        ca => $ca, mechanisms => [qw(scram-sha-256 plain)],
        config => "mail_max_userip_connections = 1000\n");
    my $hash = `doveadm pw -s SCRAM-SHA-256 -p $password`;

    spit($dovecot->{accounts}, "site:$hash", 0644);
    return $dovecot->start;
}

sub start_site ($password, $mechanism, @servers)
{
    return AnonID::Test::MailSite->new(
        ca => $ca, password => $password, servers => [@servers],
        log_level => 'info anonid:trace8', limits => 'off',
        service => "AnonIDMechanism $mechanism",
        listen => [map { "$_://127.0.0.1:$port{$_}" } @PROTOCOLS])->start;
}

# An application that stays logged on: a program of its own, which a fork of
# this test, who knows the password, is not.
my $READER = <<'END';
use IO::Socket::INET;
my $socket = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die $!;
print {$socket} "a LOGIN u p\r\nb SELECT INBOX\r\n";
while (<$socket>) { last if /^b / }
$| = 1;
print "$_";
sleep 600;
END

sub start_reader ()
{
    my $pid = open my $out, '-|', $^X, '-e', $READER, $port{imap}
        or die "perl: $!";
    my $line = readline $out;

    return ($pid, $out, $line);
}

sub test_canary ($mechanism, $servers)
{
    my $password = canary();
    my $dovecot = start_dovecot($password);
    my $site = start_site($password, $mechanism, $servers->($dovecot));

    ok use_listener($_ => $port{$_})->{good}, "$mechanism: $_ works"
        for @PROTOCOLS;
    my ($reader, $out, $line) = start_reader();
    like $line, qr/^b OK /, "$mechanism: an application reads its mailbox";
    $site->graceful;
    ok use_listener($_ => $port{$_})->{good},
        "$mechanism: $_ works after a graceful restart" for @PROTOCOLS;
    my $forms = secret_forms('site', $password, slurp($dovecot->{accounts}));

    is_deeply [find_in_memory($forms, $site->httpd_pids)], [],
        "$mechanism: no httpd process holds the secret";
    is_deeply [find_in_memory($forms, $reader)], [],
        "$mechanism: the application does not hold it";
    is_deeply [find_in_files($forms, map { $site->path($_) }
                                     qw(logs state))], [],
        "$mechanism: no log and no state file holds it";
    kill KILL => $reader;
    close $out;
    $_->stop for $site, $dovecot;
}

sub failures ($dovecot)
{
    return scalar(() = $dovecot->log_text =~ /auth failed, \d+ attempts/g);
}

sub test_one_attempt ($mechanism, $servers)
{
    my $password = canary();
    my $dovecot = start_dovecot($password);
    my $site = start_site(canary(), $mechanism, $servers->($dovecot));
    my %all = (%port, http => $site->port('http'));

    $site->get('/'); # which waits for the logon
    $site->expect_log(qr/ANID0221: /);
    $site->allow_log(qr/ANID0305: /, qr/ANID0229: /);
    my @results = use_at_once(200, \%all);

    is scalar(grep { $_->{good} } @results), 0,
        "$mechanism: 200 with a wrong password, and none is served";
    is scalar(grep { $_->{said} !~ /\bNO\b|^-ERR|^[45]\d\d |^HTTP\S+ 503 / }
              @results), 0, '... and each is told so';
    unlike join('', map { $_->{heard} } @results),
        qr/\bsite'|\Q$password\E|account 'site/,
        '... and hears neither account nor password';
    is failures($dovecot), 1, '... the server has counted one attempt';
    $site->password($password);
    for my $protocol (sort keys %all) {
        wait_until(sub { use_listener($protocol => $all{$protocol})->{good} },
                   60, "$protocol: served");
        pass "$mechanism: the right password, and $protocol is served";
    }
    @results = grep { !$_->{good} } use_at_once(80, \%all);
    is scalar(@results), 0, "$mechanism: 80 at once are served"
        or diag map { "$_->{said}\n" } @results;
    is failures($dovecot), 1, '... and the server has seen no other failure';
    $_->stop for $site, $dovecot;
}

can_read_memory($$) or plan skip_all => 'needs to read processes\' memory';
test_canary('SCRAM-SHA-256', \&servers);
test_canary('PLAIN', \&tls_servers);
test_one_attempt('SCRAM-SHA-256', \&servers);
test_one_attempt('PLAIN', \&tls_servers);
done_testing;
