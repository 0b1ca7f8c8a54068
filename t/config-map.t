# SPDX-License-Identifier: Apache-2.0
#
# What httpd -t says of the directives that map requests to accounts.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::ConfigCases;
use AnonID::Test::Httpd;
use Sys::Hostname qw(hostname);

require_build();
my $httpd = AnonID::Test::Httpd->new;
my $short = hostname() =~ s/\..*//sr;

# Accounts that cases map to.
my $accounts = <<'END';
<AnonIDAccount visitor>
AnonIDPasswordSync On
</AnonIDAccount>
<AnonIDAccount SHOP\Guest>
AnonIDPasswordSync On
</AnonIDAccount>
END

takes($httpd,
    ['nothing at all', ''],
    ['the default account', 'AnonIDMapTo'],
    ['the default account by name', "AnonIDMapTo IUSR_$short"],
    ['the default account in another case', "AnonIDMapTo iusr_\U$short"],
    ['the default account by full name',
     "AnonIDMapTo IUSR_@{[hostname() =~ /\./ ? hostname() : qq($short.lan)]}"],
    ['no account', 'AnonIDMapTo None'],
    ['an account', "${accounts}AnonIDMapTo visitor"],
    ['an account defined after its use', "AnonIDMapTo visitor\n$accounts"],
    ['a domain in another case', "${accounts}AnonIDMapTo shop\\Guest"],
    ['a defined account of the default name, without a name',
     "<AnonIDAccount IUSR_$short>\nAnonIDPasswordSync On\n"
     . "</AnonIDAccount>\nAnonIDMapTo"],
    ['sections', <<"END"],
$accounts
<Directory />
AnonIDMapTo visitor
AnonIDValidUser On
</Directory>
<Location /a>
AnonIDMapTo None
</Location>
<Files x>
AnonIDMapTo SHOP\\Guest
</Files>
<If "true">
AnonIDMapTo visitor
AnonIDUnless "%{HTTP_COOKIE} =~ /session=/"
AnonIDRemoteUser none
AnonIDOnLogonFailure decline
</If>
END
    ['a virtual host', '', vhosts => [localhost => 'AnonIDMapTo']],
    ['an unquoted expression', 'AnonIDUnless %{REQUEST_URI} =~ m#^/app/#'],
    ['a quoted expression', q(AnonIDUnless "%{REQUEST_URI} == '/'")],
    ['an expression that begins with a quote',
     q(AnonIDUnless "a" == %{REQUEST_URI})],
    (map { ["AnonIDRemoteUser $_", "AnonIDRemoteUser $_"] }
         'account', 'none', 'guest', '"a visitor"'),
    (map { ["AnonIDOnLogonFailure $_", "AnonIDOnLogonFailure $_"] }
         'unavailable', 'forbidden', 'decline', 'Decline'),
);

refuses($httpd,
    ['an unknown account while none is defined', 'AnonIDMapTo visitor',
     qr/AnonIDMapTo 'visitor'.*define it.*default account 'IUSR_\Q$short\E'/],
    ['an unknown account among others', "${accounts}AnonIDMapTo Visitor",
     qr/AnonIDMapTo 'Visitor'.*write one of: visitor, SHOP\\\\Guest/],
    ['an unknown account in a virtual host', '',
     qr/AnonIDMapTo 'nobody'/, vhosts => ['a.test' => 'AnonIDMapTo nobody']],
    ['an unknown account in a section',
     "<Location /x>\nAnonIDMapTo nobody\n</Location>",
     qr/AnonIDMapTo 'nobody'/],
    ['an unknown account that a later line replaces',
     "AnonIDMapTo nobody\nAnonIDMapTo None", qr/AnonIDMapTo 'nobody'/],
    ['the default account of another machine', 'AnonIDMapTo IUSR_elsewhere',
     qr/AnonIDMapTo 'IUSR_elsewhere'/],
    ['no name while accounts are defined', "${accounts}AnonIDMapTo",
     qr/AnonIDMapTo without a name.*only while no.*one of: visitor/],
    ['the default account while accounts are defined',
     "${accounts}AnonIDMapTo IUSR_$short", qr/'IUSR_\Q$short\E'.*one of/],
    ['two accounts', 'AnonIDMapTo a b', qr/takes one account.*in quotes/],
    ['an empty name', 'AnonIDMapTo "" x', qr/takes one account/],
    ['a method', "<Location />\n<Limit GET>\nAnonIDMapTo None\n</Limit>\n"
     . '</Location>', qr/AnonIDMapTo.*Limit/],
    ['a broken expression', 'AnonIDUnless "%{HTTP_COOKIE} =~"',
     qr/AnonIDUnless: cannot parse the expression '%\{HTTP_COOKIE\} =~'/],
    ['no expression', 'AnonIDUnless', qr/AnonIDUnless takes an expression/],
    ['a remote user of two words', 'AnonIDRemoteUser a visitor',
     qr/AnonIDRemoteUser takes one argument/],
    ['a remote user with a control character',
     "AnonIDRemoteUser \"a\tb\"", qr/AnonIDRemoteUser.*control character/],
    ['an unknown answer', 'AnonIDOnLogonFailure ignore',
     qr/AnonIDOnLogonFailure 'ignore'.*unavailable.*forbidden.*decline/],
    ['AnonIDMailFields body', 'AnonIDMailFields name body=Text',
     qr/AnonIDMailFields 'body=Text': every form has a field of that name/],
    ['AnonIDMailFields twice', "AnonIDMailFields a=A\nAnonIDMailFields a=B",
     qr/AnonIDMailFields 'a=B': it is listed twice/],
    ['AnonIDMailFields without a name', 'AnonIDMailFields =A',
     qr/AnonIDMailFields '=A': a name has .*name=Label/],
    ['AnonIDMailFields without a label', 'AnonIDMailFields a=',
     qr/AnonIDMailFields 'a=': a label has .*name=Label/],
    ['AnonIDMailFields half quoted', 'AnonIDMailFields a="A b"',
     qr/AnonIDMailFields 'a="A': .*quoted with its name/],
    ['AnonIDHeaders X:Y', 'AnonIDHeaders X:Y',
     qr/AnonIDHeaders 'X:Y' is no name.*X-My-\*/],
    ['AnonIDHeaders of all', 'AnonIDHeaders *', qr/AnonIDHeaders '\*' is no/],
    ['AnonIDHeaders Host', 'AnonIDHeaders X-User HOST',
     qr/AnonIDHeaders 'HOST' would take out a field that every request/],
    ['AnonIDHeaders that take Host', 'AnonIDHeaders h*',
     qr/AnonIDHeaders 'h\*' would take out/],
    ['AnonIDHeaders in a section', "<Location />\nAnonIDHeaders X\n</Location>",
     qr/AnonIDHeaders not allowed/],
    ['AnonIDValidUser outside of a section', 'AnonIDValidUser On',
     qr/AnonIDValidUser not allowed/],
    ['AnonIDValidUser Maybe', "<Location />\nAnonIDValidUser Maybe\n"
     . '</Location>', qr/AnonIDValidUser must be On or Off/],
    (map { ["$_, which does not exist yet", "$_ x",
            qr/Invalid command '$_'/] }
         qw(AnonIDForward AnonIDExportTickets)),
);

# Ten thousand virtual hosts with the same mistake are not reported in full.
{
    my @vhosts = map { ("v$_.test" => 'AnonIDMapTo nobody') } 1 .. 40;
    my (undef, $output) = $httpd->configtest('', vhosts => \@vhosts);

    is scalar(() = $output =~ /AnonIDMapTo 'nobody'/g), 20,
        'the same mistake is reported twenty times';
    like $output, qr/further errors are not shown/, 'which is said';
}

# httpd refuses the directives in .htaccess files, AllowOverrideList or not.
{
    my $server = AnonID::Test::Httpd->new(config => <<'END')->start;
<Directory "${HTDOCS}">
AllowOverride All
AllowOverrideList AnonIDRemoteUser
Require all granted
</Directory>
LogLevel anonid:debug anonid_module:debug
END

    for my $line ('AnonIDMapTo None', 'AnonIDRemoteUser root') {
        $server->document('.htaccess', "$line\n");
        $server->document('index.html', 'x');
        $server->expect_log(
            qr/\.htaccess: \w+ (?:not allowed|cannot occur within htaccess)/);
        is $server->get('/')->{status}, 500, "$line is refused in .htaccess";
    }
}

done_testing;
