# SPDX-License-Identifier: Apache-2.0
#
# Password synchronisation: the server sets the password of its own account in
# the account file, leaves everything else of the file alone, never invents an
# account, and changes the password on demand and with each new agent.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::Ctl;
use AnonID::Test::Httpd;
use JSON::PP qw(decode_json);
use Sys::Hostname qw(hostname);

require_build;

my ($host) = split /\./, hostname();
my $default = "IUSR_$host";

# Verifiers as Dovecot and httpd know them.
my %SCHEME = (
    'On' => qr/^\{SCRAM-SHA-256\}4096,[\w+\/=]+,[\w+\/=]{44},[\w+\/=]{44}$/,
    'On bcrypt' => qr/^\$2y\$05\$[.\/\w]{53}$/,
    'On sha512-crypt' => qr/^\$6\$[.\/\w]+\$[.\/\w]{86}$/,
);

sub verifier ($path, $name)
{
    my ($found) = slurp($path) =~ /^\Q$name\E:([^:\n]*)/m;

    return $found;
}

sub account_of ($ctl, $name)
{
    my $document = decode_json($ctl->ok('status', '--json', $name));

    return $document->{accounts}[0];
}

sub wait_state ($ctl, $name, $state)
{
    return wait_until(sub {
        my $account = account_of($ctl, $name);
        return $account if $account->{state} eq $state;
    }, 15, "$name is $state");
}

sub modes ($path) { return join ' ', (stat $path)[2, 4, 5] }

# The default account and its file.
sub sets_the_default_account_up ()
{
    my $httpd = AnonID::Test::Httpd->new(config => 'AnonIDMapTo')->start;
    my $ctl = AnonID::Test::Ctl->new($httpd);
    my $file = $httpd->path('state/accounts');

    wait_state($ctl, $default, 'logged on');
    my $before = verifier($file, $default);
    like $before, $SCHEME{On}, 'the first start sets a password';
    isnt $httpd->get('/')->{status}, 503, '... that is logged on with';
    is $ctl->ok('rotate', $default),
        "The password was changed, and the account is logged on with it.\n",
        'anonidctl rotate answers when it is done';
    isnt verifier($file, $default), $before, '... and it is';
    my $agent = $httpd->wait_agent;
    $before = verifier($file, $default);
    $httpd->expect_log(qr/ANID0012/);
    kill KILL => $agent;
    $httpd->wait_agent($agent);
    wait_until(sub { verifier($file, $default) ne $before }, 15,
               'another password');
    wait_state($ctl, $default, 'logged on');
    pass 'a new agent sets a new password';
    $httpd->stop;
    $before = verifier($file, $default);
    $httpd->start;
    wait_state($ctl, $default, 'logged on');
    isnt verifier($file, $default), $before, 'so does a start of httpd';
}

# An account file of the operator's, with much else in it.
my $FILE = <<'END' =~ s/<CR>/\r/r;
# The accounts of this machine

alice:{PLAIN}whatever:1000:1000::/home/alice
local:!
 local:leading space
locale:x
last:line with CR<CR>
withfields:!:2000:2000::/home/local
END

my $CONFIG = <<'END';
AnonIDAccountFile "${DIR}/accounts"
<AnonIDAccount local>
AnonIDLogon file
AnonIDPasswordSync On
</AnonIDAccount>
<AnonIDAccount withfields>
AnonIDLogon file
AnonIDPasswordSync On bcrypt
</AnonIDAccount>
<AnonIDAccount crypted>
AnonIDLogon file "${DIR}/other"
AnonIDPasswordSync On sha512-crypt
</AnonIDAccount>
AnonIDMapTo local
END

sub leaves_the_rest_of_a_file_alone ($httpd, $ctl)
{
    my $file = $httpd->path('accounts');
    my $modes = modes($file);

    for my $name (qw(local withfields)) {
        wait_state($ctl, $name, 'logged on');
        $ctl->ok('rotate', $name);
    }
    my $text = slurp($file);
    $text =~ s/^(local|withfields):[^:\n]+/$1:!/mg;
    is $text, $FILE, 'all other lines and fields are as they were';
    is modes($file), $modes, 'so are owner, group and mode';
    like verifier($file, 'local'), $SCHEME{On}, 'SCRAM-SHA-256 is the default';
    like verifier($file, 'withfields'), $SCHEME{'On bcrypt'},
        'bcrypt when wanted';
    wait_state($ctl, 'crypted', 'logged on');
    like verifier($httpd->path('other'), 'crypted'),
        $SCHEME{'On sha512-crypt'}, 'sha512-crypt when wanted';
}

sub reports_a_broken_line_and_repairs_it ($httpd, $ctl)
{
    my $file = $httpd->path('accounts');
    my $good = slurp($file);

    spit("$file.next", $good =~ s/^local:.*/local:\$1\$xx\$broken/mr, 0640);
    rename "$file.next", $file or die;
    my $failed = wait_state($ctl, 'local', 'failed');
    is $failed->{code}, 1326, 'a line changed by others fails';
    is $httpd->get('/')->{status}, 503, '... and visitors have to wait';
    is verifier($file, 'local'), '$1$xx$broken',
        '... but the server does not fight for it';
    my ($exit, $output) = $ctl->run('logon', 'local');
    is $exit, 1, 'anonidctl logon says that it failed';
    like $output, qr/unknown user name or bad password.*0000052e/,
        '... and how';
    $ctl->ok('rotate', 'local');
    is account_of($ctl, 'local')->{state}, 'logged on',
        'anonidctl rotate repairs it';
    isnt $httpd->get('/')->{status}, 503, '... and visitors are served';
    is account_of($ctl, 'withfields')->{state}, 'logged on',
        'the other account did not notice';
}

# anonidctl create, with a file that lacks the account.
sub creates_one_when_told ($httpd, $ctl, $without)
{
    my $file = $httpd->path('accounts');
    my $modes = modes($file);

    my ($exit, $output) = $ctl->run('create', 'nobody');
    is $exit, 1, 'an unknown account is not created';
    like $output, qr/account does not exist/, '... which is said';
    is $ctl->ok('create', 'local'),
        "The account was created, and is logged on.\n",
        'anonidctl create answers when it is done';
    is account_of($ctl, 'local')->{state}, 'logged on', '... and it is';
    is slurp($file) =~ s/^local:[^:\n]+/local:/mr, $without . "local:\n",
        'the line is new, and all others are as they were';
    is modes($file), $modes, 'so are owner, group and mode';
    ($exit, $output) = $ctl->run('create', 'local');
    is $exit, 1, 'it is created once';
    like $output, qr/already exists.*anonidctl rotate/, '... and told how';
}

sub invents_no_account ($httpd, $ctl)
{
    my $file = $httpd->path('accounts');
    my $whole = slurp($file);
    my $without = $whole =~ s/^local:.*\n//mr;

    spit("$file.next", $without, 0640);
    rename "$file.next", $file or die;
    my $failed = wait_state($ctl, 'local', 'failed');
    like $failed->{detail}, qr/no line of 'local'.*: restore it/,
        'a missing account is reported';
    my ($exit, $output) = $ctl->run('rotate', 'local');
    is $exit, 1, 'it cannot be rotated';
    like $output, qr/or run anonidctl create; .*does not create accounts/,
        '... which is explained';
    is slurp($file), $without, '... and it is not invented';
    $httpd->graceful;
    is slurp($file), $without, 'nor by a graceful restart';
    like +($httpd->configtest)[1], qr/ANID0501: .*'local' has no line in/,
        'httpd -t warns of it';
    creates_one_when_told($httpd, $ctl, $without);
    spit("$file.next", $without . "local:!\n", 0640);
    rename "$file.next", $file or die;
    $ctl->ok('rotate', 'local');
    is account_of($ctl, 'local')->{state}, 'logged on',
        'a line that is restored gets a new password';
}

sub works_on_a_file_of_the_operator ()
{
    my $httpd = AnonID::Test::Httpd->new(config => $CONFIG);
    my $ctl = AnonID::Test::Ctl->new($httpd);

    spit($httpd->path('accounts'), $FILE, 0640);
    spit($httpd->path('other'), "crypted:!\n", 0640);
    $httpd->expect_log(qr/ANID0001: .*'local'.* \[data 0000052e/,
                       qr/ANID0019: /);
    $httpd->allow_log(qr/ANID0401: /);
    $httpd->start;
    leaves_the_rest_of_a_file_alone($httpd, $ctl);
    reports_a_broken_line_and_repairs_it($httpd, $ctl);
    invents_no_account($httpd, $ctl);
}

# The account file is that of a machine of another name.
sub tells_a_renamed_machine ()
{
    my $httpd = AnonID::Test::Httpd->new(config => <<'END');
AnonIDAccountFile "${DIR}/accounts"
AnonIDMapTo
END
    my $ctl = AnonID::Test::Ctl->new($httpd);

    spit($httpd->path('accounts'), "alice:x\nIUSR_former:*\n", 0640);
    $httpd->expect_log(qr/ANID0001: .*\ knows\ 'IUSR_former'\ and\ not
        \ '\Q$default\E':\ the\ machine\ was\ renamed;
        \ run\ anonidctl\ create\ \Q$default\E\]/x,
        qr/ANID0002: /);
    $httpd->allow_log(qr/ANID0501: /, qr/ANID0019: /);
    $httpd->start;
    wait_state($ctl, $default, 'failed');
    $ctl->ok('create', $default);
    is account_of($ctl, $default)->{state}, 'logged on',
        'a renamed machine: what the warning says helps';
}

sets_the_default_account_up();
tells_a_renamed_machine();
works_on_a_file_of_the_operator();

done_testing;
