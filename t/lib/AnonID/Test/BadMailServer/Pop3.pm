# SPDX-License-Identifier: Apache-2.0
#
# One POP3 connection of a BadMailServer, up to the login and a little after
# it. As BadMailServer::Session, it knows nothing of the test.

package AnonID::Test::BadMailServer::Pop3;

use v5.36;
use parent -norequire, 'AnonID::Test::BadMailServer::Imap';
use Storable ();

use AnonID::Test::BadMailServer::Imap;
use AnonID::Test::Listener qw(listen_forever);

=head1 SHAPES

States of a script are C<connect>, the client's verbs (C<CAPA STLS AUTH QUIT
NOOP>), C<challenge> and C<response>.

=cut

my %REPLY = (
    connect => sub { '+OK POP3 ready' },
    CAPA => \&reply_capa,
    STLS => sub { '+OK Begin TLS' },
    AUTH => \&reply_auth,
    NOOP => sub { '+OK' },
    QUIT => sub { '+OK Bye' },
);

my %EFFECT = (
    STLS => sub ($self) { $self->start_tls },
    AUTH => sub ($self) { $self->note('logged in') },
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
        my ($verb) = $line =~ /^(\w+)/;

        $self->answer(uc($verb // ''), $line);
    }
}

sub answer ($self, $state, $line)
{
    my $right = $REPLY{$state} // sub { '-ERR Unknown command' };
    my $action = $self->scripted($state, $line) // $right->($self, $line);

    $action = { reply => $action } if !ref $action;
    $self->perform($action);
    my $sent = $action->{raw} // $action->{reply} // '';
    $EFFECT{$state}->($self) if $sent =~ /^\+OK/ && $EFFECT{$state};
}

sub tagged ($self, $text) { return $text }

sub reply_capa ($self, $line)
{
    my @list = ('USER', 'UIDL');

    push @list, 'STLS' if $self->{tls} eq 'starttls' && !$self->{encrypted};
    push @list, "SASL @{ $self->{mechanisms} }"
        if $self->{encrypted} || $self->{tls} eq 'none';
    return join "\n", '+OK', @list, '.';
}

sub reply_auth ($self, $line)
{
    my (undef, $name, $initial) = split ' ', $line;
    my $verdict = $self->exchange($name, $initial);

    return ref $verdict ? $verdict : $verdict ? '+OK Logged in'
        : '-ERR [AUTH] Wrong user name or password';
}

1;
