# SPDX-License-Identifier: Apache-2.0
#
# The text of a test httpd's configuration, and where httpd and its modules
# are on this system. It must not start anything but apxs.

package AnonID::Test::HttpdConfig;

use v5.36;

=head1 NAME

AnonID::Test::HttpdConfig - configuration of a test httpd

=head1 SHAPES

C<text> takes the fields of an AnonID::Test::Httpd: mpm, modules, anonid,
config, vhosts, ca, user, log_level, mpm_config.

=cut

my @USUAL = qw(unixd log_config authn_core authz_core authz_user mime dir
               env alias);

# What a module cannot do without, or is not worth testing without.
my %NEEDS = (
    auth_basic => [qw(authn_file)],
    auth_form => [qw(authn_file request session session_cookie)],
    cgi => [],
    include => [qw(filter)],
    proxy_http => [qw(proxy)],
    session_cookie => [qw(session)],
    ssl => [qw(socache_shmcb)],
);

my %MPM = (
    event => <<'END',
StartServers 1
ServerLimit 8
ThreadsPerChild 16
MinSpareThreads 1
MaxSpareThreads 128
MaxRequestWorkers 128
END
    prefork => <<'END',
StartServers 2
MinSpareServers 1
MaxSpareServers 8
MaxRequestWorkers 64
END
);

sub apxs ($what)
{
    state %answer;

    return $answer{$what} if defined $answer{$what};
    my $apxs = $ENV{APXS} // 'apxs';
    chomp(my $value = `$apxs -q $what`);
    length $value or die "$apxs -q $what says nothing";
    return $answer{$what} = $value;
}

sub program ()
{
    return $ENV{ANONID_HTTPD} // apxs('sbindir') . '/' . apxs('progname');
}

sub compiled_in ()
{
    state $modules = { map { ($_ => 1) } `@{[program()]} -l`
                           =~ /\bmod_(\w+)\.c/g };

    return $modules;
}

# A sanitized module can be loaded only where its library is there already.
# Leaks are not looked for: httpd frees nothing at its end.
sub environment ()
{
    return {} if !$ENV{ANONID_HTTPD_PRELOAD};
    return { LD_PRELOAD => $ENV{ANONID_HTTPD_PRELOAD},
             ASAN_OPTIONS => 'detect_leaks=0' };
}

sub text ($httpd)
{
    return join "\n",
        variables($httpd), load_modules($httpd), basics($httpd),
        anonid_basics($httpd), $httpd->{config}, virtual_hosts($httpd), '';
}

sub variables ($httpd)
{
    return join "\n", map { "Define $_->[0] \"$_->[1]\"" }
        [DIR => $httpd->{dir}], [HTDOCS => "$httpd->{dir}/htdocs"],
        [STATE => "$httpd->{dir}/state"], [PORT => $httpd->{ports}{http}],
        [TLS_PORT => $httpd->{ports}{https}];
}

sub modules ($httpd)
{
    my @wanted = ("mpm_$httpd->{mpm}", @USUAL, @{ $httpd->{modules} });
    my (%seen, @modules);

    push @wanted, 'ssl' if tls_vhosts($httpd);
    @wanted = map { $_ eq 'cgi' && $httpd->{mpm} ne 'prefork' ? 'cgid' : $_ }
        @wanted;
    while (defined(my $module = shift @wanted)) {
        next if $seen{$module}++;
        push @modules, $module;
        push @wanted, @{ $NEEDS{$module} // [] };
    }
    return @modules;
}

sub load_modules ($httpd)
{
    my $folder = apxs('libexecdir');
    my @lines = map { "LoadModule ${_}_module \"$folder/mod_$_.so\"" }
        grep { !compiled_in()->{$_} } modules($httpd);

    push @lines, 'LoadModule anonid_module "' . AnonID::Test::module_path()
        . '"' if $httpd->{anonid};
    return join "\n", @lines;
}

sub basics ($httpd)
{
    my %loaded = map { ($_ => 1) } modules($httpd);
    my $level = $httpd->{log_level} // 'info';
    my $user = $httpd->{user} // web_user();
    my $mpm = $httpd->{mpm_config} // $MPM{ $httpd->{mpm} } // '';
    my @lines = (<<"END", $mpm);
ServerRoot "\${DIR}"
ServerName localhost:\${PORT}
PidFile run/httpd.pid
DefaultRuntimeDir run
Listen 127.0.0.1:\${PORT}
ErrorLog logs/error.log
LogLevel $level
LogFormat "%v %u %>s \\"%r\\"" harness
CustomLog logs/access.log harness
TypesConfig /dev/null
AddType text/html .html
AddType text/plain .txt
Timeout 30
GracefulShutdownTimeout 5
END

    push @lines, "User $user->[0]\nGroup $user->[1]" if $> == 0;
    push @lines, 'Listen 127.0.0.1:${TLS_PORT}' if tls_vhosts($httpd);
    push @lines, 'SSLSessionCache shmcb:tls(65536)' if $loaded{ssl};
    push @lines, 'ScriptSock cgid.sock' if $loaded{cgid};
    push @lines, 'AddHandler cgi-script .cgi',
        "<Directory \"\${HTDOCS}\">\nOptions +ExecCGI\n</Directory>"
        if $loaded{cgid} || $loaded{cgi};
    return join "\n", @lines;
}

# [user, group] for an httpd that root starts; a test may give its own.
sub web_user ()
{
    my @users = grep { getpwnam $_ } qw(www-data apache nobody);
    my $group = getgrgid((getpwnam $users[0])[3]);

    return [$users[0], $group];
}

sub anonid_basics ($httpd)
{
    return '' if !$httpd->{anonid};
    return 'AnonIDAgentProgram "' . AnonID::Test::agent_path() . "\"\n"
        . 'AnonIDStateDir "${STATE}"';
}

sub virtual_hosts ($httpd)
{
    my @vhosts = @{ $httpd->{vhosts} };
    my @texts;

    while (my ($name, $vhost) = splice @vhosts, 0, 2) {
        push @texts, virtual_host($httpd, $name,
                                  ref $vhost ? $vhost : { config => $vhost });
    }
    return join "\n", @texts;
}

sub virtual_host ($httpd, $name, $vhost)
{
    my $port = $vhost->{tls} ? 'TLS_PORT' : 'PORT';
    my $tls = '';

    if ($vhost->{tls}) {
        my $certificate = $vhost->{certificate} // $httpd->{ca}->host($name);
        $tls = "SSLEngine on\nSSLCertificateFile $certificate->{chain}\n"
            . "SSLCertificateKeyFile $certificate->{key}\n"
            . "SSLCACertificateFile @{[$httpd->{ca}->file]}\n";
    }
    return <<"END";
<VirtualHost 127.0.0.1:\${$port}>
ServerName $name
DocumentRoot "\${HTDOCS}/$name"
ErrorLog logs/vhost-$name.log
$tls@{[$vhost->{config} // '']}
</VirtualHost>
END
}

sub tls_vhosts ($httpd)
{
    return grep { ref && $_->{tls} } @{ $httpd->{vhosts} };
}

1;
