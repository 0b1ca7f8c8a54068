# SPDX-License-Identifier: Apache-2.0
#
# The servers that accounts log on to, without mod_anonid: each can put an
# account into the states that have an error code, and says so in its own way.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::KDC;
use AnonID::Test::Process qw(run);
use AnonID::Test::SambaDC;
use AnonID::Test::Slapd;

my $ca = AnonID::Test::CA->new;
my $password = canary();

sub have (@programs)
{
    return !grep { my $name = $_; !grep { -x "$_/$name" }
                   split /:/, $ENV{PATH} } @programs;
}

sub ldap_bind ($url, $dn, $secret, @more)
{
    my ($exit, $output) = run(
        ['ldapsearch', '-x', '-LLL', '-e', 'ppolicy', '-H', $url, '-D', $dn,
         '-w', $secret, '-s', 'base', '-b', '', @more, '1.1'],
        env => { LDAPTLS_CACERT => $ca->file }, timeout => 5);

    return "$exit $output";
}

sub kinit ($server, $name, $secret)
{
    my ($exit, $output) = run(['kinit', '-c', temp_root() . '/ccache', $name],
                              input => "$secret\n", env => { $server->env });

    return "$exit $output";
}

# Each state of an account, and what the server's tool says in it.
sub test_states ($server, $what, $logon, @states)
{
    while (my ($state, $answer) = splice @states, 0, 2) {
        $server->set_state(anon => $state);
        like $logon->($password), $answer, "$what: $state";
    }
}

sub test_slapd ()
{
    my $slapd = AnonID::Test::Slapd->new(
        ca => $ca, users => { anon => { password => $password } })->start;
    my $bind = sub ($secret, $scheme = 'ldap', @more) {
        ldap_bind($slapd->url($scheme), $slapd->dn('anon'), $secret, @more);
    };

    like $bind->($password, @$_), qr/^0 /, "slapd: @$_"
        for ['ldap'], ['ldap', '-ZZ'], ['ldaps'], ['ldapi'];
    is $slapd->binds('anon'), 4, 'slapd: binds are counted';
    test_states($slapd, 'slapd', $bind,
                locked => qr/^49 .*Account locked/,
                expired => qr/^49 .*Password expired/,
                must_change => qr/^0 .*must be changed/,
                good => qr/^0 dn:\s*$/);
    $bind->('wrong') for 1 .. 3;
    like $bind->($password), qr/^49 .*Account locked/, 'slapd: locks itself';
    $slapd->pause;
    like $bind->($password, 'ldap', '-o', 'nettimeout=1'), qr/^(?!0)/,
        'slapd: paused';
    $slapd->resume->set_state(anon => 'good')->set_password(anon => 'new');
    like $bind->('new'), qr/^0 dn:\s*$/, 'slapd: goes on, with a new password';
}

sub test_kdc ()
{
    my $kdc = AnonID::Test::KDC->new(
        principals => { anon => $password, other => $password,
                        'smtp/localhost' => undef })->start;
    my $logon = sub ($secret) { kinit($kdc, 'anon', $secret) };

    test_states($kdc, 'KDC', $logon,
                good => qr/^0 /,
                disabled => qr/revoked/,
                expired => qr/entry in database has expired/,
                password_expired => qr/Password expired/,
                must_change => qr/Password expired/,
                good => qr/^0 /);
    is $kdc->requests('anon'), 6, 'KDC: requests are counted';
    kinit($kdc, 'other', 'wrong') for 1 .. 3;
    like kinit($kdc, 'other', $password), qr/revoked/, 'KDC: locks';
    $kdc->set_state(anon => 'good')->set_password(anon => 'new');
    like $logon->('new'), qr/^0 /, 'KDC: a new password';
    is +(stat $kdc->keytab('smtp/localhost'))[2] & 0777, 0600, 'KDC: keytab';
    $kdc->stop;
    like $logon->('new'), qr/Cannot contact any KDC/, 'KDC: stopped';
    $kdc->start;
    like $logon->('new'), qr/^0 /, 'KDC: and started again';
}

sub test_domain_controller ()
{
    my $dc = AnonID::Test::SambaDC->new(
        ca => $ca, users => { anon => $password })->start;
    my $bind = sub ($secret) {
        ldap_bind('ldap://' . $dc->address, $dc->dn('anon'), $secret, '-ZZ');
    };
    my $logon = sub ($secret) { kinit($dc, 'anon', $secret) };

    test_states($dc, 'controller, LDAP', $bind,
                good => qr/^0 dn:/, disabled => qr/data 533/,
                expired => qr/data 701/, must_change => qr/data 773/,
                password_expired => qr/data 532/, workstation => qr/data 531/,
                hours => qr/data 530/, locked => qr/data 775/);
    test_states($dc, 'controller, Kerberos', $logon,
                good => qr/^0 /, disabled => qr/revoked/,
                expired => qr/revoked/, must_change => qr/Password expired/,
                password_expired => qr/Password expired/,
                workstation => qr/^0 /, hours => qr/revoked/,
                locked => qr/revoked/);
    is $dc->bad_passwords('anon'), 3, 'controller: wrong ones are counted';
    $dc->set_state(anon => 'good');
    like $bind->('wrong'), qr/data 52e/, 'controller: a wrong password';
    is $dc->bad_passwords('anon'), 1, 'controller: is counted';
    $dc->set_password(anon => $password = canary());
    like $logon->($password), qr/^0 /, 'controller: a new password';
    ok -s $dc->keytab('anon'), 'controller: keytab';
}

SKIP: {
    skip 'needs slapd and ldapsearch', 1 if !have(qw(slapd ldapsearch));
    test_slapd();
}
SKIP: {
    skip 'needs krb5kdc and kinit', 1 if !have(qw(krb5kdc kadmin.local kinit));
    test_kdc();
}
SKIP: {
    skip 'needs root and Samba', 1
        if !is_root() || !have(qw(samba samba-tool ldbmodify wbinfo ip));
    test_domain_controller();
}
done_testing;
