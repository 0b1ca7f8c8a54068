# SPDX-License-Identifier: Apache-2.0
#
# A process of httpd's User that speaks to the agent without being a worker
# of httpd: t/lib/hostile_worker.c, held by a test.

package AnonID::Test::HostileWorker;

use v5.36;
use IPC::Open2 qw(open2);

use AnonID::Test::HttpdConfig;

=head1 NAME

AnonID::Test::HostileWorker - a program that asks the agent for too much

=head1 SYNOPSIS

    my $worker = AnonID::Test::HostileWorker->new($httpd);

    $worker->submit('account', 'service', 'alias');   # "0 ", "10 ", ...
    $worker->submit('account', 'service', 'alias', 60_000_000);
    $worker->start('account', 'service', 'alias', 60_000_000);
    $worker->halves(100);      # connections with half a frame
    $worker->stop;

C<submit> returns the result's number (anonid_submit_result_t), a blank and
its detail. What C<start> and C<halves> open stays open until C<stop>.

=cut

sub new ($class, $httpd, $sender = 'site@example.test')
{
    my ($user, $group) = $> == 0
        ? @{ $httpd->{user} // AnonID::Test::HttpdConfig::web_user() }
        : (getpwuid $>)[0, 3];
    my $uid = getpwnam $user;
    my $gid = $group =~ /^\d+$/ ? $group : getgrnam $group;
    my $self = bless {}, $class;

    $self->{pid} = open2($self->{out}, $self->{in},
        AnonID::Test::builddir() . '/t/lib/hostile_worker', $uid, $gid,
        $httpd->path('state/agent.sock'), $sender);
    return $self;
}

sub ask ($self, @words)
{
    my $out = $self->{out};

    print { $self->{in} } join("\t", @words), "\n";
    $self->{in}->flush;
    my $line = <$out> // die 'the hostile worker has ended';
    chomp $line;
    return $line;
}

sub submit ($self, $account, $service, $alias, $octets = 10)
{
    return $self->ask('submit', $account, $service, $alias, $octets);
}

sub start ($self, $account, $service, $alias, $octets = 10)
{
    return $self->ask('start', $account, $service, $alias, $octets);
}

sub halves ($self, $number) { return $self->ask('halves', $number) }

sub stop ($self)
{
    return if !$self->{pid};
    close $self->{in};
    waitpid $self->{pid}, 0;
    delete $self->{pid};
}

sub DESTROY ($self)
{
    local $?;
    $self->stop;
}

1;
