# SPDX-License-Identifier: Apache-2.0
#
# A mail server that misbehaves as a script says, and is a good one otherwise.
# Here is what a test holds; the server's side of a connection is
# BadMailServer::Session for submission, BadMailServer::Imap and ::Pop3.

package AnonID::Test::BadMailServer;

use v5.36;
use parent 'AnonID::Test::Server';
use File::Path qw(make_path);
use Storable ();

use AnonID::Test::Listener qw(perl_command);

=head1 NAME

AnonID::Test::BadMailServer - a mail server that misbehaves

=head1 SYNOPSIS

    my $server = AnonID::Test::BadMailServer->new(
        ca => $ca, user => 'u', password => $password,
        protocol => 'imap',                # default: submission; or pop3
        tls => 'starttls',                 # default; or implicit, none
        mechanisms => ['SCRAM-SHA-256'],   # default; see Sasl
        extensions => ['SIZE 1000000'],    # default: SIZE, 8BITMIME, SMTPUTF8
        certificate => $ca->expired('localhost'),
        sasl => { wrong_signature => 1 },  # see Sasl
        script => [['RCPT' => '550 5.1.1 Who?']],
    )->start;

    $server->script(['MAIL' => { drop => 1 }, { nth => 2 }], ...);
    $server->port('smtp');
    $server->transcript;       # lines: 'N C: EHLO x', 'N S: 250 ..', 'N -- ..'
    $server->connections; $server->logins; $server->messages;
    $server->wait_log(qr/^2 C: QUIT/);

=head1 SHAPES

A script is a list of C<[state, action, conditions]>; the first entry that
fits is taken, without one the server does what is right. C<script> replaces
it, for open connections too.

I<state>: C<connect> (the greeting), C<STARTTLS>, C<AUTH> (the command),
C<challenge> (what is sent after 334), C<response> (the client's answer to
one), C<EHLO XCLIENT MAIL RCPT DATA RSET NOOP QUIT>, C<body> (the first line of a
message), C<message> (its end); or a regexp for the client's line.

I<action>: a reply (lines are ended with CRLF), or a hash of one of

    reply => text     raw => bytes (as they are, sent in one piece)
    drop => 1         closes the connection
    reset => 1        closes it with RST
    hang => 1         reads on, never answers
    deaf => 1         neither reads nor answers

and perhaps C<then =E<gt> 'drop' | 'reset' | 'hang' | 'deaf'> after a reply,
and C<drip =E<gt> seconds> between two bytes of it. A scripted reply has the
effect of its first digit: 220 to STARTTLS is followed by a handshake, 235 to
AUTH logs in.

I<conditions> (optional hash): C<connection =E<gt> N>, C<nth =E<gt> N> (Nth
time in this connection that the state comes).

=cut

sub new ($class, %field)
{
    my $self = $class->SUPER::new(
        protocol => 'submission', tls => 'starttls', mechanisms => ['SCRAM-SHA-256'],
        extensions => ['SIZE 10485760', '8BITMIME', 'SMTPUTF8',
                       'ENHANCEDSTATUSCODES'],
        user => 'user', password => 'password', sasl => {}, script => [],
        %field);

    $self->{certificate} //= $self->{ca}->host('localhost')
        if $self->{tls} ne 'none';
    make_path($self->path('messages'));
    $self->script(@{ $self->{script} });
    return $self;
}

my %SESSION = (submission => 'Session', imap => 'Imap', pop3 => 'Pop3');

# Replaces the script. The file is renamed into place, since sessions read it
# before each answer.
sub script ($self, @entries)
{
    my $path = $self->path('script');

    Storable::nstore([@entries], "$path.new");
    rename "$path.new", $path or die "rename $path: $!";
    return $self;
}

sub start ($self)
{
    my %config = map { ($_ => $self->{$_}) }
        qw(dir tls mechanisms extensions user password sasl certificate);

    Storable::nstore({ %config, port => $self->port('smtp') },
                     $self->path('config'));
    $self->spawn([perl_command(
        __PACKAGE__ . "::$SESSION{$self->{protocol}}",
        $self->path('config'))]);
    return $self->wait_ready(
        sub { $self->log_text('output') =~ /^ready$/m });
}

sub log_files ($self)
{
    return (transcript => $self->path('logs/transcript'),
            output => $self->output_path);
}

sub log_problem ($self, $line) { return $line !~ /^(?:ready$|\d+ )/ }

sub transcript ($self) { return split /\n/, $self->log_text }

sub count ($self, $pattern)
{
    return scalar grep { $_ =~ $pattern } $self->transcript;
}

sub connections ($self) { return $self->count(qr/^\d+ -- connected/) }

sub logins ($self) { return $self->count(qr/^\d+ -- logged in/) }

# Failed AUTH exchanges: what would lock an account.
sub refused_logins ($self) { return $self->count(qr/^\d+ -- refused/) }

# Messages as received, dots unstuffed, by connection.
sub messages ($self)
{
    return map { AnonID::Test::slurp($_) }
        sort { by_numbers($a) cmp by_numbers($b) }
        glob $self->path('messages/*');
}

sub by_numbers ($path)
{
    return sprintf '%06d%06d', $path =~ /(\d+)-(\d+)\z/;
}

1;
