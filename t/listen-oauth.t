# SPDX-License-Identifier: Apache-2.0
#
# Applications use mailboxes of accounts that have a token instead of a
# password: listeners log on by OAUTHBEARER and by XOAUTH2, in each protocol,
# with STARTTLS and with TLS from the first byte. The token comes from a token
# endpoint for a refresh token; one that the server refuses is asked for anew.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Application
    qw(use_listener listens servers tls_servers @PROTOCOLS);
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::LogonSite;
use AnonID::Test::Memory qw(can_read_memory find_in_files find_in_memory);
use AnonID::Test::Token;
use AnonID::Test::TokenServer;

skip_unless_program('dovecot', 'openssl');
require_build;

my $ca = AnonID::Test::CA->new;
my $issuer = AnonID::Test::Token->new;
my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => [qw(oauthbearer xoauth2)],
    config => $issuer->dovecot_config);
spit($dovecot->{accounts}, '', 0644);
$dovecot->start;

my %mechanism = (bearer => 'OAUTHBEARER', old => 'XOAUTH2');
my (%port, %account, %endpoint, %token, %refresh, %file);

sub answer ($name, $token, $refresh)
{
    return qq({"access_token":"$token","token_type":"Bearer",)
        . qq("expires_in":3600,"refresh_token":"$refresh"});
}

for my $name (qw(bearer old later)) {
    my $user = "$name\@example.test";

    $file{$name} = spit(temp_root() . "/$name.refresh", canary(), 0600);

    $port{$name} = { map { ($_ => free_port()) } @PROTOCOLS };
    $token{$name} = $issuer->token(
        $name eq 'later' ? 'somebody@example.test' : $user, 600);
    $endpoint{$name} = AnonID::Test::TokenServer->new->answer(
        200, answer($name, $token{$name}, $refresh{$name} = canary()))->start;
    $account{$user} = {
        logon => 'oauth2 ' . $endpoint{$name}->url . ' client',
        lines => ["AnonIDToken refresh file:$file{$name}"],
        vhost => ["AnonIDMail $name", listens(%{ $port{$name} })] };
}

sub service ($name, @servers)
{
    return <<"END";
<AnonIDMailService $name>
AnonIDMailServer @servers
AnonIDMailTLS ca=@{[ $ca->file ]}
AnonIDMechanism @{[ $mechanism{$name} // 'OAUTHBEARER XOAUTH2' ]}
AnonIDMailFrom site\@example.test
AnonIDMailRecipient webmaster webmaster\@example.test
</AnonIDMailService>
END
}

my $site = AnonID::Test::LogonSite->new(
    accounts => \%account, log_level => 'info anonid:trace8',
    config => service('bearer', servers($dovecot))
        . service('old', tls_servers($dovecot))
        . service('later', servers($dovecot)))->start;

$site->wait_state("$_\@example.test" => 'logged on') for sort keys %port;
for my $name (sort keys %mechanism) {
    for my $protocol (@PROTOCOLS) {
        my $mark = $dovecot->log_mark;
        my $result = use_listener($protocol, $port{$name}{$protocol});

        ok $result->{good}, "$name: $protocol" or diag $result->{heard};
        ok $dovecot->wait_log(
            qr/Login: user=<$name\@example\.test>, method=$mechanism{$name}/,
            since => $mark), "... by $mechanism{$name}";
    }
}

# A token that the server refuses: what the application hears is no more than
# that, and another one is asked for.
my %refusal = (imap => qr/^a NO \[CONTACTADMIN\] /,
               pop3 => qr/^-ERR \[SYS\/PERM\] /, smtp => qr/^451 4\.7\.0 /);
my $asked = () = $endpoint{later}->requests;
$site->expect_log(qr/ANID0221: .*'later\@example\.test'/);
my $heard = '';
for (@PROTOCOLS) {
    my $result = use_listener($_ => $port{later}{$_});

    like $result->{said}, $refusal{$_}, "$_: a token that is refused";
    $heard .= $result->{heard};
}
unlike $heard, qr/later|somebody|OAUTH|token|scope|\Q$token{later}\E/i,
    '... and nothing is told of account, token or server';
wait_until(sub { $asked < (() = $endpoint{later}->requests) }, 30,
           'asked anew');
$token{new} = $issuer->token('later@example.test', 600);
$refresh{new} = canary();
$endpoint{later}->answer(200, answer('later', $token{new}, $refresh{new}));
spit("$file{later}.next", canary(), 0600);
rename "$file{later}.next", $file{later} or die $!;
for my $protocol (@PROTOCOLS) {
    wait_until(sub { use_listener($protocol => $port{later}{$protocol})
                         ->{good} }, 30, "$protocol: let in");
    pass "$protocol: ... until there is another one";
}

# Tokens are nowhere but in the agent and at the server.
my %form = ((map { ("token of $_" => $token{$_}) } keys %token),
            (map { ("refresh token of $_" => $refresh{$_}) } keys %refresh));
SKIP: {
    skip 'needs to read processes\' memory', 1 if !can_read_memory($$);
    is_deeply [find_in_memory(\%form, $site->httpd_pids)], [],
        'no httpd process holds a token';
}
is_deeply [find_in_files(\%form, $site->path('logs'), $site->path('state'))],
    [], 'no log and no file of the state folder holds a token';

done_testing;
