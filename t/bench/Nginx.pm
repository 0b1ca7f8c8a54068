# SPDX-License-Identifier: Apache-2.0
#
# nginx as a mail proxy without TLS: it asks itself by HTTP where to go, and
# sends the client's own user name and password on. It must not know who
# measures it.

package Nginx;

use v5.36;
use parent 'AnonID::Test::Server';
use IO::Socket::INET;

=head1 SYNOPSIS

    my $nginx = Nginx->new(to => { dovecot => [imap => $port],
                                   dovecot3 => [pop3 => $port] })->start;
    $nginx->port('dovecot')            where it listens for that server

=cut

sub start ($self)
{
    AnonID::Test::spit($self->path('nginx.conf'), $self->config);
    $self->spawn(['nginx', '-p', $self->{dir}, '-c',
                  $self->path('nginx.conf')]);
    return $self->wait_ready(sub {
        IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                              PeerPort => $self->port('auth'));
    });
}

# As many workers as Debian's configuration has: one for each processor.
sub config ($self)
{
    my $auth = $self->port('auth');
    my ($locations, $servers) = ('', '');

    for my $name (sort keys %{ $self->{to} }) {
        my ($protocol, $to) = @{ $self->{to}{$name} };

        $locations .= <<"END";
    location = /$name {
      add_header Auth-Status OK;
      add_header Auth-Server 127.0.0.1;
      add_header Auth-Port $to;
      return 204;
    }
END
        $servers .= <<"END";
  server {
    listen 127.0.0.1:@{[ $self->port($name) ]} backlog=4096;
    protocol $protocol;
    auth_http 127.0.0.1:$auth/$name;
  }
END
    }
    return <<"END";
daemon off;
error_log @{[ $self->path('logs/error.log') ]} warn;
pid @{[ $self->path('run/nginx.pid') ]};
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
worker_processes auto;
events { worker_connections 16384; }
http {
  access_log off;
  server {
    listen 127.0.0.1:$auth backlog=4096;
$locations  }
}
mail {
  imap_capabilities IMAP4rev1 LITERAL+;
$servers}
END
}

sub worker_pids ($self)
{
    return grep { $_ != $self->pid } $self->processes;
}

sub log_files ($self)
{
    return (error => $self->path('logs/error.log'),
            output => $self->output_path);
}

sub log_problem ($self, $line) { return $line =~ /\[(?:emerg|alert|crit)\]/ }

1;
