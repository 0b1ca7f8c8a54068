# SPDX-License-Identifier: Apache-2.0
#
# What httpd -t says of mail services.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::ConfigCases;
use AnonID::Test::Httpd;
use Sys::Hostname qw(hostname);

require_build();
my $httpd = AnonID::Test::Httpd->new;
my $pem = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
my $ca = spit($httpd->path('ca.pem'), "# an authority\n$pem");

# A service that has what it needs, and these lines. A line of another
# directive's name replaces that one.
sub service ($name, @lines)
{
    my %given = map { (split)[0] => 1 } grep { /\S/ } @lines;
    my @needed = grep { !$given{(split)[0]} }
        'AnonIDMailServer submission://localhost',
        'AnonIDMailFrom www@example.com',
        'AnonIDMailRecipient sales sales@example.com';

    return join "\n", "<AnonIDMailService $name>", @needed, @lines,
        "</AnonIDMailService>\n";
}

sub server (@urls)
{
    return service('mail', "AnonIDMailServer @urls");
}

takes($httpd,
    ['a service', service('mail')],
    ['two services', service('mail') . service('other')],
    ['a service that is used', service('mail') . 'AnonIDMail mail'],
    ['a service that nothing is sent by, without sender and recipient',
     service('mail') =~ s/^AnonIDMail(?:From|Recipient).*//mgr],
    ['a service that is used before it is defined',
     "<Location />\nAnonIDMail mail\n</Location>\n" . service('mail')],
    ['a service of a virtual host', service('mail'),
     vhosts => [localhost => "AnonIDMapTo\nAnonIDMail mail"]],
    ['servers', server('submissions://a.test', 'submission://b.test:2525',
                       'submission://[::1]?tls=none',
                       'submission://127.0.0.1:2525/?tls=none')],
    ['servers of all protocols',
     server('submission://a.test', 'imap://a.test', 'imaps://a.test',
            'pop3://a.test:2110', 'pop3s://a.test',
            'imap://localhost?tls=none')],
    ['servers on several lines',
     service('mail', 'AnonIDMailServer submission://a.test',
             'AnonIDMailServer submission://b.test')],
    ['trust', service('mail', "AnonIDMailTLS ca=$ca name=mail.example.com")],
    ['trust relative to ServerRoot',
     service('mail', 'AnonIDMailTLS ca=ca.pem')],
    ['mechanisms',
     service('mail', 'AnonIDMechanism SCRAM-SHA-256-PLUS scram-sha-256 '
             . 'SCRAM-SHA-1-PLUS SCRAM-SHA-1 CRAM-MD5 PLAIN')],
    ['several addresses',
     service('mail', 'AnonIDMailRecipient a a@example.com "b@example.com"',
             'AnonIDMailRecipient b b@example.com')],
    ['seventy addresses',
     service('mail', join ' ', 'AnonIDMailRecipient all',
             map { "m$_\@example.com" } 1 .. 70)],
    ['whom applications may write to',
     service('mail', 'AnonIDMailAllow a@example.com @example.com',
             'AnonIDMailAllow @.example.org *')],
    ['applications as the only ones who send',
     service('mail', 'AnonIDMailAllow *')
         =~ s/^AnonIDMailRecipient.*//mr . "AnonIDMapTo\nAnonIDMail mail"],
    (map { ["visitors' addresses: $_",
            service('mail', 'AnonIDMailServer submission://localhost imap://localhost',
                    "AnonIDMailClientAddress $_")] }
         'off', 'xclient', 'ID', 'xclient id'),
    ['a strict sender', service('mail', 'AnonIDMailFrom a@example.com strict')],
    ['an address with an umlaut',
     service('mail', 'AnonIDMailFrom gäste@example.com')],
);

refuses($httpd,
    ['an unknown service while none is defined', 'AnonIDMail mail',
     qr/AnonIDMail 'mail': there is no such mail service; define it/],
    ['an unknown service among others',
     service('a') . service('b') . 'AnonIDMail mail',
     qr/AnonIDMail 'mail': .*write one of: a, b/],
    ['an unknown service in a virtual host', '', qr/AnonIDMail 'mail'/,
     vhosts => [localhost => 'AnonIDMail mail']],
    ['a service defined twice', service('mail') x 2,
     qr/<AnonIDMailService mail> is defined twice.*first is on line/],
    ['a service without a name', service(''),
     qr/<AnonIDMailService> takes one argument/],
    ['a service with a strange name', service('"a b"'),
     qr/<AnonIDMailService> cannot be named 'a b'/],
    ['a service in a virtual host', '', qr/cannot occur within <VirtualHost>/,
     vhosts => [localhost => service('mail')]],
    (map { my ($name) = split;
           ["$name outside of a service", $_,
            qr/$name belongs inside <AnonIDMailService name>/] }
         'AnonIDMailServer submission://localhost', 'AnonIDMailTLS ca=x',
         'AnonIDMechanism PLAIN', 'AnonIDMailFrom a@example.com',
         'AnonIDMailClientAddress off',
         'AnonIDMailRecipient a a@example.com'),
    ['an account\'s directive in a service',
     service('mail', 'AnonIDSecret file:x'),
     qr/AnonIDSecret cannot stand inside <AnonIDMailService>/],
    (map { my ($name) = split;
           ["$name twice", service('mail', $_, $_),
            qr/$name is given twice/] }
         'AnonIDMailTLS name=a', 'AnonIDMechanism PLAIN',
         'AnonIDMailFrom a@example.com'),
    ['no server', service('mail', 'AnonIDMailServer') =~ s/^AnonIDMailS.*//mr,
     qr/<AnonIDMailService mail> has no server: add AnonIDMailServer/],
    ['no sender', service('mail') =~ s/^AnonIDMailFrom.*//mr
     . "AnonIDMapTo\nAnonIDMail mail",
     qr/<AnonIDMailService mail> has no sender: add AnonIDMailFrom/],
    ['no recipient', service('mail') =~ s/^AnonIDMailRecipient.*//mr
     . "AnonIDMapTo\n<Location /x>\nAnonIDMail mail\n</Location>",
     qr/<AnonIDMailService mail> has no recipient: add AnonIDMailRec/],
);

# Servers.
my $password = canary();

refuses($httpd,
    ['no URL', server(), qr/AnonIDMailServer requires at least one argument/],
    (map { ["the URL $_", server($_), qr/AnonIDMailServer '\Q$_\E'.*scheme/] }
         'localhost', 'smtp://localhost', 'http://localhost', 'localhost:587'),
    (map { ["the URL $_", server($_), qr/AnonIDMailServer '\Q$_\E'.*port/] }
         'submission://a:0', 'submission://a:70000', 'submission://a:smtp',
         'submission://a:', 'submission://a:-1'),
    (map { ["the URL $_", server($_), qr/AnonIDMailServer '\Q$_\E'.*host/] }
         'submission://', 'submission://:587', 'submission:///x',
         'submission://a_b', 'submission://-a'),
    (map { ["the URL $_", server($_), qr/AnonIDMailServer '\Q$_\E'/] }
         'submission://[::1', 'submission://[fe80::zz]', 'submission://a/x',
         'submission://a?tls=off', 'submissions://localhost?tls=none'),
    (map { ["no TLS to another machine: $_",
            server("submission://$_?tls=none"),
            qr/'\?tls=none' is only for a server on this machine/] }
         'mail.example.com', '192.0.2.1', '[2001:db8::1]', 'localhost.test',
         '128.0.0.1'),
    ['a good URL and a bad one', server('submission://a', 'smtp://b'),
     qr/AnonIDMailServer 'smtp:\/\/b'/],
    ['a server twice', server('submission://A:587', 'submission://a'),
     qr/AnonIDMailServer 'submission:\/\/a' is listed twice/],
    ['a password in a URL', server("submission://web:$password\@a.test"),
     qr/a user name or a password does not belong into the URL/],
);
{
    my (undef, $output) = $httpd->configtest(
        server("submission://web:$password\@a.test"));

    unlike $output, qr/\Q$password\E/, '... and it is not repeated';
}

# Trust.
sub tls ($words)
{
    return service('mail', "AnonIDMailTLS $words");
}

refuses($httpd,
    ['no trust', tls(''), qr/AnonIDMailTLS takes ca=FILE, name=HOST, or both/],
    ['verify=off', tls('verify=off'),
     qr/AnonIDMailTLS 'verify=off'.*verification cannot be turned off/],
    ['ca twice', tls("ca=$ca ca=$ca"), qr/each once/],
    ['an empty ca', tls('ca='), qr/ca= names no file/],
    ['a ca that is missing', tls('ca=missing.pem'),
     qr/AnonIDMailTLS ca=\S+missing\.pem: the file does not exist/],
    ['a ca that is a directory', tls('ca=logs'), qr/is not a regular file/],
    ['a ca that is none',
     tls('ca=' . spit($httpd->path('x.pem'), "x\n$password\n")),
     qr/x\.pem: the file holds no certificate in PEM/],
    ['an empty name', tls('name='), qr/AnonIDMailTLS name='' is not a host/],
    ['a name that is a URL', tls('name=https://a'), qr/is not a host name/],
);

# Mechanisms.
sub mechanism ($names)
{
    return service('mail', "AnonIDMechanism $names");
}

refuses($httpd,
    ['no mechanism', mechanism(''), qr/AnonIDMechanism names no mechanism/],
    ['an unknown mechanism', mechanism('PLAIN DIGEST-MD5'),
     qr/'DIGEST-MD5' is unknown; write one of: GSSAPI, SCRAM-SHA-256-PLUS, .*PLAIN/],
    ['LOGIN', mechanism('LOGIN'),
     qr/'LOGIN' is not supported, because PLAIN does the same/],
    ['a mechanism twice', mechanism('PLAIN plain'),
     qr/AnonIDMechanism 'plain' is listed twice/],
);

# What an account has, and what a service's mechanisms work from.
my $keytab = spit($httpd->path('web.keytab'), "\5\2x", 0600);
my $secret = spit($httpd->path('web.secret'), $password, 0600);

sub kerberos ($source, $mechanisms)
{
    return "<AnonIDAccount web>\nAnonIDLogon krb5 web\@EXAMPLE.TEST\n"
        . "AnonIDSecret $source\n</AnonIDAccount>\n"
        . service('mail', $mechanisms) . "AnonIDMapTo web\n";
}

takes($httpd,
    ['a keytab and a service, not together',
     kerberos("keytab:$keytab", '')],
    ['a password and a service', kerberos("file:$secret", '')
     . 'AnonIDMail mail'],
);
refuses($httpd,
    ['a keytab, and mechanisms that work from a password',
     kerberos("keytab:$keytab", 'AnonIDMechanism SCRAM-SHA-256 PLAIN')
     . 'AnonIDMail mail',
     qr/AnonIDMail 'mail': the account 'web' cannot log on to it: it has a (?#
       )keytab, .*\(AnonIDMechanism SCRAM-SHA-256 PLAIN\).*; (?:give|add)/],
    ['the same in a section', kerberos("keytab:$keytab",
     'AnonIDMechanism PLAIN') . "<Location /x>\nAnonIDMail mail\n</Location>",
     qr/AnonIDMail 'mail': the account 'web' cannot log on to it/],
);

# Addresses and aliases.
refuses($httpd,
    (map { ["the sender $_", service('mail', "AnonIDMailFrom \"$_\""),
            qr/AnonIDMailFrom '\Q$_\E' is not a mail address: /] }
         'www', '@example.com', 'www@', 'a b@example.com', '<a@example.com>',
         'a@b@example.com', 'A Name <a@example.com>', '<>',
         'x' x 65 . '@example.com'),
    ['a server that is a listener of its own',
     server('submission://localhost:2525?tls=none')
         . "AnonIDMapTo\nAnonIDMail mail\n"
         . 'AnonIDMailListen smtp://127.0.0.1:2525',
     qr/AnonIDMailListen .*that is the server \S+ of .* in a loop/],
    (map { my ($words, $wrong) = @$_;
           ["visitors' addresses: $words",
            service('mail', 'AnonIDMailServer submission://localhost imap://localhost',
                    "AnonIDMailClientAddress $words"),
            qr/AnonIDMailClientAddress '$wrong': write off, or xclient/] }
         ['on', 'on'], ['xclient off', 'off'], ['id id', 'id'],
         ['xclient id x', 'x']),
    ['visitors\' addresses, not said how',
     service('mail', 'AnonIDMailClientAddress'),
     qr/AnonIDMailClientAddress takes off, or how/],
    ['ID without an IMAP server',
     service('mail', 'AnonIDMailClientAddress id'),
     qr/AnonIDMailClientAddress 'id': it is for imap:\/\/ servers/],
    ['a sender that is something else',
     service('mail', 'AnonIDMailFrom a@example.com loose'),
     qr/AnonIDMailFrom a\@example\.com 'loose': .* 'strict'/],
    (map { ["the pattern $_", service('mail', "AnonIDMailAllow \"$_\""),
            qr/AnonIDMailAllow '\Q$_\E': .*; write an address, \@DOMAIN/] }
         'example.com', '@', '@.', '@..example.com', '@example..com', '**',
         '@*.example.com', '@ex ample.com'),
    ['an alias without an address', service('mail', 'AnonIDMailRecipient a'),
     qr/AnonIDMailRecipient takes an alias and one or more/],
    ['no alias', service('mail', 'AnonIDMailRecipient a@example.com b@e.com'),
     qr/AnonIDMailRecipient 'a\@example\.com' cannot be an alias: /],
    ['an alias twice',
     service('mail', ('AnonIDMailRecipient a a@example.com') x 2),
     qr/AnonIDMailRecipient 'a' is given twice.*on one line/],
    ['an alias twice, in another case',
     service('mail', 'AnonIDMailRecipient a a@example.com',
             'AnonIDMailRecipient A a@example.com'),
     qr/AnonIDMailRecipient 'A' is given twice/],
    ['an address twice',
     service('mail', 'AnonIDMailRecipient a a@example.com a@example.com'),
     qr/the address 'a\@example\.com' cannot be used: it is given twice/],
    ['a bad address among good ones',
     service('mail', 'AnonIDMailRecipient a a@example.com b'),
     qr/AnonIDMailRecipient a: the address 'b' cannot be used/],
);

# The handler, and names that are nearly its own.
sub handler ($name, $more = '')
{
    return "$more<Location /contact>\nSetHandler $name\n</Location>\n";
}

refuses($httpd,
    ['a handler without a mail service', handler('anonid-submit',
                                                 "AnonIDMapTo\n"),
     qr/SetHandler anonid-submit: there is no mail service to submit to/],
    ['a handler without a mapping', handler('anonid-submit', service('mail')),
     qr/SetHandler anonid-submit: no request is mapped to an account/],
    (map { ["the handler $_", handler($_),
            qr/SetHandler '$_': there is no such handler; write SetHandler a/] }
         qw(anonid-submitt anonid-subit anonid_submit anonidsubmit
            Anonid-Submit anonid-subnit anonid-form)),
);
takes($httpd,
    ['a handler with both',
     handler('anonid-submit', service('mail')
             . "AnonIDMapTo\nAnonIDMail mail\n")],
    ['a handler of somebody else', handler('cgi-script')],
);

# Servers that can hardly be meant.
my ($machine) = split /\./, hostname();

for my $case (
    ['submissions://a.test:587', qr/on\ port\ 587\ STARTTLS\ is\ spoken;\ write
        \ submission:\/\/a\.test:587/x],
    ['submission://a.test:465', qr/on\ port\ 465\ TLS\ begins\ with\ the\ first
        \ octet;\ write\ submissions:\/\/a\.test:465/x],
    ["submission://$machine", qr/that\ is\ this\ machine.*write\ localhost.*
        AnonIDMailTLS\ name=$machine/x],
) {
    my ($url, $pattern) = @$case;
    my ($exit, $output) = $httpd->configtest("AnonIDMapTo\n" . server($url));

    is $exit, 0, "taken: $url";
    like $output, qr/ANID0501: .*AnonIDMailServer '\Q$url\E': /, '... warned of';
    like $output, $pattern, '... with the remedy';
}

# A mail server on another machine does not know a synchronised password.
my $remote = service('mail', 'AnonIDMailServer submission://localhost '
                     . 'submission://mail.example.com');
my $unknown = qr/AnonIDMail\ 'mail':\ its\ server
    \ 'submission:\/\/mail\.example\.com'\ is\ on\ another\ machine.*
    synchronised\ account\ '(?:IUSR_|web).*AnonIDPasswordSync\ On\ shared/x;

sub web ($sync)
{
    return "<AnonIDAccount web>\n$sync\n</AnonIDAccount>\n";
}

$secret = spit($httpd->path('secret'), $password, 0600);
my $file = spit($httpd->path('accounts'), "web:x\n");
my $on = web('AnonIDPasswordSync On');

refuses($httpd,
    ['the default account', "$remote\nAnonIDMapTo\nAnonIDMail mail", $unknown],
    ['an account', "$remote$on\nAnonIDMapTo web\nAnonIDMail mail", $unknown],
    ['a virtual host that inherits the account', "$remote\nAnonIDMapTo",
     $unknown, vhosts => [localhost => 'AnonIDMail mail']],
    ['a virtual host that inherits the service', "$remote\nAnonIDMail mail",
     $unknown, vhosts => [localhost => 'AnonIDMapTo']],
    ['a section that names the service', "$remote\nAnonIDMapTo\n"
     . "<Location /a>\nAnonIDMail mail\n</Location>", $unknown],
    ['a section that names the account', "$remote\nAnonIDMail mail\n"
     . "<Location /a>\nAnonIDMapTo\n</Location>", $unknown],
    ['a section of the main server that meets a virtual host\'s account',
     "$remote\n<Location /a>\nAnonIDMail mail\n</Location>", $unknown,
     vhosts => [localhost => 'AnonIDMapTo']],
);

# What a verifier is good for.
for my $case (['bcrypt', 'SCRAM-SHA-256 CRAM-MD5'], ['sha512-crypt', ''],
              ['', 'SCRAM-SHA-1 CRAM-MD5']) {
    my ($scheme, $names) = @$case;
    my $service = $names ? service('mail', "AnonIDMechanism $names")
                         : service('mail');

    refuses($httpd, ["a verifier of '$scheme' for $names",
        $service . web("AnonIDPasswordSync On $scheme")
        . "AnonIDMapTo web\nAnonIDMail mail",
        qr/by none of its mechanisms .* account 'web'.* Write Anon\w+ On scr/]);
}
takes($httpd, map { my ($scheme, $names) = @$_;
    ["a verifier of '$scheme' for $names",
     service('mail', "AnonIDMechanism $names")
     . web("AnonIDPasswordSync On $scheme") . "AnonIDMapTo web\nAnonIDMail mail"]
} ['bcrypt', 'CRAM-MD5 PLAIN'], ['', 'SCRAM-SHA-256'], ['', 'PLAIN']);

takes($httpd,
    ['an account file that the other machine shares',
     $remote . web('AnonIDPasswordSync On shared')
     . "AnonIDMapTo web\nAnonIDMail mail"],
    ['an account with a secret of its own',
     $remote . web("AnonIDLogon file $file\nAnonIDSecret file:$secret")
     . "AnonIDMapTo web\nAnonIDMail mail"],
    ['a synchronised account beside the service',
     "$remote\nAnonIDMail mail\n<Location /a>\nAnonIDMail near\nAnonIDMapTo\n"
     . "</Location>\n" . service('near')],
    ['a synchronised account where the service is not used',
     "$remote\nAnonIDMapTo\n<Location /a>\nAnonIDMapTo None\nAnonIDMail mail\n"
     . '</Location>'],
);

done_testing;
