# SPDX-License-Identifier: Apache-2.0
#
# anonidctl check says what httpd would do with a request, and httpd does not
# do it: account, directive, why, state; statuses of the real phases; virtual
# hosts with and without TLS. Its token is good once, and nobody else has one.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Ctl;
use AnonID::Test::Httpd;
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $PROGRAM = <<'END';
#!/bin/sh
echo ran >>"$(dirname "$0")/ran"
printf 'Content-Type: text/plain\r\n\r\n'
env
END

sub site ($mpm)
{
    my $httpd = AnonID::Test::Httpd->new(
        mpm => $mpm, ca => $ca,
        modules => [qw(auth_basic cgi rewrite setenvif)],
        config => <<'END',
AnonIDAccountFile "${DIR}/accounts"
<AnonIDAccount web>
AnonIDSecret "file:${DIR}/secret"
</AnonIDAccount>
<AnonIDAccount broken>
AnonIDSecret "file:${DIR}/secret"
</AnonIDAccount>
<AnonIDMailService office>
AnonIDMailServer submission://127.0.0.1:2?tls=none
AnonIDMailFrom web@example.test
AnonIDMailRecipient webmaster webmaster@example.test
</AnonIDMailService>
END
        vhosts => ['a.test' => vhost(), 'b.test' => 'AnonIDMapTo None',
                   'tls.test' => { tls => 1, config => 'AnonIDMapTo web' }]);

    spit($httpd->path('secret'), "$password\n", 0600);
    spit($httpd->path('accounts'), 'web:' . crypt($password, '$6$salt')
         . "\nbroken:" . crypt(canary(), '$6$salt') . "\n");
    spit($httpd->path('users'), 'alice:' . crypt('x', '$6$salt') . "\n");
    $httpd->document('run.cgi', $PROGRAM);
    $httpd->document('dir/index.html', "index\n");
    $httpd->document('run.cgi', $PROGRAM, 'b.test');
    return $httpd;
}

sub vhost ()
{
    return <<'END' =~ s/\\x(\w\w)/chr hex $1/ger;
AnonIDMapTo web
DirectoryIndex index.html
<Location /none>
AnonIDMapTo None
</Location>
<Location /dir/index.html>
AnonIDMapTo None
</Location>
<Location /login>
AuthType Basic
AuthName login
AuthUserFile "${DIR}/users"
Require valid-user
</Location>
<Location /evil>
AuthType Basic
AuthName "one\xc2\x9btwo\xe2\x80\xaethree"
AuthUserFile "${DIR}/users"
Require valid-user
</Location>
<Location /denied>
Require all denied
</Location>
<Location /broken>
AnonIDMapTo broken
</Location>
<Location /form>
AnonIDMapTo broken
AnonIDMail office
SetHandler anonid-submit
</Location>
<Location /session>
AnonIDUnless "%{HTTP_COOKIE} =~ /session=/"
AnonIDMail office
</Location>
RewriteEngine On
RewriteRule ^/moved https://elsewhere.test/ [R=301,L]
END
}

my ($httpd, $ctl);

# What check says of a URL at a.test, as text; its exit status is $expected.
sub check ($expected, $url, @options)
{
    my ($exit, $output) = $ctl->run(
        'check', @options, '--connect', '127.0.0.1:' . $httpd->port('http'),
        $url =~ m{^/} ? "http://a.test$url" : $url);

    is $exit, $expected, "$url: exit status $expected" or diag $output;
    return $output;
}

sub explains
{
    my $output = check(0, '/x', '-H', 'X-Odd: "quoted\\"');
    my $conf = quotemeta $httpd->config_path;

    like $output, qr/^Request: +http:\/\/a\.test\/x$/m, 'the request';
    like $output, qr/^Virtual host: +a\.test:\d+ \($conf:\d+\)$/m, 'its host';
    like $output, qr/^Answer: +200 OK$/m, 'the status';
    like $output, qr/^Account: +web \(file, logged on\)$/m, 'the account';
    my ($line) = $output =~ /^Directive: +AnonIDMapTo web \($conf:(\d+)\)$/m;
    is +(split /\n/, slurp($httpd->config_path))[$line - 1],
        'AnonIDMapTo web', 'the directive, where it stands';
    like $output, qr{^Because: +/x is mapped to account 'web'$}m, 'and why';
    like check(1, '/dir/'), qr{^ +/dir/index\.html is served, mapped to nobody$}m,
        'a directory leads to its index';
    like check(0, 'a.test/x'), qr{^Request: +http://a\.test/x$}m,
        'http is understood';
    like check(0, '/session'), qr/^Mail service: +office \($conf:\d+\)$/m,
        'the mail service';
}

sub says_why_not
{
    like check(1, '/none'), qr/^Account:\ +none\n.*
        ^Directive:\ +AnonIDMapTo\ None.*
        ^Because:\ +\/none\ is\ not\ mapped:\ AnonIDMapTo\ None/msx,
        'not to be mapped';
    like check(1, '/session', '-H', 'Cookie: session=1'),
        qr/^Account: +none, but could be web .*AnonIDUnless is true$/ms,
        'an exception';
    like check(1, '/denied'), qr/^Answer: +403 Forbidden$/m, 'denied';
    like check(1, '/moved'), qr{^Answer:\ +301\ .*
        ^Location:\ +https://elsewhere\.test/$}msx, 'a redirect';
    my $output = check(1, '/login');
    like $output, qr/^Answer: +401 .*^Challenge: +Basic realm="login"$/ms,
        'a challenge';
    like $output, qr/ 'web' is not a valid-user \(AnonIDValidUser Off\)$/m,
        '... and what is not enough';
    like check(1, '/login', '-H', 'Authorization: Basic '
               . encode_base64('alice:x', '')),
        qr/^Answer: +200 OK\n.*^User: +alice\n.*it shows credentials/ms,
        'a visitor who logs on';
    like check(1, '/broken'), qr/^Answer:\ +503\ Service\ Unavailable\n.*
        ^Account:\ +none,\ but\ could\ be\ broken\ \(file,\ failed\)\n.*
        ^Failure:\ +Logon\ failure:.*\[data\ 0000052e\]$/msx,
        'an account that is not logged on';
    like check(1, '/form'), qr/^Answer: +503 Service Unavailable$/m,
        '... in front of a form, too';
    like check(1, 'http://b.test/'), qr/^Virtual host: +b\.test:/m,
        'another virtual host';
}

sub speaks_tls
{
    my ($exit, $output) = $ctl->run(
        'check', '--json', '--connect',
        '127.0.0.1:' . $httpd->port('https'), 'https://tls.test/x');
    my $document = eval { decode_json($output) } // diag $output;

    is $exit, 0, 'a virtual host with TLS';
    is $document->{account}, 'web', '... its account';
    like $document->{server}{name}, qr/^tls\.test:/, '... and it is that one';
    is $document->{mapped}, JSON::PP::true, '... as JSON';
}

sub runs_nothing
{
    my $ran = $httpd->path('htdocs/a.test/ran');

    like check(0, '/run.cgi'), qr/^Answer: +200 OK$/m, 'a program';
    ok !-e $ran, '... which is not run';
    like $httpd->error_log, qr/^/, 'and httpd goes on';
}

# What anonidctl says to a server that is ours, and then to us.
sub overhear ()
{
    my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
        or die "no socket: $@";
    my $address = '127.0.0.1:' . $server->sockport;
    my $request = '';

    open my $ctl, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh',
        AnonID::Test::ctl_path(), '-s', $httpd->path('state'), 'check',
        '--connect', $address, 'http://a.test/x' or die "anonidctl: $!";
    my $client = $server->accept;
    while (defined(my $line = readline $client)) {
        $request .= $line;
        last if $line eq "\r\n";
    }
    print $client "HTTP/1.0 200 OK\r\n\r\nhello\n";
    close $client;
    my $output = join '', readline $ctl;
    close $ctl;
    return ($? >> 8, $output, $request);
}

sub is_good_once
{
    my ($exit, $output, $request) = overhear();

    is $exit, 3, 'another server is noticed';
    like $output, qr/does not know the question: .* --connect HOST:PORT/,
        '... and said how to reach the right one';
    my ($token) = $request =~ /^Anonid-Check: (\S+)\r$/m;
    like $token, qr/^[0-9a-f]{32}$/, 'it was shown a token';
    my $get = sub ($token) {
        return $httpd->get('/run.cgi', vhost => 'b.test',
                           headers => { 'Anonid-Check' => $token });
    };
    like $get->('0' x 32)->{body}, qr/^REQUEST_METHOD=GET$/m,
        'a visitor with an invented one is served as usual';
    unlike $get->('0' x 32)->{body}, qr/ANONID_CHECK/,
        '... and no application sees it';
    like $get->($token)->{body}, qr/^\{"anonid_check":1,/,
        'the token is good';
    like $get->($token)->{body}, qr/^REQUEST_METHOD=GET$/m, '... once';
    is $httpd->get('/x', vhost => 'a.test', headers =>
                   { 'Anonid-Check' => 'x' x 4000 })->{status}, 404,
        'a long one is no harm';
}

sub refuses ($pattern, $expected, $what, @arguments)
{
    my ($exit, $output) = $ctl->run('check', @arguments);

    is $exit, $expected, "$what: exit status $expected";
    like $output, $pattern, '... and the words for it';
}

# What others have said does not steer the operator's terminal.
sub shows_text_as_text
{
    like check(1, '/evil'), qr/^Challenge: +Basic realm="one twothree"$/m,
        'neither a control character nor another direction is printed';
    my $json = check(1, '/evil', '--json');

    unlike $json, qr/[^\x20-\x7e\n]/, 'JSON is ASCII';
    is decode_json($json)->{challenge},
        qq{Basic realm="one\x{9b}two\x{202e}three"}, '... and loses nothing';
}

for my $mpm (qw(event prefork)) {
    $httpd = site($mpm);
    $ctl = AnonID::Test::Ctl->new($httpd);
    $httpd->expect_log(qr/ANID0001: .*'broken'/);
    $httpd->allow_log(qr/AH01630|AH01797|AH01617/);
    $httpd->start;
    wait_until(sub { $ctl->ok('status') !~ /pending/ }, 15, 'first attempts');
    subtest "$mpm: explains" => \&explains;
    subtest "$mpm: says why not" => \&says_why_not;
    subtest "$mpm: hostile text" => \&shows_text_as_text;
    subtest "$mpm: TLS" => \&speaks_tls;
    subtest "$mpm: runs nothing" => \&runs_nothing;
    subtest "$mpm: tokens" => \&is_good_once;
    $httpd->stop if $mpm eq 'event';
}

refuses(qr/: no URL is given\nUsage: /, 2, 'no URL');
refuses(qr/'--frobnicate' is no option/, 2, 'an unknown option',
        '--frobnicate', '/');
refuses(qr/'\/2' is one word too many/, 2, 'two URLs', '/', '/2');
refuses(qr/'Name: value'/, 2, 'a header that is none', '-H', 'x', '/');
refuses(qr/control character/, 2, 'a URL with a line break', "/\nx");
refuses(qr/did not answer at 127\.0\.0\.1:1: .*--connect HOST/, 3, 'nobody there',
        '--connect', '127.0.0.1:1', '/');
$httpd->allow_log(qr/./);

done_testing;
