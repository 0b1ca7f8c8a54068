# SPDX-License-Identifier: Apache-2.0
#
# Accounts with an access token log on to a mail server with OAUTHBEARER or
# XOAUTH2; the server (Dovecot) checks the token's signature itself. A token
# that expires, or is refused, is asked for anew.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::LogonSite;
use AnonID::Test::MailSite;
use AnonID::Test::Token;
use MIME::Base64 qw(decode_base64);

skip_unless_program('dovecot', 'openssl');
require_build;

my $ca = AnonID::Test::CA->new;
my $issuer = AnonID::Test::Token->new;

sub token ($user, $life) { return $issuer->token($user, $life) }

my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => [qw(oauthbearer xoauth2)],
    config => $issuer->dovecot_config);
spit($dovecot->{accounts}, "", 0644);
$dovecot->start;

sub service ($name, $port, $mechanisms)
{
    return <<"END";
<AnonIDMailService $name>
AnonIDMailServer submission://localhost:$port
AnonIDMailTLS ca=@{[ $ca->file ]}
@{[ $mechanisms ? "AnonIDMechanism $mechanisms" : '' ]}
AnonIDMailFrom site\@example.test
AnonIDMailRecipient webmaster webmaster\@example.test
AnonIDMailLimit off
</AnonIDMailService>
END
}

my $handler = "<Location /mail>\nSetHandler anonid-submit\n</Location>\n";

# As LogonSite's accounts, but for the directive's name.
sub account ($name, $token, %more)
{
    my $user = AnonID::Test::LogonSite::user($name);
    my $source = $more{source} // "file:\${DIR}/$user.token";

    return { name => $name, token => $token, text => <<"END",
<AnonIDAccount $name>
AnonIDLogon token
AnonIDToken "$source"
</AnonIDAccount>
END
        vhost => "AnonIDMapTo $name\nAnonIDMail "
            . ($more{service} // 'mail') };
}

sub put_token ($site, $account, $token)
{
    my $user = AnonID::Test::LogonSite::user($account->{name});
    my $path = $site->path("$user.token");

    spit("$path.next", "$token\n", 0600);
    rename "$path.next", $path or die "$path: $!";
}

sub site ($config, @accounts)
{
    my $site = AnonID::Test::LogonSite->new(
        accounts => {}, log_level => 'info anonid:debug',
        config => join("\n", $config, $handler, map { $_->{text} } @accounts),
        vhosts => [map { (AnonID::Test::LogonSite::vhost($_->{name})
                          => $_->{vhost}) } @accounts]);

    put_token($site, $_, $_->{token}) for @accounts;
    return $site;
}

sub send_as ($site, $name)
{
    return $site->post('/mail', vhost => AnonID::Test::LogonSite::vhost($name),
        timeout => 60, type => 'application/x-www-form-urlencoded',
        headers => { Accept => 'application/json' },
        body => AnonID::Test::MailSite::form(subject => $name))->{status};
}

# Each in its own way, with a token alone or in a token endpoint's answer.
my $port = $dovecot->port('submission');
my %token = map { ($_ => token("$_\@example.test", 600)) }
    qw(bearer old json);
my @accounts = (
    account('bearer@example.test', $token{bearer}),
    account('old@example.test', $token{old}, service => 'old'),
    account('json@example.test', qq({"access_token":"$token{json}",)
            . '"token_type":"Bearer","expires_in":3600}'),
    account('expired', token('expired', -1)),
    account('nonsense', 'a word and another'),
    account('short@example.test', token('short@example.test', 12)),
    account('later@example.test', token('somebody@example.test', 600)),
    account('never@example.test', token('somebody@example.test', 600)),
    account('forged@example.test', $issuer->forged('forged@example.test', 600)),
);
my $site = site(service('mail', $port, '')
                . service('old', $port, 'XOAUTH2'), @accounts);

$site->expect_failure(expired => 1330);
$site->expect_failure(nonsense => 1326);
$site->start;
for (['bearer', 'OAUTHBEARER'], ['old', 'XOAUTH2'], ['json', 'OAUTHBEARER']) {
    my ($name, $mechanism) = @$_;

    $site->wait_state("$name\@example.test" => 'logged on');
    is send_as($site, $name), 200, "$name sends";
    ok $site->wait_log(
        qr/logged on as '$name\@example\.test' with $mechanism$/m),
        "... by $mechanism";
    ok $dovecot->wait_log(qr/Login: user=<$name\@example\.test>, (?#
        )method=$mechanism/), '... as that user';
}
my $status = $site->status('bearer@example.test');
cmp_ok abs($status->{expires} - time - 600), '<', 60,
    'the status says when a token ends';
is $site->wait_failure(expired => 1330)->{detail}, 'the token has expired',
    'an expired token';
like $site->wait_failure(nonsense => 1326)->{detail},
    qr/^what is there is no token/, 'something that is no token';
unlike $site->log_text, qr/\Q$token{bearer}\E/, 'no log holds the token';

# A token's end, and the next one.
my $short = (grep { $_->{name} =~ /short/ } @accounts)[0];
$site->expect_log(qr/ANID0006: .*'short\@example\.test'/);
$site->expect_failure('short@example.test' => 1311);
$site->wait_failure('short@example.test' => 1311, 60);
is send_as($site, 'short'), 503, 'a token has ended: nothing is sent';
$site->expect_recovery('short@example.test');
put_token($site, $short, token('short@example.test', 600));
$site->wait_state('short@example.test' => 'logged on', 30);
is send_as($site, 'short'), 200, '... until there is a new one';

# Tokens that the server refuses are tried once, and the next one at once.
my ($later, $never) = @accounts[-3, -2];
$site->expect_log(map { qr/ANID0221: .*'$_\@example\.test': AUTH: 535/ }
                  qw(later never));
$site->expect_log(qr/ANID0305: /);
for my $name (qw(later never)) {
    is send_as($site, $name), 503, "$name: a refused token";
    ok $site->wait_log(qr/localhost refuses the token of the account (?#
        )'$name\@example\.test': status \S+, scope /),
        '... of which the server\'s reason is logged';
}
is send_as($site, 'later'), 503, '... is not tried again';
my $refused = () = $dovecot->log_text =~ /user=<later\@example\.test>/g;
put_token($site, $later, token('later@example.test', 600));
wait_until(sub { send_as($site, 'later') == 200 }, 20, 'sent with a new one');
pass '... but for a new one, at once';
is send_as($site, 'never'), 503, '... and who has none stays where he is';
$site->expect_log(qr/ANID022[12]: .*'forged\@example\.test': AUTH: /);
is send_as($site, 'forged'), 503, 'a token with a wrong signature';
$site->stop;

# What goes over the wire.
for my $case (['OAUTHBEARER', "n,a=wire\@example.test,\1host=localhost\1"
               . "port=%d\1auth=Bearer %s\1\1", "\1"],
              ['XOAUTH2', "user=wire\@example.test\1auth=Bearer %2\$s\1\1",
               '']) {
    my ($mechanism, $format, $answer) = @$case;
    my $server = AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'x', password => canary(),
        mechanisms => [$mechanism],
        sasl => { says => ['{"status":"invalid_token"}'], ends => 'fail' })
        ->start;
    my $token = token('wire' . 'x' x 200, 600);
    my $wire = site(service('mail', $server->port('smtp'), $mechanism),
                    account('wire@example.test', $token));

    $wire->expect_log(qr/ANID0221: /, qr/ANID0305: /);
    $wire->start;
    $wire->wait_state('wire@example.test' => 'logged on');
    is send_as($wire, 'wire'), 503, "$mechanism: refused";
    my ($dialogue) = join("\n", $server->transcript)
        =~ /C: AUTH $mechanism\n(.*)/s;
    my ($said, $last) = $dialogue =~ /C: (\S+)$/mg;
    is decode_base64($said), sprintf($format, $server->port('smtp'), $token),
        '... as its specification says';
    is decode_base64($last // ''), $answer, '... and the reason is acknowledged';
    $_->stop for $wire, $server;
}

done_testing;
