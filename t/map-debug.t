# SPDX-License-Identifier: Apache-2.0
#
# With LogLevel anonid:debug the error log explains each decision in one line.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;

require_build;

my $BASIC = AnonID::Test::MapSite->basic;
my $site = AnonID::Test::MapSite->new(
    log_level => 'info anonid:debug',
    modules => ['access_compat'],
    sections => <<"END")->start;
<Location "/mapped">
AnonIDMapTo visitor
</Location>
<Location "/mapped/none">
AnonIDMapTo None
</Location>
<Location "/mapped/unless">
AnonIDUnless true
</Location>
<Location "/mapped/error">
AnonIDUnless "file('\${DIR}/missing') == ''"
</Location>
<Location "/basic">
AnonIDMapTo visitor
$BASIC
Require valid-user
</Location>
<Location "/basic/open">
Require anonid
</Location>
<Location "/late">
AnonIDMapTo visitor
$BASIC
Require valid-user
Satisfy any
Allow from 127.0.0.1
</Location>
<Location "/own">
AnonIDMapTo visitor
AuthType AnonID
Require valid-user
</Location>
END
my @alice = (headers => $site->credentials('alice'));

# What of a request's lines speaks of its mapping.
sub decisions ($target, %option)
{
    my $mark = $site->log_mark('localhost');

    $site->get($target, %option);
    my $log = substr $site->log_text('localhost'), $mark;
    return [$log =~ /\[anonid:debug\] .* (\Q$target\E:? (?:is|the).*)/g];
}

my @ROWS = (
    ['/who', ['is not mapped: no AnonIDMapTo is in force']],
    ['/mapped/who', ["is mapped to account 'visitor'"]],
    ['/mapped/none/who', ['is not mapped: AnonIDMapTo None is in force']],
    ['/mapped/unless/who', ['is not mapped: AnonIDUnless is true']],
    ['/mapped/error/who', ['is not mapped: AnonIDUnless is true']],
    ['/basic/who',
     ["is not mapped: account 'visitor' is not authorized (401); "
          . 'left to AuthType Basic']],
    ['/basic/who',
     ['is not mapped: it shows credentials, which the AuthType in force will '
          . 'check'], @alice],
    ['/basic/open/who', ["is mapped to account 'visitor'"]],
    ['/late/who', ["is mapped to account 'visitor'"]],
    ['/own/who',
     ["the anonymous account 'visitor' is not a valid-user "
          . '(AnonIDValidUser Off)']],
);

$site->expect_log(
    qr/AH01631: user visitor/,
    qr/Evaluation of expression from \S+ failed: Cannot open file/,
    qr/ANID0100: AnonIDUnless .* \(Cannot open file .*httpd.conf line \d+/);
for my $row (@ROWS) {
    my ($target, $lines, @option) = @$row;

    is_deeply decisions($target, @option),
        [map { "$target" . (/^the/ ? ': ' : ' ') . $_ } @$lines],
        "$target @option";
}

done_testing;
