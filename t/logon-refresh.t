# SPDX-License-Identifier: Apache-2.0
#
# Accounts with a refresh token (RFC 6749 section 6): the token that the
# endpoint gives in the place of the old one is used, and put into the file;
# an old one is never shown again, whoever is killed; and one that is refused
# is tried once. The endpoint takes each token once and no other.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Ctl;
use AnonID::Test::LogonSite;
use AnonID::Test::Memory qw(can_read_memory find_in_files find_in_memory);
use AnonID::Test::TokenServer;
use MIME::Base64 qw(encode_base64);

require_build;

my $LIFE = 8;
my $ca = AnonID::Test::CA->new;
my $secret = canary() . '%:+/';
my $folder = temp_root() . '/tokens';
my (%server, %token, %account);

mkdir $folder;

# An account whose endpoint gives a new token each time.
sub account ($name, %option)
{
    my $life = $option{life} // 3600;
    my $public = delete $option{public};

    $token{$name} = "$name~" . canary() . '/+= ';
    $server{$name} = AnonID::Test::TokenServer->new(tls => $option{tls})
        ->rotate($token{$name}, $life)->start;
    put_token($name, $token{$name});
    $account{$name} = {
        logon => 'oauth2 ' . $server{$name}->url . ' "web client" mail a%b',
        lines => ["AnonIDToken refresh \"file:$folder/$name\"",
                  @{ $option{lines} // [] }],
        $public ? () : (secret => $secret) };
}

sub put_token ($name, $token)
{
    spit("$folder/$name.next", "$token\n", 0600);
    rename "$folder/$name.next", "$folder/$name" or die "$name: $!";
}

sub in_file ($name) { return slurp("$folder/$name") =~ s/\n\z//r }

sub asked ($name) { return scalar grep { !/^reused/ } $server{$name}->requests }

sub wait_stored ($name)
{
    wait_until(sub { in_file($name) eq $server{$name}->current }, 30,
               "$name: stored");
}

account('client');
account('public', public => 1);
account('short', life => $LIFE);
account('link');
account('refused');
account('hostile');
account('tls', tls => $ca->host('localhost'),
        lines => ["AnonIDLogonTLS ca=@{[ $ca->file ]}"]);
account('distrusted', tls => $ca->host('localhost'));
account('misnamed', tls => $ca->host_only('other.test'),
        lines => ["AnonIDLogonTLS ca=@{[ $ca->file ]}"]);

# A link stays one; owner, group and mode are kept.
rename "$folder/link", "$folder/real" or die $!;
symlink 'real', "$folder/link" or die $!;
chmod 0400, "$folder/real";
chown -1, 1, "$folder/real" if is_root;
my @before = (stat "$folder/real")[2, 4, 5];

put_token('refused', 'another one');
$server{hostile}->behave('hang');

# Waiting for a hung endpoint must not hold up who has another one.
my $site = AnonID::Test::LogonSite->new(
    accounts => \%account, log_level => 'info anonid:trace8');
$site->expect_failure(refused => 1326);
$site->expect_failure($_ => 1311) for qw(hostile distrusted misnamed);
$site->start;

# What is asked.
my $basic = 'Basic ' . encode_base64('web%20client:'
    . $secret =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/ger, '');
for my $name (qw(client public)) {
    $site->wait_state($name => 'logged on');
    my ($request) = $server{$name}->requests;
    my ($said) = $request =~ /^Authorization: (.*?)\r$/m;
    my $encoded = $token{$name} =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/ger;
    my $id = $name eq 'public' ? 'client_id=web%20client&' : '';

    is $said, $name eq 'public' ? undef : $basic,
        "$name: with the secret that it has";
    like $request, qr/^grant_type=refresh_token&refresh_token=\Q$encoded\E(?#
        )&${id}scope=mail%20a%25b$/m, '... the endpoint is asked';
    wait_stored($name);
    isnt in_file($name), $token{$name}, '... and its next token is kept';
    is asked($name), 1, '... and not used at once';
}
wait_stored('link');
ok -l "$folder/link", 'a link stays a link';
is_deeply [(stat "$folder/real")[2, 4, 5]], \@before,
    '... and the file has its owner, group and mode';

# TLS.
$site->wait_state(tls => 'logged on');
pass 'an endpoint whose authority is the account\'s own';
like $site->wait_failure(distrusted => 1311)->{detail}, qr/certificate/,
    '... is trusted by nobody else';
like $site->wait_failure(misnamed => 1311)->{detail}, qr/other|subject|name/,
    '... and has to have the URL\'s name';
is asked($_), 0, "$_: nothing is shown to it" for qw(distrusted misnamed);

# Renewal at half of a token's life, each time with the next one.
$site->wait_state(short => 'logged on');
wait_until(sub { asked('short') >= 3 }, $LIFE * 4, 'renewed twice');
is scalar(() = $site->warnings('short')), 0, 'tokens are renewed';
is $server{short}->reused, 0, '... with the next refresh token each time';

# A refused one.
is $site->wait_failure(refused => 1326)->{detail},
    'HTTP 400, invalid_grant: used or unknown', 'a token that is refused';
$site->graceful;
$site->wait_state(client => 'logged on');
is $server{refused}->reused, 1, '... is tried once';
$site->expect_recovery('refused');
put_token('refused', $token{refused});
$site->wait_state(refused => 'logged on');
wait_stored('refused');
pass '... until there is another one';
is asked('client'), 1, 'a graceful restart asks for nothing';

# Endpoints that are none.
my %reply = (hang => 'timed out', flood => 'longer than 65536',
             drop => 'Empty reply', redirect => 'HTTP 307');
for my $how (qw(hang flood drop redirect)) {
    my $before = asked('hostile');

    $server{hostile}->behave($how, $server{client}->url);
    $site->wait_status(hostile => sub ($s) {
        ($s->{code} // 0) == 1311 && $s->{detail} =~ /\Q$reply{$how}\E/i },
        $how, 90);
    cmp_ok asked('hostile'), '>', 0, "an endpoint that does this: $how";
}
is asked('client'), 1, '... and no redirection is followed';
$site->expect_recovery('hostile');
$server{hostile}->rotate($token{hostile}, 3600);
$site->wait_state(hostile => 'logged on', 90);

# A token that is revoked long after it was replaced is shown once, by this
# agent and by the next one.
spit($server{link}->path('current'), 'revoked');
$site->expect_failure(link => 1326);
AnonID::Test::Ctl->new($site)->run('logon', 'link');
$site->wait_failure(link => 1326);
is $server{link}->reused, 1, 'a revoked token is shown once';

# A killed agent has the next token from the file.
$site->expect_log(qr/ANID0012: /);
my ($agent) = $site->agent_pids;
kill KILL => $agent;
$site->wait_agent($agent, 60);
$site->wait_state($_ => 'logged on', 60) for qw(client short);
is $server{client}->reused + $server{short}->reused, 0,
    'another agent shows no old token';
$site->wait_failure(link => 1326);
is $server{link}->reused, 1, '... and no revoked one';

# The supervisor is killed while the file waits for the next token.
my ($supervisor) = $site->supervisor_pids;
kill STOP => $supervisor;
my $known = in_file('short');
wait_until(sub { $server{short}->current ne $known }, $LIFE * 3, 'renewed');
is in_file('short'), $known, 'nobody stores the next token';
kill KILL => $supervisor;
wait_stored('short');
pass '... until there is another supervisor';

# A folder that is not there.
$site->expect_log(qr/ANID0003: .*'short' was replaced by .*No such file/);
$site->allow_log(qr/ANID0045: /);
rename $folder, "$folder.away" or die $!;
ok $site->wait_log(qr/ANID0003: /, deadline => 60), 'a token that cannot be stored';
my $count = asked('short');
wait_until(sub { asked('short') > $count + 1 }, $LIFE * 4, 'renewed');
is $server{short}->reused, 0, '... is in use all the same';
rename "$folder.away", $folder or die $!;
$site->expect_log(qr/ANID0004: .*'short'/);
wait_stored('short');
ok $site->wait_log(qr/ANID0004: /), '... and is stored as soon as that is so';
is $server{$_}->reused, 0, "$_: no old token was shown"
    for grep { !/^(?:link|refused)$/ } sort keys %server;

# Another server would use it up.
my $second = AnonID::Test::LogonSite->new(
    accounts => { client => $account{client} });
$second->expect_failure(client => 5);
$second->start;
like $second->wait_failure(client => 5)->{detail},
    qr/^another server uses the refresh token in /,
    'a second server is not given the token';
$second->expect_recovery('client');

my %form = (secret => $secret, 'encoded secret' => $basic,
            map { ("token of $_" => $token{$_} =~ s/ $//r) } keys %token);
SKIP: {
    skip 'needs to read processes\' memory', 1 if !can_read_memory($$);
    is_deeply [find_in_memory(\%form, $site->httpd_pids)], [],
        'no httpd process holds the secret or a token';
}
$site->stop;
is_deeply [find_in_files(\%form, $site->path('logs'))], [],
    'no log holds the secret or a token';
$second->wait_state(client => 'logged on', 60);
is $server{client}->reused, 0, '... until the first one has ended';

done_testing;
