# SPDX-License-Identifier: Apache-2.0
#
# JSON Web Tokens that are signed with an RSA key, which a Dovecot knows, or
# with another one. It must not know who shows them.

package AnonID::Test::Token;

use v5.36;
use File::Path qw(make_path);
use MIME::Base64 qw(encode_base64url);

use AnonID::Test::Process qw(run);

=head1 NAME

AnonID::Test::Token - access tokens for tests

=head1 SYNOPSIS

    my $issuer = AnonID::Test::Token->new;
    my $dovecot = AnonID::Test::Dovecot->new(
        ca => $ca, mechanisms => [qw(oauthbearer xoauth2)],
        config => $issuer->dovecot_config);
    $issuer->token('web@example.test', 600)      good for 600 s
    $issuer->forged('web@example.test', 600)     with a key nobody knows

=cut

my $count = 0;

sub new ($class)
{
    my $self = bless {
        dir => AnonID::Test::temp_root() . '/issuer' . ++$count }, $class;

    make_path("$self->{dir}/keys/default/RS256");
    for my $name (qw(known unknown)) {
        run([qw(openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048
                -out), $self->key($name)]);
    }
    my $public = "$self->{dir}/keys/default/RS256/default";
    run([qw(openssl pkey -pubout -in), $self->key('known'), '-out', $public]);
    chmod 0644, $public;
    return $self;
}

sub key ($self, $name) { return "$self->{dir}/$name.pem" }

# The server checks tokens itself.
sub dovecot_config ($self)
{
    my $oauth = AnonID::Test::spit("$self->{dir}/oauth2.conf", <<"END", 0644);
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$self->{dir}/keys/
username_attribute = email
END
    return <<"END";
auth_username_format = %u
passdb {
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = $oauth
}
END
}

sub token ($self, $user, $life) { return $self->signed('known', $user, $life) }

sub forged ($self, $user, $life)
{
    return $self->signed('unknown', $user, $life);
}

sub signed ($self, $key, $user, $life)
{
    my $now = time;
    my $text = join '.', map { encode_base64url($_) }
        '{"alg":"RS256","typ":"JWT"}',
        qq({"sub":"$user","email":"$user","iat":@{[$now - 10]},)
        . qq("nbf":@{[$now - 10]},"exp":@{[$now + $life]}});
    my $data = AnonID::Test::spit("$self->{dir}/signed", $text);

    run([qw(openssl dgst -sha256 -sign), $self->key($key), '-out',
         "$self->{dir}/signature", $data]);
    return "$text."
        . encode_base64url(AnonID::Test::slurp("$self->{dir}/signature"));
}

1;
