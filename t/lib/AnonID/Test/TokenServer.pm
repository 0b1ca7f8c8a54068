# SPDX-License-Identifier: Apache-2.0
#
# A token endpoint (RFC 6749) that answers what it was told to. It must not
# know who asks.

package AnonID::Test::TokenServer;

use v5.36;
use parent 'AnonID::Test::Server';

use AnonID::Test ();
use AnonID::Test::Listener qw(listen_forever perl_command);

=head1 NAME

AnonID::Test::TokenServer - a token endpoint that obeys

=head1 SYNOPSIS

    my $server = AnonID::Test::TokenServer->new;
    $server->answer(200, '{"access_token":"..."}')->start;

    $server->rotate($token, $life)         a refresh token that is good once:
                                           each use brings the next one
    $server->behave('hang')                or redirect, flood, drop
    $server->current                       the refresh token that is good now
    $server->reused                        how often an old one was shown

    AnonID::Test::TokenServer->new(tls => $ca->host('localhost'))
    $server->url                           for AnonIDLogon oauth2
    $server->requests                      each as it was read

=cut

sub answer ($self, $status, $body)
{
    my $path = $self->path('answer');

    AnonID::Test::spit("$path.next", response($status, $body));
    rename "$path.next", $path or die "$path: $!";
    return $self;
}

# What a behaviour is told by: a name in the place of an answer.
sub behave ($self, $name, @arguments)
{
    my $path = $self->path('answer');

    AnonID::Test::spit("$path.next", join "\n", "!$name", @arguments, '');
    rename "$path.next", $path or die "$path: $!";
    return $self;
}

sub rotate ($self, $token, $life)
{
    AnonID::Test::spit($self->path('current'), $token);
    return $self->behave('rotate', $life);
}

sub current ($self) { return AnonID::Test::slurp($self->path('current')) }

sub reused ($self)
{
    return scalar grep { /^reused\n\z/m } $self->requests;
}

sub url ($self)
{
    return ($self->{tls} ? 'https://localhost:' : 'http://127.0.0.1:')
        . $self->port . '/token';
}

sub start ($self)
{
    my $tls = $self->{tls};

    $self->spawn([perl_command(__PACKAGE__, $self->port, $self->{dir},
                               $tls ? ($tls->{chain}, $tls->{key}) : ())]);
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

# ---- the server ----

sub response ($status, $body)
{
    return "HTTP/1.1 $status It is so\r\nContent-Type: application/json\r\n"
        . "Connection: close\r\nContent-Length: " . length($body)
        . "\r\n\r\n$body";
}

sub append ($path, @text)
{
    open my $log, '>>', $path or die "$path: $!";
    print {$log} @text, "\n--\n";
    close $log;
}

# RFC 6749 section 6, with the strictest of rotations: one token at a time.
sub rotated ($folder, $body, $life)
{
    open my $file, '+<', "$folder/current" or die "$folder/current: $!";
    flock $file, 2;
    my $current = do { local $/; <$file> };
    my ($shown) = $body =~ /(?:^|&)refresh_token=([^&]*)/;

    $shown = ($shown // '') =~ s/%(..)/chr hex $1/ger;
    if ($shown ne $current) {
        append("$folder/requests", 'reused');
        return response(400, '{"error":"invalid_grant",'
                        . '"error_description":"used or unknown"}');
    }
    my ($base, $number) = $current =~ /^(.*?)(?:\.(\d+))?\z/;
    my $next = "$base." . (($number // 0) + 1);

    truncate $file, 0;
    seek $file, 0, 0;
    print {$file} $next;
    close $file;
    my $token = unpack "H*", $next;

    return response(200, qq({"access_token":"$token","token_type":"Bearer",)
                    . qq("expires_in":$life,"refresh_token":"$next"}));
}

my %behaviour = (
    rotate => \&rotated,
    hang => sub (@) { sleep 3600 },
    drop => sub (@) { return '' },
    redirect => sub ($folder, $body, $to) {
        return "HTTP/1.1 307 Over there\r\nLocation: $to\r\n"
            . "Content-Length: 0\r\n\r\n";
    },
    flood => sub (@) { return response(200, '{' . ' ' x 10_000_000 . '}') },
);

sub read_request ($socket)
{
    my ($head, $length) = ('', 0);

    while (defined(my $line = <$socket>)) {
        $head .= $line;
        $length = $1 if $line =~ /^Content-Length: (\d+)/i;
        last if $line =~ /^\r?\n$/;
    }
    read $socket, (my $body), $length;
    return ($head, $body // '');
}

sub serve ($socket, $folder)
{
    my ($head, $body) = read_request($socket);

    return if $head eq '';
    append("$folder/requests", $head, $body);
    my $answer = AnonID::Test::slurp("$folder/answer");
    my ($name, @arguments) = $answer =~ /^!/ ? split /\n/, $answer : ();

    $answer = $behaviour{ substr $name, 1 }->($folder, $body, @arguments)
        if $name;
    print {$socket} $answer;
}

# A client that does not like the certificate is no problem of the server.
sub secure ($socket, $chain, $key)
{
    require IO::Socket::SSL;
    return IO::Socket::SSL->start_SSL(
        $socket, SSL_server => 1, SSL_cert_file => $chain,
        SSL_key_file => $key);
}

sub main ($port, $folder, @tls)
{
    listen_forever($port, sub ($socket, $number) {
        $socket = secure($socket, @tls) or return if @tls;
        serve($socket, $folder);
        $socket->close;
    });
    return;
}

1;
