# SPDX-License-Identifier: Apache-2.0
#
# What build/demo shows once all is built: real servers on loopback, one
# message from an anonymous visitor into a mailbox, one broken password and
# its repair; then applications that know no password, curl and PHP's mail(),
# which read what the form has sent, and answer it. Each step says what is done
# and shows what the servers said.

use v5.36;
use AnonID::Test ();
use AnonID::Test::CA;
use AnonID::Test::Ctl;
use AnonID::Test::Dovecot;
use AnonID::Test::Httpd;
use AnonID::Test::Mime qw(form_data parse_message);
use AnonID::Test::Process qw(run);
use Digest::SHA qw(sha256_hex);
use Encode qw(encode_utf8);
use MIME::Base64 qw(decode_base64);
use Sys::Hostname;
use Text::Wrap qw(wrap);

binmode STDOUT, ':encoding(UTF-8)';
STDOUT->autoflush(1);

# Text::Wrap leaves the last column free; a word that is wider stands alone.
$Text::Wrap::columns = $ENV{COLUMNS} // 79;
$Text::Wrap::huge = 'overflow';
$Text::Wrap::unexpand = 0;

my $account = 'IUSR_' . hostname() =~ s/\..*//r;
my $step = 0;
my $failed = 0;

sub narrate ($what)
{
    my $number = ++$step . '. ';

    say "\n", wrap($number, ' ' x length $number, $what);
}

# What a server or a command said; a continued line stands further in.
sub show ($text)
{
    say wrap(' ' x 5, ' ' x 9, $_) for split /\n/, $text;
}

# A table's lines are cut: wrapped they could not be read.
sub show_table ($text)
{
    say ' ' x 5, substr($_, 0, $Text::Wrap::columns - 6) =~ s/\s+$//r
        for split /\n/, $text;
}

# A claim of this demonstration: shown, and counted when it does not hold.
sub claim ($holds, $what)
{
    say wrap('   ', ' ' x 7, $holds ? "ok: $what" : "NOT SO: $what");
    $failed++ if !$holds;
}

# A one-pixel PNG with every octet value behind it: text transport would
# damage it.
sub picture ()
{
    return decode_base64('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlE'
            . 'QVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')
        . join '', map { chr } 0 .. 255;
}

sub start_mail ()
{
    my $ca = AnonID::Test::CA->new;

    # The account file's folder is what httpd and Dovecot share.
    return AnonID::Test::Dovecot->new(
        ca => $ca, mechanisms => ['scram-sha-256'],
        mta => $> == 0 && eval { require AnonID::Test::Postfix }
            ? 'Postfix' : 'Relay')->start;
}

# The account has a mailbox of its own, which gets all that is sent.
sub start_httpd ($dovecot)
{
    my ($submission, $imap) = map { $dovecot->port($_) } qw(submission imap);
    my $ca_file = $dovecot->{ca}->file;
    my $httpd = AnonID::Test::Httpd->new(
        config => <<~CONF,
            AnonIDAccountFile $dovecot->{accounts}
            <AnonIDMailService office>
                AnonIDMailServer    submission://localhost:$submission \\
                                    imap://localhost:$imap
                AnonIDMailTLS       ca=$ca_file
                AnonIDMechanism     SCRAM-SHA-256
                AnonIDMailFrom      website\@example.test
                AnonIDMailRecipient webmaster webmaster\@example.test \\
                                    $account\@example.test
                AnonIDMailAllow     \@example.test
            </AnonIDMailService>
            CONF
    );

    return $httpd->reconfigure(vhosts => [
        'www.example.test' => <<~CONF])->start;
        AnonIDMapTo
        AnonIDMail office
        <Location "/contact">
            SetHandler anonid-submit
        </Location>
        @{[listeners($httpd)]}
        CONF
}

sub listeners ($httpd)
{
    return join "\n",
        'AnonIDMailListen imap://127.0.0.1:' . $httpd->port('imap'),
        'AnonIDMailListen "smtp+unix:' . $httpd->path('run/smtp.sock') . '"';
}

sub post_form ($httpd, $subject)
{
    my ($type, $body) = form_data(
        to => 'webmaster', subject => $subject,
        'reply-to' => 'visitor@elsewhere.example',
        body => "Good morning!\n.\nThe line above is a single dot.\n",
        file => { name => 'pixel.png', type => 'image/png',
                  content => picture() });

    return $httpd->post('/contact', type => $type, body => $body,
                        headers => { Accept => 'application/json' });
}

# The answer's status line and body, as the visitor sees them.
sub show_answer ($answer)
{
    my $retry = $answer->{header}{'retry-after'};

    show("HTTP $answer->{status} $answer->{reason}"
         . (defined $retry ? ", Retry-After: $retry" : '')
         . "\n$answer->{body}");
}

sub attachment ($part)
{
    return $part if ($part->{filename} // '') eq 'pixel.png';
    for my $inner (@{ $part->{parts} // [] }) {
        my $found = attachment($inner);

        return $found if $found;
    }
    return undef;
}

sub show_message ($raw, $subject)
{
    my $message = parse_message($raw);
    my $file = attachment($message);

    show(join "\n", map { "$_: " . ($message->{header}{ lc $_ } // '(none)') }
         qw(Received From To Reply-To Subject Message-ID));
    claim($message->{header}{subject} eq $subject,
          'the subject arrived with every letter');
    claim($message->{header}{'reply-to'} =~ /visitor\@elsewhere\.example/,
          'the visitor\'s address stands in Reply-To only');
    claim($file && $file->{body} eq picture(),
          'pixel.png arrived byte for byte, SHA-256 '
          . substr(sha256_hex($file ? $file->{body} : ''), 0, 16) . '...');
}

sub wait_for_line ($httpd, $log, $pattern, $mark)
{
    my $text = AnonID::Test::wait_until(
        sub { substr($httpd->error_log($log), $mark) =~ $pattern ? $& : 0 },
        30, "a line in the error log: $pattern");

    show($text);
    return $text;
}

sub break_password ($file)
{
    my $text = AnonID::Test::slurp($file);

    $text =~ s/^(\Q$account\E:\{[^}]*\}\d+,)[^,]*/$1AAAAAAAAAAAAAAAAAAAAAA==/m
        or die "$file has no line of $account";
    open my $handle, '>', $file or die "$file: $!";
    print $handle $text;
    close $handle or die "$file: $!";
}

sub deliver ($httpd, $dovecot, $subject, $number)
{
    my $answer = post_form($httpd, $subject);

    show_answer($answer);
    claim($answer->{status} == 200, 'accepted: the mail server said its 250');
    show_message($dovecot->wait_message('webmaster', $number), $subject)
        if $answer->{status} == 200;
}

# A command, as it is typed, and what it printed.
sub execute (@command)
{
    my ($exit, $output) = run(\@command);

    show('$ ' . join ' ', map { /[^\w.,:=@%\/+-]/ ? "'$_'" : $_ } @command);
    claim($exit == 0, "$command[0] succeeded") if $exit;
    return $output;
}

# curl knows neither the account nor its password.
sub read_mailbox ($httpd, @options)
{
    my $url = 'imap://127.0.0.1:' . $httpd->port('imap') . '/INBOX';

    return execute('curl', '-sS', '-u', 'any:word', "$url$options[0]",
                   @options[1 .. $#options]);
}

sub last_login ($dovecot, $service)
{
    return (grep { /\Q$service\E-login: Info: Login/ }
            split /\n/, $dovecot->log_text)[-1] // '(nothing)';
}

sub show_reading ($httpd, $dovecot, $subject)
{
    my @listeners = split /\n/, listeners($httpd);

    narrate('Applications need no password either. The virtual host has two '
            . 'listeners:');
    show(join "\n", @listeners);
    narrate('An unmodified curl looks into the mailbox of the account and '
            . 'finds what the form has sent (any words do as user and '
            . 'password; the agent logs on):');
    show(read_mailbox($httpd, '', '-X', 'STATUS INBOX (MESSAGES)'));
    my $raw = read_mailbox($httpd, ';MAILINDEX=1');
    my $file = attachment(parse_message($raw));

    show(join "\n", grep { /^(?:From|To|Reply-To|Message-ID):/ }
         split /\r\n/, $raw =~ s/\r\n\r\n.*//sr);
    claim(parse_message($raw)->{header}{subject} eq $subject,
          'it is the message of step 2');
    claim($file && $file->{body} eq picture(), 'and the picture is whole');
    my $login = last_login($dovecot, 'imap');
    show($login);
    claim($login =~ /user=<\Q$account\E>, method=SCRAM-SHA-256, .* TLS,/,
          'it was the account that logged on');
}

sub show_mail ($httpd, $dovecot)
{
    my $sendmail = AnonID::Test::sendmail_path();
    my $to = "$account\@example.test";
    my $listener = 'smtp+unix:' . $httpd->path('run/smtp.sock');

    narrate("PHP's mail(), with anonid-sendmail as its sendmail_path, answers "
            . 'by the other listener:');
    show(execute('php', '-d', "sendmail_path=$sendmail -t -i "
                 . "--listener=$listener", '-r',
                 qq(exit(mail("$to", "Thank you", "It is here.\\n") ? 0 : 1);)));
    $dovecot->wait_message($account, 3);
    my $raw = read_mailbox($httpd, ';MAILINDEX=3');

    show(join "\n", grep { /^(?:Received: by|From|Subject|It is)/ }
         split /\r\n/, $raw);
    claim($raw =~ /^It is here\.\r$/m, 'and curl reads that, too');
}

sub run_demo ($httpd, $dovecot)
{
    my $vhost = 'www.example.test';
    my $subject = "Gr\x{fc}\x{df}e aus K\x{f8}benhavn \x{2709}";
    my $ctl = AnonID::Test::Ctl->new($httpd);
    my $mark;

    narrate("The anonymous account is $account. The agent has given it a random "
         . 'password and logged it on:');
    show_table(AnonID::Test::wait_until(
        sub { $ctl->ok('status') =~ /(.*logged on.*)/s && $1 }, 30,
        'first logon'));

    narrate("A visitor who never logged on posts a form to http://$vhost"
         . '/contact: UTF-8 subject, reply-to address, a picture.');
    deliver($httpd, $dovecot, $subject, 1);

    narrate('What Dovecot says of it: logged on over STARTTLS with '
         . 'SCRAM-SHA-256, as that account:');
    show(last_login($dovecot, 'submission'));

    narrate('Now the password in the account file is broken on purpose. The '
         . "warning, in the virtual host's own error log:");
    $mark = length $httpd->error_log($vhost);
    break_password($dovecot->{accounts});
    wait_for_line($httpd, $vhost, qr/.*ANID0001: .*/, $mark);
    my $answer = post_form($httpd, 'is not sent');
    show_answer($answer);
    claim($answer->{status} == 503 && $answer->{header}{'retry-after'},
          'the visitor knows that nothing was sent');

    narrate("Repaired with 'anonidctl rotate $account', without a restart:");
    show($ctl->ok('rotate', $account));
    wait_for_line($httpd, $vhost, qr/.*ANID0002: .*/, $mark);
    deliver($httpd, $dovecot, "$subject, again", 2);
    $dovecot->wait_message($account, 2);
    show_reading($httpd, $dovecot, $subject);
    show_mail($httpd, $dovecot);
}

sub serve ($httpd, $dovecot)
{
    my $http = $httpd->port('http');

    say "\nAll of it keeps running until Ctrl-C:";
    say "   form           http://127.0.0.1:$http/contact";
    say '   error log      ', $httpd->path('logs/vhost-www.example.test.log');
    say '   account file   ', $dovecot->{accounts};
    say '   mailbox (IMAP) 127.0.0.1:', $dovecot->port('imap'),
        ', messages in ', $dovecot->path('mail');
    say "   listeners      $_" for split /\n/, listeners($httpd) =~
        s/AnonIDMailListen //gr;
    say '   operator       ', AnonID::Test::ctl_path(), ' -s ',
        $httpd->path('state'), ' status';
    local $SIG{INT} = sub { die "\n" };
    local $SIG{TERM} = $SIG{INT};
    eval { sleep 3600 while 1 };
}

my $dovecot = start_mail();
my $httpd = start_httpd($dovecot);

my $serves = ($ARGV[0] // '') eq '--serve';

run_demo($httpd, $dovecot);
serve($httpd, $dovecot) if $serves;
$httpd->stop;
$dovecot->stop;
say $failed ? "\n$failed claims did not hold." : "\nEvery claim held.";
say wrap('', '', "To try it with a browser, run 'build/demo --serve': it leaves "
    . 'all of this running until Ctrl-C.') if !$serves;
exit($failed ? 1 : 0);
