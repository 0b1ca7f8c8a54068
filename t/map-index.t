# SPDX-License-Identifier: Apache-2.0
#
# DirectoryIndex, MultiViews and FallbackResource serve another file under the
# request's own name: it is mapped as that file is, an identity of ours goes
# no further, and a real user's stays.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::MapSite;

require_build;

my $BASIC = AnonID::Test::MapSite->basic;

# Where a request comes to, and the files that it may be served from there.
my %FOLDER = (
    visitor => '',
    none => 'AnonIDMapTo None',
    reader => 'AnonIDMapTo reader',
    basic => "$BASIC\nRequire valid-user",
    either => "$BASIC\nRequire valid-user\nRequire anonid",
);
my %FILE = (
    same => '',
    none => 'AnonIDMapTo None',
    reader => 'AnonIDMapTo reader',
    guest => "AnonIDMapTo visitor\nAnonIDRemoteUser Guest",
    hidden => "AnonIDMapTo visitor\nAnonIDRemoteUser none",
    closed => "$BASIC\nRequire valid-user",
);

my $NOBODY = '200 - - -';
my $VISITOR = '200 visitor Anonymous visitor';
my $READER = '200 reader Anonymous reader';
my $ALICE = '200 alice Basic -';
my %MAPPED = (
    none => $NOBODY, reader => $READER,
    guest => '200 Guest Anonymous visitor',
    hidden => '200 - Anonymous visitor', closed => '401 Basic',
);
my %SEEN = (
    visitor => { %MAPPED, same => $VISITOR },
    none => { %MAPPED, same => $NOBODY },
    reader => { %MAPPED, same => $READER },
    basic => { map { $_ => '401 Basic' } keys %FILE },
    either => { %MAPPED, same => $VISITOR, none => '401 Basic' },
);

# To alice nothing is closed; without an AuthType she is nobody to httpd.
my %SEEN_BY_ALICE = (
    (map { $_ => { %{ $SEEN{$_} }, closed => $NOBODY } }
         qw(visitor none reader)),
    (map { $_ => { map { $_ => $ALICE } keys %FILE } } qw(basic either)),
);

sub sections ($kind, $configs)
{
    return join '', map {
        my $name = $kind eq 'Files' ? "$_.cgi" : "\${HTDOCS}/localhost/$_";
        "<$kind \"$name\">\n$configs->{$_}\n</$kind>\n";
    } sort keys %$configs;
}

sub index_sections ()
{
    return join '', map { my $folder = $_; map { <<"END" } sort keys %FILE
<Directory "\${HTDOCS}/localhost/$folder/$_">
DirectoryIndex $_.cgi
FallbackResource /$folder/$_/$_.cgi
</Directory>
END
    } sort keys %FOLDER;
}

my $site = AnonID::Test::MapSite->new(
    modules => [qw(negotiation)],
    config => "AnonIDMapTo visitor\n",
    sections => join('', "MultiviewsMatch Any\n",
                     sections(Directory => \%FOLDER), index_sections(),
                     sections(Files => \%FILE)));
my $who = slurp($site->path('htdocs/who.cgi'));

for my $folder (keys %FOLDER) {
    $site->document("$folder/$_/$_.cgi", $who) for keys %FILE;
}
$site->start;

# What httpd makes of a file that asks for credentials: FallbackResource loses
# the challenge, MultiViews hides the file.
my %CLOSED = (index => '401 Basic', variant => '404', fallback => '401 -');

sub expected ($table, $folder, $file, $way)
{
    my $seen = $table->{$folder}{$file};

    return $seen eq '401 Basic' && $folder ne 'basic' ? $CLOSED{$way} : $seen;
}

for my $folder (sort keys %FOLDER) {
    for my $file (sort keys %FILE) {
        my %target = (index => '', variant => $file, fallback => 'missing');

        for my $way (sort keys %target) {
            my $target = "/$folder/$file/$target{$way}";
            my $name = "$way $file in $folder";

            $site->sees(
                [$target, expected(\%SEEN, $folder, $file, $way),
                 "$name: a visitor"],
                [$target, expected(\%SEEN_BY_ALICE, $folder, $file, $way),
                 "$name: alice", headers => $site->credentials('alice')]);
        }
    }
}
$site->expect_log(qr/AH00687: Negotiation: .*\(None could be negotiated\)/);

# What a program gets is not the sum of both mappings.
my @accounts = $site->get('/visitor/reader/')->{body} =~ /^(ANONID\w*=.*)$/mg;
is "@accounts", 'ANONID_ACCOUNT=reader', 'ANONID_ACCOUNT is there once';
$site->get('/visitor/guest/?log');
$site->wait_log(qr{ visitor 200 "GET /visitor/guest/\?log }, log => 'access');
pass 'the access log has the account';

done_testing;
