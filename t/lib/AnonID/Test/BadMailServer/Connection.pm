# SPDX-License-Identifier: Apache-2.0
#
# One connection of a BadMailServer as states, lines and scripted actions, its
# TLS and SASL, and its transcript; and the loop that accepts connections, in a
# process of its own. It must not know a protocol, nor anything of the test but
# the files in the instance's folder: config and script in, transcript out.

package AnonID::Test::BadMailServer::Connection;

use v5.36;
use MIME::Base64 qw(encode_base64 decode_base64);
use Socket qw(SOL_SOCKET SO_LINGER);
use Storable ();
use Time::HiRes qw(sleep);

use AnonID::Test::Listener qw(listen_forever);
use AnonID::Test::Sasl;

=head1 NAME

AnonID::Test::BadMailServer::Connection - lines, actions, transcript

=head1 SHAPES

An object has: dir (of the instance), number (of the connection), socket,
encrypted, transcript (a handle). Scripts and actions are described in
AnonID::Test::BadMailServer. A connection ends by way of an exception, which
is a reference to the reason.

A protocol is a class below this one. It says

    replies         state => sub ($self, $line) that returns what is right
    effects         state => sub ($self), what a good reply brings about
    state_of($line) which one a client's line is
    unknown         the reply to a line of no known state
    is_good($text)  whether a reply is one that has an effect
    continuation    what is before the base64 of a challenge

=cut

# Serves all connections of an instance.
sub serve ($class, $config_path)
{
    my $config = Storable::retrieve($config_path);

    require IO::Socket::SSL if $config->{tls} ne 'none';
    listen_forever($config->{port}, sub ($socket, $number) {
        my $self = $class->new($config, $socket, $number);

        $self->run(sub { $self->converse });
    });
}

sub new ($class, $config, $socket, $number)
{
    open my $transcript, '>>', "$config->{dir}/logs/transcript"
        or die "transcript: $!";
    $transcript->autoflush(1);
    my $self = bless { %$config, socket => $socket, number => $number,
                       transcript => $transcript, times => {} }, $class;

    $self->note('connected');
    return $self;
}

# Runs $converse->() to the end of the connection.
sub run ($self, $converse)
{
    return if eval { $converse->(); 1 };
    my $why = $@;

    $self->note(ref $why ? $$why : 'failed');
    die $why if !ref $why;
}

sub converse ($self)
{
    $self->start_tls if $self->{tls} eq 'implicit';
    $self->answer('connect', '');
    while (1) {
        my $line = $self->read_line;

        $self->answer($self->state_of($line), $line);
    }
}

# Answers one line: as the script says, or right.
sub answer ($self, $state, $line)
{
    my $right = $self->replies->{$state} // sub { $self->unknown };
    my $effect = $self->effects->{$state};
    my $action = $self->scripted($state, $line) // $right->($self, $line);

    $action = { reply => $action } if !ref $action;
    $self->perform($action);
    $effect->($self)
        if $effect && $self->is_good($action->{raw} // $action->{reply} // '');
}

sub start_tls ($self)
{
    my $certificate = $self->{certificate};

    IO::Socket::SSL->start_SSL($self->{socket}, SSL_server => 1,
        SSL_cert_file => $certificate->{chain},
        SSL_key_file => $certificate->{key})
        or $self->end('TLS failed');
    $self->{encrypted} = 1;
    $self->note('TLS established');
}

# Mechanisms that are offered at present.
sub offered ($self)
{
    return @{ $self->{mechanisms} }
        if $self->{encrypted} || $self->{tls} eq 'none';
    return ();
}

sub offers_tls ($self)
{
    return $self->{tls} eq 'starttls' && !$self->{encrypted};
}

# Goes through a mechanism: 1, 0, or the script's action in the midst of it.
sub exchange ($self, $name, $initial)
{
    my $sasl = AnonID::Test::Sasl->new(uc $name, {
        %$self{qw(user password)}, %{ $self->{sasl} } }) or return 0;
    my $response = defined $initial
        ? decode_base64($initial eq '=' ? '' : $initial) : undef;

    while (1) {
        my ($what, $bytes) = $sasl->step($response);

        return 1 if $what eq 'ok';
        return $self->refuse if $what eq 'fail';
        $response = $self->challenge($bytes) // return $self->refuse;
        return $response if ref $response;
    }
}

sub refuse ($self)
{
    $self->note('refused');
    return 0;
}

# Sends a challenge and returns the response; undef when it was cancelled,
# and the action when the script has one for it, which ends the exchange.
sub challenge ($self, $bytes)
{
    my $action = $self->scripted('challenge', '');

    $self->perform($action // {
        reply => $self->continuation . encode_base64($bytes, '') });
    my $line = $self->read_line;
    return $self->scripted('response', $line)
        // ($line eq '*' ? undef : decode_base64($line));
}

sub scripted ($self, $state, $line)
{
    my $nth = ++$self->{times}{$state};

    for my $entry (@{ Storable::retrieve("$self->{dir}/script") }) {
        my ($match, $action, $condition) = (@$entry, {});

        next if ref $match ? $line !~ $match : $match ne $state;
        next if $condition->{connection}
            && $condition->{connection} != $self->{number};
        next if $condition->{nth} && $condition->{nth} != $nth;
        return ref $action ? $action : { reply => $action };
    }
    return undef;
}

sub perform ($self, $action)
{
    my $bytes = $action->{raw};

    $bytes //= join '', map { "$_\r\n" } split /\r?\n/, $action->{reply}
        if defined $action->{reply};
    $self->send($bytes, $action->{drip}) if defined $bytes;
    for my $end (qw(drop reset hang deaf)) {
        $self->$end if $action->{$end} || ($action->{then} // '') eq $end;
    }
}

sub send ($self, $bytes, $drip = undef)
{
    $self->record('S:', substr $bytes, 0, 200);
    return $self->{socket}->print($bytes) if !$drip;
    for my $byte (split //, $bytes) {
        $self->{socket}->print($byte) or $self->end('closed by client');
        sleep $drip;
    }
}

sub read_line ($self)
{
    my $line = $self->{socket}->getline // $self->end('closed by client');

    $line =~ s/\r?\n\z//;
    $self->record('C:', $line);
    return $line;
}

# As a crash would: TLS is not closed properly.
sub drop ($self)
{
    my $socket = $self->{socket};

    $self->{encrypted} ? $socket->close(SSL_no_shutdown => 1)
        : close $socket;
    $self->end('dropped');
}

sub reset ($self)
{
    setsockopt $self->{socket}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    $self->drop;
}

sub hang ($self)
{
    $self->note('hangs');
    1 while defined $self->read_line;
}

sub deaf ($self)
{
    $self->note('is deaf');
    sleep 3600;
}

sub end ($self, $why) { die \$why }

sub note ($self, $text) { $self->record('--', $text) }

# One line of transcript for each line of text, in one write.
sub record ($self, $who, $text)
{
    print { $self->{transcript} }
        join '', map { "$self->{number} $who $_\n" } split /\r?\n/, $text;
}

1;
