# SPDX-License-Identifier: Apache-2.0
#
# A certificate authority of the test's own, by the openssl command, and the
# good and bad certificates that it gives. It must not know who uses them.

package AnonID::Test::CA;

use v5.36;
use File::Path qw(make_path);

use AnonID::Test::Process qw(run);

=head1 NAME

AnonID::Test::CA - a certificate authority for tests

=head1 SYNOPSIS

    my $ca = AnonID::Test::CA->new;
    $ca->file                              the CA's certificate
    $ca->host('mail.test', 'imap.test')    for these names and loopback
    $ca->host_only('mail.test')            for these names alone
    $ca->ending(5, 'localhost')            good for so many days
    $ca->expired('localhost')
    $ca->self_signed('localhost')
    $ca->client('Some Person')             for a client, CN as given

=head1 SHAPES

A I<certificate> is C<< { chain, key } >>: paths of PEM files. Asking twice
gives the same one. Keys are readable by their owner only.

=cut

my $count = 0;

sub new ($class, $name = 'AnonID test CA')
{
    my $self = bless {
        dir => AnonID::Test::temp_root() . '/ca' . ++$count, made => {},
    }, $class;

    make_path($self->{dir});
    $self->openssl(qw(req -x509 -nodes -days 30), key_options(),
                   -keyout => $self->key_file, -out => $self->file,
                   -subj => "/CN=$name",
                   -addext => 'keyUsage=critical,keyCertSign,cRLSign');
    return $self;
}

sub file ($self) { return "$self->{dir}/ca.pem" }

sub key_file ($self) { return "$self->{dir}/ca.key" }

sub key_options () { return qw(-newkey ec -pkeyopt ec_paramgen_curve:P-256) }

sub host ($self, @names)
{
    return $self->host_only(@names, qw(localhost 127.0.0.1));
}

sub host_only ($self, @names)
{
    return $self->make("host @names", sub ($chain, $key) {
        $self->openssl($self->request($chain, $key, @names), $self->signed);
    });
}

sub client ($self, $name)
{
    return $self->make("client $name", sub ($chain, $key) {
        $self->openssl(qw(req -x509 -nodes -days 30), key_options(),
                       -keyout => $key, -out => $chain,
                       -subj => "/CN=$name", end_entity(), $self->signed);
    });
}

sub self_signed ($self, @names)
{
    return $self->make("self-signed @names", sub ($chain, $key) {
        $self->openssl($self->request($chain, $key, @names));
    });
}

# The certificate was valid until yesterday.
sub expired ($self, @names) { return $self->ending(-1, @names) }

# 'openssl req' refuses a negative life, 'openssl x509' makes it.
sub ending ($self, $days, @names)
{
    return $self->make("ending $days @names", sub ($chain, $key) {
        $self->openssl(qw(req -new -nodes), key_options(), -keyout => $key,
                       -out => "$chain.csr", -subj => "/CN=$names[0]",
                       -addext => alt_names(@names));
        $self->openssl(qw(x509 -req -copy_extensions copy -days), $days,
                       -in => "$chain.csr", -out => $chain, $self->signed);
    });
}

sub request ($self, $chain, $key, @names)
{
    return (qw(req -x509 -nodes -days 30), key_options(), -keyout => $key,
            -out => $chain, -subj => "/CN=$names[0]",
            -addext => alt_names(@names), end_entity());
}

sub end_entity () { return (-addext => 'basicConstraints=critical,CA:FALSE') }

sub signed ($self)
{
    return (-CA => $self->file, -CAkey => $self->key_file);
}

sub alt_names (@names)
{
    my %seen;

    return 'subjectAltName=' . join ',', map {
        (/^[\d.]+$|:/ ? 'IP:' : 'DNS:') . $_
    } grep { !$seen{$_}++ } @names;
}

sub make ($self, $what, $maker)
{
    return $self->{made}{$what} //= do {
        my $base = "$self->{dir}/" . (1 + keys %{ $self->{made} });
        my %certificate = (chain => "$base.pem", key => "$base.key");

        $maker->(@certificate{qw(chain key)});
        \%certificate;
    };
}

sub openssl ($self, @arguments)
{
    my ($exit, $output) = run(['openssl', @arguments]);

    $exit == 0 or die "openssl @arguments: $output";
    return $self;
}

1;
