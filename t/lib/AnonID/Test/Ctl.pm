# SPDX-License-Identifier: Apache-2.0
#
# Runs anonidctl against a test httpd. It must not know what the commands
# mean.

package AnonID::Test::Ctl;

use v5.36;
use AnonID::Test::Process ();

=head1 NAME

AnonID::Test::Ctl - runs anonidctl against an instance

=head1 SYNOPSIS

    my $ctl = AnonID::Test::Ctl->new($httpd);
    my ($exit, $output) = $ctl->run('rotate', 'IUSR_web1');
    my $output = $ctl->ok('status');        # dies unless it exits 0

=cut

# $target is an AnonID::Test::Httpd, or a state folder's path.
sub new ($class, $target)
{
    my $state = ref $target ? $target->path('state') : $target;

    return bless { state => $state }, $class;
}

# Returns (exit status, output); a machine that is busy with other tests has
# more time than an operator waits. Options as of AnonID::Test::Process::run go
# into a hash in front: $ctl->run({ timeout => 5 }, 'status').
sub run ($self, @arguments)
{
    my %option = ref $arguments[0] ? %{ shift @arguments } : ();

    return AnonID::Test::Process::run(
        [AnonID::Test::ctl_path(), '-s', $self->{state}, '-w', 60,
         @arguments],
        %option);
}

# `status` exits 1 as well: it answers, and an account is not logged on.
sub ok ($self, @arguments)
{
    my ($exit, $output) = $self->run(@arguments);

    $exit == 0 || $exit == 1 && $arguments[0] eq 'status'
        && $output !~ /^anonidctl: /m
        or die "anonidctl @arguments: exit $exit: $output";
    return $output;
}

1;
