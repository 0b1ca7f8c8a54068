# SPDX-License-Identifier: Apache-2.0
#
# A client that says octets and reads lines, by TCP or a Unix socket. It must
# not know any protocol.

package AnonID::Test::Dialogue;

use v5.36;
use IO::Socket::IP;
use IO::Socket::UNIX;
use Socket qw(SHUT_WR);
use Time::HiRes qw(time);

=head1 NAME

AnonID::Test::Dialogue - a raw client

=head1 SYNOPSIS

    my $client = AnonID::Test::Dialogue->connect($port);   # or a path
    $client->say('a LOGIN u p', 'b NOOP');    # lines, in one write
    $client->send($octets);
    my $line = $client->line;                 # without CRLF; undef at the end
    my @lines = $client->until(qr/^b /);      # up to that line, with it
    my $octets = $client->octets($n);
    my $rest = $client->rest;                 # up to the end
    $client->shut;                            # sends no more
    $client->silent(0.3);                     # 1 if nothing comes for so long

Whatever is waited for longer than 30 s dies.

=cut

my $PATIENCE = 30;

sub connect ($class, $where)
{
    my $socket = $where =~ m{^/}
        ? IO::Socket::UNIX->new(Peer => $where)
        : IO::Socket::IP->new(PeerHost => '127.0.0.1', PeerPort => $where);

    die "connect to $where: $!" if !$socket;
    return bless { socket => $socket, buffer => '', ended => 0 }, $class;
}

sub socket ($self) { return $self->{socket} }

sub send ($self, $octets)
{
    local $SIG{PIPE} = 'IGNORE';
    my $at = 0;

    while ($at < length $octets) {
        my $n = syswrite $self->{socket}, $octets, length($octets) - $at, $at;
        return $self if !defined $n;
        $at += $n;
    }
    return $self;
}

sub say ($self, @lines)
{
    return $self->send(join '', map { "$_\r\n" } @lines);
}

# Reads more: 1, or 0 at the end.
sub more ($self, $patience = $PATIENCE)
{
    vec(my $bits = '', fileno $self->{socket}, 1) = 1;
    return 0 if $self->{ended};
    select($bits, undef, undef, $patience) or return undef;
    my $n = sysread $self->{socket}, $self->{buffer}, 65536,
        length $self->{buffer};

    $self->{ended} = 1 if !$n;
    return $n ? 1 : 0;
}

sub wait_more ($self)
{
    return $self->more
        // die "nothing came for $PATIENCE s after '$self->{buffer}'\n";
}

sub line ($self)
{
    while ($self->{buffer} !~ /\n/) {
        return undef if !$self->wait_more;
    }
    $self->{buffer} =~ s/^(.*?)\r?\n//s;
    return $1;
}

sub until ($self, $pattern)
{
    my @lines;

    while (defined(my $line = $self->line)) {
        push @lines, $line;
        return @lines if $line =~ $pattern;
    }
    die "the connection ended before $pattern: @lines\n";
}

sub octets ($self, $length)
{
    while (length $self->{buffer} < $length) {
        die "the connection ended\n" if !$self->wait_more;
    }
    return substr $self->{buffer}, 0, $length, '';
}

sub rest ($self)
{
    1 while $self->wait_more;
    my $rest = $self->{buffer};

    $self->{buffer} = '';
    return $rest;
}

sub ended ($self) { return $self->rest eq '' }

sub silent ($self, $seconds)
{
    return $self->{buffer} eq '' && !defined $self->more($seconds);
}

sub shut ($self)
{
    shutdown $self->{socket}, SHUT_WR;
    return $self;
}

1;
