#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Net::POP3, as an application uses it: writes the first message to a file.
#
#   perl-pop3.pl read HOST PORT FILE
use v5.36;
use Net::POP3;

my (undef, $host, $port, $path) = @ARGV;
my $client = Net::POP3->new($host, Port => $port, Timeout => 30)
    or die "connect: $@";
$client->login('any', 'word') or die $client->message;
open my $file, '>:raw', $path or die "$path: $!";
$client->get(1, $file) or die $client->message;
close $file or die "$path: $!";
$client->quit;
