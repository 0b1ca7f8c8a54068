# SPDX-License-Identifier: Apache-2.0
#
# What httpd -t says of listeners.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::ConfigCases;
use AnonID::Test::Httpd;

require_build();
my $httpd = AnonID::Test::Httpd->new;
my $folder = $httpd->path('sockets');

mkdir $folder, 0755 or die "mkdir: $!";
mkdir "$folder/open" or die "mkdir: $!";
chmod 01777, "$folder/open";
spit("$folder/file", "no socket\n");
symlink $folder, "$folder/other" or die "symlink: $!";

my $service = <<'END';
<AnonIDMailService mail>
AnonIDMailServer imap://localhost pop3://localhost
</AnonIDMailService>
END
my $site = "${service}AnonIDMapTo\nAnonIDMail mail\n";

# A site with these listeners.
sub listens (@lines) { return $site . join '', map { "AnonIDMailListen $_\n" } @lines }

takes($httpd,
    ['loopback addresses', listens('imap://127.0.0.1:1143',
                                   'imap://[::1]:1143', 'pop3://127.9.9.9:1110')],
    ['a Unix socket, and its access',
     listens("imap+unix:$folder/imap mode=0600 group=root")],
    ['a socket in the state folder', listens('imap+unix:${STATE}/imap.sock')],
    ['... also by its other name, as /run is /var/run, and before the first '
         . 'start', "AnonIDStateDir $folder/other/state\n"
         . listens("imap+unix:$folder/state/imap.sock")],
    ['users', listens('imap://127.0.0.1:1143 users=root,daemon',
                      'imap://127.0.0.1:1144 users=*')],
    ['other options', listens('imap://127.0.0.1:1143 preauth max=5')],
    ['one of a virtual host', $service . 'AnonIDMail mail',
     vhosts => [localhost => "AnonIDMapTo\n"
                    . 'AnonIDMailListen imap://127.0.0.1:1143']],
);

refuses($httpd,
    ['no URL', listens(''), qr/AnonIDMailListen takes a URL/],
    ['another scheme', listens('http://127.0.0.1'),
     qr/'http:.*does not begin with smtp:/],
    ['a public address', listens('imap://192.0.2.1:143'),
     qr/reached from other machines.*127\.0\.0\.1/],
    ['all addresses', listens('imap://0.0.0.0:143'),
     qr/reached from other machines/],
    ['a name', listens('imap://localhost:143'), qr/write 127\.0\.0\.1 or/],
    ['no account', "${service}AnonIDMail mail\n"
         . 'AnonIDMailListen imap://127.0.0.1:1143',
     qr/no account is mapped here; add AnonIDMapTo/],
    ['an account only in a section', "${service}AnonIDMail mail\n"
         . "<Location />\nAnonIDMapTo\n</Location>\n"
         . 'AnonIDMailListen imap://127.0.0.1:1143',
     qr/no account is mapped here/],
    ['no mail service', "${service}AnonIDMapTo\n"
         . 'AnonIDMailListen imap://127.0.0.1:1143',
     qr/no mail service is used here; add AnonIDMail /],
    ['a service without such a server',
     listens('pop3://127.0.0.1:1110') =~ s{ pop3://localhost}{}r,
     qr/<AnonIDMailService mail> has no pop3 server.*pop3:\/\/HOST/],
    ['the same address twice',
     listens('imap://127.0.0.1:1143', 'pop3://127.0.0.1:1143'),
     qr/127\.0\.0\.1:1143 is listened on twice \(the first is on line \d+/],
    ['the same socket twice',
     listens("imap+unix:$folder/x", "pop3+unix://$folder/x"),
     qr/listened on twice/],
    ['a path that is too long',
     listens('imap+unix:/' . 'x' x 107), qr/too long for a socket/],
    ['a folder that others can write', listens("imap+unix:$folder/open/imap"),
     qr/can be written by others, who could put another socket there/],
    ['a folder that is not there', listens("imap+unix:$folder/none/imap"),
     qr/cannot be used: No such file/],
    ['a file in its place', listens("imap+unix:$folder/file"),
     qr/is no socket/],
    ["the agent's own socket", listens('imap+unix:${STATE}/agent.sock'),
     qr/the agent's own/],
    ['an unknown user', listens('imap://127.0.0.1:1143 users=root,no-such'),
     qr/no user 'no-such'.*users=\*/],
    ['nobody', listens('imap://127.0.0.1:1143 users='), qr/names nobody/],
    ['an unknown group', listens("imap+unix:$folder/x group=no-such"),
     qr/no group 'no-such'/],
    ['a mode that is none', listens("imap+unix:$folder/x mode=888"),
     qr/no mode of a file/],
    ['a mode for TCP', listens('imap://127.0.0.1:1143 mode=0600'),
     qr/for a Unix socket .* only; remove it/],
    ['a number that is none', listens('imap://127.0.0.1:1143 max=0'),
     qr/not a number of connections/],
    ['preauth for POP3', listens('pop3://127.0.0.1:1110 preauth'),
     qr/for IMAP only/],
    ['line ends for IMAP', listens('imap://127.0.0.1:1143 newlines=strict'),
     qr/for SMTP only/],
    ['an unknown option', listens('imap://127.0.0.1:1143 preauthentic'),
     qr/no such option; write users=/],
    ['a directory', "${site}<Location />\n"
         . "AnonIDMailListen imap://127.0.0.1:1143\n</Location>",
     qr/AnonIDMailListen (?:cannot occur|not allowed)/],
    ['a synchronised account towards another machine',
     <<'END', qr/on another machine, which cannot know the password/],
<AnonIDAccount own>
AnonIDPasswordSync On
</AnonIDAccount>
<AnonIDMailService far>
AnonIDMailServer imap://mail.example.com
</AnonIDMailService>
AnonIDMapTo own
AnonIDMail far
AnonIDMailListen imap://127.0.0.1:1143
END
);

my ($exit, $output) = $httpd->configtest(
    listens('imap://127.0.0.1:1143', "pop3+unix:$folder/pop3"),
    flags => ['-t', '-D', 'DUMP_ANONID']);

is $exit, 0, 'DUMP_ANONID';
like $output,
    qr{^main server -> imap://127\.0\.0\.1:1143 -> \S+ -> mail \(.*:\d+\)$}m,
    'shows a listener';
like $output, qr{^main server -> pop3\+unix:\Q$folder\E/pop3 -> }m,
    'and one with a path';
ok !-e "$folder/pop3", 'httpd -t makes no socket';
done_testing;
