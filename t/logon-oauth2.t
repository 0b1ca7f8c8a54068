# SPDX-License-Identifier: Apache-2.0
#
# Accounts that are clients of a token endpoint: what is asked, what each
# error of RFC 6749 means, the renewal at half of a token's life, and a token
# that a mail server refuses, which is asked for anew once.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::LogonSite;
use AnonID::Test::MailSite;
use AnonID::Test::TokenServer;
use MIME::Base64 qw(encode_base64);

require_build;

my $ca = AnonID::Test::CA->new;
my $secret = canary() . '%:+/';
my $encoded = $secret =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/ger;

sub token_server ($status, $body)
{
    return AnonID::Test::TokenServer->new->answer($status, $body)->start;
}

sub granted ($life, $token = 'token-' . canary())
{
    return qq({"access_token":"$token","token_type":"Bearer",)
        . qq("expires_in":$life});
}

# Error => status, code, what the bracket says.
my %error = (
    invalid_client => [401, 1326, 'HTTP 401, invalid_client: it is so'],
    invalid_scope => [400, 1327, 'HTTP 400, invalid_scope: it is so'],
    unauthorized_client => [400, 1385,
                            'HTTP 400, unauthorized_client: it is so'],
    server_error => [503, 1311, 'HTTP 503, server_error: it is so'],
    "echo_$secret" => [400, 1327, 'HTTP 400'],
    html => [200, 1311, 'HTTP 200'],
    empty => [200, 1311, 'the answer holds no access_token'],
    mac => [200, 1311, 'the answer\'s token_type is not Bearer'],
    line => [200, 1311, 'what is there is no token: it holds other '
             . 'characters than A-Z a-z 0-9 - . _ ~ + / ='],
);
my %body = (
    html => '<html>', empty => '{}',
    mac => '{"access_token":"x","token_type":"mac"}',
    line => '{"access_token":"x\r\nRCPT TO:<y>","token_type":"bearer"}',
);
my (%server, %account);
for my $error (sort keys %error) {
    my $name = $error =~ s/_.*//r eq 'echo' ? 'echo' : $error =~ tr/_/-/r;

    $server{$name} = token_server(
        $error{$error}[0], $body{$error}
            // qq({"error":"$error","error_description":")
            . ($name eq 'echo' ? $secret : 'it is so') . '"}');
    $error{$name} = $error{$error} if $name ne $error;
}
$server{good} = token_server(200, granted(20));
$account{$_} = {
    logon => 'oauth2 ' . $server{$_}->url . ' "web client" mail.send a%b',
    secret => $secret } for keys %server;

my $mail = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'x', password => canary(),
    mechanisms => ['OAUTHBEARER'],
    sasl => { says => ['{"status":"invalid_token"}'], ends => 'fail' })->start;

$account{good}{vhost} = ['AnonIDMail mail'];
my $site = AnonID::Test::LogonSite->new(
    accounts => \%account, log_level => 'info anonid:trace8',
    config => <<"END");
<AnonIDMailService mail>
AnonIDMailServer submission://localhost:@{[ $mail->port('smtp') ]}
AnonIDMailTLS ca=@{[ $ca->file ]}
AnonIDMailFrom site\@example.test
AnonIDMailRecipient webmaster webmaster\@example.test
</AnonIDMailService>
<Location /mail>
SetHandler anonid-submit
</Location>
END

my @failing = grep { $_ ne 'good' } sort keys %server;
$site->expect_failure($_ => $error{$_}[1]) for @failing;
$site->start;

# What is asked.
$site->wait_state(good => 'logged on');
my ($request) = $server{good}->requests;
like $request, qr{^POST /token HTTP/1\.1\r\n}, 'the endpoint is asked';
like $request, qr/^Authorization: Basic \Q@{[
    encode_base64("web%20client:$encoded", '') ]}\E\r\n/m,
    '... by the client, with its secret';
like $request, qr/^grant_type=client_credentials&(?#
    )scope=mail\.send%20a%25b$/m, '... for a token of those scopes';

# Errors.
for my $name (@failing) {
    my (undef, $code, $detail) = @{ $error{$name} };

    is $site->wait_failure($name => $code)->{detail}, $detail,
        "$name: $code, and why";
    is $site->served($name), 503, '... and its visitors wait';
}
is scalar(() = $server{'invalid-client'}->requests), 1,
    'a wrong secret is tried once';
$site->expect_recovery('server-error');
$server{'server-error'}->answer(200, granted(3600));
$site->wait_state('server-error' => 'logged on', 60);
pass 'an endpoint that recovers is noticed';

# Renewal.
my $first = $site->status('good')->{expires};
$server{good}->answer(200, granted(3600));
$site->wait_status(good => sub ($s) { $s->{expires} > $first + 60 },
                   'renewed', 30);
cmp_ok time, '<=', $first, 'a token is renewed before its end';
is scalar(() = $site->warnings('good')), 0, '... without a word';

# A refused token.
$site->expect_log(qr/ANID0221: .*'good': AUTH: 535/, qr/ANID0305: /);
sub send_mail ()
{
    return $site->post('/mail', vhost => 'good.test', timeout => 60,
        type => 'application/x-www-form-urlencoded',
        headers => { Accept => 'application/json' },
        body => AnonID::Test::MailSite::form())->{status};
}
my $asked = () = $server{good}->requests;
is send_mail(), 503, 'a token that is refused';
wait_until(sub { $asked < (() = $server{good}->requests) }, 20,
           'asked for another');
$site->wait_state(good => 'logged on');
wait_until(sub { send_mail();
                 (() = join("\n", $mail->transcript) =~ /C: AUTH /g) == 2 },
           20, 'the other one is shown');
is send_mail(), 503, '... which is refused, too';
is scalar(() = $server{good}->requests), $asked + 1,
    '... and that is the end of it';
unlike $site->log_text, qr/\Q$secret\E/, 'no log holds the secret';

done_testing;
