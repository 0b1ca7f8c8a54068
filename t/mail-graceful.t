# SPDX-License-Identifier: Apache-2.0
#
# Graceful restarts under load: sessions with the mail server are kept, unless
# the configuration of what they were made for has changed.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::MailSite;
use POSIX ();

require_build;
skip_unless_program('doveadm');

my $RESTARTS = 5;
my $ca = AnonID::Test::CA->new;
my $password = canary();
my $dovecot = AnonID::Test::Dovecot->new(
    ca => $ca, mechanisms => [qw(scram-sha-256 cram-md5)]);

spit($dovecot->{accounts}, "site:{PLAIN}$password\n", 0600);
$dovecot->start;
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, limits => 'off',
    servers => ['submission://localhost:' . $dovecot->port('submission')],
    service => 'AnonIDMechanism SCRAM-SHA-256')->start;

# A visitor who sends until a file is there, and leaves its statuses.
sub start_visitor ()
{
    my $pid = fork // die "fork: $!";

    return $pid if $pid;
    my $statuses = '';
    while (!-e $site->path('enough')) {
        my $answer = eval { $site->send };
        $statuses .= ($answer ? $answer->{status} : "died: $@") . "\n";
    }
    spit($site->path('statuses'), $statuses);
    POSIX::_exit(0);
}

is $site->send->{status}, 200, 'a session is kept';
is $dovecot->logins('submission'), 1, 'that is one login';
my $pid = start_visitor();
for my $restart (1 .. $RESTARTS) {
    my $sent = () = $dovecot->messages('webmaster');

    $site->graceful;
    wait_until(sub { $sent + 2 <= (() = $dovecot->messages('webmaster')) },
               60, "messages arrive after restart $restart");
}
spit($site->path('enough'), '');
waitpid $pid, 0;
my @statuses = split /\n/, slurp($site->path('statuses'));
is_deeply [grep { $_ ne '200' } @statuses], [],
    "$RESTARTS graceful restarts: every message is sent";
is $dovecot->logins('submission'), 1 + int(@statuses / 100),
    'there was no login but for the hundredth message of a session';

# Another service is another matter.
my $before = $dovecot->logins('submission');
$site->{config} =~ s/AnonIDMechanism SCRAM-SHA-256/AnonIDMechanism CRAM-MD5/
    or die 'no AnonIDMechanism';
$site->write_config;
$site->graceful;
wait_until(sub { $site->send->{status} == 200
                     && $dovecot->logins('submission') > $before }, 20,
           'a service with other mechanisms is logged on to anew');
ok $site->wait_log(qr/logged on as 'site' with CRAM-MD5$/), 'with those';
$_->stop for $site, $dovecot;
done_testing;
