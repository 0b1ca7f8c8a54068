# SPDX-License-Identifier: Apache-2.0
#
# The frame of a server written in Perl: a listening socket, and a process
# for each connection. It must not know what is spoken.

package AnonID::Test::Listener;

use v5.36;
use Exporter qw(import);
use IO::Socket::INET;
use POSIX ();

our @EXPORT_OK = qw(listen_forever perl_command);

=head1 NAME

AnonID::Test::Listener - the frame of a server written in Perl

=head1 SYNOPSIS

    $self->spawn([perl_command('Some::Package', @arguments)]);

    package Some::Package;
    sub main (@arguments) {
        listen_forever($port, sub ($socket, $number) { ... });
    }

It prints C<ready> when it listens. A server is a program of its own rather
than a fork of the test, which holds other servers and their locks.

=cut

sub perl_command ($package, @arguments)
{
    my $lib = AnonID::Test::srcdir() . '/t/lib';

    return ($^X, '-w', "-I$lib", "-M$package", '-e',
            "${package}::main(\@ARGV)", @arguments);
}

# Calls $serve with each connection and its number, in a process of its own.
# SIGTERM ends all of them: they are in one process group.
sub listen_forever ($port, $serve)
{
    my $number = 0;
    my $listener = IO::Socket::INET->new(
        Listen => 128, LocalAddr => '127.0.0.1', LocalPort => $port,
        ReuseAddr => 1) or die "port $port: $@";

    $SIG{CHLD} = 'IGNORE';
    $SIG{TERM} = sub { $SIG{TERM} = 'IGNORE'; kill TERM => 0; exit 0 };
    STDOUT->autoflush(1);
    say 'ready';
    while (1) {
        my $socket = $listener->accept or next;

        serve_in_child($serve, $socket, ++$number);
        close $socket;
    }
}

sub serve_in_child ($serve, $socket, $number)
{
    my $pid = fork // die "fork: $!";

    return if $pid;
    srand;
    $SIG{TERM} = 'DEFAULT';
    $SIG{PIPE} = 'IGNORE';
    eval { $serve->($socket, $number); 1 } or print "failed: $@";
    POSIX::_exit(0);
}

1;
