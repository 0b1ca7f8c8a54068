# SPDX-License-Identifier: Apache-2.0
#
# An httpd for tests of logons: accounts with a secret file and a virtual host
# each, and how they stand. It must not know any provider.

package AnonID::Test::LogonSite;

use v5.36;
use parent 'AnonID::Test::Httpd';
use JSON::PP qw(decode_json);

use AnonID::Test::Ctl;

=head1 NAME

AnonID::Test::LogonSite - a site whose accounts log on

=head1 SYNOPSIS

    my $site = AnonID::Test::LogonSite->new(accounts => {
        web => { logon => "ldap $url $dn", secret => $password,
                 lines => ['AnonIDLogonLifetime 60'] },
    });
    $site->expect_failure(web => 1326);    # announces its warning
    $site->start;

    $site->put_secret(web => $other);      # as one change of the file
    $site->status('web');                  # of anonidctl: state, code, ...
    $site->wait_state(web => 'logged on');
    $site->wait_failure(web => 1326);      # ... and returns its status
    $site->warning('web');                 # the last one in its vhost's log
    $site->served('web');                  # HTTP status of its vhost

=head1 SHAPES

An account's virtual host is its name, without domain, and C<.test>. Instead
of C<secret> an account may have C<source>, what its AnonIDSecret says; with
neither it has none.

=cut

my $HELP = 'https://help.example/logon';

sub new ($class, %field)
{
    my $accounts = $field{accounts};
    my @names = sort keys %$accounts;

    $field{config} = join "\n", "AnonIDHelpURL $HELP",
        (map { account_text($_, $accounts->{$_}) } @names),
        $field{config} // '';
    my $self = $class->SUPER::new(
        vhosts => [map { (vhost($_) => join "\n", "AnonIDMapTo $_",
                          @{ $accounts->{$_}{vhost} // [] }) } @names],
        %field);
    $self->document('x.txt', "served\n", vhost($_)) for @names;
    $self->put_secret($_, $accounts->{$_}{secret})
        for grep { defined $accounts->{$_}{secret} } @names;
    return $self;
}

sub account_text ($name, $account)
{
    my $source = $account->{source}
        // (defined $account->{secret}
            ? "file:\${DIR}/@{[ user($name) ]}.secret" : undef);

    return join "\n", "<AnonIDAccount $name>", "AnonIDLogon $account->{logon}",
        (defined $source ? qq(AnonIDSecret "$source") : ()),
        @{ $account->{lines} // [] }, "</AnonIDAccount>\n";
}

sub user ($name) { return $name =~ s/^.*\\//r =~ s/\@.*//r }

sub vhost ($name) { return user($name) . '.test' }

sub put_secret ($self, $name, $secret)
{
    my $path = $self->path(user($name) . '.secret');

    AnonID::Test::spit("$path.next", "$secret\n", 0600);
    rename "$path.next", $path or die "$path: $!";
    return $self;
}

# All of them by name, or one.
sub status ($self, $name = undef)
{
    my $document = decode_json(
        AnonID::Test::Ctl->new($self)->ok('status', '--json'));
    my %account = map { ($_->{name} => $_) } @{ $document->{accounts} };

    return defined $name ? $account{$name} : \%account;
}

sub wait_status ($self, $name, $condition, $what, $deadline = 30)
{
    my $status;

    return eval {
        AnonID::Test::wait_until(sub {
            $status = $self->status($name);
            return $condition->($status) && $status;
        }, $deadline, "$name: $what");
    } // die $@ . JSON::PP->new->pretty->encode($status);
}

sub wait_state ($self, $name, $state, $deadline = 30)
{
    return $self->wait_status($name, sub ($s) { $s->{state} eq $state },
                              $state, $deadline);
}

sub wait_failure ($self, $name, $code, $deadline = 30)
{
    return $self->wait_status(
        $name, sub ($s) { ($s->{code} // 0) == $code }, "code $code",
        $deadline);
}

# httpd doubles the backslash of a name in its error log.
sub logged ($name) { return $name =~ s/\\/\\\\/gr }

# Announces warnings of an account with that code.
sub expect_failure ($self, $name, @codes)
{
    my $logged = quotemeta logged($name);

    return $self->expect_log(
        map { qr/ANID0001: .*'$logged'.*\#$_ \[data/ } @codes);
}

# ... and the notice of its end, which is no problem but has to come.
sub expect_recovery ($self, $name)
{
    my $logged = quotemeta logged($name);

    return $self->expect_log(qr/ANID0002: The account '$logged' /);
}

sub warnings ($self, $name)
{
    return map { /(ANID0001: .*)/ } split /\n/, $self->error_log(vhost($name));
}

sub warning ($self, $name) { return ($self->warnings($name))[-1] }

# The text that section 7 of the design asks for, up to the detail.
sub warning_text ($self, $kind, $name, $code, $sentence, $provider)
{
    return sprintf 'ANID0001: The server was unable to logon the %s \'%s\' '
        . 'due to the following error: %s The data is the error code. For '
        . 'additional information specific to this message please visit '
        . '%s#%d [data %08x, provider %s', $kind, logged($name), $sentence,
        $HELP, $code, $code, $provider;
}

sub served ($self, $name)
{
    return $self->get('/x.txt', vhost => vhost($name))->{status};
}

1;
