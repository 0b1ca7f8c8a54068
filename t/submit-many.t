# SPDX-License-Identifier: Apache-2.0
#
# Many visitors at once, while httpd is restarted gracefully: each message
# arrives once and is the one that its visitor sent, and each visitor is told
# so.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Mime qw(parse_message);
use AnonID::Test::SubmitSite;
use POSIX ();

require_build;
skip_unless_program('doveadm');

my ($VISITORS, $EACH) = (8, 12);

# What visitor $visitor sends as message $number.
sub content ($visitor, $number)
{
    return join ' ', map { "v$visitor n$number $_" } 1 .. 500;
}

# A visitor: writes the statuses of its messages to a file.
sub visit ($site, $visitor)
{
    my $statuses = '';

    for my $number (1 .. $EACH) {
        my $answer = eval {
            $site->send(to => 'desk', subject => "\x{fc}$visitor-$number",
                        body => "v$visitor n$number\n",
                        file => { name => "\x{20ac}$visitor-$number.txt",
                                  type => 'text/plain',
                                  content => content($visitor, $number) });
        };

        $statuses .= ($answer ? $answer->{status} : "died: $@") . "\n";
    }
    spit($site->path("visitor$visitor"), $statuses);
}

sub start_visitor ($site, $visitor)
{
    my $pid = fork // die "fork: $!";

    return $pid if $pid;
    eval { visit($site, $visitor) };
    POSIX::_exit($@ ? 1 : 0);
}

# Whether a message is whole and all of one visitor; returns its key.
sub key_of ($raw)
{
    my $message = parse_message($raw);
    my ($text, $file) = @{ $message->{parts} };
    my ($key) = $message->{header}{subject} =~ /^\x{fc}(\d+-\d+)$/
        or return 'a broken subject';
    my ($visitor, $number) = split /-/, $key;

    return "a mixed text in $key"
        if $text->{body} ne "v$visitor n$number\r\n";
    return "a mixed file in $key"
        if $file->{body} ne content($visitor, $number)
        || $file->{filename} ne "\x{20ac}$key.txt";
    return $key;
}

sub check ($mpm)
{
    my $site = AnonID::Test::SubmitSite->new(mpm => $mpm,
                                             limits => 'off')->start;
    my @pids = map { start_visitor($site, $_) } 1 .. $VISITORS;

    for my $enough ($VISITORS, 3 * $VISITORS) {
        wait_until(sub { $site->count('desk') >= $enough }, 60,
                   "$enough messages have arrived");
        $site->graceful;
    }
    waitpid $_, 0 for @pids;
    my @statuses = map { split /\n/, slurp($site->path("visitor$_")) }
        1 .. $VISITORS;
    my @expected = map { my $visitor = $_;
                         map { "$visitor-$_" } 1 .. $EACH } 1 .. $VISITORS;

    is_deeply [grep { $_ ne '200' } @statuses], [],
        "$mpm: every visitor was told 200";
    is scalar @statuses, $VISITORS * $EACH, "$mpm: every time";
    is_deeply [sort map { key_of($_) } $site->delivered('desk')],
        [sort @expected], "$mpm: every message arrived once and whole";
    $site->stop;
}

check($_) for qw(event prefork);
done_testing;
