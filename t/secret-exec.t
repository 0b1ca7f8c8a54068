# SPDX-License-Identifier: Apache-2.0
#
# A secret may come from a program: only what it printed before it ended well
# is a secret. Whatever else it does is a named failure, hurts nobody, and
# leaves nothing behind; and a refused secret is not tried again because a
# program printed it once more.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::LogonSite;
use AnonID::Test::Memory qw(secret_forms find_in_memory find_in_files
                            can_read_memory);
use AnonID::Test::Process qw(process_table);
use Time::HiRes qw(time);

require_build;

my $dir = temp_root() . '/programs';
my $password = canary();
my $secret = spit("$dir/secret", "$password\n", 0600);
my %program = (
    good => "cat $secret",
    words => '[ "$1|$2|$3" = "a b|\$HOME;id|c" ] && ' . "cat $secret",
    left => "sleep 20 & cat $secret",
    environment => "[ \"\$(env | sed '/^PWD=\\|^_=\\|^SHLVL=/d' | sort | tr "
        . '"\n" ,)" = ANONID_ACCOUNT=environment,LC_ALL=C,PATH='
        . '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin, ]'
        . " && [ \"\$(pwd)\" = / ] && cat $secret",
    later => "[ -e $dir/now ] && cat $secret",
    changes => "cat $dir/changing",
    wrong => "echo >>$dir/runs; [ ! -e $dir/broken ] && echo $password-not",
    nothing => 'true',
    exits => "cat $secret; exit 3",
    dies => "cat $secret; kill -SEGV \$\$",
    floods => 'yes | head -c 1000000000',
    ignores => 'yes 2>/dev/null | head -c 1000000000 2>/dev/null; exit 0',
    hangs => "cat $secret; sleep 77",
    lines => 'echo one; echo two',
    missing => '',
    speaks => "cat $dir/said >&2; exit 3",
    shouts => 'yes "$(head -c 500 /dev/zero | tr "\0" x)" >&2',
    warns => "echo 'old crypto' >&2; cat $secret",
);
my %detail = (
    later => 'its exit status was 1',
    nothing => 'it printed nothing',
    exits => 'its exit status was 3',
    dies => 'it died of signal 11',
    floods => 'it printed more than a secret can be',
    ignores => 'it printed more than a secret can be',
    hangs => 'it did not end in time',
    missing => 'it cannot be run: No such file or directory',
    speaks => 'its exit status was 3',
    shouts => 'its exit status was 1',
);
spit("$dir/said", "no \e[2Jticket\r\n\n"
                   . "\xc2\x9b2J\xe2\x80\xaegnp.exe\xff\x00z\n"
                   . "[error] ANID0001: forged\nlast without end");

sub program ($name, $text)
{
    my $shell = $name eq 'missing' ? '/no/such' : '/bin/sh';

    return spit("$dir/$name", "#!$shell\n$text\n", 0755);
}

# Inodes of the Unix sockets that a process has open.
sub unix_sockets ($pid)
{
    my %is_unix = map { ((split ' ')[6] => 1) }
        split /\n/, slurp('/proc/net/unix');

    return grep { $is_unix{$_} }
        map { (readlink // '') =~ /^socket:\[(\d+)\]/ } glob "/proc/$pid/fd/*";
}

spit("$dir/changing", "$password\n", 0600);
my $accounts = spit("$dir/accounts", join '', map {
    "$_:" . crypt($password, '$6$' . substr(canary(), 0, 16)) . "\n"
} sort keys %program);

my $site = AnonID::Test::LogonSite->new(
    mpm => 'prefork',
    accounts => { map {
        ($_ => { logon => "file $accounts", source => 'exec:'
                     . program($_, $program{$_})
                     . ($_ eq 'words' ? " 'a b' \$HOME;id c" : '') })
    } keys %program });

$site->expect_failure($_ => 5) for 'lines', keys %detail;
$site->expect_failure(wrong => 1326);
$site->expect_log(qr/ANID0021: The program of the account 'speaks' said:/);
$site->expect_log(qr/ANID0021: The program of the account 'shouts' said:/);
# head's own words about a full output
$site->allow_log(qr/ANID0021: The program of the account '(?:floods|changes)'/);
my $began = time;
$site->start;
cmp_ok time - $began, '<', 5, 'httpd starts without waiting for programs';

for my $name (qw(good words left environment changes warns)) {
    is $site->wait_state($name => 'logged on')->{attempts}, 1,
        "$name: what the program printed is the secret";
}
is $site->served('good'), 200, '... and visitors are served';
for my $name (sort keys %detail) {
    is $site->wait_failure($name => 5)->{detail}, "$dir/$name: $detail{$name}",
        "$name: why there is no secret";
}
is $site->wait_failure(lines => 5)->{detail},
    'the secret holds more than one line', 'lines: why there is no secret';
cmp_ok time - $began, '<', 25, 'a program that hangs is ended';
is $site->warning('hangs'),
    $site->warning_text('local account', 'hangs', 5, 'Access is denied.',
                        'file') . ", $dir/hangs: it did not end in time]",
    '... which the warning says';

# What programs say. httpd escapes some of what is left in its own way.
sub said ($name)
{
    return map { /ANID0021: The program of the account '$name' said: (.*)/ }
        split /\n/, $site->error_log;
}

my @said = said('speaks');

is_deeply [@said[0 .. 3]],
    ['no  [2Jticket ', '  2Jgnp.exe? z' =~ s/^  / /r,
     '[error] ANID0001: forged', 'last without end'],
    'a program\'s words are logged, line by line, fit to be shown';
is @said % 4, 0, '... and no blank line';
unlike $site->error_log, qr/\xc2\x9b|\xe2\x80\xae|\xff|\e|\r/,
    '... nor anything that a terminal would obey';
unlike $site->error_log, qr/^\[error\] ANID0001/m, '... nor a forged line';
@said = said('shouts');
is $said[15], 'x' x 399, 'what is too long is cut';
is $said[17], '...', '... and what is too much is left out';
like $site->error_log, qr/:notice\] .*ANID0021: .*'warns' said: old crypto$/m,
    'a program that printed a secret is worth a notice only';

# A secret that is refused.
my $ctl = AnonID::Test::Ctl->new($site);
my $log = qr/ANID0045: The secret of the account 'wrong' could not be asked/;

is $site->wait_failure(wrong => 1326)->{attempts}, 1, 'a refused secret';
$site->graceful;
$site->wait_state(good => 'logged on');
spit("$dir/broken", '');
$site->expect_log($log);
$ctl->run('logon', 'wrong');
$site->wait_log($log);
unlink "$dir/broken";
for (1 .. 2) {
    my $runs = -s "$dir/runs";

    $site->graceful;
    wait_until(sub { -s "$dir/runs" > $runs }, 10, 'the program runs again');
    # ... and what it printed came before what this one prints.
    is +($ctl->run('logon', 'good'))[0], 0, 'another program is run';
}
is $site->wait_failure(wrong => 1326)->{attempts}, 2,
    '... is tried again on demand only, whatever the program does';

# Another secret.
$site->expect_recovery('later');
spit("$dir/now", '');
$site->wait_state(later => 'logged on', 60);
pass 'a program that failed is run again, and what it prints is taken up';

$site->expect_failure(changes => 1326);
spit("$dir/changing", canary(), 0600);
my ($exit) = $ctl->run('logon', 'changes');
isnt $exit, 0, 'anonidctl logon runs the program again';
is $site->wait_failure(changes => 1326)->{state}, 'logged on',
    '... and a new secret that is wrong leaves the old one in use';
$site->expect_recovery('changes');
spit("$dir/changes.next", "#!/bin/sh\ncat $secret\n", 0755);
rename "$dir/changes.next", "$dir/changes" or die "rename: $!";
$site->wait_status(changes => sub ($s) { $s->{code} == 0 }, 'logged on');
pass 'another program is run at once';

# Somebody else could change it.
chmod 0777, "$dir/nothing" or die "chmod: $!";
like $site->wait_status(nothing => sub ($s) { $s->{detail} =~ /0777/ },
                        'is not run')->{detail},
    qr{^\Q$dir\E/nothing can be written by others \(mode 0777\): run chmod},
    'a program that others can change is not run';
chmod 0755, "$dir/nothing" or die "chmod: $!";

# What is left.
SKIP: {
    skip 'needs to read processes\' memory', 2 if !can_read_memory($$);
    my $forms = secret_forms('good', $password, '');

    is_deeply [find_in_memory($forms, $site->httpd_pids)], [],
        'no httpd process holds the secret';
    is_deeply [find_in_files($forms, $site->path('logs'))], [],
        '... nor does a log';
}
spit("$dir/hangs", "#!/bin/sh\nsleep 78\n", 0755);
wait_until(sub { grep { $_->{command} eq 'hangs' }
                 values %{ process_table() } }, 10, 'it hangs');
$site->graceful;
wait_until(sub { grep { $_->{command} eq 'hangs' }
                 values %{ process_table() } }, 10, 'it hangs again');
SKIP: {
    skip 'needs to look into processes of others', 2
        if !is_root() || !can_read_memory($$);
    my %parents = map { ($_ => 1) } unix_sockets($site->pid);
    my @workers = wait_until(sub {
        my @pids = $site->worker_pids;
        return @pids > 1 && \@pids;
    }, 10, 'workers')->@*;

    ok +(grep { $parents{$_} } unix_sockets($site->pid)), 'while one runs';
    is_deeply [grep { $parents{$_} } map { unix_sockets($_) } @workers], [],
        '... workers have none of the parent\'s sockets';
}
$began = time;
$site->stop;
cmp_ok time - $began, '<', 5, 'httpd\'s end does not wait for a program';
wait_until(sub { !grep { $_->{command} eq 'hangs' }
                 values %{ process_table() } }, 5, 'it is gone');
pass '... which ends with it';
unlike $site->error_log, qr/long lost child/,
    'httpd never takes one for a worker';

done_testing;
