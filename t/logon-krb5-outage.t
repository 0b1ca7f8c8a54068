# SPDX-License-Identifier: Apache-2.0
#
# A KDC that is down, dies, hangs, has another time or another realm, and
# comes back: tickets are renewed at half their life, who is logged on stays
# so until his ticket ends, recovery is noticed, and nothing waits for ever.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::KDC;
use AnonID::Test::LogonSite;
use Time::HiRes qw(time);

skip_unless_program('krb5kdc', 'kadmin.local', 'faketime');
require_build;

my $LIFE = 12;
my $password = canary();

sub kdc ($realm, @more)
{
    return AnonID::Test::KDC->new(
        realm => $realm, principals => { web => $password }, @more);
}

my $kdc = kdc('RUNNING.TEST')->start;
my $late = kdc('LATE.TEST');
my $sleeper = kdc('SLEEPER.TEST')->start->pause;
my $skewed = kdc('SKEWED.TEST', clock => '+20m')->start;

# What another realm's name leads to: the KDC of RUNNING.TEST.
my $mistaken = bless { %$kdc, realm => 'MISTAKEN.TEST', finished => 1 },
    'AnonID::Test::KDC';

my $conf = temp_root() . '/krb5.conf';
my $configuration = (
    $kdc->krb5_conf($late, $sleeper, $skewed, $mistaken)
    =~ s/\[realms\]/kdc_timesync = 0\nticket_lifetime = ${LIFE}s\n$&/r);

# As one change: an account that is renewed now must not read a half.
sub put_conf ($text)
{
    spit("$conf.next", $text, 0644);
    rename "$conf.next", $conf or die "$conf: $!";
    return $conf;
}

$ENV{KRB5_CONFIG} = put_conf($configuration);

my %realm = (running => 'RUNNING', late => 'LATE', sleeper => 'SLEEPER',
             skewed => 'SKEWED', mistaken => 'MISTAKEN');
my $site = AnonID::Test::LogonSite->new(accounts => {
    map { ($_ => { logon => "krb5 web\@$realm{$_}.TEST",
                   secret => $password }) } keys %realm });

$site->expect_failure($_ => 1311) for qw(late sleeper running);
$site->expect_failure(skewed => 1398);
$site->expect_failure(mistaken => 1326);
$site->expect_recovery($_) for qw(late sleeper skewed running);

# Down at the start.
my $began = time;
$site->start;
cmp_ok time - $began, '<', 10, 'httpd starts without the KDCs';
is $site->wait_failure(late => 1311)->{detail}, 'KRB5_KDC_UNREACH',
    'a KDC that is down at the start';
is $site->served('late'), 503, '... the visitors wait';
is $site->warning('late'),
    $site->warning_text('Kerberos account', 'late', 1311, 'There are '
                        . 'currently no logon servers available to '
                        . 'service the logon request.', 'krb5')
    . ', KRB5_KDC_UNREACH]',
    '... and the warning is in the words of the manual';
$site->wait_status(late => sub ($s) { $s->{attempts} > 2 }, 'tried again');
is scalar(() = $site->warnings('late')), 1, '... once';
$late->start;
$site->wait_state(late => 'logged on');
pass 'it comes up, which is noticed';

# Another time. The client is told not to follow the KDC's clock.
my $skew = $site->wait_failure(skewed => 1398);
is $skew->{detail}, 'KRB5KRB_AP_ERR_SKEW', 'a KDC with another time';
is $site->warning('skewed'),
    $site->warning_text('Kerberos account', 'skewed', 1398, 'There is a time '
                        . 'and/or date difference between the client and '
                        . 'server.', 'krb5') . ', KRB5KRB_AP_ERR_SKEW]',
    '... the warning says so';
$skewed->stop;
$skewed->{clock} = undef;
$skewed->start;
$site->wait_state(skewed => 'logged on');
pass '... until its clock is set';

# Another realm.
is $site->wait_failure(mistaken => 1326)->{detail},
    'KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN', 'a KDC for another realm';

# Renewal, at half the ticket's life.
my $first = $site->wait_state(running => 'logged on');
my $next = $site->wait_status(
    running => sub ($s) { $s->{expires} > $first->{expires} }, 'renewed');
my $ahead = $first->{expires} - ($next->{expires} - $LIFE);
cmp_ok $ahead, '>=', $LIFE / 2 - 2, 'a ticket is renewed before its end';
cmp_ok $ahead, '<=', $LIFE / 2 + 2, '... at half its life';
is scalar(() = $site->warnings('running')), 0, '... without a word';

# Hanging from the start: requests are taken and never answered.
my $asleep = $site->wait_failure(sleeper => 1311, 60);
is $asleep->{detail}, 'KRB5_KDC_UNREACH', 'a KDC that hangs is given up';
cmp_ok time - $began, '<', 60, '... in time';
$sleeper->resume;
$site->wait_state(sleeper => 'logged on', 90);
pass 'one that woke up is noticed';

# Killed while running.
$kdc->kill;
my $status = $site->wait_failure(running => 1311, 60);
is $status->{state}, 'logged on', 'a KDC dies: who is logged on stays so';
is $site->served('running'), 200, '... and his visitors are served';
like $site->warning('running'),
    qr/, KRB5_KDC_UNREACH\] The last good logon stays in use until it ends\.$/,
    '... which the warning says';
$site->wait_state(running => 'failed', $LIFE + 10);
cmp_ok time, '>=', $status->{expires} - 1, '... until the ticket ends';
is $site->served('running'), 503, '... and then his visitors wait';
$kdc->start;
$site->wait_state(running => 'logged on', 90);
is $site->served('running'), 200, 'the KDC comes back, which is noticed';

# A configuration that cannot be used.
if (is_root()) {
    # Whoever renews his ticket meanwhile notices it as well.
    $site->allow_log(qr/ANID0001: .*\#1311 \[.* cannot be used: /);
    chmod 0600, $conf or die "chmod: $!";
    AnonID::Test::Ctl->new($site)->run('logon', 'sleeper');
    like $site->wait_failure(sleeper => 1311)->{detail},
        qr/^\Q$conf\E cannot be used: /, 'krb5.conf cannot be read';
    put_conf("[libdefaults\n");
    like $site->wait_status(
        sleeper => sub ($s) { $s->{detail} !~ /denied/ }, 'why')->{detail},
        qr/^\Q$conf\E cannot be used: \S/, '... or is broken';
    put_conf($configuration);
    $site->wait_state(sleeper => 'logged on', 90);
    pass '... until it can be used again';
}

$began = time;
$sleeper->pause;
$site->stop;
cmp_ok time - $began, '<', 15, 'httpd\'s end does not wait for a KDC';

done_testing;
