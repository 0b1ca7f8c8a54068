# SPDX-License-Identifier: Apache-2.0
#
# A real Postfix with folders of its own, which delivers to an LMTP server on
# loopback and to nowhere else. Needs root. It must not know who submits.

package AnonID::Test::Postfix;

use v5.36;
use parent 'AnonID::Test::Server';
use File::Path qw(make_path);
use IO::Socket::INET;

=head1 NAME

AnonID::Test::Postfix - a real Postfix

=head1 SYNOPSIS

    my $postfix = AnonID::Test::Postfix->new(
        lmtp_port => $port, domain => 'example.test',
        config    => 'message_size_limit = 1000',   # appended to main.cf
        submission => $ca->host('localhost'),       # optional
        xclient   => '',                            # believed; default: us
        protocols => 'all',                         # default: ipv4
    )->start;
    $postfix->port('smtp');                         # also: submission

It takes mail for anybody at the domain; any other recipient is refused. The
submission service has that certificate, and asks a Dovecot who may send:
C<< $postfix->ask($dovecot) >>, before that is started.

=cut

# name type private unpriv chroot wakeup maxproc command
my $MASTER = <<'END';
127.0.0.1:PORT inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
END

my $SUBMISSION = <<'END';
127.0.0.1:PORT inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
tlsmgr unix - - n 1000? 1 tlsmgr
END

sub new ($class, %field)
{
    my $self = $class->SUPER::new(domain => 'example.test', config => '',
                                  xclient => '127.0.0.1', protocols => 'ipv4',
                                  %field);

    make_path($self->path('etc'));
    $self->make_queue;
    AnonID::Test::spit($self->path('etc/master.cf'),
                       $self->master_cf);
    AnonID::Test::spit($self->path('etc/main.cf'), $self->main_cf);
    return $self;
}

# Changes fields, which count when it is started.
sub configure ($self, %field)
{
    @$self{ keys %field } = values %field;
    AnonID::Test::spit($self->path('etc/main.cf'), $self->main_cf);
    return $self;
}

sub master_cf ($self)
{
    my $text = $MASTER =~ s/PORT/$self->port('smtp')/er;

    return $text if !$self->{submission};
    return $text . $SUBMISSION =~ s/PORT/$self->port('submission')/er;
}

sub submission ($self)
{
    my $certificate = $self->{submission} // return '';

    return <<"END";
smtpd_tls_cert_file = $certificate->{chain}
smtpd_tls_key_file = $certificate->{key}
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_security_options = noanonymous
END
}

# Dovecot says who may log on to the submission service.
sub ask ($self, $dovecot)
{
    $dovecot->{config} .= <<"END";
service auth {
  unix_listener @{[ $self->path('queue/private/auth') ]} {
    mode = 0660
    user = postfix
  }
}
END
    $dovecot->write_config;
    return $self;
}

# The folders that 'postfix check' would make, in a tenth of its time.
sub make_queue ($self)
{
    my @queues = map { $self->path('queue', $_) }
        qw(active bounce corrupt defer deferred flush hold incoming private
           public saved trace);
    my @owned = ($self->path('data'), @queues);

    make_path($self->path('queue/pid'), @owned);
    chown scalar getpwnam('postfix'), 0, @owned;
    chmod 0700, @queues;
}

sub daemon_directory ()
{
    chomp(my $folder = `postconf -dh daemon_directory`);
    return $folder;
}

sub main_cf ($self)
{
    return <<"END";
compatibility_level = 3.6
queue_directory = $self->{dir}/queue
data_directory = $self->{dir}/data
maillog_file = $self->{dir}/logs/mail.log
maillog_file_prefixes = $self->{dir}
inet_interfaces = 127.0.0.1
inet_protocols = $self->{protocols}
myhostname = mta.$self->{domain}
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_transport = error:there are no local users
default_transport = error:no mail leaves this host
virtual_mailbox_domains = $self->{domain}
virtual_transport = lmtp:inet:127.0.0.1:$self->{lmtp_port}
smtpd_relay_restrictions = reject_unauth_destination
smtpd_authorized_xclient_hosts = $self->{xclient}
smtpd_client_connection_rate_limit = 0
smtpd_peername_lookup = no
smtp_tls_security_level = none
biff = no
@{[$self->submission]}
$self->{config}
END
}

sub start ($self)
{
    $self->spawn([daemon_directory() . '/master', '-d',
                  '-c', $self->path('etc')],
                 env => { MAIL_CONFIG => $self->path('etc') });
    return $self->wait_ready(sub { $self->greets });
}

sub greets ($self)
{
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $self->port('smtp'))
        or return;

    return (readline($socket) // '') =~ /^220 /;
}

sub log_files ($self)
{
    return (mail => $self->path('logs/mail.log'),
            output => $self->output_path);
}

sub log_problem ($self, $line)
{
    return $line =~ /\b(?:warning|error|fatal|panic):/;
}

1;
