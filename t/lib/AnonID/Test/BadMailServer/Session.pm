# SPDX-License-Identifier: Apache-2.0
#
# One SMTP connection of a BadMailServer: the replies of a good server, and
# messages, which are kept in the instance's folder.

package AnonID::Test::BadMailServer::Session;

use v5.36;
use parent -norequire, 'AnonID::Test::BadMailServer::Connection';

use AnonID::Test::BadMailServer::Connection;

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
    XCLIENT => sub ($self, $line) {
        return (grep { /^XCLIENT / } @{ $self->{extensions} })
            ? '220 localhost ESMTP' : '500 5.5.1 Unknown command';
    },
);

# What a positive reply brings about.
my %EFFECT = (
    STARTTLS => sub ($self) { $self->start_tls },
    AUTH => sub ($self) { $self->{logged_in} = 1; $self->note('logged in') },
    DATA => \&read_message,
    XCLIENT => sub ($self) { $self->{logged_in} = 0 },
    QUIT => sub ($self) { $self->end('said goodbye') },
);

sub main ($config_path) { __PACKAGE__->serve($config_path) }

sub replies ($self) { return \%REPLY }
sub effects ($self) { return \%EFFECT }
sub state_of ($self, $line) { return $line =~ /^(\w+)/ ? uc $1 : '' }
sub unknown ($self) { return '500 5.5.1 Unknown command' }
sub is_good ($self, $text) { return $text =~ /^[23]/ }
sub continuation ($self) { return '334 ' }

sub reply_ehlo ($self, $line)
{
    my @lines = ('localhost', @{ $self->{extensions} });

    push @lines, 'STARTTLS' if $self->offers_tls;
    push @lines, "AUTH @{[ $self->offered ]}" if $self->offered;
    my $last = pop @lines;
    return join "\n", (map { "250-$_" } @lines), "250 $last";
}

sub reply_auth ($self, $line)
{
    my (undef, $name, $initial) = split ' ', $line;

    return '504 5.5.4 Unknown mechanism'
        if !grep { $_ eq uc $name } @{ $self->{mechanisms} };
    my $verdict = $self->exchange($name, $initial);

    return ref $verdict ? $verdict : $verdict ? '235 2.7.0 Logged in'
        : '535 5.7.8 Wrong user name or password';
}

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
