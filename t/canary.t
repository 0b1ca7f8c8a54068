# SPDX-License-Identifier: Apache-2.0
#
# After the whole flow (logon, form, submission) no log, no status table and
# no memory of any httpd process holds the password, what SASL PLAIN makes of
# it, or the SCRAM client key. The agent does the TLS and the SASL, so this
# holds for PLAIN as well.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::Httpd;
use AnonID::Test::Memory
    qw(secret_forms find_in_memory find_in_files can_read_memory);
use AnonID::Test::Mime qw(form_data);

require_build();
skip_unless_program('doveadm');

my $ca = AnonID::Test::CA->new;

sub start_dovecot ($password)
{
    my $dovecot = AnonID::Test::Dovecot->new(
        ca => $ca, mechanisms => [qw(scram-sha-256 plain)])->start;
    my $hash = `doveadm pw -s SCRAM-SHA-256 -p $password`;

    spit($dovecot->{accounts}, "anon:$hash", 0644);
    return $dovecot;
}

sub start_httpd ($dovecot, $mpm, $mechanism, $password)
{
    my $port = $dovecot->port('submission');
    my $secret = spit($dovecot->path('secret'), "$password\n", 0600);

    return AnonID::Test::Httpd->new(mpm => $mpm, config => <<~CONF)->start;
        LogLevel anonid:trace8
        <AnonIDAccount anon>
            AnonIDLogon file $dovecot->{accounts}
            AnonIDSecret file:@{[ $dovecot->path('secret') ]}
        </AnonIDAccount>
        <AnonIDMailService office>
            AnonIDMailServer    submission://localhost:$port
            AnonIDMailTLS       ca=@{[ $ca->file ]}
            AnonIDMechanism     $mechanism
            AnonIDMailFrom      website\@example.test
            AnonIDMailRecipient webmaster webmaster\@example.test
        </AnonIDMailService>
        AnonIDMapTo anon
        AnonIDMail office
        <Location "/contact">
            SetHandler anonid-submit
        </Location>
        CONF
}

sub submit ($httpd)
{
    my ($type, $body) = form_data(to => 'webmaster', subject => 'canary',
                                  body => "Nothing secret.\n");

    return $httpd->post('/contact', type => $type, body => $body);
}

# The status table as the agent has it mapped: everything that was written.
sub status_table ($httpd)
{
    my ($agent) = $httpd->agent_pids;

    for my $line (split /\n/, slurp("/proc/$agent/maps")) {
        my ($range) = $line =~ /^(\S+) .*memfd:anonid-status/ or next;

        return slurp("/proc/$agent/map_files/$range");
    }
    return undef;
}

sub check ($mpm, $mechanism)
{
    my $password = canary();
    my $dovecot = start_dovecot($password);
    my $httpd = start_httpd($dovecot, $mpm, $mechanism, $password);
    my $what = "$mpm, $mechanism";

    is submit($httpd)->{status}, 200, "$what: a message was sent" for 1 .. 3;
    $httpd->graceful;
    is submit($httpd)->{status}, 200, "$what: and after a graceful restart";

    my $forms = secret_forms('anon', $password, slurp($dovecot->{accounts}));

    is_deeply [find_in_files($forms, $httpd->path('logs'))], [],
        "$what: no log holds the secret";
    is_deeply [find_in_memory($forms, $httpd->httpd_pids)], [],
        "$what: no httpd process holds the secret";
    my $table = status_table($httpd);
    ok defined $table && length $table, "$what: there is a status table";
    is_deeply [grep { index($table // '', $forms->{$_}) >= 0 } keys %$forms],
        [], "$what: the status table does not hold the secret";
    $httpd->stop;
    $dovecot->stop;
}

can_read_memory($$) or plan skip_all => 'needs to read processes\' memory';
plan skip_all => 'the agent\'s descriptors can be listed by root only'
    if !is_root();

check('event', 'SCRAM-SHA-256');
check('prefork', 'SCRAM-SHA-256');
check('event', 'PLAIN');
done_testing;
