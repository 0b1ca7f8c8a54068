# SPDX-License-Identifier: Apache-2.0
#
# What the README prints for an operator to copy, so that a test can run it.

package AnonID::Test::Readme;

use v5.36;
use Exporter qw(import);
use AnonID::Test ();

our @EXPORT = qw(readme_block);

=head1 NAME

AnonID::Test::Readme - blocks of the README

=head1 SYNOPSIS

    # The indented block that begins with "# /etc/postfix/main.cf", without
    # its indentation.
    my $text = readme_block('/etc/postfix/main.cf');

    # ... with other paths and names in place of those printed.
    my $text = readme_block('/etc/postfix/main.cf',
                            '/var/lib/anonid' => $httpd->path('anonid'));

A name that does not stand in the block is an error: then the test would test
something else than is printed.

=cut

sub readme_block ($title, @instead)
{
    my $text = AnonID::Test::slurp(AnonID::Test::srcdir() . '/README');
    my ($block) = $text =~ /^(    \# \Q$title\E\n(?:    .+\n)*)/m
        or die "README has no block '$title'";

    $block =~ s/^    //mg;
    while (my ($printed, $own) = splice @instead, 0, 2) {
        $block =~ s/\Q$printed\E/$own/g
            or die "README's block '$title' does not say '$printed'";
    }
    return $block;
}

1;
