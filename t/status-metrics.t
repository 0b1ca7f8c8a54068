# SPDX-License-Identifier: Apache-2.0
#
# The metrics: well-formed by promtool, scraped by a real Prometheus, all of
# them there from the beginning; and the alert rules and the dashboard of
# conf/examples ask for nothing else.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::CA;
use AnonID::Test::MailSite;
use AnonID::Test::Process qw(run);
use AnonID::Test::Prometheus;
use JSON::PP qw(decode_json);

require_build;
skip_unless_program(qw(prometheus promtool));

my $ca = AnonID::Test::CA->new;
my $server = AnonID::Test::BadMailServer->new(
    ca => $ca, user => 'site', password => my $password = canary())->start;
my $site = AnonID::Test::MailSite->new(
    ca => $ca, password => $password, modules => [qw(authz_host)],
    servers => ['submission://localhost:' . $server->port('smtp')],
    listen => ['smtp://127.0.0.1:' . $server->port('listener') . ' users=*'],
    vhosts => ['a.test' => <<'END'])->start;
<Location "/status">
SetHandler anonid-status
Require local
</Location>
END

sub metrics () { return $site->get('/status?format=prometheus')->{body} }

# name -> { "label=value,..." -> number }
sub parse ($text)
{
    my %found;

    for (grep { !/^#/ } split /\n/, $text) {
        my ($name, $labels, $value) = /^(\w+)(?:\{(.*)\})? ([\d.e+]+)$/
            or die "no sample: $_";
        exists $found{$name}{ $labels // '' } and die "twice: $_";
        $found{$name}{ $labels // '' } = $value;
    }
    return \%found;
}

sub test_lint ()
{
    spit($site->path('metrics'), metrics);
    my ($exit, $output) = run(['sh', '-c', 'promtool check metrics <"$1"',
                               'sh', $site->path('metrics')]);

    is $exit, 0, 'promtool finds nothing wrong' or diag $output;
    is $output, '', '... nor anything to say';
    return;
}

# Names and labels of FIELD that must not change.
my %labels = (
    anonid_build_info => 'version',
    anonid_agent_up => '',
    anonid_agent_start_time_seconds => '',
    anonid_agent_restarts_total => '',
    anonid_account_logged_on => 'account,provider',
    anonid_account_failure_code => 'account',
    anonid_account_state_change_timestamp_seconds => 'account',
    anonid_logon_attempts_total => 'account,result',
    anonid_logon_duration_seconds_bucket => 'le',
    anonid_secret_age_seconds => 'account',
    anonid_mapped_requests_total => 'account',
    anonid_submissions_total => 'service,result',
    anonid_submission_duration_seconds_bucket => 'service,le',
    anonid_limit_refusals_total => 'service,limit',
    anonid_pool_connections => 'service,state',
    anonid_relay_sessions => 'service,protocol',
    anonid_relay_bytes_total => 'protocol,direction',
    anonid_relay_logins_total => 'protocol,mechanism,result',
    anonid_mail_refused => 'account,service',
    anonid_mail_server_up => 'service,server',
    anonid_listener_connections => 'listener');

sub test_names ()
{
    my $found = parse(metrics);

    for my $name (sort keys %labels) {
        my ($sample) = sort keys %{ $found->{$name} // {} };
        is defined $sample ? join(',', $sample =~ /(\w+)="/g) : undef,
            $labels{$name}, "$name has its labels from the beginning";
    }
    is $found->{anonid_submissions_total}{'service="mail",result="limited"'},
        0, 'what has never happened is 0';
    is_deeply [grep { /\@/ } split /\n/, metrics], [], 'no address is there';
    return;
}

sub test_counts ()
{
    my $before = parse(metrics);
    is $site->send->{text}, '200 webmaster', 'a message is sent';
    my $after = parse(metrics);
    my $grown = sub ($name, $labels = '') {
        return $after->{$name}{$labels} - $before->{$name}{$labels};
    };

    is $grown->('anonid_submissions_total',
                'service="mail",result="accepted"'), 1, 'it is counted';
    is $grown->('anonid_submission_duration_seconds_count',
                'service="mail"'), 1, '... and its time';
    is $grown->('anonid_submission_duration_seconds_bucket',
                'service="mail",le="+Inf"'), 1, '... in the last bucket';
    is $grown->('anonid_relay_logins_total',
                'protocol="smtp",mechanism="SCRAM-SHA-256",result="success"'),
        1, '... and the login';
    is $after->{anonid_pool_connections}{'service="mail",state="idle"'}, 1,
        '... and the session';
    is $grown->('anonid_mapped_requests_total', 'account="site"'), 1,
        '... and the request';
    return;
}

sub test_limit ()
{
    my $limited = AnonID::Test::MailSite->new(
        ca => $ca, password => $password, modules => [qw(authz_host)],
        servers => ['submission://localhost:' . $server->port('smtp')],
        service => 'AnonIDMailLimit 1/day total',
        vhosts => ['a.test' => <<'END'])->start;
<Location "/status">
SetHandler anonid-status
Require local
</Location>
END
    $limited->allow_log(qr/ANID0250/);
    is $limited->send->{status}, 200, 'a message within the limit';
    is $limited->send->{status}, 429, 'and one over it' for 1 .. 2;
    like $limited->get('/status?format=prometheus')->{body},
        qr/^anonid_limit_refusals_total\{service="mail",limit="1\/day total"\} 2$/m,
        'each refusal is counted once, by the limit';
    return;
}

sub test_prometheus ()
{
    my $rules = srcdir() . '/conf/examples/anonid.rules.yml';
    my $prometheus = AnonID::Test::Prometheus->new(
        target => '127.0.0.1:' . $site->port('http'), path => '/status',
        rules => [$rules])->start;

    wait_until(sub { @{ $prometheus->query('up == 1') } }, 30,
               'Prometheus has scraped');
    my ($up) = @{ $prometheus->query('anonid_agent_up') };
    is $up->{value}, 1, 'it has our series';
    is $prometheus->query('anonid_submissions_total{result="accepted"}')
        ->[0]{value}, 1, '... with our numbers';
    my ($exit, $output) = run(['promtool', 'check', 'rules', $rules]);
    is $exit, 0, 'promtool takes the alert rules' or diag $output;
    cmp_ok scalar $prometheus->rules, '>', 5, 'and so does Prometheus';
    test_dashboard($prometheus);
    return;
}

# Every name that an example asks for exists, in words of Prometheus' own.
sub test_dashboard ($prometheus)
{
    my %known = map { $_ => 1 } metrics =~ /^# TYPE (\w+)/mg;
    my $text = slurp(srcdir() . '/conf/examples/anonid.dashboard.json');
    my $dashboard = decode_json($text);
    my @expressions = map { map { $_->{expr} } @{ $_->{targets} } }
        @{ $dashboard->{panels} };

    cmp_ok scalar @expressions, '>', 10, 'the dashboard has panels';
    for (@expressions) {
        ok eval { $prometheus->query($_); 1 }, "Prometheus understands: $_";
    }
    my $rules = slurp(srcdir() . '/conf/examples/anonid.rules.yml');
    my @names = map { /\b(anonid_\w+)/g } @expressions,
        $rules =~ s/#.*//gr;
    is_deeply [grep { !$known{ s/_(?:bucket|sum|count)$//r } && !$known{$_} }
               @names], [], 'the examples ask for metrics that exist';
    my %positions;
    is_deeply [grep { $positions{"@{$_->{gridPos}}{qw(x y)}"}++ }
               @{ $dashboard->{panels} }], [], 'no panel covers another';
    return;
}

test_lint;
test_names;
test_counts;
test_limit;
test_prometheus;
done_testing;
