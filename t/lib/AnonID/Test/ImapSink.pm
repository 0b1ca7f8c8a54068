# SPDX-License-Identifier: Apache-2.0
#
# An IMAP server that costs next to nothing (t/lib/imap_sink.c), for tests and
# benchmarks with thousands of sessions. It must not know who they are.

package AnonID::Test::ImapSink;

use v5.36;
use parent 'AnonID::Test::Server';
use IO::Socket::INET;

=head1 NAME

AnonID::Test::ImapSink - an IMAP server for thousands of sessions

=head1 SYNOPSIS

    my $sink = AnonID::Test::ImapSink->new(
        password => $password, octets => 1000,
        certificate => $ca->host('localhost'),  # TLS from the first byte
    )->start;
    $sink->port

=cut

sub start ($self)
{
    my $certificate = $self->{certificate};

    $self->spawn([AnonID::Test::builddir() . '/t/lib/imap_sink', $self->port,
                  @$self{qw(password octets)},
                  $certificate ? @$certificate{qw(chain key)} : ()]);
    return $self->wait_ready(sub {
        IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                              PeerPort => $self->port);
    });
}

sub log_files ($self) { return (output => $self->output_path) }

sub log_problem ($self, $line) { return $line ne 'ready' }

1;
