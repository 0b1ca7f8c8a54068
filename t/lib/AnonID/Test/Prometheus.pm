# SPDX-License-Identifier: Apache-2.0
#
# A real Prometheus that scrapes one httpd, and is asked what it has seen. It
# must not know any metric.

package AnonID::Test::Prometheus;

use v5.36;
use parent 'AnonID::Test::Server';
use AnonID::Test::HTTP;
use JSON::PP qw(decode_json);

=head1 NAME

AnonID::Test::Prometheus - a Prometheus that scrapes a site

=head1 SYNOPSIS

    my $prometheus = AnonID::Test::Prometheus->new(
        target => '127.0.0.1:' . $site->port('http'), path => '/status',
        rules => ["$folder/x.rules.yml"])->start;

    $prometheus->query('up')     # [{ metric => {...}, value => number }, ...]
    $prometheus->rules           # names of the alerts that it has loaded

=cut

sub new ($class, %field)
{
    my $self = $class->SUPER::new(rules => [], %field);
    my $rules = join '', map { "  - $_\n" } @{ $self->{rules} };

    AnonID::Test::spit($self->path('prometheus.yml'), <<"END");
global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files:
$rules
scrape_configs:
  - job_name: anonid
    metrics_path: $self->{path}
    static_configs:
      - targets: ['$self->{target}']
END
    return $self;
}

sub start ($self)
{
    $self->spawn(['prometheus',
                  '--config.file=' . $self->path('prometheus.yml'),
                  '--storage.tsdb.path=' . $self->path('data'),
                  '--web.listen-address=127.0.0.1:' . $self->port('http')]);
    return $self->wait_ready(sub { $self->ask('/-/ready') });
}

# The body of an answer with status 200; undef: there is none.
sub ask ($self, $path)
{
    my $response = eval {
        AnonID::Test::HTTP->connect(port => $self->port('http'))->request(
            GET => $path, host => 'localhost',
            headers => { Connection => 'close' });
    };

    return $response && $response->{status} == 200 ? $response->{body} : undef;
}

sub query ($self, $expression)
{
    my $escaped = $expression =~ s/([^\w.])/sprintf '%%%02X', ord $1/ger;
    my $body = $self->ask("/api/v1/query?query=$escaped")
        // die "Prometheus does not understand: $expression\n";

    return [map { { metric => $_->{metric}, value => $_->{value}[1] } }
            @{ decode_json($body)->{data}{result} }];
}

sub rules ($self)
{
    my $groups = decode_json($self->ask('/api/v1/rules'))->{data}{groups};

    return map { map { $_->{name} } @{ $_->{rules} } } @$groups;
}

sub log_problem ($self, $line)
{
    return $line =~ /level=(?:warn|error)/ && $line !~ /Received SIGTERM/;
}

1;
