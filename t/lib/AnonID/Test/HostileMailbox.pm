# SPDX-License-Identifier: Apache-2.0
#
# A site with a listener for IMAP or POP3 before a server that misbehaves as a
# case says, and what has to come of each case. It must not know what the
# protocols' words are.

package AnonID::Test::HostileMailbox;

use v5.36;
use Test::More;

use AnonID::Test ();
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::Dialogue;
use AnonID::Test::MailSite;

=head1 NAME

AnonID::Test::HostileMailbox - a listener before a mailbox that misbehaves

=head1 SYNOPSIS

    my $mailbox = AnonID::Test::HostileMailbox->new(
        protocol => 'imap',
        login    => 'a LOGIN u p',
        refusal  => qr/\Aa NO /,           # how a refused login begins
        noop     => ['b NOOP', 'b OK Done'],
        states   => [CAPABILITY => '', AUTHENTICATE => 'AUTH', ...]);

    $mailbox->check([$name, $state, $action, $code, $pattern]);
    $mailbox->check($_) for $mailbox->breaks('UNAVAILABLE');
    $mailbox->server->script(...);
    $mailbox->answer;                      # what a login gets
    $mailbox->refused_once($state, $action, $code);

=head1 SHAPES

A case is its name, the state of the server's script and the action there (see
BadMailServer), the response code that the client gets, and the pattern of the
log. C<states> are the states of a login, each with the phase as the log calls
it; C<breaks> are the cases in which the server drops, resets or hangs in each.

=cut

sub new ($class, %field)
{
    my $self = bless { ca => AnonID::Test::CA->new, port => AnonID::Test::free_port(),
                       password => AnonID::Test::canary(), %field }, $class;

    $self->{server} = AnonID::Test::BadMailServer->new(
        ca => $self->{ca}, protocol => $field{protocol}, user => 'site',
        password => $self->{password}, extensions => [])->start;
    $self->{url} = "$field{protocol}://localhost:"
        . $self->{server}->port('smtp');
    $self->start(deadlines => 3);
    return $self;
}

sub server ($self) { return $self->{server} }

sub start ($self, %field)
{
    $self->{site} = AnonID::Test::MailSite->new(
        ca => $self->{ca}, password => $self->{password},
        servers => [$self->{url}], %field,
        listen => ["$self->{protocol}://127.0.0.1:$self->{port} max=500"])
        ->start;
}

# One who has been greeted.
sub client ($self)
{
    my $client = AnonID::Test::Dialogue->connect($self->{port});

    $client->line;
    return $client;
}

sub answer ($self) { return $self->client->say($self->{login})->line }

# The application hears a code, and nothing of the server's words.
sub check ($self, $case)
{
    my ($name, $state, $action, $code, $pattern) = @$case;
    my $mark = $self->{site}->log_mark;
    my ($noop, $done) = @{ $self->{noop} };

    $self->{server}->script([$state => $action]);
    my $client = $self->client->say($self->{login});

    like $client->line,
        qr/$self->{refusal}\[\Q$code\E\] The mail server [\w ;']+\z/,
        "$name: $code";
    is $client->say($noop)->line, $done, "$name: the client stays";
    $self->{site}->expect_log(qr/$pattern/);
    like $self->{site}->wait_log(qr/$pattern/, since => $mark),
        qr/mail service 'mail', server \Q$self->{url}\E, account 'site'/,
        "$name: the log names the server";
}

sub breaks ($self, $code)
{
    my @states = @{ $self->{states} };
    my @cases;

    while (my ($state, $phase) = splice @states, 0, 2) {
        push @cases,
            (map { ["$_ at $state", $state => { $_ => 1 }, $code,
                    "ANID0214: .*: $phase"] } qw(drop reset)),
            ["hang at $state", $state => { hang => 1 }, $code, 'ANID0215: '];
    }
    return @cases;
}

# Refused once, and not asked again.
sub refused_once ($self, $state, $action, $code)
{
    my $asked = $self->{server}->count(my $command = qr/ C: .*\b$state\b/);

    $self->{site}->stop;
    $self->start;
    $self->{server}->script([$state => $action]);
    $self->{site}->expect_log(qr/ANID0221: /);
    my @clients = map { $self->client->say($self->{login}) } 1 .. 20;

    is scalar(grep { $_->line =~ /$self->{refusal}\[\Q$code\E\]/ } @clients),
        20, 'twenty clients are refused';
    is $self->{server}->count($command) - $asked, 1,
        'the server was asked once';
}

1;
