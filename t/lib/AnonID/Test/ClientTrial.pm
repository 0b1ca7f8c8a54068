# SPDX-License-Identifier: Apache-2.0
#
# What each mail client has to do at a listener: bring a message there or
# back whole, and be told something sensible when the account is not let in.
# It must not know which servers are behind.

package AnonID::Test::ClientTrial;

use v5.36;
use Exporter qw(import);
use Test::More ();
use AnonID::Test ();
use AnonID::Test::Clients;

our @EXPORT = qw(places try_mailbox try_sending try_refused
                 try_as_stranger);

=head1 NAME

AnonID::Test::ClientTrial - clients at listeners

=head1 SYNOPSIS

    my @places = places($port, $socket);
    try_mailbox('imap', \@places, $imap, letter(200_000));
    try_sending(\@places, sub ($user) { $dovecot->wait_message($user) },
                letter());
    try_refused('pop3', \@places, qr/reason/, 'site', $password);
    try_as_stranger('pop3', \@places, qr/what a stranger reads/);

C<$imap> is the mailbox, seen from behind: an AnonID::Test::Imap.

=cut

sub places ($port, $socket)
{
    return ({ host => '127.0.0.1', port => $port },
            { host => 'localhost', socket => $socket });
}

# Calls what is tried with each client, at each place that it can reach.
sub each_client ($protocol, $places, $try)
{
    for my $client (clients($protocol)) {
        for my $at (grep { !$_->{socket} || $client->{unix} } @$places) {
            my $name = "$client->{name}, "
                . ($at->{socket} ? 'Unix socket' : 'TCP');

          SKIP: {
                Test::More::skip("$name: no $client->{missing}", 1)
                    if $client->{missing};
                $try->($client, $at, $name);
            }
        }
    }
}

sub done ($name, $exit, $output)
{
    return Test::More::is($exit, 0, $name)
        || Test::More::diag($output);
}

sub try_mailbox ($protocol, $places, $imap, $letter)
{
    my $sent = AnonID::Test::spit(AnonID::Test::temp_root() . '/letter',
                                  $letter, 0644);

    each_client($protocol, $places, sub ($client, $at, $name) {
        try_to_store($client, $at, $name, $imap, $sent) if $client->{store};
        try_to_read($client, $at, $name, $imap, $sent) if $client->{read};
    });
}

sub fill ($imap, @messages)
{
    $imap->command('SELECT', 'INBOX');
    $imap->command('UID STORE', '1:*', '+FLAGS.SILENT', '(\Deleted)');
    $imap->command('EXPUNGE');
    $imap->command('APPEND', 'INBOX', '{' . length($_) . "+}\r\n$_")
        for @messages;
}

sub try_to_store ($client, $at, $name, $imap, $sent)
{
    fill($imap);
    done("$name: stores", run_client($client, 'store', $at, $sent));
    my @found = $imap->messages('INBOX');

    Test::More::ok(@found == 1 && same_letter(
        $client->{keeps}, $found[0], AnonID::Test::slurp($sent)),
        "$name: ... and nothing is lost");
}

sub try_to_read ($client, $at, $name, $imap, $sent)
{
    my $got = client_home() . '/got';

    fill($imap, AnonID::Test::slurp($sent));
    done("$name: reads", run_client($client, 'read', $at, $got));
    Test::More::ok(-e $got && same_letter(
        $client->{keeps}, AnonID::Test::slurp($got),
        AnonID::Test::slurp($sent)), "$name: ... and nothing is lost");
}

# Each message goes to a mailbox of its own; $find returns the first message
# of a user.
sub try_sending ($places, $find, $letter)
{
    my $sent = AnonID::Test::spit(AnonID::Test::temp_root() . '/letter',
                                  $letter, 0644);
    my $number = 0;

    each_client('smtp', $places, sub ($client, $at, $name) {
        my $user = 'user' . ++$number;

        done("$name: sends", run_client($client, 'send', $at, $sent,
                                        "$user\@example.test"))
            or return;
        Test::More::ok(same_letter($client->{keeps}, $find->($user), $letter),
                       "$name: ... and nothing is lost");
    });
}

sub attempt ($client, $at)
{
    my $action = (grep { $client->{$_} } qw(read store send))[0];
    my $sent = AnonID::Test::temp_root() . '/letter';
    my @arguments = $action eq 'send' ? ($sent, 'somebody@example.test')
        : $action eq 'store' ? $sent : client_home() . '/got';

    return run_client($client, $action, $at, @arguments);
}

# The folder of the tests has a name of its own.
sub public ($output)
{
    return $output =~ s/\Q@{[AnonID::Test::temp_root()]}\E//gr;
}

# Most clients show their user the reason that the listener gives; C<says> has
# the words of those that have their own.
sub try_refused ($protocol, $places, $reason, @secrets)
{
    each_client($protocol, $places, sub ($client, $at, $name) {
        my ($exit, $output) = attempt($client, $at);

        $name .= ', not let in';
        Test::More::isnt($exit, 0, "$name: fails") if !$client->{goes_on};
        Test::More::like($output, $client->{says} // $reason,
                         "$name: ... and says so");
        Test::More::unlike(public($output), qr/\b\Q$_\E\b/,
                           "$name: ... but no secret") for @secrets;
    });
}

# Somebody who is not among users=. Few clients show what a server says
# instead of its greeting.
sub try_as_stranger ($protocol, $places, $reason)
{
    each_client($protocol, $places, sub ($client, $at, $name) {
        my ($exit, $output) = attempt($client, { %$at, user => 'nobody' });

        $name .= ', a stranger';
        Test::More::isnt($exit, 0, "$name: fails") if !$client->{goes_on};
        Test::More::like($output, $reason, "$name: ... and says so")
            if $client->{name} =~ /^(?:Python|swaks)/;
    }) if AnonID::Test::is_root();
}

1;
