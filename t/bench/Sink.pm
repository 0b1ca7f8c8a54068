# SPDX-License-Identifier: Apache-2.0
#
# imap_sink.c as an instance. It must not know who measures what.

package Sink;

use v5.36;
use parent 'AnonID::Test::Server';

=head1 SYNOPSIS

    my $sink = Sink->new(
        bench => $folder,                  # of the programs
        password => $password, octets => 1000,
        certificate => $ca->host('localhost'),  # TLS from the first byte
    )->start;
    $sink->port

=cut

sub start ($self)
{
    my $certificate = $self->{certificate};

    $self->spawn(["$self->{bench}/imap_sink", $self->port,
                  @$self{qw(password octets)},
                  $certificate ? @$certificate{qw(chain key)} : ()]);
    return $self->wait_ready(
        sub { $self->log_text('output') =~ /^ready$/m });
}

sub log_files ($self) { return (output => $self->output_path) }

sub log_problem ($self, $line) { return $line ne 'ready' }

1;
