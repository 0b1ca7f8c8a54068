# SPDX-License-Identifier: Apache-2.0
#
# A real redis server, with a password, plain and with TLS. It must not know
# what is stored in it.

package AnonID::Test::Redis;

use v5.36;
use parent 'AnonID::Test::Server';

use AnonID::Test::Process qw(run);

=head1 NAME

AnonID::Test::Redis - a real redis server

=head1 SYNOPSIS

    my $redis = AnonID::Test::Redis->new(
        ca => $ca,                         # for rediss
        password => $password,             # '': none
        config => "maxmemory 2mb\n",
    )->start;

    $redis->url('redis')                   also rediss
    $redis->secret                         a file with the password
    $redis->ask(qw(CONFIG SET maxmemory 1))    what redis-cli prints
    $redis->keys                           all there are, but for the probe
    $redis->pause; $redis->kill; $redis->start;

=cut

sub new ($class, %field)
{
    my $self = $class->SUPER::new(
        password => AnonID::Test::canary(), config => '', %field);

    $self->{certificate} //= $self->{ca}->host('localhost') if $self->{ca};
    AnonID::Test::spit($self->path('redis.conf'), $self->redis_conf, 0600);
    AnonID::Test::spit($self->secret, "$self->{password}\n", 0600);
    return $self;
}

sub secret ($self) { return $self->path('password') }

sub redis_conf ($self)
{
    my $port = $self->port('redis');
    my $password = $self->{password} ne ''
        ? "requirepass $self->{password}\n" : '';
    my $tls = '';

    if ($self->{ca}) {
        my ($chain, $key) = @{ $self->{certificate} }{qw(chain key)};

        $tls = "tls-port @{[ $self->port('rediss') ]}\ntls-auth-clients no\n"
            . "tls-cert-file $chain\ntls-key-file $key\n"
            . "tls-ca-cert-file @{[ $self->{ca}->file ]}\n";
    }
    return "bind 127.0.0.1\nport $port\nsave \"\"\nappendonly no\n"
        . "dir @{[ $self->path ]}\n$password$tls$self->{config}";
}

sub start ($self)
{
    $self->spawn(['redis-server', $self->path('redis.conf')]);
    return $self->wait_ready(sub { $self->ask('PING') =~ /PONG|NOAUTH/ });
}

sub url ($self, $scheme = 'redis')
{
    return "$scheme://localhost:" . $self->port($scheme);
}

sub ask ($self, @command)
{
    my ($exit, $output) = run(['redis-cli', '-p', $self->port('redis'),
        $self->{password} ne ''
            ? ('--no-auth-warning', '-a', $self->{password}) : (), @command]);

    chomp $output;
    return $output;
}

sub keys ($self)
{
    return grep { $_ ne '' && $_ ne 'anonid:probe' }
        split /\n/, $self->ask('KEYS', '*');
}

# It warns of the machine's settings.
sub log_problem ($self, $line) { return $line =~ /^\d+:\w .*(?:crash|bug)/i }

1;
