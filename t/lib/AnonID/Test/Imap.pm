# SPDX-License-Identifier: Apache-2.0
#
# A raw IMAP connection that reads whole messages. It must not know which
# server answers.

package AnonID::Test::Imap;

use v5.36;
use IO::Socket;

use AnonID::Test::HTTP;
use AnonID::Test::Process qw(exec_child);

=head1 NAME

AnonID::Test::Imap - reads a mailbox

=head1 SYNOPSIS

    my $imap = AnonID::Test::Imap->connect(port => $port);
    $imap->login($user, $password);
    my @messages = $imap->messages('INBOX');    # raw bytes, oldest first
    my @lines = $imap->command('CAPABILITY');   # dies unless tagged OK

    my $imap = AnonID::Test::Imap->pipe(@command);

Options of C<connect>: port, tls (hash of IO::Socket::SSL options). C<pipe>
starts a server that speaks IMAP on its standard input and output, already
logged in; it ends with the connection.

=cut

sub connect ($class, %option)
{
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $option{port}, Timeout => 10)
        or die "connect to port $option{port}: $@";

    AnonID::Test::HTTP::start_tls($socket, $option{tls}) if $option{tls};
    return $class->greeted($socket, $socket);
}

sub pipe ($class, @command)
{
    CORE::pipe my $from_server, my $server_out or die "pipe: $!";
    CORE::pipe my $server_in, my $to_server or die "pipe: $!";
    my $pid = fork // die "fork: $!";

    exec_child([@command], stdin => $server_in, output => $server_out,
               error => '/dev/null') if !$pid;
    $to_server->autoflush(1);
    return $class->greeted($from_server, $to_server, $pid);
}

sub greeted ($class, $in, $out, $pid = undef)
{
    my $self = bless { in => $in, out => $out, pid => $pid, tag => 0 },
        $class;

    $self->{greeting} = $self->line;
    return $self;
}

sub DESTROY ($self)
{
    local ($?, $!);
    close $self->{out};
    waitpid $self->{pid}, 0 if $self->{pid};
}

sub login ($self, $user, $password)
{
    $self->command('LOGIN', map { '"' . s/(["\\])/\\$1/gr . '"' }
                   $user, $password);
    return $self;
}

# Sends a command; returns its untagged responses, literals included.
sub command ($self, @words)
{
    my $tag = 'A' . ++$self->{tag};
    my @responses;

    print { $self->{out} } join(' ', $tag, @words), "\r\n";
    while (1) {
        my $response = $self->response;

        if ($response =~ /^\Q$tag\E (\S+)/) {
            return @responses if $1 eq 'OK';
            die "IMAP $words[0]: $response";
        }
        push @responses, $response;
    }
}

sub messages ($self, $mailbox = 'INBOX')
{
    $self->command('SELECT', $mailbox);
    my @fetched = $self->command('UID FETCH', '1:*', 'BODY.PEEK[]');
    return map { /\{(\d+)\}\r\n/ ? substr($_, $+[0], $1) : () } @fetched;
}

sub response ($self)
{
    my $response = $self->line;

    while ($response =~ /\{(\d+)\}\r\n\z/) {
        $response .= $self->octets($1) . $self->line;
    }
    return $response;
}

# Over TLS a read ends with a record.
sub octets ($self, $size)
{
    my $octets = '';

    while (length $octets < $size) {
        read $self->{in}, $octets, $size - length $octets, length $octets
            or die "the IMAP server hung up\n";
    }
    return $octets;
}

sub line ($self)
{
    return readline($self->{in}) // die "the IMAP server hung up\n";
}

1;
