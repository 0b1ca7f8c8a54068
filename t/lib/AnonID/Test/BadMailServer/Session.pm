# SPDX-License-Identifier: Apache-2.0
#
# One SMTP connection of a BadMailServer, and the loop that accepts them, in a
# process of its own. It must not know anything of the test but the files in
# the instance's folder: config and script in, transcript and messages out.

package AnonID::Test::BadMailServer::Session;

use v5.36;
use parent 'AnonID::Test::BadMailServer::Connection';
use MIME::Base64 qw(encode_base64 decode_base64);
use Storable ();

use AnonID::Test::Listener qw(listen_forever);
use AnonID::Test::Sasl;

# What is right. Each takes the client's line and returns the reply.
my %REPLY = (
    connect => sub { '220 localhost ESMTP' },
    EHLO => \&reply_ehlo,
    HELO => sub { '250 localhost' },
    STARTTLS => sub { '220 2.0.0 Go ahead' },
    AUTH => \&reply_auth,
    MAIL => sub ($self, $line) {
        return '530 5.7.0 Log in first' if !$self->{logged_in};
        return '250 2.1.0 Sender';
    },
    RCPT => sub { '250 2.1.5 Recipient' },
    DATA => sub { '354 Go on' },
    message => sub ($self, $line) { "250 2.0.0 Taken as $self->{number}" },
    RSET => sub { '250 2.0.0 Reset' },
    NOOP => sub { '250 2.0.0 Here' },
    QUIT => sub { '221 2.0.0 Bye' },
);

# What a positive reply brings about.
my %EFFECT = (
    STARTTLS => \&start_tls,
    AUTH => sub ($self) { $self->{logged_in} = 1; $self->note('logged in') },
    DATA => \&read_message,
    QUIT => sub ($self) { $self->end('said goodbye') },
);

sub main ($config_path)
{
    my $config = Storable::retrieve($config_path);

    require IO::Socket::SSL if $config->{tls} ne 'none';
    listen_forever($config->{port}, sub ($socket, $number) {
        my $self = __PACKAGE__->new($config, $socket, $number);

        $self->run(sub { $self->converse });
    });
}

sub converse ($self)
{
    $self->start_tls if $self->{tls} eq 'implicit';
    $self->answer('connect', '');
    while (1) {
        my $line = $self->read_line;
        my ($verb) = uc($line) =~ /^(\w+)/;

        $self->answer($verb // '', $line);
    }
}

# Answers one line: as the script says, or right.
sub answer ($self, $state, $line)
{
    my $right = $REPLY{$state} // sub { '500 5.5.1 Unknown command' };
    my $action = $self->scripted($state, $line) // $right->($self, $line);

    $action = { reply => $action } if !ref $action;
    $self->perform($action);
    my $sent = $action->{raw} // $action->{reply} // '';
    $EFFECT{$state}->($self) if $sent =~ /^[23]/ && $EFFECT{$state};
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

sub reply_ehlo ($self, $line)
{
    my @lines = ('localhost', @{ $self->{extensions} });

    push @lines, 'STARTTLS'
        if $self->{tls} eq 'starttls' && !$self->{encrypted};
    push @lines, "AUTH @{ $self->{mechanisms} }"
        if $self->{encrypted} || $self->{tls} eq 'none';
    my $last = pop @lines;
    return join "\n", (map { "250-$_" } @lines), "250 $last";
}

sub reply_auth ($self, $line)
{
    my (undef, $name, $initial) = split ' ', $line;
    my ($offered) = grep { $_ eq uc $name } @{ $self->{mechanisms} };
    my $sasl = $offered && AnonID::Test::Sasl->new($offered, {
        %$self{qw(user password)}, %{ $self->{sasl} } })
        or return '504 5.5.4 Unknown mechanism';
    my $response = defined $initial
        ? decode_base64($initial eq '=' ? '' : $initial) : undef;

    while (1) {
        my ($what, $bytes) = $sasl->step($response);

        return '235 2.7.0 Logged in' if $what eq 'ok';
        return $self->refuse if $what eq 'fail';
        $response = $self->challenge($bytes) // return $self->refuse;
        return $response if ref $response;
    }
}

sub refuse ($self)
{
    $self->note('refused');
    return '535 5.7.8 Wrong user name or password';
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

sub continuation ($self) { return '334 ' }

# Reads up to CRLF.CRLF and nothing else; lines are kept as they came.
sub read_message ($self)
{
    my $message = '';

    while (1) {
        my $line = $self->{socket}->getline // $self->end('closed in body');
        last if $line eq ".\r\n";
        my $first = $message eq '' && $self->scripted('body', $line);
        $self->perform($first) if $first;
        $message .= $line =~ s/^\.//r;
    }
    $self->keep($message);
    $self->answer('message', '');
}

sub keep ($self, $message)
{
    my $name = sprintf '%s/messages/%d-%d', $self->{dir}, $self->{number},
        ++$self->{kept};

    open my $file, '>:raw', $name or die "$name: $!";
    print $file $message;
    close $file or die "$name: $!";
    $self->note('message of ' . length($message) . ' bytes');
}

1;
