# SPDX-License-Identifier: Apache-2.0
#
# Looks for secrets where they must not be: in the memory of processes and in
# files. It must not know what the processes are.

package AnonID::Test::Memory;

use v5.36;
use Digest::SHA qw(hmac_sha256);
use Exporter qw(import);
use File::Find ();
use MIME::Base64 qw(encode_base64 decode_base64);

our @EXPORT_OK = qw(secret_forms find_in_memory find_in_files can_read_memory);

=head1 NAME

AnonID::Test::Memory - looks for secrets in memory and files

=head1 SYNOPSIS

    my $forms = secret_forms($user, $password, $verifier);
    is_deeply [find_in_memory($forms, $httpd->httpd_pids)], [], '...';
    is_deeply [find_in_files($forms, $httpd->path('logs'))], [], '...';

=head1 SHAPES

I<Forms> map a name (what the bytes are) to the bytes. A finding is text:
C<"password in memory of 123 (7f..-7f.. [heap])">. Nothing is found in a
process that is gone; one that may not be read ends the test, so ask
C<can_read_memory($pid)> first.

=cut

my $CHUNK = 4 << 20;

# What the password looks like on its way: itself, as SASL PLAIN and LOGIN
# send it, and the client key of a {SCRAM-SHA-256} verifier, if one is given.
sub secret_forms ($user, $password, $verifier = undef)
{
    my %form = (
        password => $password,
        'base64 of PLAIN' => encode_base64("\0$user\0$password", ''),
        'base64 of PLAIN with authzid' =>
            encode_base64("$user\0$user\0$password", ''),
        'base64 of the password' => encode_base64($password, ''),
    );

    $form{'SCRAM client key'} = scram_client_key($password, $verifier)
        if ($verifier // '') =~ /\{SCRAM-SHA-256\}/;
    return \%form;
}

# RFC 5802 section 3, for {SCRAM-SHA-256}iterations,salt,...
sub scram_client_key ($password, $verifier)
{
    my ($iterations, $salt) = $verifier =~ /\{SCRAM-SHA-256\}(\d+),([^,]+),/;

    return hmac_sha256('Client Key',
                       pbkdf2($password, decode_base64($salt), $iterations));
}

sub pbkdf2 ($password, $salt, $iterations)
{
    my $block = hmac_sha256($salt . pack('N', 1), $password);
    my $result = $block;

    for (2 .. $iterations) {
        $block = hmac_sha256($block, $password);
        $result ^.= $block;
    }
    return $result;
}

# Root may read its own processes' memory always, that of others' only with
# CAP_SYS_PTRACE, which a container without privileges has not.
sub can_read_memory ($pid)
{
    return if $> == 0 && !has_capability(19);
    open my $memory, '<:raw', "/proc/$pid/mem" or return;
    return 1;
}

# By its number in linux/capability.h.
sub has_capability ($number)
{
    my ($effective) = AnonID::Test::slurp('/proc/self/status')
        =~ /^CapEff:\s+(\w+)/m or return;

    no warnings 'portable';
    return hex($effective) >> $number & 1;
}

sub find_in_memory ($forms, @pids)
{
    return map { find_in_process($forms, $_) } @pids;
}

sub find_in_process ($forms, $pid)
{
    open my $maps, '<', "/proc/$pid/maps" or return unreadable($pid);
    open my $memory, '<:raw', "/proc/$pid/mem" or return unreadable($pid);
    my @found;

    while (my $map = readline $maps) {
        my ($from, $to, $name) =
            $map =~ /^(\w+)-(\w+) r\S* \S+ \S+ \S+\s*(.*)$/ or next;
        next if $name =~ /^\[v/;
        no warnings 'portable';
        my @names = find_in_range($forms, $memory, hex $from, hex $to);
        push @found, map { "$_ in memory of $pid ($from-$to $name)" } @names;
    }
    return @found;
}

sub unreadable ($pid)
{
    die "the memory of $pid may not be read: $!" if -e "/proc/$pid";
    return;
}

# Chunks overlap by the longest form, so that none is missed between two.
sub find_in_range ($forms, $memory, $from, $to)
{
    my $overlap = longest($forms);
    my (%found, $kept);

    sysseek $memory, $from, 0 or return;
    $kept = '';
    while ($from < $to) {
        my $want = $to - $from < $CHUNK ? $to - $from : $CHUNK;
        my $got = sysread $memory, my ($bytes), $want;

        last if !$got;
        $bytes = $kept . $bytes;
        $found{$_} = 1 for names_in($forms, $bytes);
        $kept = substr $bytes, -$overlap if length $bytes >= $overlap;
        $from += $got;
    }
    return sort keys %found;
}

sub longest ($forms)
{
    my ($length) = sort { $b <=> $a } map { length } values %$forms;

    return $length;
}

sub names_in ($forms, $bytes)
{
    return grep { index($bytes, $forms->{$_}) >= 0 } sort keys %$forms;
}

# Findings in files and in all files below folders.
sub find_in_files ($forms, @paths)
{
    my @found;

    File::Find::find({ no_chdir => 1, wanted => sub {
        return if !-f;
        my $path = $_;
        push @found, map { "$_ in $path" }
            names_in($forms, AnonID::Test::slurp($path));
    } }, grep { -e } @paths);
    return @found;
}

1;
