# SPDX-License-Identifier: Apache-2.0
#
# A mounted file system that hangs when a test wants it to:
# t/lib/sleeping_fs.c.

package AnonID::Test::SleepingFS;

use v5.36;
use parent 'AnonID::Test::Server';

=head1 NAME

AnonID::Test::SleepingFS - a file on a file system that hangs

=head1 SYNOPSIS

    my $why = AnonID::Test::SleepingFS->unusable;   # undef: it can be used
    my $fs = AnonID::Test::SleepingFS->new->start;
                            # content => '...': what is in the file

    $fs->secret;            # the path of the file
    $fs->hang;              # from now on whoever looks at it waits
    $fs->wait_caught($pid); # ... and that process does (or without: any)
    $fs->wake;

=cut

sub new ($class, %field)
{
    my $self = $class->SUPER::new(name => 'sleeping-fs', %field);

    mkdir $self->path('mnt') or die "mnt: $!";
    return $self;
}

sub program () { return AnonID::Test::builddir() . '/t/lib/sleeping_fs' }

sub unusable ($class)
{
    return 'needs libfuse3-dev' if !-x program();
    return 'needs root' if $> != 0;
    return 'needs /dev/fuse' if !open my $device, '+<', '/dev/fuse';
    my $fs = $class->new(name => 'sleeping-fs-tried');
    eval { $fs->start; 1 } or return 'cannot mount a FUSE file system here';
    $fs->end;
    return;
}

sub start ($self)
{
    AnonID::Test::spit($self->path('content'),
                       $self->{content} // "a secret on a slow file system\n");
    $self->spawn([program(), map({ $self->path($_) } qw(hang reached content)),
                  '-f', '-o', 'allow_other', $self->path('mnt')]);
    return $self->wait_ready(sub { -s $self->secret });
}

sub secret ($self) { return $self->path('mnt/secret') }

sub hang ($self)
{
    AnonID::Test::spit($self->path('hang'), '');
    return;
}

sub wait_caught ($self, $pid = undef)
{
    my $reached = $self->path('reached');

    return AnonID::Test::wait_until(
        sub { $pid ? -e "$reached.$pid" : grep { -e } glob "$reached.*" }, 20,
        ($pid ? "process $pid" : 'somebody') . ' waits for the file system');
}

sub wake ($self) { return unlink $self->path('hang') }

sub end ($self)
{
    $self->wake;
    system 'umount', '-l', $self->path('mnt');
    return $self->stop;
}

1;
