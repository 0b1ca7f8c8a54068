# SPDX-License-Identifier: Apache-2.0
#
# Postfix's smtp-sink as the mail transfer agent behind a submission server:
# it takes every message at once and keeps none, so that a benchmark measures
# what stands in front of it. It must not know who that is.

package AnonID::Test::Sink;

use v5.36;
use parent 'AnonID::Test::Server';
use IO::Socket::INET;

=head1 NAME

AnonID::Test::Sink - an SMTP server that throws away what it gets

=head1 SYNOPSIS

    my $dovecot = AnonID::Test::Dovecot->new(mta => 'Sink', ...)->start;

=cut

sub start ($self)
{
    # It insists on being somebody else than root.
    $self->spawn(['smtp-sink', $> == 0 ? qw(-u nobody) : (), '-m', 200,
                  '127.0.0.1:' . $self->port('smtp'), 1000]);
    return $self->wait_ready(sub {
        IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                              PeerPort => $self->port('smtp'));
    });
}

sub log_problem ($self, $line) { return $line =~ /fatal|panic|error/ }

1;
