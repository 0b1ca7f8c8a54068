# SPDX-License-Identifier: Apache-2.0
#
# anonidctl as an operator uses it: what it prints, its exit statuses, and who
# may ask.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::Httpd;
use AnonID::Test::Process;
use JSON::PP qw(decode_json);

require_build;

my $password = canary();
my $httpd = AnonID::Test::Httpd->new(config => <<'END');
AnonIDAccountFile "${DIR}/accounts"
<AnonIDAccount EXAMPLE\good>
AnonIDSecret "file:${DIR}/secret"
</AnonIDAccount>
<AnonIDAccount bad>
AnonIDSecret "file:${DIR}/secret"
</AnonIDAccount>
AnonIDMapTo EXAMPLE\good
<Location "/bad">
AnonIDMapTo bad
</Location>
END
my $ctl = AnonID::Test::Ctl->new($httpd);

sub is_answer ($expected_exit, $pattern, $what, @arguments)
{
    my ($exit, $output) = $ctl->run(@arguments);

    is $exit, $expected_exit, "$what: exit status $expected_exit";
    like $output, $pattern, '... and the words for it';
}

is_answer(3, qr/control\.sock.*is httpd running/, 'without httpd', 'status');

spit($httpd->path('secret'), "$password\n", 0600);
spit($httpd->path('accounts'), 'good:' . crypt($password, '$6$salt') . "\n" .
     'bad:' . crypt(canary(), '$6$salt') . "\n");
$httpd->expect_log(qr/ANID0001: .*'bad'/);
$httpd->start;
wait_until(sub { $ctl->ok('status') !~ /pending/ }, 15, 'first attempts');

my $TIME = qr/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;
my @lines = split /\n/, $ctl->ok('status');
like $lines[0], qr/^ACCOUNT +PROVIDER +STATE +SINCE +NEXT ATTEMPT +GOOD UNTIL$/,
    'status prints a table';
like $lines[1], qr/^EXAMPLE\\good +file +logged on +$TIME +- +-$/,
    'an account that is logged on';
like $lines[2], qr/^bad +file +failed +$TIME +- +-$/, 'one that has failed';
like $lines[3], qr/^ +Logon failure: unknown .*\[data 0000052e, the secret/,
    '... and why';
is scalar @lines, 4, 'and no more';
is scalar(split /\n/, $ctl->ok('status', 'bad')), 3, 'status of one account';
my $document = decode_json($ctl->ok('status', '--json', 'EXAMPLE\good'));
is_deeply [map { $_->{name} } @{ $document->{accounts} }], ['EXAMPLE\good'],
    'the same as JSON';
is $document->{agent}{pid}, $httpd->wait_agent, '... which names the agent';

is_answer(0, qr/^The account is logged on\.$/, 'a logon', 'logon',
          'EXAMPLE\good');
is_answer(1, qr/bad password\. \[data 0000052e/, 'a logon that fails', 'logon',
          'bad');
is_answer(1, qr/does not control the password/, 'rotating what is not ours',
          'rotate', 'bad');
is_answer(1, qr/account does not exist/, 'an unknown account', 'status',
          'nobody');
is_answer(1, qr/^bad +file +failed/m, 'status while one has failed', 'status');
is_answer(1, qr/^\{/, '... as JSON', 'status', '--json');
is_answer(0, qr/^EXAMPLE/m, '... of one that is logged on', 'status',
          'EXAMPLE\good');
is_answer(1, qr/^EXAMPLE\\good\nbad\n\z/, 'the names', 'status', '--names');

# A usage error names the word that is wrong, whether httpd runs or not.
is_answer(2, qr/^anonidctl rotate: no ACCOUNT is named\nUsage: .*rotate ACC/,
          'no account', 'rotate');
is_answer(2, qr/^anonidctl logon: 'b' is one word too many.*\nUsage: /,
          'too many words', 'logon', 'a', 'b');
is_answer(2, qr/^anonidctl: 'frobnicate' is no command; .*--help/,
          'an unknown command', 'frobnicate');
is_answer(2, qr/^anonidctl status: '--yaml' is no option\nUsage: .* status/,
          'an unknown option', 'status', '--yaml');
is_answer(2, qr/^anonidctl logon: '-x' is no option/, 'an option for a name',
          'logon', '-x');
is_answer(2, qr/^anonidctl check: '--frob' is no option/,
          'an unknown option of check', 'check', '--frob', '/');
is_answer(2, qr/^anonidctl check: no URL is given/, 'no URL', 'check');
is_answer(2, qr/^anonidctl: '--frob' is no option/, 'an option before it',
          '--frob', 'status');
is_answer(2, qr/^anonidctl: '-s' needs a value/, 'an option without value',
          '-s');
is_answer(2, qr/^anonidctl: '0' is no number of seconds/, 'no time at all',
          '-w', '0', 'status');
is_answer(2, qr/^anonidctl: no command is given/, 'nothing');
is_answer(0, qr/^Usage: anonidctl .*Exit status/s, "help: $_", $_)
    for qw(-h --help help);
is_answer(0, qr/^Usage: anonidctl .* rotate ACCOUNT\n\z/, "a command's help",
          'rotate', '--help');
is_answer(0, qr/^anonidctl \d/, "its version: $_", $_) for qw(--version -V);

# The socket is open to everybody in this case; the agent still looks.
SKIP: {
    skip 'needs root', 3 if !is_root();
    chmod 0666, $httpd->path('state/control.sock') or die;
    $httpd->expect_log(qr/ANID0043: .* uid 65534 was refused/);
    my ($exit, $output) = AnonID::Test::Process::run(
        ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups',
         AnonID::Test::ctl_path(), '-s', $httpd->path('state'), 'status']);
    is $exit, 3, 'a stranger is not answered';
    like $output, qr/only root and the agent's user/, '... and told why';
    my ($gid) = slurp('/proc/' . $httpd->wait_agent . '/status')
        =~ /^Gid:\s+(\d+)/m;
    ($exit) = AnonID::Test::Process::run(
        ['setpriv', '--reuid=65534', '--regid=65534', "--groups=$gid",
         AnonID::Test::ctl_path(), '-s', $httpd->path('state'), 'status']);
    is $exit, 3, '... neither is a member of the agent\'s group';
}

done_testing;
