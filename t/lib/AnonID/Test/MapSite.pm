# SPDX-License-Identifier: Apache-2.0
#
# An httpd for tests of the mapping: two anonymous accounts, two real users,
# and at every folder's "who" a program that tells what it sees. It must not
# know what it ought to see.

package AnonID::Test::MapSite;

use v5.36;
use parent 'AnonID::Test::Httpd';
use Digest::SHA qw(sha1_base64);
use MIME::Base64 qw(encode_base64);

=head1 NAME

AnonID::Test::MapSite - a site whose requests are mapped

=head1 SYNOPSIS

    my $site = AnonID::Test::MapSite->new(
        sections => <<'END',        # of the virtual host localhost
    AnonIDMapTo visitor
    <Location "/closed">
    AnonIDMapTo None
    </Location>
    END
    )->start;

    is $site->seen('/who'), '200 visitor Anonymous visitor', '...';
    $site->sees(['/closed/who', '200 - - -', 'a name', %options], ...);

=head1 SHAPES

The accounts are C<visitor> and C<reader>; the users C<alice> and C<bob>,
with their name as password (C<credentials('alice')> makes the header).

C<seen> sums a response up: the status, and for 200 what the program has as
REMOTE_USER, AUTH_TYPE and ANONID_ACCOUNT; for 401 the schemes that are
offered; for a redirect its target; for 503 whether Retry-After is there.
Options are those of AnonID::Test::Httpd's C<get>.

=cut

my $WHO = <<'END';
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
env
END

my $BASICS = <<'END';
<AnonIDAccount visitor>
AnonIDLogon file
AnonIDPasswordSync On
</AnonIDAccount>
<AnonIDAccount reader>
AnonIDLogon file
AnonIDPasswordSync On
</AnonIDAccount>
<Directory "${HTDOCS}">
Options +ExecCGI +Includes +MultiViews
</Directory>
AliasMatch "/who$" "${HTDOCS}/who.cgi"
END

sub new ($class, %field)
{
    my @modules = (qw(auth_basic cgi), @{ delete $field{modules} // [] });
    my $sections = delete $field{sections} // '';
    my $self = $class->SUPER::new(
        %field, modules => \@modules,
        config => $BASICS . ($field{config} // ''),
        vhosts => [localhost => $sections, @{ $field{vhosts} // [] }]);

    AnonID::Test::spit($self->path('htdocs/who.cgi'), $WHO, 0755);
    AnonID::Test::spit($self->path('users'),
                       join '', map { "$_:{SHA}" . sha1_base64($_) . "=\n" }
                       qw(alice bob));
    return $self;
}

# Lines of a section where mod_auth_basic asks for credentials.
sub basic ($class)
{
    return <<'END';
AuthType Basic
AuthName "test"
AuthUserFile "${DIR}/users"
END
}

sub credentials ($class, $user, $password = $user)
{
    return { Authorization => 'Basic ' . encode_base64("$user:$password", '') };
}

# The variables that a "who" sees.
sub environment_of ($self, $response)
{
    return { map { /^(\w+)=(.*)$/ ? ($1 => $2) : () }
                 split /\n/, $response->{body} };
}

sub env ($self, $target, %option)
{
    return $self->environment_of($self->get($target, %option));
}

my %SUMMARY = (
    200 => sub ($response) {
        my $env = __PACKAGE__->environment_of($response);
        return map { $env->{$_} // '-' }
            qw(REMOTE_USER AUTH_TYPE ANONID_ACCOUNT);
    },
    401 => sub ($response) {
        my $challenge = $response->{header}{'www-authenticate'} // '-';
        return $challenge =~ /^(\S+)/;
    },
    302 => sub ($response) { return $response->{header}{location} },
    503 => sub ($response) {
        return $response->{header}{'retry-after'} ? 'Retry-After' : '-';
    },
);

sub summary ($self, $response)
{
    my $details = $SUMMARY{ $response->{status} } // sub { return () };

    return join ' ', $response->{status}, $details->($response);
}

sub seen ($self, $target, %option)
{
    return $self->summary($self->get($target, %option));
}

# Tests rows of [target, summary, name, options of get...].
sub sees ($self, @rows)
{
    for my $row (@rows) {
        my ($target, $expected, $name, %option) = @$row;

        Test::More::is($self->seen($target, %option), $expected, $name);
    }
    return;
}

1;
