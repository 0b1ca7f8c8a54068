#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Net::SMTP, as an application uses it: sends the message in a file.
#
#   perl-smtp.pl HOST PORT FILE RECIPIENT
use v5.36;
use Net::SMTP;

my ($host, $port, $path, $recipient) = @ARGV;
my $client = Net::SMTP->new($host, Port => $port, Timeout => 30)
    or die "connect: $@";

open my $file, '<:raw', $path or die "$path: $!";
($client->mail('app@host.test') && $client->to($recipient)
    && $client->data([<$file>])) or die $client->message;
$client->quit;
