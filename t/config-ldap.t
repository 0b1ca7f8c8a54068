# SPDX-License-Identifier: Apache-2.0
#
# What httpd -t says of accounts in a directory: servers, searches, TLS, how
# long a bind is good, and who searches.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::ConfigCases;
use AnonID::Test::Httpd;

require_build();
my $httpd = AnonID::Test::Httpd->new;
my $secret = spit($httpd->path('secret'), canary(), 0600);
my $ca = AnonID::Test::CA->new->file;
my $closed = spit($httpd->path('closed/ca.pem'), slurp($ca), 0644);

# An account with these lines in its container.
sub account ($name, @lines)
{
    return join "\n", "<AnonIDAccount $name>", @lines, "</AnonIDAccount>\n";
}

sub ldap ($words, @lines)
{
    return account('web', "AnonIDLogon ldap $words",
                   "AnonIDSecret file:$secret", @lines);
}

my $server = 'ldaps://a.test';
my $dn = '"uid=web,dc=example,dc=test"';
my $search = 'ldap:///dc=example,dc=test?uid?sub?(objectClass=person)';

# The account that searches for 'web'.
sub searcher ($name, $words = "$server uid=search", @lines)
{
    return account($name, "AnonIDLogon ldap $words",
                   "AnonIDSecret file:$secret", @lines);
}

takes($httpd,
    (map { ["the server $_", ldap("$_ $dn")] }
         'ldap://a.test', 'ldap://a.test:3890', 'LDAPS://a.test',
         'ldaps://a.test:6360', 'ldaps://a.test/', 'ldap://[::1]:3890',
         'ldap://127.0.0.1', 'ldap://a_b.test',
         'ldapi://%2Frun%2Fslapd%2Fldapi'),
    ['three servers', ldap("$server ldap://b.test ldapi://%2fx $dn")],
    ['a Windows name', ldap("$server EXAMPLE\\\\web")],
    ['a principal name', ldap("$server web\@example.test")],
    (map { ["the search $_", ldap("$server \"$_\"")] }
         $search, 'ldap:///dc=test', 'ldap:///dc=test?cn',
         'ldap:///dc=test??one', 'ldap:///dc=test??base?(cn=web)',
         'ldap:///dc=test???(&(cn=web)(!(cn=a%3Fb)))',
         'ldap:///ou=a%20b,dc=test?cn?SUB'),
    ['a search at its server', ldap('ldaps://a.test/dc=test?uid')],
    ['a search at the second server',
     ldap("ldap://b.test ldaps://a.test/dc=test?uid")],
    ['whom to trust', ldap("$server $dn", "AnonIDLogonTLS ca=$ca")],
    ['the name in the certificates',
     ldap("$server $dn", "AnonIDLogonTLS name=b.test CA=$ca")],
    (map { ["a lifetime of $_",
            ldap("$server $dn", "AnonIDLogonLifetime $_")] } 1, 86400),
    ['who searches', searcher('other')
     . ldap("$server $search", 'AnonIDLogonSearchAs other')],
    ['who searches, defined later',
     ldap("$server $search", 'AnonIDLogonSearchAs A\other')
     . searcher('a\other')],
    ['who searches is searched for',
     ldap("$server $search", 'AnonIDLogonSearchAs other')
     . searcher('other', "$server $search", 'AnonIDLogonSearchAs third')
     . searcher('third')],
);

refuses($httpd,
    ['no words', ldap(''), qr/AnonIDLogon ldap takes the URLs.*DN/],
    ['no DN', ldap('ldaps://a.test'), qr/AnonIDLogon ldap takes the URLs/],
    ['no DN after two servers', ldap('ldaps://a.test ldaps://b.test'),
     qr/after the last server \('ldaps:\/\/b\.test'\).*DN is missing/],
    ['no DN after a slash', ldap('ldaps://a.test/'), qr/DN is missing/],
    ['an empty DN', ldap("$server \" \""), qr/the account's DN is empty/],
    ['no URL', ldap('a.test cn=web'), qr/'a\.test' is not a URL.*ldaps:\/\//],
    ['no server', ldap($search), qr/names no server: write ldap:\/\/host/],
    (map { ["the server $_", ldap("$_ $dn"), qr/'\Q$_\E': after the scheme/] }
         'ldap://', 'ldap://:389', 'ldap://a:b', 'ldap://a.test:0',
         'ldap://a.test:65536', 'ldap://a+b', 'ldap://-a'),
    ['a password in the URL', ldap("ldap://me:secret\@a.test $dn"),
     qr/no user name or password/],
    ['a socket that is not encoded', ldap("ldapi:///run/ldapi $dn"),
     qr/'ldapi:\/\/\/run\/ldapi': ldapi:\/\/ takes .* %2F for each/],
    ['a search that is not the last', ldap("ldap://a.test/dc=test $dn"),
     qr/only the last URL can have a search/],
    (map { ["the search $_->[0]", ldap("$server \"$_->[0]\""), $_->[1]] }
         ['ldap:///dc=test?a,b', qr/one attribute/],
         ['ldap:///dc=test??subtree', qr/base, one or sub/],
         ['ldap:///dc=test???cn=web', qr/in parentheses/],
         ['ldap:///dc=test???(cn=web', qr/each of which is closed/],
         ['ldap:///dc=test???(cn=web)(a=b)', qr/in parentheses/],
         ['ldap:///dc=test???cn=(web)', qr/in parentheses/],
         ['ldap:///dc=test???(cn=web))', qr/each of which is closed/],
         ['ldap:///dc=test???(cn=web)?x', qr/nothing may follow the filter/]),
    (map { ["TLS with $_", ldap("$server $dn", "AnonIDLogonTLS $_"),
            qr/AnonIDLogonTLS '\Q$_\E': .*cannot be turned off/] }
         'verify=none', 'never', $ca),
    ['TLS without words', ldap("$server $dn", 'AnonIDLogonTLS'),
     qr/AnonIDLogonTLS takes ca=FILE, name=HOST/],
    ['two authorities', ldap("$server $dn", "AnonIDLogonTLS ca=$ca ca=$ca"),
     qr/each once/],
    ['no file of authorities', ldap("$server $dn", 'AnonIDLogonTLS ca='),
     qr/AnonIDLogonTLS ca= names no file/],
    ['authorities that are not there',
     ldap("$server $dn", 'AnonIDLogonTLS ca=/nonexistent.pem'),
     qr/AnonIDLogonTLS ca=\/nonexistent\.pem: the file does not exist/],
    ['authorities that are none', ldap("$server $dn",
                                       "AnonIDLogonTLS ca=$secret"),
     qr/AnonIDLogonTLS ca=\Q$secret\E: the file/],
    (map { ["the name $_", ldap("$server $dn", "AnonIDLogonTLS \"name=$_\""),
            qr/AnonIDLogonTLS name='\Q$_\E' is not a host name/] }
         '', 'a b', 'a:389', 'ldap://a'),
    ['TLS over a socket', ldap("ldapi://%2Fx $dn", "AnonIDLogonTLS ca=$ca"),
     qr/no TLS is spoken over ldapi/],
    (map { ["a lifetime of $_",
            ldap("$server $dn", "AnonIDLogonLifetime \"$_\""),
            qr/AnonIDLogonLifetime '\Q$_\E': .* from 1 to 86400/] }
         '0', '-1', '86401', '10m', '99999999999999999999'),
    ['nobody of that name searches',
     ldap("$server $search", 'AnonIDLogonSearchAs other'),
     qr/AnonIDLogonSearchAs 'other': there is no such account/],
    ['somebody local searches',
     account('other', 'AnonIDPasswordSync On')
     . ldap("$server $search", 'AnonIDLogonSearchAs other'),
     qr/AnonIDLogonSearchAs 'other': that account is in no directory/],
    ['the account itself searches',
     ldap("$server $search", 'AnonIDLogonSearchAs web'),
     qr/AnonIDLogonSearchAs 'web': it would be searched for by/],
    ['two that search for each other',
     ldap("$server $search", 'AnonIDLogonSearchAs other')
     . searcher('other', "$server $search", 'AnonIDLogonSearchAs web'),
     qr/AnonIDLogonSearchAs 'web': it would be searched for by/],
    ['somebody searches for a DN',
     searcher('other') . ldap("$server $dn", 'AnonIDLogonSearchAs other'),
     qr/AnonIDLogonSearchAs: nothing is searched for in <AnonIDAccount web>/],
    ['a name that no account can have',
     ldap("$server $search", 'AnonIDLogonSearchAs a/b'),
     qr/AnonIDLogonSearchAs 'a\/b' cannot be an account/],
    (map { my ($name) = split;
           ["$name outside of an account", $_,
            qr/$name belongs inside <AnonIDAccount name>/],
           ["$name twice", ldap("$server $search", $_, $_),
            qr/$name is given twice/],
           ["$name with a local account",
            account('web', 'AnonIDPasswordSync On', $_),
            qr/$name goes with AnonIDLogon ldap, .*'web' has AnonIDLogon f/] }
         "AnonIDLogonTLS ca=$ca", 'AnonIDLogonLifetime 60',
         'AnonIDLogonSearchAs web'),
);

SKIP: {
    skip 'needs root', 1 if !is_root();
    chmod 0700, $httpd->path('closed') or die "chmod: $!";
    refuses($httpd,
        ['authorities that the agent cannot read',
         ldap("$server $dn", "AnonIDLogonTLS ca=$closed"),
         qr/AnonIDLogonTLS ca=\S+: the agent's user cannot read/]);
}

done_testing;
