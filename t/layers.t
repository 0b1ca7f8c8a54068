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

# Files that a listing shows at once.
use constant SCREEN => 45;

# Which folders of mod_anonid/ a folder may include, beside itself and
# common/. This is the direction of all arrows: there is no way back.
my %may_include = (
    common => [],
    ctl    => [],

    agent              => [qw(base control logon net oauth relay request
                              status submission store)],
    'agent/base'       => [],
    'agent/control'    => [qw(base limit logon relay request status
                              store)],
    'agent/imap'       => [qw(base mail relay)],
    'agent/krb5'       => [qw(base provider secret)],
    'agent/ldap'       => [qw(base net provider)],
    'agent/limit'      => [qw(base status store)],
    'agent/logon'      => [qw(base krb5 provider secret status store)],
    'agent/mail'       => [qw(base logon net sasl status)],
    'agent/message'    => [],
    'agent/net'        => [qw(base)],
    'agent/oauth'      => [qw(base provider secret)],
    'agent/pop3'       => [qw(mail relay)],
    'agent/provider'   => [qw(secret)],
    'agent/relay'      => [qw(base limit logon mail net status)],
    'agent/request'    => [qw(base logon mail status store submission)],
    'agent/sasl'       => [qw(base krb5 net oauth provider
                              secret)],
    'agent/secret'     => [],
    'agent/smtp'       => [qw(base logon mail message relay status)],
    'agent/status'     => [qw(message)],
    'agent/store'      => [qw(base net secret status)],
    'agent/submission' => [qw(base limit logon mail message net sasl smtp
                              status)],

    module              => [qw(config map probe status submit supervisor
                              validate)],
    'module/channel'    => [],
    'module/config'     => [qw(text)],
    'module/draft'      => [qw(config text)],
    'module/files'      => [],
    'module/map'        => [qw(config supervisor)],
    'module/probe'      => [qw(config map supervisor)],
    'module/status'     => [qw(config map supervisor text)],
    'module/submit'     => [qw(channel config draft map supervisor text)],
    'module/supervisor' => [qw(config files)],
    'module/text'       => [],
    'module/validate'   => [qw(config files supervisor)],
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
    [ libseccomp => qr{^(?:seccomp|linux/(?:seccomp|landlock))\.h$},
        qw(agent) ],
    [ hiredis => qr{^hiredis/}, qw(agent) ],
    [ libcrypt => qr{^crypt\.h$}, qw(agent) ],
    [ GMime => qr{^(?:gmime|glib|gio|gobject)\b}, qw(module) ],
    [ libcurl => qr{^curl/}, qw(agent ctl) ],
    [ Jansson => qr{^jansson\.h$}, qw(module agent ctl) ],
    [ 'MD5 of APR-util' => qr{^apr_md5\.h$}, qw(agent) ],
    [ 'APR-util' => qr{^(?:apu|apr_(?:dbd|dbm|ldap|crypto|memcache|redis
                           |xml|buckets|brigade|optional|hooks|sha1|md4
                           |base64|uri|thread_pool|reslist|rmm|queue)
                        \w*)\.h$}x, qw(module) ],
);

# Libraries that a worker must never load on the module's account.
my $foreign = qr{^lib(?:ldap|lber|krb5|gssapi|sasl2|ssl|crypto|event|crypt|curl|hiredis)};

# The sources in one folder, not in those below.
sub files_of
{
    my ($folder) = @_;
    return grep { m{^mod_anonid/\Q$folder\E/[^/]+$} }
        files("mod_anonid/$folder", qr/\.[ch]$/);
}

sub includes
{
    my ($file) = @_;
    my $text = slurp($file);
    return $text =~ /^[ \t]*\#[ \t]*include[ \t]*([<"][^>"]+)[>"]/mg;
}

# The part of the project that a folder belongs to: module, agent ...
sub part
{
    my ($folder) = @_;
    return $folder =~ s{/.*}{}r;
}

# Whether a file of $folder may include one of $target.
sub allowed
{
    my ($folder, $target) = @_;
    return 1 if $target eq $folder || $target eq 'common';
    my $part = part($folder);
    return !!grep { $target eq "$part/$_" } @{ $may_include{$folder} };
}

# What is wrong with one include of a file in $folder; undef when nothing is.
sub fault
{
    my ($folder, $include) = @_;
    my ($quote, $name) = $include =~ /^(.)(.*)/;
    if ($quote eq '"') {
        return "\"$name\" is no file below mod_anonid/"
            if !grep { -e "$_/mod_anonid/$name" } srcdir(), builddir();
        my $target = $name =~ s{/[^/]+$}{}r;
        return if allowed($folder, $target);
        return "$folder/ must not include $target/ (\"$name\")";
    }
    for (@libraries) {
        my ($library, $pattern, @parts) = @$_;
        next if $name !~ $pattern || grep { $_ eq part($folder) } @parts;
        return "$folder/ must not include $library (<$name>)";
    }
    return;
}

# A way from a folder back to itself along the arrows, or undef.
sub circle
{
    my ($folder, @way) = @_;
    return join ' -> ', @way, $folder if grep { $_ eq $folder } @way;
    for my $next (@{ $may_include{$folder} }) {
        my $found = circle(part($folder) . "/$next", @way, $folder);
        return $found if $found;
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
my @parts = folders('mod_anonid');
my @folders = map { my $part = $_;
    ($part, map { "$part/$_" } folders("mod_anonid/$part")) } @parts;
is_deeply([ sort @folders ], [ sort keys %may_include ],
    'mod_anonid/ has the folders of the design');
none([ map { circle($_) // () } @folders ], 'no arrow leads back');
none([ map { my $n = () = files_of($_); $n > SCREEN ? "$_: $n" : () }
        @folders ],
    'the listing of each folder fits a screen');
none([ files('mod_anonid', qr/^(?:utils?|misc|helpers)\.[ch]$/) ],
    'no file is named for having no job');

for my $folder (sort keys %may_include) {
    my @faults;
    for my $file (files_of($folder)) {
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
