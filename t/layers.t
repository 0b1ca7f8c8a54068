#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Who may know whom: the folders of the tree, what their files include, and
# what the built module links.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use AnonID::Test::Tree qw(srcdir builddir folders files slurp none);

# Which folders of the project a folder may include.
my %may_include = (
    common => [qw(common)],
    module => [qw(module common)],
    agent  => [qw(agent common)],
    ctl    => [qw(ctl common)],
);

# Which folders may include a library's headers.
my @libraries = (
    [ httpd => qr{^(?:httpd|http_\w+|ap_\w+|mod_\w+|util_\w+|scoreboard
                    |mpm_common|unixd|heartbeat)\.h$}x, qw(module) ],
    [ LDAP => qr{^(?:ldap\w*|lber\w*)\.h$}, qw(agent) ],
    [ Kerberos => qr{^(?:krb5|krb5/.*|com_err|profile)(?:\.h)?$}, qw(agent) ],
    [ 'GSS-API' => qr{^gssapi(?:\.h|/|_)}, qw(agent) ],
    [ SASL => qr{^sasl/}, qw(agent) ],
    [ OpenSSL => qr{^openssl/}, qw(agent) ],
    [ libevent => qr{^(?:event2/|ev\w+\.h$)}, qw(agent) ],
    [ libcrypt => qr{^crypt\.h$}, qw(agent) ],
    [ GMime => qr{^(?:gmime|glib|gio|gobject)\b}, qw(module) ],
    [ Jansson => qr{^jansson\.h$}, qw(module ctl) ],
    [ 'APR-util' => qr{^(?:apu|apr_(?:dbd|dbm|ldap|crypto|memcache|redis
                           |xml|buckets|brigade|optional|hooks|sha1|md4
                           |base64|uri|thread_pool|reslist|rmm|queue)
                        \w*)\.h$}x, qw(module) ],
);

# Libraries that a worker must never load on the module's account.
my $foreign = qr{^lib(?:ldap|lber|krb5|gssapi|sasl2|ssl|crypto|event|crypt)};

sub includes
{
    my ($file) = @_;
    my $text = slurp($file);
    return $text =~ /^[ \t]*\#[ \t]*include[ \t]*([<"][^>"]+)[>"]/mg;
}

# The folder of mod_anonid/ that "name" leads to from $folder, or undef.
sub project_folder
{
    my ($folder, $name) = @_;
    my $top = srcdir() . '/mod_anonid';
    my ($other) = $name =~ m{^(?:\.\./)?(\w+)/[^/]+$};
    return $other if $other && $may_include{$other}
        && -e "$top/" . ($name =~ s{^\.\./}{}r);
    return $folder if -e "$top/$folder/$name";
    return undef;
}

# What is wrong with one include of a file in $folder; undef when nothing is.
sub fault
{
    my ($folder, $include) = @_;
    my ($quote, $name) = $include =~ /^(.)(.*)/;
    if ($quote eq '"') {
        my $target = project_folder($folder, $name)
            // return "\"$name\" is no file of the project";
        return if grep { $_ eq $target } @{ $may_include{$folder} };
        return "$folder/ must not include $target/ (\"$name\")";
    }
    for (@libraries) {
        my ($library, $pattern, @allowed) = @$_;
        next if $name !~ $pattern || grep { $_ eq $folder } @allowed;
        return "$folder/ must not include $library (<$name>)";
    }
    return;
}

sub needed
{
    my ($binary) = @_;
    open my $readelf, '-|', 'readelf', '-d', $binary or die "readelf: $!";
    return map { /\(NEEDED\).*\[(.+)\]/ ? $1 : () } <$readelf>;
}

is_deeply([ folders('') ], [qw(build conf mod_anonid t)],
    'there are no other top-level folders');
is_deeply([ folders('mod_anonid') ], [ sort keys %may_include ],
    'mod_anonid/ has the four folders of the design');
none([ files('mod_anonid', qr/^(?:utils?|misc|helpers)\.[ch]$/) ],
    'no file is named for having no job');

for my $folder (sort keys %may_include) {
    my @faults;
    for my $file (files("mod_anonid/$folder", qr/\.[ch]$/)) {
        push @faults, map { "$file: $_" }
            grep { defined } map { scalar fault($folder, $_) } includes($file);
    }
    none(\@faults, "mod_anonid/$folder/ includes what it may");
}

my $module = builddir() . '/mod_anonid/.libs/mod_anonid.so';
my @libraries_needed = needed($module);
ok(scalar @libraries_needed, 'the module is built');
none([ grep { /$foreign/ } @libraries_needed ],
    'the module links no LDAP, Kerberos, SASL or TLS library');

done_testing();
