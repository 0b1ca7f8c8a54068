# SPDX-License-Identifier: Apache-2.0
#
# The smallest mail transfer agent that works without root: takes SMTP on
# loopback and hands each message at once to an LMTP server, so that its 250
# means delivered. It must not know who the LMTP server is.

package AnonID::Test::Relay;

use v5.36;
use parent 'AnonID::Test::Server';
use IO::Socket::INET;

use AnonID::Test::Listener qw(listen_forever perl_command);

=head1 NAME

AnonID::Test::Relay - an SMTP server in front of an LMTP server

=head1 SYNOPSIS

    my $relay = AnonID::Test::Relay->new(lmtp_port => $port)->start;
    $relay->port('smtp');

The LMTP server's first refusal is passed on; each delivery and refusal is
logged.

=cut

sub start ($self)
{
    $self->spawn([perl_command(__PACKAGE__, $self->port('smtp'),
                               $self->{lmtp_port})]);
    return $self->wait_ready(sub { $self->log_text =~ /^ready$/m });
}

sub log_problem ($self, $line) { return $line !~ /^(?:ready|delivered)/ }

sub main ($smtp_port, $lmtp_port)
{
    listen_forever($smtp_port, sub ($client, $number) {
        serve($client, $lmtp_port);
    });
}

# Every command goes to the LMTP server as it is but EHLO, which it calls
# LHLO, and the end of a message, to which it gives a reply per recipient.
# Extensions with other ways to send a message are hidden.
sub serve ($client, $lmtp_port)
{
    my $lmtp = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $lmtp_port)
        or return print $client "421 4.3.0 no delivery agent\r\n";
    my $recipients = 0;

    print $client reply($lmtp);
    while (my $line = readline $client) {
        my ($verb) = uc($line) =~ /^(\w+)/ or next;

        print $lmtp $line =~ s/^(?:EHLO|HELO)/LHLO/ir;
        my $answer = reply($lmtp);
        print $client $answer =~ s/^250-(?:XCLIENT|CHUNKING).*\n//mgr;
        $recipients++ if $verb eq 'RCPT' && $answer =~ /^2/;
        $recipients = 0 if $verb =~ /^(?:MAIL|RSET)$/;
        print $client message($client, $lmtp, $recipients)
            if $verb eq 'DATA' && $answer =~ /^3/;
        last if $verb eq 'QUIT';
    }
}

sub message ($client, $lmtp, $recipients)
{
    while (my $line = readline $client) {
        print $lmtp $line;
        last if $line eq ".\r\n";
    }
    my @replies = map { reply($lmtp) } 1 .. $recipients;
    my ($refusal) = grep { !/^2/ } @replies;

    print $refusal ? "refused: $refusal" : "delivered: $replies[0]";
    return $refusal // $replies[0];
}

sub reply ($lmtp)
{
    my $reply = '';

    while (my $line = readline $lmtp) {
        $reply .= $line;
        return $reply if $line =~ /^\d{3}(?: |\r)/;
    }
    die "the LMTP server hung up\n";
}

1;
