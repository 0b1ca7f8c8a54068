# SPDX-License-Identifier: Apache-2.0
#
# What every test begins with: language level, Test::More, ports, waiting,
# files, secrets. It must not know any server. Where the programs are is
# Build's.

package AnonID::Test;

use v5.36;
use feature ();
use strict ();
use warnings ();
use Errno qw(EADDRINUSE);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use File::Temp ();
use Socket;
use Test::More ();
use Time::HiRes qw(time sleep);

use AnonID::Test::Build qw(srcdir builddir module_path agent_path ctl_path
                           sendmail_path require_build);
use AnonID::Test::Server;

=head1 NAME

AnonID::Test - what every test begins with

=head1 SYNOPSIS

    use FindBin;
    use lib "$FindBin::Bin/lib";
    use AnonID::Test;
    use AnonID::Test::Httpd;

    my $httpd = AnonID::Test::Httpd->new(config => 'AnonIDMapTo')->start;
    is $httpd->get('/')->{status}, 200, 'an anonymous request is served';
    done_testing;

=head1 DESCRIPTION

Imports strict, warnings, Perl 5.36's features, all of Test::More and the
functions below. C<done_testing> first stops all servers and fails for every
warning in their logs that the test did not announce.

=cut

our @EXPORT = qw(
    done_testing temp_root free_port wait_until slurp spit canary
    is_root skip_unless_root skip_unless_program srcdir builddir
    module_path agent_path ctl_path sendmail_path require_build
);

my $owner = $$;
my ($root, @port_locks);

sub import ($class, @)
{
    my $caller = caller;

    strict->import;
    warnings->import;
    feature->import(':5.36');
    Test::More->export_to_level(1, $class,
                                grep { $_ ne 'done_testing' }
                                @Test::More::EXPORT);
    no strict 'refs';
    *{"${caller}::$_"} = \&{$_} for @EXPORT;
}

BEGIN {
    $ENV{PATH} = join ':', grep { length } $ENV{PATH} // '',
        qw(/usr/local/sbin /usr/sbin /sbin /usr/bin /bin);
    $ENV{LC_ALL} = 'C.UTF-8';
    delete @ENV{qw(KRB5CCNAME KRB5_CONFIG LDAPCONF TMPDIR)};

    # Handlers, not 'IGNORE': that would be inherited by the servers.
    $SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub { exit 1 };
    $SIG{PIPE} = sub { };
}

END {
    if ($$ == $owner) {
        my $status = $?;
        AnonID::Test::Server->stop_all;
        leave_temp_root();
        $? = $status;
    }
}

# Stops the servers, checks their logs, and ends the plan.
sub done_testing ()
{
    AnonID::Test::Server->stop_all;
    for my $server (AnonID::Test::Server->log_reports) {
        my ($name, @problems) = @$server;

        Test::More::is(join('', map { "$_\n" } @problems), '',
                       "$name: nothing unannounced in its logs");
    }
    Test::More::done_testing();
}

# The folder of this test run; removed at its end unless ANONID_TEST_KEEP is
# set. Short, because paths of Unix sockets end at 107 bytes. Servers that run
# as somebody else reach it, and all that they need is in it: the source tree
# may be in a home that is closed to them.
sub temp_root ()
{
    return $root if $root;
    $root = File::Temp::tempdir('anonid-XXXXXX', DIR => '/tmp', CLEANUP => 0);
    chmod 0755, $root or die "chmod $root: $!";
    return $root;
}

sub leave_temp_root ()
{
    return if !$root;
    if ($ENV{ANONID_TEST_KEEP}) {
        Test::More::diag("kept $root");
        return;
    }
    remove_tree($root, { error => \my $ignored });
}

# A loopback port that no other test of this machine is given. The lock is an
# abstract Unix socket: it lives in the same network namespace as the port,
# belongs to no user, and goes when this process goes. The range lies below
# that of outgoing connections, so nobody else is given the port by chance.
sub free_port ($address = '127.0.0.1')
{
    for (1 .. 2000) {
        my $port = 12_000 + int rand 20_000;
        my $lock = lock_port($port) or next;

        next if !port_is_free($address, $port);
        push @port_locks, $lock;
        return $port;
    }
    die 'no free loopback port';
}

sub lock_port ($port)
{
    socket my $lock, AF_UNIX, SOCK_STREAM, 0 or die "socket: $!";
    return $lock if bind $lock, pack_sockaddr_un("\0anonid-port-$port");
    die "lock of port $port: $!" if $! != EADDRINUSE;
    return;
}

sub port_is_free ($address, $port)
{
    socket my $probe, AF_INET, SOCK_STREAM, 0 or die "socket: $!";
    setsockopt $probe, SOL_SOCKET, SO_REUSEADDR, 1;
    return bind $probe, pack_sockaddr_in($port, inet_aton($address));
}

# Waits until $condition->() is true and returns its value; dies after
# $deadline seconds. This is the only way in which a test waits.
sub wait_until ($condition, $deadline, $what)
{
    my $end = time + $deadline;

    while (1) {
        my $value = $condition->();

        return $value if $value;
        last if time > $end;
        sleep 0.02;
    }
    die "timed out after $deadline s: $what\n";
}

sub slurp ($path)
{
    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    return readline($file) // '';
}

sub spit ($path, $content, $mode = undef)
{
    make_path(dirname($path));
    open my $file, '>:raw', $path or die "$path: $!";
    print $file $content or die "$path: $!";
    close $file or die "$path: $!";
    defined $mode and (chmod $mode, $path or die "chmod $path: $!");
    return $path;
}

# A random secret that occurs nowhere by chance: 160 bits. Each has capitals,
# small letters and digits, on which password policies insist.
sub canary ()
{
    my @letters = ('A' .. 'Z', 'a' .. 'z', 2 .. 9);

    open my $random, '<:raw', '/dev/urandom' or die "/dev/urandom: $!";
    read $random, my $bytes, 28 or die "/dev/urandom: $!";
    return join '', 'Cn2', map { $letters[$_ % @letters] } unpack 'C*', $bytes;
}

sub is_root () { return $> == 0 }

sub skip_unless_root ()
{
    Test::More::plan(skip_all => 'needs root') if !is_root();
}

sub skip_unless_program (@programs)
{
    for my $program (@programs) {
        next if grep { -x "$_/$program" } split /:/, $ENV{PATH};
        Test::More::plan(skip_all => "needs the program $program");
    }
}

1;
