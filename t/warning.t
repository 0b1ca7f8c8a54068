# SPDX-License-Identifier: Apache-2.0
#
# A failed logon is reported in the words that operators of IIS know: once, in
# the server's error log and in that of each virtual host that maps to the
# account, and in no other. So is its end.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;

require_build;

my $HELP = 'https://help.example/logon';
my $password = canary();
my $account = 'YOURDOMAIN\AnonUser';
my $MAPS = "AnonIDMapTo $account";

# own: a log of its own; shared: in the log of own; section: maps in a part
# of it only; inherits: from the server. The last two do not map.
my $httpd = AnonID::Test::Httpd->new(
    config => <<"END",
AnonIDHelpURL $HELP
<AnonIDAccount $account>
AnonIDLogon file "\${DIR}/accounts"
AnonIDSecret "file:\${DIR}/secret"
</AnonIDAccount>
<AnonIDAccount other>
AnonIDLogon file "\${DIR}/accounts"
AnonIDSecret "file:\${DIR}/other-secret"
</AnonIDAccount>
$MAPS
END
    vhosts => [
        'own.test' => $MAPS,
        'shared.test' => "$MAPS\nErrorLog logs/vhost-own.test.log",
        'section.test' => <<"END",
AnonIDMapTo None
<Location "/deep/down">
$MAPS
</Location>
END
        'inherits.test' => '',
        'none.test' => 'AnonIDMapTo None',
        'other.test' => 'AnonIDMapTo other',
    ]);

# One line; what follows in the bracket is the provider's detail.
my $WARNING = <<"END" =~ s/\n/ /gr =~ s/ $//r;
ANID0001: The server was unable to logon the Windows NT account '$account' due
to the following error: Logon failure: unknown user name or bad password. The
data is the error code. For additional information specific to this message
please visit $HELP#1326 [data 0000052e, provider file
END

my @MAPPING = qw(error own.test section.test inherits.test);
my @OTHERS = qw(none.test other.test shared.test);

# A verifier in the account file, which never holds a password.
sub verifier ($word)
{
    return crypt $word, '$6$' . substr canary(), 0, 16;
}

sub write_accounts (%word)
{
    my $path = $httpd->path('accounts');

    spit("$path.next", join('', map { "$_:" . verifier($word{$_}) . "\n" }
                                sort keys %word));
    rename "$path.next", $path or die "$path: $!";
}

sub write_secret ($word, $mode = 0600)
{
    my $path = $httpd->path('secret');

    spit("$path.next", "$word\n", $mode);
    rename "$path.next", $path or die "$path: $!";
}

# The texts with that number in a log, without what httpd puts before them
# and the backslash that it puts before a backslash.
sub texts ($number, $log)
{
    return [map { s/\\\\/\\/gr }
            $httpd->log_text($log) =~ /(ANID$number: .*)$/mg];
}

sub count ($number, $log) { return scalar @{ texts($number, $log) } }

sub wait_count ($number, $wanted)
{
    for my $log (@MAPPING) {
        wait_until(sub { count($number, $log) >= $wanted }, 20,
                   "$wanted times ANID$number in $log");
    }
}

sub is_counted ($number, $wanted, $what)
{
    is_deeply {map { ($_ => count($number, $_)) } @MAPPING, @OTHERS},
        {(map { ($_ => $wanted) } @MAPPING), map { ($_ => 0) } @OTHERS},
        $what;
}

spit($httpd->path('other-secret'), "$password\n", 0600);
write_secret(canary());
write_accounts(AnonUser => $password, other => $password);
$httpd->expect_log(qr/\[anonid:warn\] .* ANID0001: /);
$httpd->start;

wait_count('0001', 1);
is_counted('0001', 1, 'the warning is in each log that it concerns, once');
like texts('0001', 'own.test')->[0], qr/^\Q$WARNING\E(?:, [^\]]+)?\]$/,
    'its words are those of IIS';
is $httpd->get('/', vhost => 'own.test')->{status}, 503,
    'a visitor of the account has to wait';
isnt $httpd->get('/', vhost => 'other.test')->{status}, 503,
    '... of another has not';

$httpd->graceful;
isnt $httpd->get('/', vhost => 'other.test')->{status}, 503,
    'the other account is still logged on after a graceful restart';
is_counted('0001', 1, '... and the warning is not repeated for it');

write_secret($password);
wait_count('0002', 1);
is_counted('0002', 1, 'a good secret: the notice is in the same logs, once');
like texts('0002', 'section.test')->[0],
    qr/^ANID0002: The account '\S+' is logged on again after 1 failures? in /,
    'it says after how many failures and how long';
isnt $httpd->get('/', vhost => 'own.test')->{status}, 503,
    'the visitor is served without a restart';
is_counted('0001', 1, 'and nothing else was said meanwhile');

write_secret(canary());
wait_count('0001', 2);
is_counted('0001', 2, 'a bad secret in a good one\'s place is warned of');
like texts('0001', 'error')->[1],
    qr/the last good logon stays in use\.$/, '... and is not taken up';
isnt $httpd->get('/', vhost => 'own.test')->{status}, 503,
    '... so that visitors do not notice';

write_secret($password, 0644);
$httpd->wait_log(qr/ANID0001: .*Access is denied\..* \(mode 0644\)/);
is_counted('0001', 3, 'a secret that others can read is warned of');
write_secret($password);
wait_count('0002', 2);
is_counted('0002', 2, 'all is well again');

done_testing;
