# SPDX-License-Identifier: Apache-2.0
#
# One IMAP connection of a BadMailServer, up to the login and a little after
# it. As BadMailServer::Session, it knows nothing of the test.

package AnonID::Test::BadMailServer::Imap;

use v5.36;
use parent -norequire, 'AnonID::Test::BadMailServer::Session';
use MIME::Base64 qw(decode_base64);
use Storable ();

use AnonID::Test::BadMailServer::Session;
use AnonID::Test::Listener qw(listen_forever);

=head1 SHAPES

States of a script are C<connect>, the client's verbs (C<CAPABILITY STARTTLS
AUTHENTICATE LOGOUT NOOP>), C<challenge> and C<response>. In replies, C<%t>
is the tag of the command.

=cut

my %REPLY = (
    connect => sub { '* OK IMAP4rev1 ready' },
    CAPABILITY => \&reply_capability,
    STARTTLS => sub { '%t OK Begin TLS' },
    AUTHENTICATE => \&reply_authenticate,
    NOOP => sub { '%t OK Done' },
    LOGOUT => sub { "* BYE Bye\n%t OK Done" },
);

my %EFFECT = (
    STARTTLS => sub ($self) { $self->start_tls },
    AUTHENTICATE => sub ($self) { $self->note('logged in') },
    LOGOUT => sub ($self) { $self->end('said goodbye') },
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
    $self->{tag} = '*';
    $self->answer('connect', '');
    while (1) {
        my $line = $self->read_line;
        my $verb;

        ($self->{tag}, $verb) = $line =~ /^(\S+) (\w+)/;
        $self->answer(uc($verb // ''), $line);
    }
}

sub answer ($self, $state, $line)
{
    my $right = $REPLY{$state} // sub { '%t BAD Unknown command' };
    my $action = $self->scripted($state, $line) // $right->($self, $line);

    $action = { reply => $action } if !ref $action;
    $self->perform($action);
    my $sent = $self->tagged($action->{raw} // $action->{reply} // '');
    $EFFECT{$state}->($self)
        if $sent =~ /^\Q$self->{tag}\E OK/m && $EFFECT{$state};
}

sub tagged ($self, $text) { return $text =~ s/%t/$self->{tag}/gr }

sub send ($self, $bytes, $drip = undef)
{
    return $self->SUPER::send($self->tagged($bytes), $drip);
}

sub reply_capability ($self, $line)
{
    my @list = ('IMAP4rev1', @{ $self->{extensions} });

    push @list, 'STARTTLS'
        if $self->{tls} eq 'starttls' && !$self->{encrypted};
    push @list, map { "AUTH=$_" } @{ $self->{mechanisms} }
        if $self->{encrypted} || $self->{tls} eq 'none';
    return "* CAPABILITY @list\n%t OK Done";
}

sub reply_authenticate ($self, $line)
{
    my (undef, undef, $name, $initial) = split ' ', $line;
    my $verdict = $self->exchange($name, $initial);

    return ref $verdict ? $verdict
        : $verdict ? '%t OK [CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN] Logged in'
        : '%t NO [AUTHENTICATIONFAILED] Wrong user name or password';
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
        $self->note('refused') if $what eq 'fail';
        return 0 if $what eq 'fail';
        $response = $self->challenge($bytes) // return 0;
        return $response if ref $response;
    }
}

sub continuation ($self) { return '+ ' }

1;
