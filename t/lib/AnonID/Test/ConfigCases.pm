# SPDX-License-Identifier: Apache-2.0
#
# Tables of configurations that 'httpd -t' has to refuse or to take. It must
# not know any directive.

package AnonID::Test::ConfigCases;

use v5.36;
use Exporter qw(import);
use Test::More ();

our @EXPORT = qw(refuses takes);

=head1 NAME

AnonID::Test::ConfigCases - configurations, wrong and right

=head1 SHAPES

A I<case> is C<[name, config, pattern, options...]>: a configuration of the
server, what the error has to say (C<refuses> only), and options of
AnonID::Test::Httpd's configtest. The option C<anywhere> is for errors that
belong to no line.

=cut

# Each case is refused, and the error names file and line.
sub refuses ($httpd, @cases)
{
    for my $case (@cases) {
        my ($name, $config, $pattern, %option) = @$case;
        my $anywhere = delete $option{anywhere};
        my ($exit, $output) = $httpd->configtest($config, %option);
        my $place = qr/on line \d+ of \S*configtest\.conf:/;

        Test::More::ok($exit == 1 && $output =~ $pattern
                       && ($anywhere || $output =~ $place), "refused: $name")
            or Test::More::diag("exit $exit, wanted $pattern in:\n$output");
    }
}

# Each case is taken without a word beside "Syntax OK".
sub takes ($httpd, @cases)
{
    for my $case (@cases) {
        my ($name, $config, %option) = @$case;
        my ($exit, $output) = $httpd->configtest($config, %option);

        Test::More::is("exit $exit: $output", "exit 0: Syntax OK\n",
                       "taken: $name");
    }
}

1;
