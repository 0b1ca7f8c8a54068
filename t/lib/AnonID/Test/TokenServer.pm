# SPDX-License-Identifier: Apache-2.0
#
# A token endpoint (RFC 6749) that answers what it was told to. It must not
# know who asks.

package AnonID::Test::TokenServer;

use v5.36;
use parent 'AnonID::Test::Server';

use AnonID::Test::Listener qw(listen_forever perl_command);

=head1 NAME

AnonID::Test::TokenServer - a token endpoint that obeys

=head1 SYNOPSIS

    my $server = AnonID::Test::TokenServer->new;
    $server->answer(200, '{"access_token":"..."}')->start;

    $server->url                           for AnonIDLogon oauth2
    $server->requests                      each as it was read

=cut

sub answer ($self, $status, $body)
{
    my $path = $self->path('answer');

    AnonID::Test::spit("$path.next", "HTTP/1.1 $status It is so\r\n"
        . "Content-Type: application/json\r\nConnection: close\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body");
    rename "$path.next", $path or die "$path: $!";
    return $self;
}

sub url ($self) { return 'http://127.0.0.1:' . $self->port . '/token' }

sub start ($self)
{
    $self->spawn([perl_command(__PACKAGE__, $self->port,
                               $self->path('answer'),
                               $self->path('requests'))]);
    return $self->wait_ready(sub {
        -e $self->output_path && AnonID::Test::slurp($self->output_path)
            =~ /ready/ });
}

sub requests ($self)
{
    my $path = $self->path('requests');

    return -e $path ? split /^--\n/m, AnonID::Test::slurp($path) : ();
}

sub log_problem ($self, $line) { return $line !~ /^ready$/ }

sub main ($port, $answer, $requests)
{
    listen_forever($port, sub ($socket, $number) {
        my ($request, $length) = ('', 0);

        while (defined(my $line = <$socket>)) {
            $request .= $line;
            $length = $1 if $line =~ /^Content-Length: (\d+)/i;
            last if $line =~ /^\r?\n$/;
        }
        read $socket, (my $body), $length;
        open my $log, '>>', $requests or die "$requests: $!";
        print {$log} "$request$body\n--\n";
        close $log;
        open my $in, '<', $answer or die "$answer: $!";
        print {$socket} join '', <$in>;
    });
    return;
}

1;
