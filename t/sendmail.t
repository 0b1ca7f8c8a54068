# SPDX-License-Identifier: Apache-2.0
#
# anonid-sendmail: programs that send by sendmail's command send by a
# listener, and learn from its exit status what became of the message.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::MailSite;

require_build;

my $ca = AnonID::Test::CA->new;
my $password = canary();
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => $password)->start;
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, service => 'AnonIDMailAllow @ok.test',
    servers => ['submission://localhost:' . $server->port('smtp')]);
my $socket = $site->path('sendmail.sock');

$site->reconfigure(config => "$site->{config}\n"
                       . "AnonIDMailListen \"smtp+unix:$socket\" users=*\n");
$site->start;
$site->get('/'); # which waits for the logon
$ENV{ANONID_LISTENER} = "smtp+unix:$socket";

my $sendmail = sendmail_path();

# Runs a command with that input; returns its exit status and what it said.
sub feed ($input, @command)
{
    my $file = spit(temp_root() . '/input', $input);
    my $line = join ' ', map { "'" . s/'/'\\''/gr . "'" } @command;
    my $output = `$line <'$file' 2>&1`;

    return ($? >> 8) . ($output eq '' ? '' : " $output");
}

# What the server was told since the last time.
my $seen = 0;

sub told ()
{
    my @lines = $server->transcript;
    my @new = @lines[$seen .. $#lines];

    $seen = @lines;
    return join ' ', map { /C: (?:MAIL FROM|RCPT TO):<(.*?)>/ ? $1 : () } @new;
}

my $LETTER = "To: a\@ok.test,\n \"Doe, J\" <b\@ok.test> (c\@ok.test)\n"
    . "Bcc: Group: d\@ok.test;\nSubject: s\n\nbody\n";

is feed("hello\n", $sendmail, 'a@ok.test'), '0', 'a message';
is told(), 'site@example.test a@ok.test', 'by the site, to its recipient';
is feed($LETTER, $sendmail, qw(-t -i)), '0', '-t';
is told(), 'site@example.test a@ok.test b@ok.test d@ok.test',
    'To, Cc and Bcc are read';
is feed("x\n.\ny\n", $sendmail, qw(-oi -f x@y.test -F Me -- a@ok.test)), '0',
    '-oi -f -F';
told();
is feed("x\n", $sendmail, qw(-N never -R hdrs -B 8BITMIME -bm -Ac -em -G -h 9
                            -m -n -oem -O x=y -U -V id -v -X /nowhere
                            a@ok.test)), '0', 'what has no effect is taken';
ok !-e '/nowhere', '... and has none';
told();
is feed("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a\@ok.test>\r\nQUIT\r\n",
        $sendmail, '-bs') =~ s/\r\n/\n/gr =~ tr/\n//, 11, '-bs';
told();

like feed("x\n", $sendmail, 'a@elsewhere.test'),
    qr/^67 anonid-sendmail: recipient <a\@elsewhere.test>: 550 5\.7\.1/,
    'a recipient who may not be written to';
like feed("x\n", $sendmail), qr/^64 .*no recipient/, 'no recipient';
like feed("x\n", $sendmail, '-Z'), qr/^64 .*usage/s, 'an unknown option';
like feed('', $sendmail, $_), qr/^0 There is no mail queue/, $_
    for qw(-bp -q -q30m);
like feed("x\n", $sendmail, '--listener=smtp+unix:/nowhere', 'a@ok.test'),
    qr/^75 .*No such file.*AnonIDMailListen/, 'no listener';
like feed("x\n", $sendmail, '--listener=imap://127.0.0.1', 'a@ok.test'),
    qr/^78 .*no SMTP listener/, 'a listener of another kind';
$server->script(['RCPT' => '450 4.2.1 later']);
like feed("x\n", $sendmail, 'a@ok.test'), qr/^75 .*450 4\.2\.1 later/,
    'a recipient who is refused for now';
$server->script(['message' => '554 5.6.0 bad']);
like feed("x\n", $sendmail, 'a@ok.test'), qr/^69 .*554 5\.6\.0 bad/,
    'a message that is refused';
$server->script();
told();

SKIP: {
    skip 'no php', 2 if !`which php`;
    is feed('', 'php', '-d', "sendmail_path=$sendmail -t -i", '-r',
            'exit(mail("a@ok.test", "s", "text\n", "From: x@y.test") ? 0 : 1);'),
        '0', 'PHP\'s mail()';
    is told(), 'site@example.test a@ok.test', 'arrives';
}
SKIP: {
    skip 'no mail', 2 if !`which mail`;
    local $ENV{MAILRC} = spit(temp_root() . '/mailrc',
                              "set sendwait\nset sendmail=$sendmail\n");
    is feed("text\n", 'mail', '-s', 'subject', 'a@ok.test'), '0', 'mail';
    like told(), qr/^site\@example\.test a\@ok\.test$/, 'arrives';
}
done_testing;
