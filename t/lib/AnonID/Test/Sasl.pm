# SPDX-License-Identifier: Apache-2.0
#
# The server's side of SASL mechanisms, right and (on demand) wrong. It must
# not know which protocol carries them.

package AnonID::Test::Sasl;

use v5.36;
use Digest::MD5 ();
use Digest::SHA ();
use MIME::Base64 qw(encode_base64 decode_base64);

=head1 NAME

AnonID::Test::Sasl - the server's side of SASL mechanisms

=head1 SYNOPSIS

    my $sasl = AnonID::Test::Sasl->new('SCRAM-SHA-256', {
        user => ..., password => ...,
        iterations => 4096,        # as announced; 0 and huge are allowed
        wrong_signature => 1,      # SCRAM's server signature is not the one
        wrong_nonce => 1,          # the nonce does not extend the client's
        says => ['token', ...],    # GSSAPI, NTLM, OAUTHBEARER and XOAUTH2:
                                   # the challenges; then come `ends` (ok)
    }) or die 'unknown mechanism';
    my ($what, $bytes) = $sasl->step($response);

=head1 SHAPES

C<step> takes the client's response (undef: none was sent) and returns
C<challenge> with its bytes, C<ok> or C<fail>.

=cut

my %MECHANISM = (
    'PLAIN' => \&plain,
    'LOGIN' => \&login,
    'CRAM-MD5' => \&cram_md5,
    'SCRAM-SHA-1' => \&scram,
    'SCRAM-SHA-256' => \&scram,
    map { ($_ => \&recite) } qw(GSSAPI NTLM OAUTHBEARER XOAUTH2),
);

my %HMAC = (
    'SCRAM-SHA-1' => [\&Digest::SHA::hmac_sha1, \&Digest::SHA::sha1],
    'SCRAM-SHA-256' => [\&Digest::SHA::hmac_sha256, \&Digest::SHA::sha256],
);

# More iterations than this are announced, but not worked off.
my $MOST_ITERATIONS = 100_000;

sub new ($class, $mechanism, $option)
{
    my $step = $MECHANISM{$mechanism} // return;

    return bless { iterations => 4096, %$option, mechanism => $mechanism,
                   mechanism_step => $step, round => 0 }, $class;
}

sub step ($self, $response)
{
    return $self->{mechanism_step}->($self, $response, $self->{round}++);
}

# Knows nothing of the mechanism, and says what it was told to say.
sub recite ($self, $response, $round)
{
    return challenge => '' if !defined $response;
    push @{ $self->{heard} }, $response;
    my $challenge = shift @{ $self->{says} };

    return defined $challenge ? (challenge => $challenge)
        : $self->{ends} // 'ok';
}

sub plain ($self, $response, $round)
{
    return challenge => '' if !defined $response;
    my (undef, $user, $password) = split /\0/, $response, 3;

    return $self->verdict($user, $password);
}

sub login ($self, $response, $round)
{
    return challenge => 'Username:' if !defined $response;
    return $self->verdict($self->{name}, $response) if defined $self->{name};
    $self->{name} = $response;
    return challenge => 'Password:';
}

sub verdict ($self, $user, $password)
{
    return 'ok' if ($user // '') eq $self->{user}
        && ($password // '') eq $self->{password};
    return 'fail';
}

# RFC 2195
sub cram_md5 ($self, $response, $round)
{
    if (!defined $response) {
        $self->{challenge} = '<' . int(rand 1e9) . '.1@localhost>';
        return challenge => $self->{challenge};
    }
    my $digest = hmac_md5($self->{challenge}, $self->{password});

    return $response eq "$self->{user} $digest" ? 'ok' : 'fail';
}

sub hmac_md5 ($text, $key)
{
    $key = Digest::MD5::md5($key) if length $key > 64;
    $key .= "\0" x (64 - length $key);
    my $inner = Digest::MD5::md5(($key ^. "\x36" x 64) . $text);

    return Digest::MD5::md5_hex(($key ^. "\x5c" x 64) . $inner);
}

# RFC 5802: first message, proof, acknowledgement of the signature.
sub scram ($self, $response, $round)
{
    return challenge => '' if !defined $response;
    return $self->scram_first($response) if !$self->{server_first};
    return $self->scram_final($response) if !$self->{proven};
    return 'ok';
}

sub scram_first ($self, $response)
{
    my ($gs2, $bare) = $response =~ /\A([npy](?:=[\w-]+)?,[^,]*,)(.*)\z/s
        or return 'fail';
    my ($user, $nonce) = $bare =~ /\An=([^,]*),r=([^,]+)/ or return 'fail';

    $nonce = 'x' . $nonce if $self->{wrong_nonce};
    $self->{nonce} = $nonce . int rand 1e9;
    $self->{name} = $user =~ s/=2C/,/gr =~ s/=3D/=/gr;
    $self->{client_first} = $bare;
    $self->{gs2} = $gs2;
    $self->{salt} = Digest::SHA::sha1(rand);
    $self->{server_first} = join ',', "r=$self->{nonce}",
        's=' . encode_base64($self->{salt}, ''), "i=$self->{iterations}";
    return challenge => $self->{server_first};
}

sub scram_final ($self, $response)
{
    my ($hmac, $hash) = @{ $HMAC{ $self->{mechanism} } };
    my ($bare, $binding, $proof) =
        $response =~ /\A(c=([^,]*),r=\Q$self->{nonce}\E),p=(.*)\z/s
        or return 'fail';

    return 'fail' if $self->{iterations} > $MOST_ITERATIONS
        || $self->{name} ne $self->{user}
        || decode_base64($binding) ne $self->{gs2};
    my $salted = $self->salted_password($hmac);
    my $client_key = $hmac->('Client Key', $salted);
    my $message = join ',', $self->{client_first}, $self->{server_first},
        $bare;
    my $signature = $hmac->($message, $hash->($client_key));

    return 'fail' if decode_base64($proof) ne ($client_key ^. $signature);
    $self->{proven} = 1;
    my $server = $hmac->($message, $hmac->('Server Key', $salted));
    $server = reverse $server if $self->{wrong_signature};
    return challenge => 'v=' . encode_base64($server, '');
}

sub salted_password ($self, $hmac)
{
    my $block = $hmac->($self->{salt} . pack('N', 1), $self->{password});
    my $result = $block;

    for (2 .. $self->{iterations}) {
        $block = $hmac->($block, $self->{password});
        $result ^.= $block;
    }
    return $result;
}

1;
