# SPDX-License-Identifier: Apache-2.0
#
# An LDAP server that misbehaves in one way, and says yes to everything
# otherwise. Knows as much BER as that takes (RFC 4511), and no directory.

package AnonID::Test::BadLdapServer;

use v5.36;
use parent 'AnonID::Test::Server';

use AnonID::Test::Listener qw(listen_forever perl_command);

=head1 NAME

AnonID::Test::BadLdapServer - an LDAP server that misbehaves

=head1 SYNOPSIS

    my $server = AnonID::Test::BadLdapServer->new(way => 'drip')->start;

    AnonID::Test::BadLdapServer->ways      all there are
    $server->url('ldap')
    $server->binds                         how many it has read

=head1 SHAPES

A I<way> maps what a client sends (C<connect>, before it sends anything,
C<search>, C<bind>, C<extended>) to a function of connection and message id,
which sends what it likes and returns true if the connection goes on.

=cut

my ($BIND, $SEARCH, $EXTENDED, $UNBIND) = (0x60, 0x63, 0x77, 0x42);

# ---- BER ----

sub tlv ($tag, @content)
{
    my $content = join '', @content;
    my $length = length $content;

    return pack('CC', $tag, $length) . $content if $length < 128;
    return pack('CCN', $tag, 0x84, $length) . $content;
}

sub integer ($value) { return tlv(0x02, pack 'N', $value) }

sub message ($id, @operation)
{
    return tlv(0x30, integer($id), @operation);
}

# An LDAPResult of that type.
sub result ($type, $code = 0, $text = '', @more)
{
    return tlv($type, tlv(0x0a, pack 'C', $code), tlv(0x04, ''),
               tlv(0x04, $text), @more);
}

sub entry ($dn) { return tlv(0x64, tlv(0x04, $dn), tlv(0x30)) }

# ---- ways ----

sub send_all ($connection, $octets)
{
    my $socket = $connection->{socket};

    while (length $octets) {
        my $n = syswrite $socket, $octets or return 0;
        substr $octets, 0, $n, '';
    }
    return 1;
}

sub answer ($connection, $id, @operation)
{
    return send_all($connection, message($id, @operation));
}

# Octet by octet, which takes longer than anybody waits.
sub drip ($connection, $octets)
{
    for my $octet (split //, $octets) {
        send_all($connection, $octet) or return 0;
        select undef, undef, undef, 0.3;
    }
    return 1;
}

# Again and again until the client goes, as fast as tests beside this one can
# bear.
sub flood ($connection, $octets)
{
    my $many = $octets x (1 + 16_384 / length $octets);

    select undef, undef, undef, 0.05 while send_all($connection, $many);
    return 0;
}

# Reads on, and answers nothing.
sub hang ($connection, @) { return read_octets($connection, 1 << 20) }

sub replies (@operation)
{
    return sub ($connection, $id) { answer($connection, $id, @operation) };
}

my $yes = result(0x61);

my %WAYS = (
    closes => { connect => sub { 0 } },
    silent => { connect => \&hang },
    garbage => { search => sub ($c, $id) {
        send_all($c, pack 'C*', map { ($_ * 7919) % 251 } 1 .. 4096);
    } },
    http => { connect => sub ($c, $id) {
        send_all($c, "HTTP/1.1 400 Bad Request\r\n\r\n");
    } },
    huge => { search => sub ($c, $id) {
        send_all($c, "\x30\x84\x7f\xff\xff\xff");
        flood($c, "\x04\x82\xff\xff" . 'x' x 65535);
    } },
    indefinite => { search => sub ($c, $id) {
        send_all($c, "\x30\x80\x02\x01\x01") && hang($c);
    } },
    cut => { bind => sub ($c, $id) {
        send_all($c, substr message($id, $yes), 0, -3) && 0;
    } },
    inner => { bind => sub ($c, $id) {
        send_all($c, tlv(0x30, integer($id), "\x61\x84\x7f\xff\xff\xff\x0a"));
    } },
    drip => { bind => sub ($c, $id) {
        drip($c, message($id, result(0x61, 0, 'x' x 2000)));
    } },
    oversized => { bind => replies(
        result(0x61, 49, "bad\r\nANID0002: \x1b[2J" . 'x' x 10_000)) },
    nul => { bind => replies(result(0x61, 49, "bad\0password")) },
    enormous => { bind => replies(result(0x61, 0, 'x' x 200_000)) },
    referral => { bind => replies(
        result(0x61, 10, '', tlv(0xa3, tlv(0x04, 'ldap://127.0.0.1:9/')))) },
    elsewhere => { bind => sub ($c, $id) {
        flood($c, message($id + 1, $yes));
    } },
    unsolicited => { bind => sub ($c, $id) {
        flood($c, message(0, result(0x78)));
    } },
    intermediate => { bind => sub ($c, $id) {
        flood($c, message($id, tlv(0x79)));
    } },
    type => { bind => replies(result(0x65)) },
    unknown => { bind => replies(result(0x61, 123)) },
    control => { bind => replies(
        $yes, tlv(0xa0, tlv(0x30, tlv(0x04, '1.3.6.1.4.1.42.2.27.8.5.1'),
                            tlv(0x04, "\x30\x84\xff\xff")))) },
    unbound => { bind => \&hang },
    reset => { bind => sub { 0 } },
    disconnect => { search => sub ($c, $id) {
        answer($c, 0, result(0x78, 52, 'going down',
                             tlv(0x8a, '1.3.6.1.4.1.1466.20036'))) && 0;
    } },
    entries => { search => sub ($c, $id) {
        flood($c, message($id, entry('cn=x')));
    } },
    references => { search => sub ($c, $id) {
        flood($c, message($id, tlv(0x73, tlv(0x04, 'ldap://a.test/'))));
    } },
    notls => { extended => replies(result(0x78, 2, 'what?')) },
    unready => { extended => \&hang },
    handshake => { extended => sub ($c, $id) {
        answer($c, $id, result(0x78)) && hang($c);
    } },
    injected => { extended => sub ($c, $id) {
        send_all($c, message($id, result(0x78)) . message($id + 1, $yes)
                 . message($id + 2, $yes)) && hang($c);
    } },
);

sub ways ($class) { return sort keys %WAYS }

# ---- the server's side ----

# The next octets, or undef at their end.
sub read_octets ($connection, $count)
{
    my $data = '';

    while (length $data < $count) {
        sysread $connection->{socket}, $data, $count - length $data,
            length $data or return;
    }
    return $data;
}

# The next message: id and type of operation.
sub read_message ($connection)
{
    my ($tag, $length) = unpack 'CC', read_octets($connection, 2) // return;

    if ($length > 127) {
        my $octets = read_octets($connection, $length & 127) // return;
        $length = unpack 'N', substr "\0\0\0$octets", -4;
    }
    my $body = read_octets($connection, $length) // return;
    my (undef, $size) = unpack 'CC', $body;
    return if $length < 3 || $length < 3 + $size;
    my $id = unpack 'N', substr "\0\0\0" . substr($body, 2, $size), -4;

    return ($id, unpack 'C', substr $body, 2 + $size);
}

my %NAME = ($BIND => 'bind', $SEARCH => 'search', $EXTENDED => 'extended');
my %GOOD = (
    connect => sub { 1 },
    bind => replies($yes),
    search => replies(result(0x65)),
    extended => replies(result(0x78)),
);

sub serve ($way, $socket, $number)
{
    my $connection = { socket => $socket };
    my %action = (%GOOD, %{ $WAYS{$way} });

    $action{connect}->($connection, 0) or return;
    while (my ($id, $type) = read_message($connection)) {
        my $name = $NAME{$type} or last;

        say "$number $name";
        $action{$name}->($connection, $id) or last;
    }
}

sub main ($port, $way)
{
    listen_forever($port, sub ($socket, $number) {
        serve($way, $socket, $number);
    });
}

# ---- what a test holds ----

sub start ($self)
{
    $self->spawn([perl_command(__PACKAGE__, $self->port, $self->{way})]);
    return $self->wait_ready(sub { $self->log_text =~ /^ready$/m });
}

sub url ($self, $scheme)
{
    return "$scheme://127.0.0.1:" . $self->port;
}

sub binds ($self)
{
    return scalar(() = $self->log_text =~ /^\d+ bind$/mg);
}

sub log_problem ($self, $line) { return $line !~ /^(?:ready|\d+ \w+)$/ }

1;
