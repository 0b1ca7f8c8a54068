# SPDX-License-Identifier: Apache-2.0
#
# Mail programs and libraries as Debian ships them, and how each is told to
# use a listener: no encryption, any words as user and password. It must not
# know who listens.

package AnonID::Test::Clients;

use v5.36;
use Exporter qw(import);
use File::Copy qw(copy);
use File::Glob qw(bsd_glob);
use File::Path qw(make_path remove_tree);
use AnonID::Test ();
use AnonID::Test::HttpdConfig;
use AnonID::Test::Mime qw(parse_message);
use AnonID::Test::Process qw(run);

our @EXPORT = qw(clients client_home run_client unpacked letter same_letter);

=head1 NAME

AnonID::Test::Clients - unmodified mail clients

=head1 SYNOPSIS

    for my $client (clients('imap')) {
        next if $client->{missing};            # what Debian package lacks
        my $at = { host => '127.0.0.1', port => $port };
        my $file = client_home() . '/got';
        my ($exit, $output) = run_client($client, 'read', $at, $file);
        ok same_letter($client->{keeps}, slurp($file), $letter);
    }

Protocols: C<imap>, C<pop3>, C<smtp>. C<letter> is a message with what mail
programs stumble over, in CRLF.

=head1 SHAPES

A client: C<{ name, needs, missing, unix, keeps }> and how it is called:
C<store>, C<read> (IMAP, POP3), C<send> (SMTP), each a function of where
(C<< { host, port, socket, home } >>; with C<socket> only if C<unix>), the
file, and a recipient for C<send>. It returns a command.

C<keeps> says what becomes of a message: C<octets> all of them, C<lines> all
but CR, C<tail> lines behind header fields of its own, C<text> subject and
text under other header fields.

C<run_client> runs as httpd's User, if root does it, or as
C<< $at->{user} >>, in a home that is made anew each time.

=cut

use constant UNPACKED => '/usr/local/lib/mod_anonid-tests';

# ---- how each is told ----

sub script ($name) { return AnonID::Test::temp_root() . "/clients/$name" }

sub config ($at, $name, $text)
{
    return AnonID::Test::spit("$at->{home}/$name", $text, 0600);
}

sub curl ($at, $url, @options)
{
    my ($scheme, $rest) = $url =~ m{^(\w+)://(.*)}
        or die "no URL: $url";
    my $where = $at->{socket} ? 'localhost' : "$at->{host}:$at->{port}";

    return ('curl', '-sS', '-u', 'any:word', @options,
            $at->{socket} ? ('--unix-socket', $at->{socket}) : (),
            '--url', "$scheme://$where/$rest");
}

sub fetchmail ($at, $protocol, $file)
{
    my $rc = config($at, 'fetchmailrc', <<"END");
set no bouncemail
poll $at->{host} service $at->{port} protocol $protocol auth password
    user "any" password "word" sslproto ""
    fetchall keep no rewrite mda "cat >'$file'"
END
    return ('fetchmail', '-f', $rc, '--idfile', "$at->{home}/ids",
            '--pidfile', "$at->{home}/pid");
}

# The same options for msmtp and mpop.
sub marlam ($at, $program, @options)
{
    return ($program, "--file=/dev/null", '--tls=off',
            "--host=$at->{host}",
            $at->{socket} ? "--socket=$at->{socket}" : "--port=$at->{port}",
            @options);
}

# A shell that feeds the file to a command.
sub fed ($file, @command)
{
    return ('sh', '-c', 'file=$1; shift; exec "$@" <"$file"', 'sh', $file,
            @command);
}

sub mbsync ($at, $file)
{
    my $rc = config($at, 'mbsyncrc', <<"END");
IMAPStore far
Host $at->{host}
Port $at->{port}
User any
Pass word
SSLType None

MaildirStore near
Inbox $at->{home}/near

Channel inbox
Far :far:
Near :near:
Create Both
SyncState *
END
    return ('mbsync', '-c', $rc, 'inbox');
}

sub offlineimap ($at, $file)
{
    my $rc = config($at, 'offlineimaprc', <<"END");
[general]
accounts = mail
metadata = $at->{home}/metadata
ui = basic
[Account mail]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = $at->{home}/maildir
[Repository far]
type = IMAP
remotehost = $at->{host}
remoteport = $at->{port}
remoteuser = any
remotepass = word
ssl = no
starttls = no
folderfilter = lambda name: name == 'INBOX'
END
    return ('offlineimap', '-c', $rc, '-o');
}

# A Maildir with the file in it is brought in line with INBOX, or INBOX's
# message is what lies in the Maildir afterwards.
sub by_maildir ($sync, $folder)
{
    my $store = sub ($at, $file) {
        make_path(map { "$at->{home}/$folder/$_" } qw(cur new tmp));
        AnonID::Test::spit("$at->{home}/$folder/new/1700000000.1.host",
                           AnonID::Test::slurp($file) =~ s/\r\n/\n/gr);
        return $sync->($at, $file);
    };
    my $read = sub ($at, $file) {
        return ('sh', '-c', 'file=$1; folder=$2; shift 2; "$@" && '
                . 'cat "$folder"/[cn][ue][rw]/* >"$file"', 'sh', $file,
                "$at->{home}/$folder", $sync->($at, $file));
    };

    return (store => $store, read => $read);
}

sub imapfilter ($at, $file)
{
    my $lua = config($at, 'config.lua', <<"END");
options.starttls = false
account = IMAP { server = '$at->{host}', port = $at->{port},
                 username = 'any', password = 'word' }
for _, message in ipairs(account.INBOX:select_all()) do
    mailbox, uid = table.unpack(message)
    file = io.open('$file', 'wb')
    file:write(mailbox[uid]:fetch_message())
    file:close()
end
END
    return ('imapfilter', '-c', $lua);
}

sub mutt ($at, @settings)
{
    my $rc = config($at, 'muttrc', join '', map { "set $_\n" }
                    'ssl_starttls = no', 'ssl_force_tls = no',
                    'from = app@host.test', 'send_charset = utf-8', @settings);

    return ('mutt', '-n', '-F', $rc, '-s', 'Octets', '-e',
            'set charset = utf-8');
}

sub php_sendmail ($at, $file, $to, $command)
{
    return ('php', '-d', "sendmail_path=\"$command\"", script('php-mail.php'),
            $file, $to);
}

sub listener ($at)
{
    return $at->{socket} ? "smtp+unix:$at->{socket}"
        : "smtp://$at->{host}:$at->{port}";
}

sub text_of ($file)
{
    return AnonID::Test::spit("$file.text", AnonID::Test::slurp($file)
                              =~ s/\A.*?\r\n\r\n//sr =~ s/\r\n/\n/gr, 0644);
}

# ---- the tables ----

sub roundcube ($auth)
{
    return {
        name => "Roundcube (imap_auth_type $auth)",
        needs => ['php', 'php:mbstring', 'file:' . UNPACKED
                  . '/usr/share/roundcube/program/lib/Roundcube'],
        keeps => 'octets', map { my $action = $_; ($action =>
            sub ($at, $file) {
                return ('php', script('roundcube.php'), UNPACKED, $auth,
                        $action, $at->{host}, $at->{port}, $file);
            }) } qw(store read) };
}

my @IMAP = (
    { name => 'Python imaplib', needs => ['file:/usr/bin/python3'], keeps => 'octets',
      map { my $action = $_; ($action => sub ($at, $file) {
          ('/usr/bin/python3', script('python-imap.py'), $action, $at->{host},
           $at->{port}, $file) }) } qw(store read) },
    { name => 'curl', needs => ['curl'], unix => 1, keeps => 'octets',
      says => qr/Login denied/,
      store => sub ($at, $file) { curl($at, 'imap://INBOX', '-T', $file) },
      read => sub ($at, $file) {
          curl($at, 'imap://INBOX;MAILINDEX=1', '-o', $file) } },
    { name => 'Mail::IMAPClient', needs => ['perl:Mail::IMAPClient'],
      unix => 1, keeps => 'octets',
      map { my $action = $_; ($action => sub ($at, $file) {
          ($^X, script('perl-imap.pl'), $action,
           $at->{socket} // "$at->{host}:$at->{port}", $file)
      }) } qw(store read) },
    { name => 'PHP imap', needs => ['php', 'php:imap'], keeps => 'octets',
      map { my $action = $_; ($action => sub ($at, $file) {
          ('php', script('php-imap.php'), $action, 'imap', $at->{host},
           $at->{port}, $file) }) } qw(store read) },
    roundcube('PLAIN'), roundcube('LOGIN'), roundcube('IMAP'),
    { name => 'mbsync', needs => ['mbsync'], keeps => 'mbsync',
      by_maildir(\&mbsync, 'near') },
    { name => 'offlineimap3', needs => ['offlineimap'], keeps => 'lines',
      by_maildir(\&offlineimap, 'maildir/INBOX') },
    { name => 'imapfilter', needs => ['imapfilter'], keeps => 'octets',
      read => \&imapfilter },
    { name => 'fetchmail', needs => ['fetchmail'], keeps => 'tail',
      says => qr/Authorization failure/,
      read => sub ($at, $file) { fetchmail($at, 'IMAP', $file) } },
    { name => 'mutt', needs => ['mutt'], keeps => 'text', goes_on => 1,
      says => qr/Fcc to .* failed/,
      store => sub ($at, $file) {
          fed(text_of($file), mutt($at, 'sendmail = /bin/true',
              'imap_user = any', 'imap_pass = word',
              "record = imap://$at->{host}:$at->{port}/INBOX"),
              'nobody@host.test') } },
);

my @POP3 = (
    { name => 'Python poplib', needs => ['file:/usr/bin/python3'], keeps => 'octets',
      read => sub ($at, $file) {
          ('/usr/bin/python3', script('python-pop3.py'), 'read', $at->{host},
           $at->{port}, $file) } },
    { name => 'curl', needs => ['curl'], unix => 1, keeps => 'octets',
      says => qr/Login denied/,
      read => sub ($at, $file) { curl($at, 'pop3://1', '-o', $file) } },
    { name => 'Net::POP3', needs => ['perl:Net::POP3'], keeps => 'lines',
      read => sub ($at, $file) {
          ($^X, script('perl-pop3.pl'), 'read', $at->{host}, $at->{port},
           $file) } },
    { name => 'PHP imap', needs => ['php', 'php:imap'], keeps => 'octets',
      read => sub ($at, $file) {
          ('php', script('php-imap.php'), 'read', 'pop3', $at->{host},
           $at->{port}, $file) } },
    (map { my $auth = $_;
        { name => "mpop (auth $auth)", needs => ['mpop'], unix => 1,
          says => qr/authentication failed \(method \U$auth\E\)/,
          keeps => 'tail', read => sub ($at, $file) {
              marlam($at, 'mpop', "--auth=$auth", '--user=any', '--keep=on',
                     '--passwordeval=echo word', '--received-header=off',
                     "--delivery=mda,cat >'$file'",
                     "--uidls-file=$at->{home}/uidls") } }
    } qw(user plain)),
    { name => 'fetchmail', needs => ['fetchmail'], keeps => 'tail',
      says => qr/Authorization failure/,
      read => sub ($at, $file) { fetchmail($at, 'POP3', $file) } },
);

my @SMTP = (
    { name => 'Python smtplib', needs => ['file:/usr/bin/python3'],
      send => sub ($at, $file, $to) {
          ('/usr/bin/python3', script('python-smtp.py'), $at->{host}, $at->{port},
           $file, $to) } },
    { name => 'curl', needs => ['curl'], unix => 1,
      says => qr/RCPT failed: 451/,
      send => sub ($at, $file, $to) {
          curl($at, 'smtp://', '--mail-from', 'app@host.test', '--mail-rcpt',
               $to, '-T', $file) } },
    { name => 'Net::SMTP', needs => ['perl:Net::SMTP'],
      send => sub ($at, $file, $to) {
          ($^X, script('perl-smtp.pl'), $at->{host}, $at->{port}, $file,
           $to) } },
    (map { my @options = @$_;
        { name => "swaks @options", needs => ['swaks'], unix => 1,
          send => sub ($at, $file, $to) {
              ('swaks', @options, '-f', 'app@host.test', '-t', $to, '-d',
               "\@$file", $at->{socket} ? ('--socket', $at->{socket})
               : ('-s', $at->{host}, '-p', $at->{port})) } }
    } ['--pipeline'], [qw(--auth LOGIN -au any -ap word)]),
    (map { my $auth = $_;
        { name => "msmtp (auth $auth)", needs => ['msmtp'], unix => 1,
          send => sub ($at, $file, $to) {
              fed($file, marlam($at, 'msmtp', "--auth=$auth", '--user=any',
                                '--passwordeval=echo word',
                                '--from=app@host.test'), $to) } }
    } qw(off plain login)),
    { name => 'PHPMailer', needs => ['php', 'php:mbstring',
                                     'file:/usr/share/php/libphp-phpmailer'],
      send => sub ($at, $file, $to) {
          ('php', script('phpmailer.php'), $at->{host}, $at->{port}, $file,
           $to) } },
    { name => 'Roundcube', needs => [
          'php', 'php:mbstring', 'php:intl',
          'file:' . UNPACKED . '/usr/share/php/Net',
          'file:' . UNPACKED . '/usr/share/roundcube/program/lib/Roundcube'],
      send => sub ($at, $file, $to) {
          ('php', script('roundcube-smtp.php'), UNPACKED,
           config($at, 'config.inc.php', <<"END"), $file, $to) } },
<?php
\$config['smtp_host'] = '$at->{host}:$at->{port}';
\$config['smtp_user'] = '';
\$config['smtp_pass'] = '';
END
    { name => 'PHP mail()', needs => ['php'], unix => 1,
      send => sub ($at, $file, $to) {
          php_sendmail($at, $file, $to, AnonID::Test::sendmail_path()
                       . ' -t -i --listener=' . listener($at)) } },
    { name => 'PHP mail() by msmtp', needs => ['php', 'msmtp'], unix => 1,
      send => sub ($at, $file, $to) {
          php_sendmail($at, $file, $to, join ' ', marlam($at, 'msmtp',
              '--auth=off', '--from=app@host.test', '-t')) } },
    { name => 'mutt', needs => ['mutt'],
      send => sub ($at, $file, $to) {
          fed(text_of($file), mutt($at, 'copy = no',
              "smtp_url = smtp://any:word\@$at->{host}:$at->{port}/"), $to) } },
    { name => 's-nail', needs => ['s-nail'],
      send => sub ($at, $file, $to) {
          fed(text_of($file), 's-nail', '-:/', '-S', 'v15-compat', '-S',
              "mta=smtp://$at->{host}:$at->{port}", '-S', 'smtp-auth=none',
              '-S', 'from=app@host.test', '-s', 'Octets', $to) } },
    { name => 'mail of bsd-mailx', needs => ['bsd-mailx'], unix => 1,
      send => sub ($at, $file, $to) {
          config($at, '.mailrc', 'set sendmail='
                 . AnonID::Test::sendmail_path() . "\nset sendwait\n");
          fed(text_of($file), 'env', 'ANONID_LISTENER=' . listener($at),
              'bsd-mailx', '-s', 'Octets', $to) } },
);
$_->{keeps} = 'text' for @SMTP;

my %CLIENTS = (imap => \@IMAP, pop3 => \@POP3, smtp => \@SMTP);

# ---- using them ----

sub clients ($protocol)
{
    my $folder = AnonID::Test::temp_root() . '/clients';

    if (!-d $folder) {
        make_path($folder);
        copy($_, $folder) or die "$_: $!"
            for bsd_glob(AnonID::Test::srcdir() . '/t/clients/*');
    }
    return map { { %$_, missing => missing($_) } } @{ $CLIENTS{$protocol} };
}

sub missing ($client)
{
    return join ' ', grep { !present($_) } @{ $client->{needs} };
}

sub present ($need)
{
    my ($kind, $name) = $need =~ /^(perl|php|file):(.*)/;

    return scalar grep { -x "$_/$need" } split /:/, $ENV{PATH} if !$kind;
    return -e $name if $kind eq 'file';
    return !system($^X, '-e', "exit !eval { require $name }") if
        $kind eq 'perl';
    return !system('php', '-r', "exit(extension_loaded('$name') ? 0 : 1);");
}

# Where packages are that were unpacked, not installed.
sub unpacked () { return UNPACKED }

sub client_home () { return AnonID::Test::temp_root() . '/home' }

sub run_client ($client, $action, $at, @arguments)
{
    my $home = client_home();
    my $user = $at->{user}
        // AnonID::Test::HttpdConfig::web_user()->[0];

    remove_tree($home);
    make_path($home);
    my @command = $client->{$action}->({ %$at, home => $home }, @arguments);

    if ($> == 0) {
        system 'chown', '-R', $user, $home;
        unshift @command, 'setpriv', '--reuid', $user, '--regid',
            (getpwnam $user)[3], '--clear-groups', '--';
    }
    return run(\@command, env => { HOME => $home }, cwd => $home,
               timeout => 120);
}

# ---- messages ----

my $HEADER = <<'END';
From: Application <app@host.test>
To: Somebody <somebody@example.test>
Subject: Octets
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit
Message-ID: <octets@host.test>
Date: Mon, 01 Jan 2024 00:00:00 +0000
END

# Dots at the start of lines, eight bits, a long line, blanks at the end of a
# line, "From", what looks like a tag or a literal; as many of them as fit
# into that many octets.
sub letter ($size = 1000)
{
    my $text = "Gr\xc3\xbc\xc3\x9fe\n.\n..\n\nFrom here\na1 OK done\n"
        . "* 1 FETCH (BODY[] {10}\n-ERR no\ntrailing blanks  \n"
        . 'x' x 900 . "\n";

    $text x= 1 + $size / length $text;
    return "$HEADER\n${text}the end\n" =~ s/\n/\r\n/gr;
}

sub same_letter ($keeps, $got, $sent)
{
    return $got eq $sent if $keeps eq 'octets';
    $got =~ s/^X-TUID: .*\n//m if $keeps eq 'mbsync';
    s/\r\n/\n/g for $got, $sent;
    return $got eq $sent if $keeps eq 'lines' || $keeps eq 'mbsync';
    return length $got > length $sent
        && substr($got, -length $sent) eq $sent
        || $got eq $sent if $keeps eq 'tail';
    my ($one, $other) = map { parse_message(s/\n/\r\n/gr) } $got, $sent;

    for my $message ($one, $other) {
        $message->{body} =~ s/\r\n/\n/g;
        $message->{body} =~ s/\n*\z/\n/;
    }
    return $one->{header}{subject} eq $other->{header}{subject}
        && $one->{body} eq $other->{body};
}

1;
