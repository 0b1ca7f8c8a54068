# SPDX-License-Identifier: Apache-2.0
#
# Builds multipart/form-data bodies, and reads a received message well enough
# to compare its parts byte for byte. It must not know how it travelled.

package AnonID::Test::Mime;

use v5.36;
use Encode ();
use Exporter qw(import);
use MIME::Base64 ();
use MIME::QuotedPrint ();

our @EXPORT_OK = qw(form_data form_urlencoded parse_message);

=head1 NAME

AnonID::Test::Mime - forms to send, messages to read

=head1 SYNOPSIS

    my ($type, $body) = form_data(
        to => 'webmaster', subject => "Gr\x{fc}\x{df}e",
        file => { name => 'a.bin', type => 'image/png', content => $bytes });
    my ($type, $body) = form_urlencoded(to => 'webmaster', ...);
    my $message = parse_message($raw);

=head1 SHAPES

Text given to forms is characters and sent as UTF-8; file content is bytes.

A parsed message is a I<part>: C<{ headers, header, body, parts, type,
parameters, filename }>. C<headers> is the list of [name, unfolded value];
C<header> maps the name in lower case to the first value, encoded words
decoded; C<body> is bytes with the transfer encoding undone; C<parts> lists
the parts of a multipart; C<filename> is decoded. A text part's characters
are C<Encode::decode($part-E<gt>{parameters}{charset}, $part-E<gt>{body})>.

=cut

my %DECODE = (
    base64 => \&MIME::Base64::decode,
    'quoted-printable' => \&MIME::QuotedPrint::decode,
);

sub form_data (@fields)
{
    my $boundary = '----anonid' . join '', map { int rand 10 } 1 .. 24;
    my $body = '';

    while (my ($name, $value) = splice @fields, 0, 2) {
        my $file = ref $value;
        my $more = $file ? qq(; filename="$value->{name}") : '';

        $more .= "\r\nContent-Type: $value->{type}" if $file;
        $body .= Encode::encode('UTF-8',
            "--$boundary\r\nContent-Disposition: form-data; "
            . qq(name="$name"$more\r\n\r\n));
        $body .= ($file ? $value->{content} : Encode::encode('UTF-8', $value))
            . "\r\n";
    }
    return ("multipart/form-data; boundary=$boundary",
            "$body--$boundary--\r\n");
}

sub form_urlencoded (@fields)
{
    my @pairs;

    while (my ($name, $value) = splice @fields, 0, 2) {
        push @pairs, percent($name) . '=' . percent($value);
    }
    return ('application/x-www-form-urlencoded', join '&', @pairs);
}

sub percent ($text)
{
    return Encode::encode('UTF-8', $text)
        =~ s/([^A-Za-z0-9._-])/sprintf '%%%02X', ord $1/ger;
}

sub parse_message ($raw)
{
    my ($head, $body) = split /\r?\n\r?\n/, $raw, 2;
    my @headers = map { [split /:\s*/, $_, 2] }
        split /\r?\n/, $head =~ s/\r?\n(?=[ \t])//gr;
    my %header;

    $header{ lc $_->[0] } //= $_->[1] for @headers;
    my $part = { headers => \@headers };
    my ($type, $parameters) =
        parse_value($header{'content-type'} // 'text/plain');
    my (undef, $disposition) =
        parse_value($header{'content-disposition'} // '');
    my $encoding = lc($header{'content-transfer-encoding'} // '7bit');
    my $decode = $DECODE{$encoding} // sub ($text) { $text };

    $part->{header} = { map { ($_ => decode_words($header{$_})) }
                        keys %header };
    $part->{type} = lc $type;
    $part->{parameters} = $parameters;
    $part->{filename} = $disposition->{filename} // $parameters->{name};
    $part->{body} = $decode->($body // '');
    $part->{parts} = [map { parse_message($_) }
                      split_parts($body // '', $parameters->{boundary})]
        if $part->{type} =~ m{^multipart/};
    return $part;
}

# The line break in front of a boundary belongs to the boundary.
sub split_parts ($body, $boundary)
{
    my (undef, @parts) = split /(?:\A|\r?\n)--\Q$boundary\E(?=--|\s)/, $body;

    return map { s/\A[ \t]*\r?\n//r } grep { !/\A--/ } @parts;
}

# 'text/plain; charset="utf-8"' as the value and its parameters, those of
# RFC 2231 decoded and joined.
sub parse_value ($text)
{
    my ($value, $rest) = $text =~ /\A\s*([^;\s]*)(.*)\z/s;
    my (%plain, %extended);

    while ($rest =~ /;\s*([^\s=;]+)\s*=\s*
                     (?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/gx) {
        my ($name, $content) = (lc $1, $2 // $3);

        $content =~ s/\\(.)/$1/g if defined $2;
        if ($name =~ /\A([^*]+)\*(?:(\d+)\*?)?(\*?)/) {
            $extended{$1}[$2 // 0] = $content;
            next;
        }
        $plain{$name} = decode_words($content);
    }
    $plain{$_} = decode_extended(join '', @{ $extended{$_} })
        for keys %extended;
    return ($value, \%plain);
}

sub decode_extended ($text)
{
    my ($charset, $bytes) = $text =~ /\A([^']*)'[^']*'(.*)\z/s;

    return $text if !defined $charset;
    $bytes =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
    return Encode::decode($charset || 'US-ASCII', $bytes);
}

sub decode_words ($text)
{
    return Encode::decode('MIME-Header', $text);
}

1;
