# SPDX-License-Identifier: Apache-2.0
#
# A program that runs as httpd's User, and so may speak to the agent, gets it
# to use an account only with the mail services that the configuration uses it
# with: another virtual host's password never goes to a third server.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::HostileWorker;
use AnonID::Test::Httpd;

require_build;

my $ca = AnonID::Test::CA->new;
my %password = map { ($_ => canary()) } qw(anna bert carl);
# Each server knows one account, and takes a password as it is.
my %server = map {
    ($_ => AnonID::Test::BadMailServer->new(
        ca => $ca, user => $_, password => $password{$_},
        mechanisms => ['PLAIN'])->start)
} keys %password;

sub account ($name)
{
    return <<"END";
<AnonIDAccount $name>
AnonIDLogon file "\${DIR}/accounts"
AnonIDSecret "file:\${DIR}/$name"
</AnonIDAccount>
<AnonIDMailService at-$name>
AnonIDMailServer submission://localhost:@{[ $server{$name}->port('smtp') ]}
AnonIDMailTLS ca=@{[ $ca->file ]}
AnonIDMechanism PLAIN
AnonIDMailFrom site\@example.test
AnonIDMailRecipient desk desk\@example.test
</AnonIDMailService>
END
}

# carl's account and its service never come together.
sub config (@lines)
{
    return join "\n", (map { account($_) } sort keys %password), @lines,
        '<Location "/mail">', 'SetHandler anonid-submit', '</Location>';
}

my $httpd = AnonID::Test::Httpd->new(
    config => config(),
    vhosts => ['anna.test' => "AnonIDMapTo anna\nAnonIDMail at-anna",
               'bert.test' => "AnonIDMapTo bert\nAnonIDMail at-bert",
               'carl.test' => "AnonIDMapTo carl"]);

sub write_secrets ()
{
    my $salt = substr canary(), 0, 16;
    my $file = '';

    for my $name (keys %password) {
        spit($httpd->path($name), $password{$name}, 0600);
        $file .= "$name:" . crypt($password{$name}, "\$6\$$salt") . "\n";
    }
    spit($httpd->path('accounts'), $file, 0644);
}

# What is allowed is used, and each other pair is refused.
sub check ($what, %allowed)
{
    my $worker = AnonID::Test::HostileWorker->new($httpd);
    my $mark = $httpd->log_mark;

    for my $account (sort keys %password) {
        for my $service (map { "at-$_" } sort keys %password) {
            my $result = $worker->submit($account, $service, 'desk');

            if (($allowed{$account} // '') eq $service) {
                like $result, qr/^[01] /,
                    "$what: $account may use $service";
            }
            else {
                is $result, '10 ', "$what: $account may not use $service";
                ok $httpd->wait_log(
                    qr/ANID0203: .*'$account' .*'$service'/, since => $mark),
                    '... and the log names both';
            }
        }
    }
    $worker->stop;
}

write_secrets();
$httpd->allow_log(qr/ANID0203: /);
$httpd->start;

sub post ($vhost)
{
    return $httpd->post('/mail', vhost => $vhost, body => 'to=desk&body=x',
                        type => 'application/x-www-form-urlencoded');
}

is post("$_.test")->{status}, 200, "a visitor of $_.test is served"
    for qw(anna bert);

check('at first', anna => 'at-anna', bert => 'at-bert');
is $server{carl}->connections, 0, 'nothing has reached the third server';
is_deeply [grep { $_ } map { $_->refused_logins } values %server], [],
    'no server was shown a password that is not for it';

# Half frames on all connections that a process gets, and on those of as many
# processes as there are places.
$httpd->expect_log(qr/ANID0047: /);
my @hoarders = map { AnonID::Test::HostileWorker->new($httpd) } 1 .. 4;
$_->halves(300) for @hoarders;
is post('anna.test')->{status}, 200, "... and a visitor is served all the same"
    for 1 .. 3;
$_->stop for @hoarders;

# Other pairs, under an agent that goes on.
my ($agent) = $httpd->agent_pids;

$httpd->reconfigure(
    config => config('AnonIDMapTo anna'),
    vhosts => ['bert.test' => 'AnonIDMapTo bert',
               'carl.test' => <<'END']);
AnonIDMapTo carl
<Location "/mail">
AnonIDMail at-carl
</Location>
END
$httpd->graceful;
is_deeply [$httpd->agent_pids], [$agent], 'the agent is the same';
check('after a graceful restart', carl => 'at-carl');
is $server{carl}->messages, 1, 'the new pair is in use';
is_deeply [grep { $_ } map { $_->refused_logins } values %server], [],
    'still nobody was shown a password that is not for it';

done_testing;
