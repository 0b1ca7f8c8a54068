# SPDX-License-Identifier: Apache-2.0
#
# A real Apache httpd: its control, its processes, its logs and requests to
# it. What its configuration looks like is HttpdConfig's.

package AnonID::Test::Httpd;

use v5.36;
use parent 'AnonID::Test::Server';
use File::Path qw(make_path);
use IO::Socket::INET;

use AnonID::Test::HTTP;
use AnonID::Test::HttpdConfig;
use AnonID::Test::Process qw(process_table threads run);

=head1 NAME

AnonID::Test::Httpd - a real Apache httpd

=head1 SYNOPSIS

    my $httpd = AnonID::Test::Httpd->new(
        mpm     => 'prefork',               # default: event
        modules => [qw(auth_basic cgi)],    # beside the usual ones
        config  => 'AnonIDMapTo visitor',   # of the server
        vhosts  => [
            'a.test' => 'AnonIDMapTo None',
            'b.test' => { config => '...', tls => 1 },
        ],
        ca      => $ca,                     # for vhosts with tls
    )->start;

    $httpd->get('/x', vhost => 'a.test', headers => { Accept => '*/*' });
    $httpd->post('/x', body => $bytes, type => 'text/plain');
    my ($exit, $output) = $httpd->configtest('AnonIDMapTo unknown');

In configuration text httpd's own variables stand for what the instance
chose: C<${DIR}>, C<${HTDOCS}>, C<${PORT}>, C<${TLS_PORT}>, C<${STATE}>. A
virtual host's documents are in C<${HTDOCS}/name>; without C<vhosts> there is
one, C<localhost>. The field C<anonid =E<gt> 0> leaves mod_anonid out.

Logs: C<error> is the server's; each virtual host's has the host's name;
C<access> has lines of C<vhost user status "request">.

=cut

sub new ($class, %field)
{
    my $self = $class->SUPER::new(mpm => 'event', anonid => 1, modules => [],
                                  config => '', vhosts => [], %field);

    $self->{vhosts} = [localhost => ''] if !@{ $self->{vhosts} };
    make_path(map { $self->path('htdocs', $_) } $self->vhost_names);
    $self->port($_) for qw(http https);
    $self->write_config;
    return $self;
}

sub write_config ($self)
{
    AnonID::Test::spit($self->config_path,
                       AnonID::Test::HttpdConfig::text($self));
    return $self;
}

sub config_path ($self) { return $self->path('httpd.conf') }

# Changes fields (config, vhosts, modules) for the next start or restart.
sub reconfigure ($self, %field)
{
    @$self{ keys %field } = values %field;
    make_path(map { $self->path('htdocs', $_) } $self->vhost_names);
    return $self->write_config;
}

sub vhost_names ($self)
{
    my @vhosts = @{ $self->{vhosts} };

    return @vhosts[grep { $_ % 2 == 0 } keys @vhosts];
}

# Puts a document into a virtual host's folder; content that begins with
# '#!' is made a program.
sub document ($self, $path, $content, $vhost = undef)
{
    $vhost //= ($self->vhost_names)[0];
    return AnonID::Test::spit($self->path('htdocs', $vhost, $path), $content,
                              $content =~ /^#!/ ? 0755 : 0644);
}

sub program () { return AnonID::Test::HttpdConfig::program() }

# Runs 'httpd -t' on this configuration with $text added to the server's
# part; returns (exit status, output). Options: vhosts, modules (instead of
# the instance's), flags (list, instead of -t).
sub configtest ($self, $text = '', %option)
{
    my $path = $self->path('configtest.conf');
    my $flags = delete $option{flags} // ['-t'];
    my %variant = (%$self, %option, config => "$self->{config}\n$text\n");

    AnonID::Test::spit($path, AnonID::Test::HttpdConfig::text(
        bless \%variant, 'AnonID::Test::HttpdConfig::Variant'));
    return run_httpd('-f', $path, @$flags);
}

sub run_httpd (@arguments)
{
    return run([program(), @arguments],
               env => AnonID::Test::HttpdConfig::environment());
}

sub start ($self, %option)
{
    my $mark = $self->log_mark;

    $self->running and die "$self->{name} is already running";
    $self->spawn([program(), '-f', $self->config_path, '-DFOREGROUND'],
                 env => AnonID::Test::HttpdConfig::environment(), %option);
    return $self->wait_ready(sub { $self->operating($mark) });
}

# Starts it as 'httpd -k start' does, in the background.
sub start_detached ($self)
{
    my $mark = $self->log_mark;
    my ($exit, $output) = $self->control('start');

    $exit == 0 or die "httpd -k start: $output";
    AnonID::Test::wait_until(sub { -s $self->pid_file }, 20, 'pid file');
    $self->adopt(0 + AnonID::Test::slurp($self->pid_file));
    return $self->wait_ready(sub { $self->operating($mark) });
}

sub pid_file ($self) { return $self->path('run/httpd.pid') }

# Runs 'httpd -k COMMAND' and returns (exit status, output).
sub control ($self, $command)
{
    return run_httpd('-f', $self->config_path, '-k', $command);
}

sub operating ($self, $mark)
{
    return substr($self->log_text, $mark) =~ /resuming normal operations/
        && IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                 PeerPort => $self->port('http'));
}

sub graceful ($self) { return $self->restart_by('USR1') }

sub restart ($self) { return $self->restart_by('HUP') }

sub restart_by ($self, $signal)
{
    my $mark = $self->log_mark;

    $self->signal($signal);
    return $self->wait_ready(sub { $self->operating($mark) });
}

# Pids of the workers: children of the parent that run httpd. mod_cgid's
# daemon looks like one, but has a single thread.
sub worker_pids ($self)
{
    my $event = $self->{mpm} ne 'prefork';

    return grep { !$event || threads($_) > 1 }
        $self->children(qr/^(?:apache2|httpd)/);
}

# The supervisor, and the agent; that may be nobody's child, when its
# supervisor has died, but stays in httpd's session.
sub supervisor_pids ($self) { return $self->children(qr/^anonid-superv/) }

sub agent_pids ($self) { return $self->in_session(qr/^anonid-agent/) }

# Waits for the agent, of another pid than $old, and returns its pid.
sub wait_agent ($self, $old = 0, $deadline = 20)
{
    return AnonID::Test::wait_until(
        sub { (grep { $_ != $old } $self->agent_pids)[0] },
        $deadline, 'an agent runs');
}

sub in_session ($self, $command)
{
    my $pid = $self->{pid} // return;
    my @found = sort { $a <=> $b } map { $_->{pid} }
        grep { $_->{session} == $pid && $_->{command} =~ $command }
        values %{ process_table() };

    return @found;
}

sub children ($self, $command)
{
    my $table = process_table();

    my @found = sort { $a <=> $b } map { $_->{pid} }
        grep { $_->{ppid} == $self->{pid} && $_->{command} =~ $command }
        values %$table;
    return @found;
}

# All pids that are httpd itself: what must never hold a secret.
sub httpd_pids ($self)
{
    return ($self->{pid}, $self->supervisor_pids, $self->worker_pids);
}

sub log_files ($self)
{
    return (error => $self->path('logs/error.log'),
            (map { ($_ => $self->path("logs/vhost-$_.log")) }
                 $self->vhost_names),
            access => $self->path('logs/access.log'),
            output => $self->output_path);
}

# The event MPM's threads may still linger on a connection when a stop has
# already closed what they wait with (AH03092): httpd's own race. And a bare
# Debian may bring an older libssl than its mod_ssl was built with (AH01882),
# which is no business of ours.
sub log_problem ($self, $line)
{
    return 0 if $line =~ /AH03092: process_lingering_close|AH01882: Init:/;
    return $line =~ /\[[\w.-]*:(?:warn|error|crit|alert|emerg)\]/
        || $line =~ /^(?:AH\d+:|ANID\d+:|Syntax error|httpd:|apache2:)/
        || $line =~ /AddressSanitizer|LeakSanitizer|runtime error:/;
}

sub error_log ($self, $vhost = 'error') { return $self->log_text($vhost) }

# An AnonID::Test::HTTP connection. Options: vhost (whether TLS is spoken
# follows from it), tls (IO::Socket::SSL options, a client certificate say).
sub connect ($self, %option)
{
    my %vhost = @{ $self->{vhosts} };
    my $config = $vhost{ $option{vhost} // ($self->vhost_names)[0] };
    my $tls = $option{tls} // (ref $config && $config->{tls});

    return AnonID::Test::HTTP->connect(
        port => $self->port($tls ? 'https' : 'http'), tls => $tls,
        timeout => $option{timeout});
}

# One request on a connection of its own. Options: vhost, headers, body,
# type (of the body), tls, timeout, host.
sub request ($self, $method, $target, %option)
{
    my $headers = $option{headers} // [];
    my @headers = (Connection => 'close',
                   ref $headers eq 'HASH' ? %$headers : @$headers);

    push @headers, 'Content-Type' => $option{type} if $option{type};
    return $self->connect(%option)->request(
        $method, $target, headers => \@headers, body => $option{body},
        host => $option{host} // $option{vhost} // ($self->vhost_names)[0]);
}

sub get ($self, $target, %option)
{
    return $self->request(GET => $target, %option);
}

sub post ($self, $target, %option)
{
    return $self->request(POST => $target, body => '', %option);
}

1;
