# SPDX-License-Identifier: Apache-2.0
#
# A real Dovecot 2.3: submission, IMAP, POP3 and LMTP on loopback, with the
# mail transfer agent that its submission service needs. It must not know
# who submits. Its configuration is DovecotConfig's.

package AnonID::Test::Dovecot;

use v5.36;
use parent 'AnonID::Test::Server';
use File::Path qw(make_path);
use IO::Socket::INET;

use AnonID::Test::DovecotConfig;
use AnonID::Test::Imap;
use AnonID::Test::Relay;

=head1 NAME

AnonID::Test::Dovecot - a real Dovecot

=head1 SYNOPSIS

    my $dovecot = AnonID::Test::Dovecot->new(
        ca          => $ca,
        accounts    => $path,              # account file (passwd-file)
        mechanisms  => [qw(scram-sha-256 plain)],
        # optional:
        certificate => $ca->expired('localhost'),
        mta         => 'Postfix',          # default: Relay; needs root
        ssl         => 'yes',              # default: required (submission)
        config      => '...',              # appended
    )->start;

    $dovecot->port('submission')           also: submissions imap imaps
                                           pop3 pop3s lmtp
    $dovecot->messages('webmaster')        raw messages of a mailbox
    $dovecot->wait_message('webmaster', 2) waits for the 2nd; returns it
    $dovecot->logins('submission')         number of logins until now

Any recipient @example.test has a mailbox. The account file may come later
than the server.

=cut

sub new ($class, %field)
{
    my $self = $class->SUPER::new(
        mechanisms => ['scram-sha-256'], config => '', mta => 'Relay',
        ssl => 'required', domain => 'example.test', %field);

    $self->{accounts} //= $self->path('accounts');
    $self->{certificate} //= $self->{ca}->host('localhost');
    make_path($self->path('mail'));
    $self->port($_) for AnonID::Test::DovecotConfig::ports();
    my $owner = AnonID::Test::DovecotConfig::mail_user();
    chown $owner->{uid}, $owner->{gid}, $self->path('mail') if $> == 0;
    $self->start_mta_as($self->{mta});
    $self->write_config;
    return $self;
}

sub start_mta_as ($self, $kind)
{
    my $class = "AnonID::Test::$kind";

    eval "require $class" or die $@;
    $self->{mta} = $class->new(lmtp_port => $self->port('lmtp'),
                               domain => $self->{domain},
                               name => "$self->{name}-" . lc $kind);
}

sub write_config ($self)
{
    AnonID::Test::spit($self->path('dovecot.conf'),
                       AnonID::Test::DovecotConfig::text($self));
    return $self;
}

sub start ($self)
{
    $self->{mta}->start if !$self->{mta}->running;
    $self->spawn(['dovecot', '-F', '-c', $self->path('dovecot.conf')]);
    return $self->wait_ready(sub { $self->listening });
}

sub stop ($self, @deadline)
{
    $self->SUPER::stop(@deadline);
    $self->{mta}->stop if $self->{finished};
    return $self;
}

# Changes fields and makes Dovecot read its configuration again.
sub reload ($self, %field)
{
    my $mark = $self->log_mark;

    @$self{ keys %field } = values %field;
    $self->write_config;
    $self->signal('HUP');
    $self->wait_log(qr/SIGHUP received/, since => $mark);
    return $self->wait_ready(sub { $self->listening });
}

sub listening ($self)
{
    return $self->log_text =~ /starting up for/
        && IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                 PeerPort => $self->port('submission'));
}

sub mta ($self) { return $self->{mta} }

sub log_files ($self)
{
    return (main => $self->path('logs/dovecot.log'),
            output => $self->output_path);
}

sub log_problem ($self, $line)
{
    return if $line =~ /Warning: (?:Killed with signal 15|SIGHUP received) /
        || $line =~ m{/accounts\) failed: No such file};
    return $line =~ /\b(?:Warning|Error|Fatal|Panic):/;
}

# A mailbox as Dovecot's own IMAP server shows it. It is started by hand,
# logged in, because which mechanisms the services offer is the test's affair.
sub imap ($self, $user)
{
    return AnonID::Test::Imap->pipe(
        'doveadm', '-c', $self->path('dovecot.conf'), 'exec', 'imap',
        '-u', $user);
}

sub messages ($self, $user)
{
    return $self->imap($user)->messages('INBOX');
}

sub wait_message ($self, $user, $number = 1, $deadline = 20)
{
    my $imap = $self->imap($user);

    return AnonID::Test::wait_until(
        sub { ($imap->messages)[$number - 1] }, $deadline,
        "message $number is in the mailbox of $user");
}

sub logins ($self, $service)
{
    my @logins = $self->log_text =~ /\Q$service\E-login: Info: Login: /g;

    return scalar @logins;
}

1;
