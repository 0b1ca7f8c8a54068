# SPDX-License-Identifier: Apache-2.0
#
# What httpd -t says of accounts: their names, how they are proven, password
# synchronisation, and account files. Secrets are config-secret.t's.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::ConfigCases;
use AnonID::Test::Httpd;

require_build();
my $httpd = AnonID::Test::Httpd->new;
my $secret = spit($httpd->path('secret'), canary(), 0600);
my $accounts = spit($httpd->path('accounts'), "web:x\n", 0644);

# An account with these lines in its container.
sub account ($name, @lines)
{
    return join "\n", "<AnonIDAccount $name>", @lines, "</AnonIDAccount>\n";
}

my $sync = 'AnonIDPasswordSync On';
my $proven = "AnonIDSecret file:$secret";
my $file = "AnonIDLogon file $accounts";
my $oauth = 'AnonIDLogon oauth2 https://login.example.com/token client';
my $refresh = "AnonIDToken refresh file:$secret";
my $ca = AnonID::Test::CA->new;

takes($httpd,
    (map { ["the name $_", account($_, $sync)] }
         'visitor', 'SHOP\visitor', 'visitor@EXAMPLE.COM', '"a visitor"',
         'gäste'),
    ['a secret and an account file', account('web', $file, $proven)],
    ['an account file relative to ServerRoot',
     account('web', 'AnonIDLogon file accounts', $proven)],
    ['the server\'s account file',
     "AnonIDAccountFile $accounts\n" . account('web', $proven)],
    ['an account file that is given after its use',
     account('web', $proven) . "AnonIDAccountFile accounts"],
    ['an account file that the first start creates',
     "AnonIDAccountFile $secret.new\n" . account('web', $sync)],
    (map { ["the principal $_",
            account('web', "AnonIDLogon krb5 $_", $proven)] }
         'web@EXAMPLE.COM', 'web/host.example.com@EXAMPLE.COM',
         'web@shop.example@EXAMPLE.COM', '"a web/b@EXAMPLE.COM"'),
    ['a token', account('web', 'AnonIDLogon token',
                        "AnonIDToken file:$secret")],
    (map { ["the token endpoint $_",
            account('web', "AnonIDLogon oauth2 $_ client a b", $proven)] }
         'https://login.example.com/token?a=b', 'HTTPS://[2001:db8::1]:8443/',
         'http://127.0.0.1:8080/token', 'http://localhost/'),
    (map { ["a refresh token: $_", account('web', $oauth, split /; /)] }
         $refresh, "$refresh; $proven", "$proven; $refresh",
         "AnonIDToken REFRESH FILE:$secret",
         "$refresh; AnonIDLogonTLS ca=@{[ $ca->file ]}"),
    ['an endpoint with an authority of its own',
     account('web', $oauth, $proven, "AnonIDLogonTLS ca=@{[ $ca->file ]}")],
    ['synchronisation off', account('web', $file, $proven,
                                    'AnonIDPasswordSync Off')],
    (map { ["synchronisation: $_", account('web', "$sync $_")] }
         'bcrypt', 'scram-sha-256', 'sha512-crypt', 'shared',
         'bcrypt shared', 'shared bcrypt'),
    ['two accounts of one domain user and two files',
     account('A\web', $sync) . account('B\web', $sync, $file)],
    ['a synchronised account in a file of many',
     "AnonIDAccountFile " . spit($httpd->path('many'),
                                 "a:x\nweb:*:1\nIUSR_a:x\n")
     . "\n" . account('web', $sync)],
    ['<IfModule> inside an account',
     account('web', '<IfModule anonid_module>', $sync, '</IfModule>')],
);

refuses($httpd,
    ['a token and a secret', account('web', 'AnonIDLogon token', $proven,
                                     "AnonIDToken file:$secret"),
     qr/AnonIDToken and AnonIDSecret exclude each other/],
    ['a token account with a secret',
     account('web', 'AnonIDLogon token', $proven),
     qr/AnonIDSecret is of no use with AnonIDLogon token .*write AnonIDToken/],
    ['a token account without a token', account('web', 'AnonIDLogon token'),
     qr/has no secret: add AnonIDToken file:PATH/],
    ['a token for another account', account('web', $file,
                                            "AnonIDToken file:$secret"),
     qr/AnonIDToken is for AnonIDLogon token, .*write AnonIDSecret/],
    ['a token in a keytab', account('web', 'AnonIDLogon token',
                                    "AnonIDToken keytab:$secret"),
     qr/AnonIDToken keytab: a keytab holds no token; write file:PATH/],
    ['a token itself', account('web', 'AnonIDLogon token',
                               'AnonIDToken abcdef'),
     qr/AnonIDToken takes the place of a secret, never/],
    ['words after token', account('web', 'AnonIDLogon token x'),
     qr/AnonIDLogon token takes nothing more/],
    ['a token endpoint alone',
     account('web', 'AnonIDLogon oauth2 https://a.example/', $proven),
     qr/AnonIDLogon oauth2 takes the URL .*, the client's id and perhaps/],
    ['a token endpoint in the clear',
     account('web', 'AnonIDLogon oauth2 http://a.example/ id', $proven),
     qr/oauth2 'http:.*would send the client's secret in the clear; write ht/],
    (map { ["the token endpoint $_",
            account('web', "AnonIDLogon oauth2 $_ id", $proven),
            qr/AnonIDLogon oauth2 '\S+': it is not the URL of a token end/] }
         'ftp://a.example/', 'a.example', 'https:///x', 'https://u:p@a.exa/',
         'https://a.example/#x'),
    (map { ["a refresh token from $_",
            account('web', $oauth, "AnonIDToken refresh $_"),
            qr/AnonIDToken refresh takes file:PATH and nothing else: a token/] }
         '', '"exec:/bin/cat x"', 'credential:x', 'abcdef',
         "file:$secret file:$secret"),
    ['a refresh token that is not there',
     account('web', $oauth, "AnonIDToken refresh file:$secret.none"),
     qr/AnonIDToken file:\S+: the file '\S+' does not exist/],
    ['a refresh token in a folder that cannot be written',
     account('web', $oauth, 'AnonIDToken refresh file:/proc/self/comm'),
     qr/AnonIDToken (?:refresh: the folder \S+ cannot be written|file:)/],
    (map { ["a refresh token for $_", account('web', "AnonIDLogon $_",
                                              $refresh, $proven),
            qr/AnonIDToken refresh is for AnonIDLogon oauth2, .*nobody else/] }
         "file $accounts", 'krb5 web@EXAMPLE.COM'),
    ['a refresh token where there is nobody to ask',
     account('web', 'AnonIDLogon token', $refresh),
     qr/AnonIDToken refresh is for AnonIDLogon oauth2/],
    ['one refresh token for two accounts',
     account('a', $oauth, $refresh) . account('b', $oauth, $refresh),
     qr/accounts 'a' and 'b' have the same file, and each would use up/],
    ['a client without anything', account('web', $oauth),
     qr/has no secret: .*, or AnonIDToken refresh file:PATH/],
    ['an access token for a client',
     account('web', $oauth, "AnonIDToken file:$secret"),
     qr/AnonIDToken is for AnonIDLogon token, .*write AnonIDToken refresh, or/],
    ['a token before a secret',
     account('web', 'AnonIDLogon token', "AnonIDToken file:$secret", $proven),
     qr/AnonIDToken and AnonIDSecret exclude each other/],
    ['a token endpoint with another name',
     account('web', $oauth, $proven, 'AnonIDLogonTLS name=a.example'),
     qr/AnonIDLogonTLS name= goes with AnonIDLogon ldap; .*write that name/],
    ['TLS to an endpoint with http:',
     account('web', 'AnonIDLogon oauth2 http://localhost/ id', $proven,
             "AnonIDLogonTLS ca=@{[ $ca->file ]}"),
     qr/AnonIDLogonTLS: no TLS is spoken to a token endpoint with http:/],
    ['an account defined twice', account('web', $sync) x 2,
     qr/<AnonIDAccount web> is defined twice.*first is on line \d+ of/],
    ['twice, with the domain in another case',
     account('A\web', $sync) . account('a\web', $sync), qr/defined twice/],
    ['an account that is named None', account('none', $sync),
     qr/<AnonIDAccount None>.*choose another name/],
    ['no name', account('', $sync), qr/<AnonIDAccount> takes one argument/],
    ['two names', account('a b', $sync), qr/takes one argument/],
    ['a name with a colon', account('a:b', $sync),
     qr/<AnonIDAccount> cannot be named 'a:b'.*':'/],
    ['a domain without a user', account('SHOP\\', $sync),
     qr/cannot be named 'SHOP\\+'.*one side/],
    ['a name of 300 octets', account('x' x 300, $sync),
     qr/longer than 256 octets/],
    ['a user that would be a comment', account('"#web"', $sync),
     qr/'#web' would be a comment/],
    ['no closing bracket', "<AnonIDAccount web\n$sync\n</AnonIDAccount>",
     qr/missing closing '>'/],
    ['an account in a virtual host', '',
     qr/<AnonIDAccount> cannot occur within <VirtualHost> section/,
     vhosts => [localhost => account('web', $sync)]],
    ['an account in a section',
     "<Location />\n" . account('web', $sync) . '</Location>',
     qr/<AnonIDAccount not allowed in <Location> context/],
    (map { my ($name) = split;
           ["$name outside of an account", $_,
            qr/$name belongs inside <AnonIDAccount name>/] }
         'AnonIDLogon file', $proven, $sync),
    ['another directive in an account', account('web', $sync, 'Timeout 5'),
     qr/Timeout cannot stand inside <AnonIDAccount>, which holds only: /],
    ['an account in an account', account('a', account('b', $sync)),
     qr/<AnonIDAccount cannot stand inside/],
    (map { my ($name) = split;
           ["$name twice", account('web', $_, $_),
            qr/$name is given twice.*first is on line \d+/] }
         $file, $proven, $sync),
);

# Logon.
refuses($httpd,
    ['no provider', account('web', 'AnonIDLogon'),
     qr/AnonIDLogon names no provider.*file.*ldap.*krb5/],
    ['an unknown provider', account('web', 'AnonIDLogon radius'),
     qr/AnonIDLogon 'radius' is no provider: write file/],
    ['two account files', account('web', 'AnonIDLogon file a b'),
     qr/AnonIDLogon file takes one path.*in quotes/],
    (map { ["the principal $$_[0]",
            account('web', "AnonIDLogon krb5 $$_[0]", $proven),
            qr/AnonIDLogon krb5 '.*': .*$$_[1]/] }
         ['web', qr/its realm is missing; write web\@REALM/],
         ['SHOP\web', qr/a backslash stands before .* write web\@REALM/],
         ['web\@EXAMPLE.COM', qr/its realm is missing/],
         ['@EXAMPLE.COM', qr/a part of '\@EXAMPLE.COM' is empty/],
         ['web@', qr/is empty; write user\@REALM/],
         ['web//@EXAMPLE.COM', qr/is empty/],
         ['a@b@c@EXAMPLE.COM', qr/more than two '\@'/],
         ['x' x 1030 . '@EXAMPLE.COM', qr/longer than 1024 octets/]),
    ['krb5 without a principal', account('web', 'AnonIDLogon krb5'),
     qr/AnonIDLogon krb5 takes one principal/],
    ['krb5 with two principals', account('web', 'AnonIDLogon krb5 a b'),
     qr/AnonIDLogon krb5 takes one principal/],
);

# Password synchronisation. The first two have the words of the manual.
my $words = 'it is not a supported configuration and may cause all access to '
    . 'be denied. Specify a valid password with AnonIDSecret.';

refuses($httpd,
    ['synchronisation with krb5',
     account('YOURDOMAIN\AnonUser', 'AnonIDLogon krb5 a@EXAMPLE.COM', $sync),
     qr/^AnonIDPasswordSync\ cannot\ be\ used\ with\ the\ non-local\ account
        \ 'YOURDOMAIN\\+AnonUser'\ \(AnonIDLogon\ krb5\):\ \Q$words\E$/mx],
    ['synchronisation with ldap, whatever comes first',
     account('web', $sync, 'AnonIDLogon ldap ldaps://a.test cn=web'),
     qr/^AnonIDPasswordSync\ cannot\ be\ used\ with\ the\ non-local\ account
        \ 'web'\ \(AnonIDLogon\ ldap\):\ \Q$words\E$/mx],
    ['synchronisation and a secret', account('web', $sync, $proven),
     qr/AnonIDSecret and AnonIDPasswordSync On exclude each other.*web/],
    ['neither synchronisation nor a secret', account('web', $file),
     qr/<AnonIDAccount web> has no secret.*AnonIDSecret.*PasswordSync On/],
    ['synchronisation off and no secret',
     account('web', 'AnonIDPasswordSync Off'), qr/has no secret/],
    ['an empty account', account('web'), qr/has no secret/],
    ['synchronisation neither on nor off',
     account('web', 'AnonIDPasswordSync'), qr/must be On or Off/],
    ['synchronisation yes', account('web', 'AnonIDPasswordSync yes'),
     qr/AnonIDPasswordSync must be On or Off/],
    ['an unknown scheme', account('web', "$sync md5"),
     qr/AnonIDPasswordSync On 'md5'.*scram-sha-256, bcrypt and sha512-crypt/],
    ['two schemes', account('web', "$sync bcrypt scram-sha-256"),
     qr/AnonIDPasswordSync On 'scram-sha-256': .*one of/],
    ['off with a scheme', account('web', 'AnonIDPasswordSync Off bcrypt'),
     qr/AnonIDPasswordSync Off takes nothing/],
    ['two synchronised accounts of one line',
     account('A\web', $sync) . account('B\web', $sync),
     qr/'A\\+web' and 'B\\+web' are both 'web'.*another name or file/],
);

# A synchronised account that its file does not know is named at once, with
# what to do. The file is not touched.
for my $case (
    ['knows others', "alice:x\n", 'visitor',
     qr/ANID0501:.*\ on\ line\ \d+\ of.*\ 'visitor'\ has\ no\ line.*
        add\ the\ line\ visitor:\*.*afterwards:\ anonidctl\ create\ visitor/x],
    ['knows it in a comment', "#visitor:x\n", 'visitor', qr/has no line in/],
    ['is empty', '', 'visitor', qr/has no line in/],
    ['knows an IUSR_ of another name', "IUSR_old:x\n", 'IUSR_new',
     qr/knows\ 'IUSR_old'\ and\ not\ 'IUSR_new':\ the\ machine\ was\ renamed.*
        anonidctl\ create\ IUSR_new.*<AnonIDAccount\ IUSR_old>/x],
) {
    my ($what, $text, $name, $pattern) = @$case;
    my $path = spit($httpd->path('lines'), $text);
    my ($exit, $output) = $httpd->configtest(
        "AnonIDAccountFile $path\n" . account($name, $sync));

    is $exit, 0, "a file that $what is taken";
    like $output, $pattern, '... with a warning';
    is slurp($path), $text, '... and is not touched';
}
{
    my $path = spit($httpd->path('lines'), "IUSR_other:x\n");
    my ($exit, $output) = $httpd->configtest(
        "AnonIDAccountFile $path\nAnonIDMapTo");

    is $exit, 0, 'a renamed machine is taken';
    like $output, qr/knows 'IUSR_other' and not 'IUSR_.*machine was renamed/,
        '... with a warning';
}

# Account files.
refuses($httpd,
    ['an account file that is missing',
     account('web', 'AnonIDLogon file nowhere', $proven),
     qr/account file '\S+nowhere' of 'web' does not exist; create it/],
    ['the default account file, missing', account('web', $proven),
     qr/account file '\S+state\/accounts' of 'web' does not exist/],
    ['an account file in a missing folder',
     account('web', 'AnonIDLogon file nowhere/accounts', $sync),
     qr/cannot be created: '\S+nowhere' is not a directory/],
    ['an account file that is a directory',
     account('web', "AnonIDLogon file @{[$httpd->path('logs')]}", $sync),
     qr/is not a regular file/],
    ['an account file that everybody can write',
     account('web', 'AnonIDLogon file '
             . spit($httpd->path('open'), "web:x\n", 0666), $proven),
     qr/'\S+open' of 'web' can be written by everybody \(mode 0666\)/],
    ['an empty path', 'AnonIDAccountFile ""',
     qr/AnonIDAccountFile/],
    ['AnonIDAccountFile in a virtual host', '',
     qr/AnonIDAccountFile cannot occur within <VirtualHost>/,
     vhosts => [localhost => 'AnonIDAccountFile x']],
);

done_testing;
