# SPDX-License-Identifier: Apache-2.0
#
# The text of a test Dovecot's configuration, as root and as anybody else.
# It must not start anything.

package AnonID::Test::DovecotConfig;

use v5.36;

=head1 NAME

AnonID::Test::DovecotConfig - configuration of a test Dovecot

=head1 SHAPES

C<text> takes the fields of an AnonID::Test::Dovecot: dir, ports, accounts,
certificate, mechanisms, mta, ssl, domain, config.

=cut

# Listener => [service, settings].
my %LISTENER = (
    submission => ['submission-login', ''],
    submissions => ['submission-login', 'ssl = yes'],
    imap => ['imap-login', ''],
    imaps => ['imap-login', 'ssl = yes'],
    pop3 => ['pop3-login', ''],
    pop3s => ['pop3-login', 'ssl = yes'],
    lmtp => ['lmtp', ''],
);

# Ports of the services that are installed; POP3 is a package of its own.
sub ports ()
{
    my @ports = sort grep { installed($LISTENER{$_}[0]) } keys %LISTENER;

    return @ports;
}

sub installed ($program)
{
    return grep { -x "$_/$program" }
        qw(/usr/lib/dovecot /usr/libexec/dovecot);
}

# Whom mail belongs to: any system user but root will do.
sub mail_user ()
{
    my ($name) = $> == 0 ? grep { getpwnam $_ } qw(mail nobody)
        : scalar getpwuid $>;
    my ($uid, $gid) = (getpwnam $name)[2, 3];

    return { name => $name, uid => $uid, gid => $gid };
}

sub text ($dovecot)
{
    return join "\n", basics($dovecot), authentication($dovecot),
        submission($dovecot), listeners($dovecot), processes(),
        no_penalty(),
        $dovecot->{config}, '';
}

sub basics ($dovecot)
{
    my $dir = $dovecot->{dir};
    my $certificate = $dovecot->{certificate};
    my @protocols = grep { installed($_) } qw(imap pop3 submission lmtp);

    return <<"END";
base_dir = $dir/run
state_dir = $dir/run
log_path = $dir/logs/dovecot.log
auth_verbose = yes
listen = 127.0.0.1
protocols = @protocols
hostname = localhost
postmaster_address = postmaster\@$dovecot->{domain}
mail_location = maildir:~/Maildir
first_valid_uid = 1
ssl = yes
ssl_cert = <$certificate->{chain}
ssl_key = <$certificate->{key}
protocol submission {
  ssl = $dovecot->{ssl}
}
END
}

# Names of accounts are case-sensitive in a passwd-file, so the default
# auth_username_format, which makes them lower case, would never find them.
sub authentication ($dovecot)
{
    my $user = mail_user();

    return <<"END";
auth_username_format = %n
auth_mechanisms = @{ $dovecot->{mechanisms} }
disable_plaintext_auth = no
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = $dovecot->{accounts}
}
userdb {
  driver = static
  args = uid=$user->{uid} gid=$user->{gid} home=$dovecot->{dir}/mail/%n \\
    allow_all_users=yes
}
END
}

sub submission ($dovecot)
{
    return <<"END";
submission_relay_host = 127.0.0.1
submission_relay_port = @{[$dovecot->{mta}->port('smtp')]}
submission_relay_ssl = no
END
}

sub listeners ($dovecot)
{
    my %service;

    for my $name (ports()) {
        my ($service, $settings) = @{ $LISTENER{$name} };

        push @{ $service{$service} }, <<"END";
  inet_listener $name {
    address = 127.0.0.1
    port = $dovecot->{ports}{$name}
    $settings
  }
END
    }
    return join "\n", map { "service $_ {\n@{ $service{$_} }}" }
        sort keys %service;
}

# Without this, an address from which a logon failed waits 2 s and more.
sub no_penalty ()
{
    return <<'END';
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
END
}

# Root reads any account file; anybody else runs every service as himself and
# cannot chroot.
sub processes ()
{
    return "service auth {\n  user = root\n}" if $> == 0;
    my $user = mail_user()->{name};
    my $group = getgrgid((getpwnam $user)[3]);
    my @chrooted = grep { installed($_) }
        qw(anvil imap-login pop3-login submission-login stats);

    return join "\n", "default_internal_user = $user",
        "default_internal_group = $group", "default_login_user = $user",
        map { "service $_ {\n  chroot =\n}" } @chrooted;
}

1;
