# SPDX-License-Identifier: Apache-2.0
#
# What the module has to say reaches a system's log as well: ErrorLog syslog:
# by way of /dev/log, and a journal by way of systemd-cat as a piped log. This
# test takes the places of both where they are free.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Httpd;
use AnonID::Test::Process qw(run);
use File::Path qw(make_path);
use IO::Select;
use IO::Socket::UNIX;
use Socket qw(SOCK_DGRAM SOCK_STREAM);

require_build;
skip_unless_root;

my $JOURNAL = '/run/systemd/journal';
my @places;

END { unlink @places }

# A socket in the place of a system's own; undef where there is one.
sub take_place ($path, $type)
{
    return if -e $path;
    my $socket = IO::Socket::UNIX->new(
        Local => $path, Type => $type,
        $type == SOCK_STREAM ? (Listen => 5) : ()) or die "$path: $!";

    push @places, $path;
    chmod 0666, $path or die "$path: $!";
    return $socket;
}

sub site ($log)
{
    my $httpd = AnonID::Test::Httpd->new(
        vhosts => ['a.test' => "ErrorLog $log"], config => <<'END');
<AnonIDAccount broken>
AnonIDLogon file "${DIR}/accounts"
AnonIDSecret "file:${DIR}/secret"
</AnonIDAccount>
AnonIDMapTo broken
END

    spit($httpd->path('accounts'), "broken:\$6\$x\$y\n", 0644);
    spit($httpd->path('secret'), canary(), 0600);
    $httpd->expect_log(qr/ANID0001/);
    return $httpd->start;
}

# All that comes until it has the warning.
sub hear ($what, $next)
{
    my $heard = '';

    wait_until(sub { $heard .= $next->() // ''; $heard =~ /ANID0001/ }, 20,
               $what);
    return $heard;
}

sub test_syslog ()
{
    my $socket = take_place('/dev/log', SOCK_DGRAM);

    SKIP: {
        skip 'this system has a logger at /dev/log', 2 if !$socket;
        my $site = site('syslog:local1:anonid-test');
        my $select = IO::Select->new($socket);
        my $heard = hear('syslog has the warning', sub {
            my $datagram;
            $select->can_read(0.2) && recv($socket, $datagram, 8192, 0);
            return $datagram;
        });

        # local1 is 17, warning is 4: 17 * 8 + 4.
        like $heard, qr/<140>.*anonid-test.*ANID0001: The server was unable to logon the local account 'broken'/,
            'ErrorLog syslog: gets the warning, with facility and level';
        like $heard, qr/data 0000052e/, '... and all of it';
        $site->stop;
    }
    return;
}

sub test_journal ()
{
    SKIP: {
        my ($cat) = grep { -x } map { "$_/systemd-cat" } split /:/, $ENV{PATH};
        skip 'needs systemd-cat', 2 if !$cat;
        make_path($JOURNAL);
        my $socket = take_place("$JOURNAL/stdout", SOCK_STREAM);
        skip 'this system has a journal', 2 if !$socket;
        my $site = site("\"|$cat -t anonid-test -p warning\"");
        my @streams;
        my $select = IO::Select->new($socket);
        my $heard = hear('the journal has the warning', sub {
            my $all = '';
            for my $ready ($select->can_read(0.2)) {
                if ($ready == $socket) {
                    $select->add(my $stream = $socket->accept);
                    push @streams, $stream;
                    next;
                }
                my $n = sysread $ready, my $octets, 8192;
                $n ? ($all .= $octets) : $select->remove($ready);
            }
            return $all;
        });

        like $heard, qr/^anonid-test$/m, 'systemd-cat tells the journal who';
        like $heard, qr/ANID0001: .*'broken'.*data 0000052e/,
            '... and hands the warning on';
        $site->stop;
    }
    return;
}

test_syslog;
test_journal;
done_testing;
