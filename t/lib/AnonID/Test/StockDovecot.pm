# SPDX-License-Identifier: Apache-2.0
#
# A Dovecot with the configuration that Debian's package brings, a file beside
# it that the test writes, and what no two servers can share: folders, ports,
# certificate. Needs root. It must not know who logs on.

package AnonID::Test::StockDovecot;

use v5.36;
use parent 'AnonID::Test::Dovecot';
use File::Copy qw(copy);
use File::Path qw(make_path);

=head1 NAME

AnonID::Test::StockDovecot - a real Dovecot, as Debian configures it

=head1 SYNOPSIS

    my $dovecot = AnonID::Test::StockDovecot->new(
        ca => $ca,
        mailboxes => $dovecot,          # an AnonID::Test::Dovecot
        files => { '99-anonid.conf' => $text },     # in conf.d
        edit => sub ($name, $text) { ... },         # of Debian's files
    )->start;

Otherwise as AnonID::Test::Dovecot.

=cut

use constant STOCK => '/usr/share/dovecot';

sub installed ($class) { return -e STOCK . '/dovecot.conf' }

# Debian's users are the system's; mail goes to the mailboxes of another one.
sub start_mta_as ($self, $kind)
{
    my $class = "AnonID::Test::$kind";

    eval "require $class" or die $@;
    $self->{mta} = $class->new(
        lmtp_port => $self->{mailboxes}->port('lmtp'),
        domain => $self->{domain}, name => "$self->{name}-mta");
}

sub write_config ($self)
{
    my $edit = $self->{edit} // sub ($name, $text) { $text };

    make_path($self->path('conf.d'));
    for my $path (STOCK . '/dovecot.conf', glob STOCK . '/conf.d/*') {
        my $name = substr $path, 1 + length STOCK;
        my $text = AnonID::Test::slurp($path);

        # Made by openssl when the package is installed, for another name.
        $text =~ s/^(?=ssl_(?:cert|key) =)/#/mg;
        AnonID::Test::spit($self->path($name), $edit->($name, $text));
    }
    AnonID::Test::spit($self->path('conf.d', $_), $self->{files}{$_})
        for keys %{ $self->{files} };
    AnonID::Test::spit($self->path('local.conf'), $self->own_part);
    return $self;
}

# What Debian's own server would collide with, or has from other packages.
sub own_part ($self)
{
    my $dir = $self->{dir};
    my $certificate = $self->{certificate};

    return join "\n", <<"END",
base_dir = $dir/run
state_dir = $dir/run
log_path = $dir/logs/dovecot.log
auth_verbose = yes
auth_failure_delay = 0
listen = 127.0.0.1
ssl_cert = <$certificate->{chain}
ssl_key = <$certificate->{key}
service lmtp {
  user = root
}
END
        AnonID::Test::DovecotConfig::submission($self),
        AnonID::Test::DovecotConfig::listeners($self),
        AnonID::Test::DovecotConfig::no_penalty();
}

1;
