# SPDX-License-Identifier: Apache-2.0
#
# One POP3 connection of a BadMailServer, up to the login and a little after
# it.

package AnonID::Test::BadMailServer::Pop3;

use v5.36;
use parent -norequire, 'AnonID::Test::BadMailServer::Connection';

use AnonID::Test::BadMailServer::Connection;

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

sub main ($config_path) { __PACKAGE__->serve($config_path) }

sub replies ($self) { return \%REPLY }
sub effects ($self) { return \%EFFECT }
sub state_of ($self, $line) { return $line =~ /^(\w+)/ ? uc $1 : '' }
sub unknown ($self) { return '-ERR Unknown command' }
sub is_good ($self, $text) { return $text =~ /^\+OK/ }
sub continuation ($self) { return '+ ' }

sub reply_capa ($self, $line)
{
    my @list = ('USER', 'UIDL');

    push @list, 'STLS' if $self->offers_tls;
    push @list, "SASL @{[ $self->offered ]}" if $self->offered;
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
