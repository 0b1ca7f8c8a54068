# SPDX-License-Identifier: Apache-2.0
#
# The logs of an instance: reading, waiting for a line, and what stands in
# them that the test did not announce. It must not know any product.

package AnonID::Test::Logs;

use v5.36;

=head1 NAME

AnonID::Test::Logs - the logs of a server instance

=head1 FOR TESTS

    $server->log_text($name)           a log's text ('' while there is none)
    $server->wait_log(qr/../, %opt)    waits for a line: log, since, deadline
    $server->log_mark($name)           a position for wait_log's C<since>
    $server->expect_log(qr/../)        announces a warning, which must come
    $server->allow_log(qr/../)         announces one that may come

Without a name the first log is meant.

=head1 FOR CLASSES

A class gives C<log_files> (name => path) and C<log_problem> (true for a line
that a healthy server does not write). An object has: name, announced,
problems (texts of its own, in the report too).

=cut

sub log_files ($self) { return (output => $self->output_path) }

sub log_problem ($self, $line) { return }

sub log_path ($self, $name = undef)
{
    my @logs = $self->log_files;
    my %path = @logs;

    return $path{ $name // $logs[0] } // die "$self->{name}: no log $name";
}

sub log_text ($self, $name = undef)
{
    my $path = $self->log_path($name);

    return -e $path ? AnonID::Test::slurp($path) : '';
}

sub log_mark ($self, $name = undef) { return -s $self->log_path($name) // 0 }

# Waits for a line that matches and returns it.
sub wait_log ($self, $pattern, %option)
{
    my $since = $option{since} // 0;

    return AnonID::Test::wait_until(sub {
        my $text = substr $self->log_text($option{log}), $since;
        return (grep { $_ =~ $pattern } split /\n/, $text)[0];
    }, $option{deadline} // 15, "$self->{name} logs $pattern");
}

sub expect_log ($self, @patterns)
{
    push @{ $self->{announced} }, map { { line => $_, must => 1 } } @patterns;
    return $self;
}

sub allow_log ($self, @patterns)
{
    push @{ $self->{announced} }, map { { line => $_ } } @patterns;
    return $self;
}

# Problems of this instance: unannounced warnings, announced ones that never
# came, and processes that did not end.
sub log_problems ($self)
{
    my %log = $self->log_files;
    my @problems = @{ $self->{problems} // [] };

    for my $name (sort keys %log) {
        for my $line (split /\n/, $self->log_text($name)) {
            my $known = $self->announced($line);

            push @problems, "$name: $line"
                if !$known && $self->log_problem($line);
        }
    }
    push @problems, map { "announced, but never logged: $_->{line}" }
        grep { $_->{must} && !$_->{came} } @{ $self->{announced} };
    return @problems;
}

# Counts the announcements that fit a line.
sub announced ($self, $line)
{
    my @known = grep { $line =~ $_->{line} } @{ $self->{announced} };

    $_->{came} = 1 for @known;
    return scalar @known;
}

# The end of every log, for the report of a server that did not start.
sub log_tails ($self)
{
    my %log = (output => $self->output_path, $self->log_files);

    return join '', map {
        my @lines = -e $log{$_}
            ? split /^/, AnonID::Test::slurp($log{$_}) : ();
        splice @lines, 0, -20;
        @lines ? ("--- $self->{name} $_:\n", @lines) : ();
    } sort keys %log;
}

1;
