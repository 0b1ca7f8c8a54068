# SPDX-License-Identifier: Apache-2.0
#
# AnonIDMailClientAddress id: a webmail program says in its ID for whom it
# reads mail, and the mail server is told, before the account logs on. A login
# that has gone through too many relays is refused.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dialogue;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $IP = '"x-originating-ip"';

sub site ($servers, %field)
{
    my $port = free_port();
    my $client = delete $field{client} // 'id';
    my $site = AnonID::Test::MailSite->new(
        ca => $ca, password => $password, servers => $servers,
        listen => ["imap://127.0.0.1:$port users=*"], %field,
        service => ($field{service} // '')
            . "\nAnonIDMailClientAddress $client");

    $site->{imap_port} = $port;
    return $site->start;
}

sub bad_server (%field)
{
    return AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'site', password => $password, protocol => 'imap',
        extensions => ['ID'], %field)->start;
}

sub url ($server) { return 'imap://localhost:' . $server->port('smtp') }

# What a program hears that says an ID and logs in.
sub log_in ($site, @ids)
{
    my $client = AnonID::Test::Dialogue->connect($site->{imap_port});

    $client->line;
    $client->say((map { "i ID $_" } @ids), 'a LOGIN x y');
    return +($client->until(qr/^a /))[-1];
}

sub told ($server)
{
    return map { /^\d+ C: \w+ (ID .*)/ ? $1 : () } $server->transcript;
}

# Who has connected, for Dovecot.
sub remotes ($dovecot, $mark)
{
    my $log = substr $dovecot->log_text, $mark;

    return join ' ', $log =~ /imap-login: Info: Login: .*? rip=([^,]+)/g;
}

sub test_dovecot ()
{
    my $dovecot = AnonID::Test::Dovecot->new(
        ca => $ca, config => "login_trusted_networks = 127.0.0.0/8\n");

    spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
    $dovecot->start;
    my $site = site(['imap://localhost:' . $dovecot->port('imap')]);
    my $mark = length $dovecot->log_text;

    like log_in($site, "($IP \"192.0.2.7\" \"x-originating-port\" \"1025\")"),
        qr/^a OK /, 'Dovecot: a program that reads for somebody';
    like log_in($site, "($IP {11}\r\n2001:db8::7)"), qr/^a OK /,
        'with literals';
    like log_in($site, '("name" "mutt")', 'NIL'), qr/^a OK /,
        'a program that reads for itself';
    is remotes($dovecot, $mark), '192.0.2.7 2001:db8::7 127.0.0.1',
        'Dovecot knows for whom';

    $dovecot->reload(config => '');
    $mark = length $dovecot->log_text;
    like log_in($site, "($IP \"192.0.2.7\")"), qr/^a OK /,
        'a Dovecot that does not believe us lets the account in';
    is remotes($dovecot, $mark), '127.0.0.1', 'and knows this machine';
    $_->stop for $site, $dovecot;
}

sub test_order ()
{
    my $server = bad_server();
    my $site = site([url($server)]);

    like log_in($site, "($IP \"192.0.2.7\" \"x-proxy-ttl\" \"3\")"),
        qr/^a OK /, 'a login';
    is_deeply [told($server)],
        ["ID (\"x-proxy-ttl\" \"2\" $IP \"192.0.2.7\")"],
        'the server is told once, and that there is one relay more';
    my ($verbs) = join ' ', map { /C: A\d (\w+)/ ? $1 : () } $server->transcript;
    is $verbs, 'CAPABILITY STARTTLS CAPABILITY ID AUTHENTICATE',
        'once TLS is up, and before the login';
    like log_in($site, $_), qr/^a OK /,
        'hostile: ' . s/\s+/ /gr
        for "($IP \"127.0.0.1\")", "($IP \"1.2.3.4\\\" \\\"x-session-id\")",
            "($IP \"192.0.2.7\n\")", "($IP {3}\r\n1\r\n)",
            "($IP \"" . 'x' x 2000 . '")';
    is_deeply [grep { !/^ID \("x-proxy-ttl" "\d+"\)$/ } (told($server))[1 .. 5]],
        [], 'nobody is told of what is no visitor\'s address';

    like log_in($site, "(\"x-proxy-ttl\" \"$_\")"), qr/^a NO \[CONTACTADMIN\]/,
        "a login that may go no further ($_) is refused" for 0, 1, -7, 'x';
    like log_in($site, '("x-proxy-ttl" "1")', '("x-proxy-ttl" "5")'),
        qr/^a NO /, 'and not allowed again';
    $site->expect_log(qr/ANID0234: /);
    is scalar(told($server)), 6, 'the server hears nothing of it';
    $_->stop for $site, $server;

    $server = bad_server();
    $site = site([url($server)], client => 'off');
    like log_in($site, "($IP \"192.0.2.7\")"), qr/^a OK /,
        'without the directive';
    is scalar(told($server)), 0, 'no server is told anything';
    $_->stop for $site, $server;
}

sub test_untold ()
{
    for my $case (['does not offer ID', qr/the server does not offer it/,
                   extensions => []],
                  ['refuses it', qr/NO Not you/,
                   script => [[ID => '%t NO Not you']]]) {
        my ($name, $log, @field) = @$case;
        my $server = bad_server(@field);
        my $site = site([url($server)]);

        like log_in($site, "($IP \"192.0.2.7\")"), qr/^a OK /,
            "a server that $name lets the account in";
        $site->expect_log(qr/ANID0232: .*$log/);
        $_->stop for $site, $server;
    }
}

sub test_hostile ()
{
    my @cases = (
        ['hangs' => { hang => 1 }, qr/ANID0215: .*client address/],
        ['drops' => { drop => 1 }, qr/ANID0214: /],
        ['says BYE' => '* BYE Later', qr/ANID0217: /],
        ['says no IMAP' => { raw => "Hello\r\n" }, qr/ANID0216: /],
        ['has no end' => { raw => "* ID NIL\r\n" x 30_000 }, qr/ANID0216: /],
        ['sends a line of 1 MB' => { raw => '* ID ' . 'x' x 1_000_000 },
         qr/ANID0216: /],
        ['says too much' => { raw => "%t OK a\r\n* OK b\r\n" }, qr/ANID0216: /],
        ['asks on' => '+ go on', qr/ANID0216: /],
    );
    my ($bad, $good) = (bad_server(), bad_server());
    my $site = site([url($bad), url($good)], deadlines => 10);

    for (@cases) {
        my ($name, $action, $log) = @$_;
        $bad->script([ID => $action]);
        $site->stop->start;
        like log_in($site, "($IP \"192.0.2.7\")"), qr/^a OK /,
            "a server that $name: the next one has the login";
        $site->expect_log($log);
    }
    is $bad->logins, 0, 'no such server was logged on to';
    $_->stop for $site, $bad, $good;
}

test_dovecot();
test_order();
test_untold();
test_hostile();
done_testing;
