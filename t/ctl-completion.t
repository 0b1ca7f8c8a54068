# SPDX-License-Identifier: Apache-2.0
#
# bash completes the words of anonidctl: commands, options, and the names of
# the accounts, which it asks the agent for where it may; other agents' by -s.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Process qw(run);

skip_unless_program('bash');

my $script = srcdir() . '/mod_anonid/ctl/anonidctl.bash';
my $bin = temp_root() . '/bin';

# In place of an agent: the accounts of a state folder.
mkdir $bin or die;
spit("$bin/anonidctl", <<'END', 0755);
#!/bin/sh
case "$*" in
"-w 1 status --names") printf '%s\n' IUSR_web 'EX\anon' 'web two' ;;
"-w 1 status --services") printf '%s\n' mail 'the office' ;;
"-s /other -w 1 status --names") echo elsewhere ;;
*) exit 3 ;;
esac
END

# The words that bash offers for the last one of a line.
sub offers (@words)
{
    my ($exit, $output) = run(['bash', '-c', <<'END', 'bash', $bin, $script,
PATH=$1:$PATH
. "$2"
shift 2
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
complete -p anonidctl | grep -q -- '-F _anonidctl' || exit 9
_anonidctl
[ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
END
        'anonidctl', @words]);

    is $exit, 0, "@words" or diag $output;
    return [sort split /\n/, $output];
}

my @accounts = ('EX\\\\anon', 'IUSR_web', 'web\\ two');

is_deeply offers(''), [sort qw(-s -w --help --version help status logon check
                               mail rotate create)], '... options and commands';
is_deeply offers('r'), ['rotate'], '... the one command';
is_deeply offers('-w', '3', 'lo'), ['logon'], '... behind an option';
for my $command (qw(logon rotate create status)) {
    is_deeply offers($command, ''), \@accounts, '... accounts, quoted';
}
is_deeply offers('logon', 'IU'), ['IUSR_web'], '... the one account';
is_deeply offers('-s', '/other', 'logon', ''), ['elsewhere'],
    '... those of the agent that is meant';
is_deeply offers('-s', '/none', 'logon', ''), [], '... none without an agent';
is_deeply offers('status', '-'), [qw(--json --names --services --watch)],
    '... its options';
is_deeply offers('mail', ''), ['mail', 'the\\ office'], '... mail services';
is_deeply offers('mail', 'mail', ''), \@accounts, '... then accounts';
is_deeply offers('mail', '-'), ['--json'], '... its option';
is_deeply offers('check', '--c'), ['--connect'], '... its options';

done_testing;
