# SPDX-License-Identifier: Apache-2.0
#
# One connection of a BadMailServer as lines and scripted actions, and its
# transcript. It must not know SMTP.

package AnonID::Test::BadMailServer::Connection;

use v5.36;
use Socket qw(SOL_SOCKET SO_LINGER);
use Storable ();
use Time::HiRes qw(sleep);

=head1 NAME

AnonID::Test::BadMailServer::Connection - lines, actions, transcript

=head1 SHAPES

An object has: dir (of the instance), number (of the connection), socket,
encrypted, transcript (a handle). Scripts and actions are described in
AnonID::Test::BadMailServer. A connection ends by way of an exception, which
is a reference to the reason.

=cut

sub new ($class, $config, $socket, $number)
{
    open my $transcript, '>>', "$config->{dir}/logs/transcript"
        or die "transcript: $!";
    $transcript->autoflush(1);
    my $self = bless { %$config, socket => $socket, number => $number,
                       transcript => $transcript, times => {} }, $class;

    $self->note('connected');
    return $self;
}

# Runs $converse->() to the end of the connection.
sub run ($self, $converse)
{
    return if eval { $converse->(); 1 };
    my $why = $@;

    $self->note(ref $why ? $$why : 'failed');
    die $why if !ref $why;
}

sub scripted ($self, $state, $line)
{
    my $nth = ++$self->{times}{$state};

    for my $entry (@{ Storable::retrieve("$self->{dir}/script") }) {
        my ($match, $action, $condition) = (@$entry, {});

        next if ref $match ? $line !~ $match : $match ne $state;
        next if $condition->{connection}
            && $condition->{connection} != $self->{number};
        next if $condition->{nth} && $condition->{nth} != $nth;
        return ref $action ? $action : { reply => $action };
    }
    return undef;
}

sub perform ($self, $action)
{
    my $bytes = $action->{raw};

    $bytes //= join '', map { "$_\r\n" } split /\r?\n/, $action->{reply}
        if defined $action->{reply};
    $self->send($bytes, $action->{drip}) if defined $bytes;
    for my $end (qw(drop reset hang deaf)) {
        $self->$end if $action->{$end} || ($action->{then} // '') eq $end;
    }
}

sub send ($self, $bytes, $drip = undef)
{
    $self->record('S:', substr $bytes, 0, 200);
    return $self->{socket}->print($bytes) if !$drip;
    for my $byte (split //, $bytes) {
        $self->{socket}->print($byte) or $self->end('closed by client');
        sleep $drip;
    }
}

sub read_line ($self)
{
    my $line = $self->{socket}->getline // $self->end('closed by client');

    $line =~ s/\r?\n\z//;
    $self->record('C:', $line);
    return $line;
}

# As a crash would: TLS is not closed properly.
sub drop ($self)
{
    my $socket = $self->{socket};

    $self->{encrypted} ? $socket->close(SSL_no_shutdown => 1)
        : close $socket;
    $self->end('dropped');
}

sub reset ($self)
{
    setsockopt $self->{socket}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    $self->drop;
}

sub hang ($self)
{
    $self->note('hangs');
    1 while defined $self->read_line;
}

sub deaf ($self)
{
    $self->note('is deaf');
    sleep 3600;
}

sub end ($self, $why) { die \$why }

sub note ($self, $text) { $self->record('--', $text) }

# One line of transcript for each line of text, in one write.
sub record ($self, $who, $text)
{
    print { $self->{transcript} }
        join '', map { "$self->{number} $who $_\n" } split /\r?\n/, $text;
}

1;
