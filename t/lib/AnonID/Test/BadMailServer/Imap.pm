# SPDX-License-Identifier: Apache-2.0
#
# One IMAP connection of a BadMailServer, up to the login and a little after
# it.

package AnonID::Test::BadMailServer::Imap;

use v5.36;
use parent -norequire, 'AnonID::Test::BadMailServer::Connection';

use AnonID::Test::BadMailServer::Connection;

=head1 SHAPES

States of a script are C<connect>, the client's verbs (C<CAPABILITY STARTTLS
AUTHENTICATE ID LOGOUT NOOP>), C<challenge> and C<response>. In replies, C<%t>
is the tag of the command.

=cut

my %REPLY = (
    connect => sub { '* OK IMAP4rev1 ready' },
    CAPABILITY => \&reply_capability,
    STARTTLS => sub { '%t OK Begin TLS' },
    AUTHENTICATE => \&reply_authenticate,
    NOOP => sub { '%t OK Done' },
    ID => sub { "* ID NIL\n%t OK Done" },
    LOGOUT => sub { "* BYE Bye\n%t OK Done" },
);

my %EFFECT = (
    STARTTLS => sub ($self) { $self->start_tls },
    AUTHENTICATE => sub ($self) { $self->note('logged in') },
    LOGOUT => sub ($self) { $self->end('said goodbye') },
);

sub main ($config_path) { __PACKAGE__->serve($config_path) }

sub replies ($self) { return \%REPLY }
sub effects ($self) { return \%EFFECT }
sub unknown ($self) { return '%t BAD Unknown command' }
sub continuation ($self) { return '+ ' }

sub state_of ($self, $line)
{
    ($self->{tag}, my $verb) = $line =~ /^(\S+) (\w+)/;
    return uc($verb // '');
}

sub is_good ($self, $text)
{
    return $self->tagged($text) =~ /^\Q$self->{tag}\E OK/m;
}

sub tagged ($self, $text)
{
    my $tag = $self->{tag} // '*';

    return $text =~ s/%t/$tag/gr;
}

sub send ($self, $bytes, $drip = undef)
{
    return $self->SUPER::send($self->tagged($bytes), $drip);
}

sub reply_capability ($self, $line)
{
    my @list = ('IMAP4rev1', @{ $self->{extensions} });

    push @list, 'STARTTLS' if $self->offers_tls;
    push @list, map { "AUTH=$_" } $self->offered;
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

1;
