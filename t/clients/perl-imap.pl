#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Mail::IMAPClient, as an application uses it: stores a file in INBOX, or
# writes the first message of INBOX to a file.
#
#   perl-imap.pl store|read HOST:PORT|SOCKET FILE
use v5.36;
use IO::Socket::UNIX;
use Mail::IMAPClient;

my ($action, $where, $path) = @ARGV;
my ($host, $port) = split /:/, $where;
my $client = Mail::IMAPClient->new(
    User => 'any', Password => 'word', Timeout => 30,
    $where =~ m{^/} ? (Socket => IO::Socket::UNIX->new(Peer => $where))
        : (Server => $host, Port => $port)) or die $@;

$client->IsAuthenticated or die $client->LastError;
$client->select('INBOX') or die $client->LastError;
if ($action eq 'store') {
    open my $file, '<:raw', $path or die "$path: $!";
    $client->append('INBOX', do { local $/; <$file> })
        or die $client->LastError;
}
else {
    my ($message) = $client->messages or die $client->LastError;

    open my $file, '>:raw', $path or die "$path: $!";
    print $file $client->message_string($message);
    close $file or die "$path: $!";
}
$client->logout;
