# SPDX-License-Identifier: Apache-2.0
#
# One HTTP/1.1 connection as a test wants it: every byte of a request can be
# chosen, and sent in pieces. It must not know which server answers.

package AnonID::Test::HTTP;

use v5.36;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

=head1 NAME

AnonID::Test::HTTP - a small HTTP client for tests

=head1 SYNOPSIS

    my $http = AnonID::Test::HTTP->connect(port => $port);
    my $response = $http->request(GET => '/', host => 'a.test');

    $http->send("POST / HTTP/1.1\r\nHost: x\r\n" .
                "Transfer-Encoding: chunked\r\n\r\n");
    $http->send_chunk('text');
    $http->send_chunk('');
    my $response = $http->response('POST');

=head1 SHAPES

A I<response> is C<< { status, reason, headers, header, body, raw } >>:
C<headers> is the list of [name, value] as sent, C<header> maps the name in
lower case to its values, joined by ', '; C<raw> is the unparsed head.
C<response> returns undef when the connection ended before a status line.

=cut

# Options: port, address, timeout (seconds for any one wait, default 30),
# tls (hash of IO::Socket::SSL options, or 1 for no verification).
sub connect ($class, %option)
{
    my $socket = IO::Socket::INET->new(
        PeerAddr => $option{address} // '127.0.0.1',
        PeerPort => $option{port},
        Timeout => $option{timeout} // 30
    ) or die "connect to port $option{port}: $@";

    $socket->autoflush(1);
    start_tls($socket, $option{tls}) if $option{tls};
    return bless { socket => $socket, buffer => '',
                   timeout => $option{timeout} // 30 }, $class;
}

sub start_tls ($socket, $tls)
{
    require IO::Socket::SSL;
    my %option = ref $tls ? %$tls : (SSL_verify_mode => 0);

    IO::Socket::SSL->start_SSL($socket, %option)
        or die "TLS handshake: $IO::Socket::SSL::SSL_ERROR";
}

# Sends a request and returns its response. Options: host, headers (hash or
# list of pairs), body.
sub request ($self, $method, $target, %option)
{
    my $headers = $option{headers} // [];
    my @lines = ("$method $target HTTP/1.1",
                 'Host: ' . ($option{host} // 'localhost'));
    my @pairs = ref $headers eq 'HASH' ? %$headers : @$headers;

    while (my ($name, $value) = splice @pairs, 0, 2) {
        push @lines, "$name: $value";
    }
    push @lines, 'Content-Length: ' . length $option{body}
        if defined $option{body};
    $self->send(join("\r\n", @lines, '', '') . ($option{body} // ''));
    return $self->response($method);
}

# Sends bytes as they are; false when the server has closed.
sub send ($self, $bytes)
{
    my $sent = 0;

    while ($sent < length $bytes) {
        my $count = syswrite $self->{socket}, $bytes, 16_384, $sent;
        return if !defined $count;
        $sent += $count;
    }
    return 1;
}

# Sends one chunk of a chunked body; an empty one ends it.
sub send_chunk ($self, $bytes)
{
    return $self->send(sprintf "%x\r\n%s\r\n", length $bytes, $bytes);
}

# Reads the next final response.
sub response ($self, $method = 'GET')
{
    my $response;

    do {
        my $head = $self->read_head // return;
        $response = parse_head($head);
    } while ($response->{status} =~ /^1/ && $response->{status} != 101);

    $response->{body} =
        $method eq 'HEAD' || $response->{status} =~ /^(?:101|204|304)$/
        ? '' : $self->read_body($response->{header});
    return $response;
}

sub parse_head ($head)
{
    my ($first, @lines) = split /\r\n/, $head;
    my ($status, $reason) = $first =~ m{^HTTP/1\.[01] (\d{3}) ?(.*)}
        or die "not a status line: $first";
    my @headers = map { [split /:\s*/, $_, 2] } @lines;
    my %header;

    push @{ $header{ lc $_->[0] } }, $_->[1] for @headers;
    $_ = join ', ', @$_ for values %header;
    return { status => $status, reason => $reason, headers => \@headers,
             header => \%header, raw => $head };
}

sub read_head ($self)
{
    while (index($self->{buffer}, "\r\n\r\n") < 0) {
        return if !$self->fill;
    }
    my $head = $self->take(index($self->{buffer}, "\r\n\r\n") + 4);
    return substr $head, 0, -2;
}

sub read_body ($self, $header)
{
    return $self->read_chunks
        if ($header->{'transfer-encoding'} // '') =~ /chunked/i;
    return $self->take($header->{'content-length'})
        if defined $header->{'content-length'};
    1 while $self->fill;
    return $self->take(length $self->{buffer});
}

sub read_chunks ($self)
{
    my $body = '';

    while (1) {
        my $size = hex($self->line =~ s/;.*//r);
        $body .= $self->take($size);
        $self->line;
        return $body if $size == 0;
    }
}

sub line ($self)
{
    while (index($self->{buffer}, "\r\n") < 0) {
        $self->fill or die 'connection ended inside a chunked body';
    }
    my $line = $self->take(index($self->{buffer}, "\r\n") + 2);
    return substr $line, 0, -2;
}

sub take ($self, $size)
{
    while (length $self->{buffer} < $size) {
        $self->fill or die 'connection ended inside a body';
    }
    return substr $self->{buffer}, 0, $size, '';
}

# Reads more into the buffer; false at the end of the connection.
sub fill ($self)
{
    my $socket = $self->{socket};
    my $pending = $socket->can('pending') && $socket->pending;

    $pending || IO::Select->new($socket)->can_read($self->{timeout})
        or die "no answer within $self->{timeout} s\n";
    my $count = sysread $socket, $self->{buffer}, 65_536,
        length $self->{buffer};
    return $count;
}

# True when the server closes the connection before the timeout.
sub closed ($self)
{
    return !$self->fill;
}

sub socket ($self) { return $self->{socket} }

sub close ($self) { return close $self->{socket} }

1;
