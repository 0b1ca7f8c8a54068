# SPDX-License-Identifier: Apache-2.0
#
# Accounts log on with the keys in a keytab, which may be replaced or get new
# keys while httpd runs; one that is damaged or holds other keys is told apart
# from a bad key, and is never sent to the KDC.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::KDC;
use AnonID::Test::LogonSite;
use AnonID::Test::Memory qw(find_in_memory can_read_memory);
use Time::HiRes qw(time);

skip_unless_program('krb5kdc', 'kadmin.local');
require_build;

my @names = qw(web many rolled others short cut text holes);
my $kdc = AnonID::Test::KDC->new(
    principals => { map { ($_ => undef) } @names })->start;
my $unknown = 'Logon failure: unknown user name or bad password.';

%ENV = (%ENV, $kdc->env);

sub keytab_of ($name) { return slurp($kdc->keytab($name)) }

# As one change, like a program that copies a keytab well.
sub put ($name, $octets)
{
    my $path = $kdc->path("$name.keytab.used");

    spit("$path.next", $octets, 0600);
    rename "$path.next", $path or die "$path: $!";
    return $path;
}

# Removes the first key the way ktutil does: a hole of that size.
sub with_hole ($octets)
{
    my $size = unpack 'l>', substr $octets, 2, 4;

    substr $octets, 2, 4 + $size, pack('l>', -$size) . "\0" x $size;
    return $octets;
}

my $web = keytab_of('web');
my %keytab = (
    web => $web,
    many => $web . substr(keytab_of('others'), 2)
        . substr(keytab_of('many'), 2),
    holes => with_hole(keytab_of('holes')),
    rolled => keytab_of('rolled'),
    others => $web,
    # The first key is whole: to libkrb5 this would be a keytab.
    short => substr(keytab_of('short'), 0, -3),
    cut => substr(keytab_of('cut'), 0, 20),
    text => "this is not a keytab\n",
);
my $site = AnonID::Test::LogonSite->new(accounts => {
    map { ($_ => { logon => "krb5 $_\@EXAMPLE.TEST",
                   source => 'keytab:' . put($_, $keytab{$_}) }) } @names });

my %failure = (
    others => [1326, 'KRB5_KT_NOTFOUND (the keytab holds no key of the '
               . 'principal)'],
    short => [5, 'the keytab is cut off'],
    cut => [5, 'the keytab is cut off'],
    text => [5, 'it is not a keytab'],
);
$site->expect_failure($_ => $failure{$_}[0]) for keys %failure;
$site->start;

is $site->wait_state($_ => 'logged on')->{attempts}, 1, "$_ is logged on"
    for qw(web many rolled holes);
for my $name (sort keys %failure) {
    my ($code, $detail) = @{ $failure{$name} };

    is $site->wait_failure($name => $code)->{detail}, $detail,
        "$name: why it is refused";
    is $site->served($name), 503, '... and its visitors wait';
    is $kdc->requests($name), 0, '... and the KDC never hears of it';
}
is $site->warning('others'),
    $site->warning_text('Kerberos account', 'others', 1326, $unknown, 'krb5')
    . ", $failure{others}[1]]", 'the warning is in the words of the manual';
is $site->warning('cut'),
    $site->warning_text('Kerberos account', 'cut', 5, 'Access is denied.',
                        'krb5') . ", $failure{cut}[1]]",
    '... also where the keytab cannot be read';

# The right keytab.
my $began = time;
$site->expect_recovery($_) for keys %failure;
put($_ => keytab_of($_)) for keys %failure;
$site->wait_state($_ => 'logged on') for sort keys %failure;
cmp_ok time - $began, '<', 5, 'the right keytabs are taken up within 5 s';

# New keys are added to the keytab, in place, while httpd runs.
my $path = $kdc->path('rolled.keytab.used');
my $expires = $site->status('rolled')->{expires};
$kdc->kadmin('ktadd', '-k', $path, 'rolled');
like $kdc->kadmin('getprinc', 'rolled'), qr/vno 2/, 'the keys roll over';
my $status = $site->wait_status(
    rolled => sub ($s) { $s->{attempts} == 2 && $s->{code} == 0 },
    'logged on with the new key');
is $status->{failures}, 0, 'the new key is taken up, and no old one is tried';
like $kdc->log_text, qr/AS_REQ .*ISSUE: .* rolled\@/, '... by the KDC';
is $site->served('rolled'), 200, '... and visitors are served';

# A wrong new one leaves the old in use.
$site->expect_failure(web => 5);
put(web => substr $web, 0, -1);
$status = $site->wait_failure(web => 5);
is $status->{state}, 'logged on', 'a new damaged keytab: the old stays in use';
like $site->warning('web'), qr/the keytab is cut off\] The new secret was not/,
    '... which the warning says';
is $kdc->requests('web'), 1, '... and the KDC does not hear of it';

# The keys are the agent's only.
SKIP: {
    skip 'needs to read processes\' memory', 1 if !can_read_memory($$);
    my %forms = (key => substr keytab_of('many'), -40, 32);

    is_deeply [find_in_memory(\%forms, $site->httpd_pids)], [],
        'no httpd process holds a key';
}

done_testing;
