# SPDX-License-Identifier: Apache-2.0
#
# Two servers on one account file: each has accounts of its own in it, and one
# account that both want is controlled by the first, until that one ends.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::Httpd;
use JSON::PP qw(decode_json);

require_build;

my $file = temp_root() . '/accounts';

sub server ($name, @accounts)
{
    return AnonID::Test::Httpd->new(name => $name, config => join '', map {
        <<"END" } @accounts);
<AnonIDAccount $_>
AnonIDLogon file "$file"
AnonIDPasswordSync On
</AnonIDAccount>
AnonIDMapTo $_
END
}

sub verifier ($name)
{
    my ($found) = slurp($file) =~ /^\Q$name\E:(.*)/m;

    return $found;
}

sub wait_state ($httpd, $name, $state)
{
    my $ctl = AnonID::Test::Ctl->new($httpd);

    return wait_until(sub {
        my $document = decode_json($ctl->ok('status', '--json', $name));
        my $account = $document->{accounts}[0];
        return $account if $account->{state} eq $state;
    }, 30, "$name is $state at $httpd->{name}");
}

spit($file, "one:!\ntwo:!\nboth:!\n", 0644);
my $first = server('first', qw(one both))->start;
wait_state($first, $_, 'logged on') for qw(one both);

my $second = server('second', qw(two both));
$second->expect_log(qr/ANID0001: .*'both'.*Access is denied/);
my $before = verifier('both');
$second->start;
wait_state($second, 'two', 'logged on');
pass 'the second server sets the password of its own account';
my $refused = wait_state($second, 'both', 'failed');
is $refused->{code}, 5, 'what the first controls is denied to it';
like $refused->{detail}, qr/another server/, '... which it says';
is verifier('both'), $before, '... and nothing was changed';

for my $round (1 .. 3) {
    AnonID::Test::Ctl->new($first)->ok('rotate', 'one');
    AnonID::Test::Ctl->new($second)->ok('rotate', 'two');
}
wait_state($first, $_, 'logged on') for qw(one both);
wait_state($second, 'two', 'logged on');
pass 'both change the file in turns, and lose nothing';

$first->stop;
wait_state($second, 'both', 'logged on');
isnt verifier('both'), $before,
    'when the first has ended, the second takes over';

done_testing;
