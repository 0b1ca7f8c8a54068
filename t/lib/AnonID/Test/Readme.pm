# SPDX-License-Identifier: Apache-2.0
#
# What the README and the examples print for an operator to copy, so that a
# test can run it.

package AnonID::Test::Readme;

use v5.36;
use Exporter qw(import);
use AnonID::Test ();

our @EXPORT = qw(readme_block example_block example);

=head1 NAME

AnonID::Test::Readme - blocks of the README and of examples

=head1 SYNOPSIS

    # The indented block that begins with "# /etc/postfix/main.cf" (or ";",
    # or "//"), without its indentation, up to prose or another comment.
    my $text = readme_block('/etc/postfix/main.cf');

    # ... with other paths and names in place of those printed.
    my $text = readme_block('/etc/postfix/main.cf',
                            '/var/lib/anonid' => $httpd->path('anonid'));

    # A whole example, and the indented block in its comments that begins with
    # a line, without '#' and indentation.
    my $config = example('exchange.conf', 'mail.example.com' => 'localhost');
    my $text = example_block('exchange.conf', 'auth_mechanisms');

A name that does not stand in the block is an error: then the test would test
something else than is printed.

=cut

sub readme_block ($title, @instead)
{
    my $text = AnonID::Test::slurp(AnonID::Test::srcdir() . '/README');
    my ($block) = $text =~ m{^(\ {4}(?:\#|;|//)\ \Q$title\E\n
                               (?:\ {4}.+\n|\n(?=\ {4}[^\s\#;/]))*)}mx
        or die "README has no block '$title'";

    return replaced("README's block '$title'", $block =~ s/^    //mgr,
                    @instead);
}

sub example_block ($file, $first, @instead)
{
    my ($block) = example($file)
        =~ /^(\#     \Q$first\E.*\n(?:\#     .+\n)*)/m
        or die "$file has no block '$first'";

    return replaced("$file\'s block '$first'", $block =~ s/^\#     //mgr,
                    @instead);
}

sub example ($file, @instead)
{
    return replaced($file, AnonID::Test::slurp(
        AnonID::Test::srcdir() . "/conf/examples/$file"), @instead);
}

sub replaced ($what, $text, @instead)
{
    while (my ($printed, $own) = splice @instead, 0, 2) {
        $text =~ s/\Q$printed\E/$own/g
            or die "$what does not say '$printed'";
    }
    return $text;
}

1;
