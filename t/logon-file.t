# SPDX-License-Identifier: Apache-2.0
#
# Local accounts: every kind of verifier logs on, every way in which an account
# file can be wrong has its own failure, an account is tried once for each
# version of its secret, and a new secret is proven before it counts.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::Httpd;
use AnonID::Test::Process;
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);
use Digest::SHA qw(hmac_sha256 sha256);

require_build;

my $password = canary();

# The first line of what a command prints.
sub printed (@command)
{
    my ($exit, $output) = AnonID::Test::Process::run(\@command);

    $exit == 0 or die "@command: $output";
    return (split /\n/, $output)[0];
}

# A verifier in Dovecot's form, made by the book (RFC 5802) and not by us.
sub scram ($word)
{
    my $salt = "0123456789abcdef";
    my $block = hmac_sha256("$salt\0\0\0\1", $word);
    my $salted = $block;

    for (2 .. 4096) {
        $block = hmac_sha256($block, $word);
        $salted ^.= $block;
    }
    return '{SCRAM-SHA-256}4096,' . join ',',
        map { encode_base64($_, '') } $salt,
            sha256(hmac_sha256('Client Key', $salted)),
            hmac_sha256('Server Key', $salted);
}

my $sha512 = crypt $password, '$6$saltsaltsalt';
my %good = (
    scram => scram($password),
    sha512 => $sha512,
    sha256 => '{SHA256-CRYPT}' . crypt($password, '$5$saltsaltsalt'),
    yescrypt => crypt($password, '$y$j9T$F5Jx5fExrKuPp53xLKQ..1'),
    bcrypt => crypt($password, '$2y$05$abcdefghijklmnopqrstuu'),
    apr1 => printed('openssl', 'passwd', '-apr1', $password),
    fields => "$sha512:1000:1000::/home/x",
);

# verifier => [code, part of the detail]
my %bad = (
    changed => [crypt($password . 'x', '$6$salt'), 1326, 'does not fit'],
    disabled => ["!$sha512", 1331, "'!'"],
    plain => ["{PLAIN}$password", 1326, 'unknown scheme'],
    empty => ['', 1326, 'unknown scheme'],
    costly => ['$6$rounds=900000000$salt$x', 1326, 'too much work'],
);

my @accounts = sort keys %good, keys %bad, qw(missing twice);

my $httpd = AnonID::Test::Httpd->new(
    config => join("\n", 'AnonIDAccountFile "${DIR}/accounts"', map { <<"END" }
<AnonIDAccount $_>
AnonIDLogon file
AnonIDSecret "file:\${DIR}/secret-$_"
</AnonIDAccount>
END
        @accounts),
    vhosts => [map { ("$_.test" => "AnonIDMapTo $_") } @accounts]);
my $ctl = AnonID::Test::Ctl->new($httpd);

# The account file and all the secrets lie beside their new versions.
sub put ($name, $text)
{
    my $path = $httpd->path($name);

    spit("$path.next", $text, 0600);
    rename "$path.next", $path or die "$path: $!";
}

sub account_file (%verifier)
{
    return join '', "# accounts\n\n",
        (map { "$_:$verifier{$_}\n" } sort keys %verifier),
        "twice:$sha512\n" x 2;
}

sub put_secret ($name, $word) { put("secret-$name", "$word\n") }

# How the accounts stand, by name.
sub status ()
{
    my $document = decode_json($ctl->ok('status', '--json'));

    return { map { ($_->{name} => $_) } @{ $document->{accounts} } };
}

sub wait_state ($name, $state)
{
    return wait_until(sub {
        my $account = status()->{$name};
        return $account if $account->{state} eq $state;
    }, 10, "$name is $state");
}

my %verifier = (%good, map { ($_ => $bad{$_}[0]) } keys %bad);

put('accounts', account_file(%verifier));
put_secret($_, $password) for @accounts;
$httpd->expect_log(qr/ANID0001: .* \[data 0000052[ef3]|ANID0001: .*533/);
$httpd->allow_log(qr/ANID0001/);
$httpd->start;
wait_until(sub { !grep { $_->{state} eq 'pending' } values %{ status() } }, 20,
           'all first attempts');

my $status = status();
for my $name (sort keys %good) {
    is $status->{$name}{state}, 'logged on', "a $name verifier logs on";
}
for my $name (sort keys %bad) {
    my (undef, $code, $detail) = @{ $bad{$name} };

    is $status->{$name}{code}, $code, "$name: failure $code";
    like $status->{$name}{detail}, qr/\Q$detail\E/, '... says why';
}
is $status->{missing}{code}, 1326, 'an account without a line is unknown';
like $status->{missing}{detail}, qr/no line of 'missing'/, '... says so';
like $status->{twice}{detail}, qr/more than one line/,
    'of two lines none counts';
is $httpd->get('/', vhost => 'changed.test')->{status}, 503,
    'a visitor of a failed account has to wait';
unlike $ctl->ok('status', '--json'), qr/\Q$password\E|\Q$sha512\E/,
    'no answer holds a password or a verifier';

# One attempt for each version.
$httpd->graceful;
$httpd->get('/', vhost => 'changed.test') for 1 .. 5;
is status()->{changed}{attempts}, 1,
    'neither visitors nor a graceful restart cause another attempt';
put_secret('changed', canary());
wait_until(sub { status()->{changed}{attempts} == 2 }, 10, 'a second attempt');
is status()->{changed}{state}, 'failed', 'another bad secret fails';
put_secret('changed', "${password}x");
is wait_state('changed', 'logged on')->{attempts}, 3,
    'the good one logs on, at its first attempt';
isnt $httpd->get('/', vhost => 'changed.test')->{status}, 503,
    'the visitor is served';

# A new secret is proven before it counts.
put_secret('scram', canary());
my $kept = wait_until(sub {
    my $account = status()->{scram};
    return $account if $account->{kept};
}, 10, 'the new secret fails');
is $kept->{state}, 'logged on', 'the old secret stays in use';
is $kept->{code}, 1326, '... and the failure of the new one is shown';
put_secret('scram', $password);
wait_until(sub { !status()->{scram}{kept} }, 10, 'the right secret is back');

# The account file is looked at as well.
$verifier{bcrypt} = $bad{changed}[0];
put('accounts', account_file(%verifier));
wait_state('bcrypt', 'failed');
pass 'a changed line ends the logon';
is status()->{apr1}{state}, 'logged on', '... of that account only';
$verifier{bcrypt} = $good{bcrypt};
put('accounts', account_file(%verifier));
wait_state('bcrypt', 'logged on');
pass 'a restored line brings it back';
rename $httpd->path('accounts'), $httpd->path('elsewhere') or die;
my $gone = wait_state('bcrypt', 'failed');
is $gone->{code}, 5, 'without the file access is denied';
rename $httpd->path('elsewhere'), $httpd->path('accounts') or die;
wait_state('bcrypt', 'logged on');
pass 'with the file it works again';

done_testing;
