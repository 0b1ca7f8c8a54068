# SPDX-License-Identifier: Apache-2.0
#
# What httpd -t says of secrets, and that it never repeats one.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::ConfigCases;
use AnonID::Test::Httpd;
use AnonID::Test::Process qw(run);

require_build();
my $httpd = AnonID::Test::Httpd->new;
my $accounts = spit($httpd->path('accounts'), "web:x\n");
my $password = canary();

sub secret ($name, $mode = 0600, $content = $password)
{
    return spit($httpd->path($name), $content, $mode);
}

sub account ($source)
{
    return "<AnonIDAccount web>\nAnonIDLogon file $accounts\n"
        . "AnonIDSecret $source\n</AnonIDAccount>\n";
}

# A literal password is refused, and stands in no output.
for my $literal ($password, "file$password", "pass:$password",
                 "\"a $password\"", "a $password", "plain://$password",
                 "exec:$password", "/$password")
{
    my ($exit, $output) = $httpd->configtest(account($literal));
    my $shape = $literal =~ s/\Q$password\E/.../r;

    is $exit, 1, "refused: AnonIDSecret $shape";
    unlike $output, qr/\Q$password\E/, '... which is not repeated';
    like $output, qr/on line \d+ of \S+:\nAnonIDSecret /,
        '... but its line is';
}

my $program = secret('program', 0755, "#!/bin/sh\n");

takes($httpd,
    ['a program', account("exec:$program")],
    ['a program with arguments', account("\"exec:$program -n 'a b' c\"")],
    ['a keytab', account('keytab:' . secret('keytab'))
         =~ s/AnonIDLogon file \S+/AnonIDLogon krb5 web\@EXAMPLE.COM/r],
    ['a file', account('file:' . secret('good'))],
    ['a file that nobody can write', account('file:' . secret('ro', 0400))],
    ['a file relative to ServerRoot', account('file:good')],
    ['a scheme in capitals', account('FILE:good')],
    ['a name with spaces', account('"file:' . secret('a secret') . '"')],
);

symlink $httpd->path('good'), $httpd->path('link') or die "symlink: $!";
takes($httpd, ['a symbolic link to a good file', account('file:link')]);

refuses($httpd,
    ['a password', account('hunter2'),
     qr/takes the place of a secret, never the secret itself.*file:PATH, ke/],
    ['no source', account(''), qr/AnonIDSecret takes one argument/],
    ['a file without a name', account('file:'), qr/file: names no file/],
    ['a file that does not exist', account('file:missing'),
     qr/AnonIDSecret file:\S+: the file '\S+missing' does not exist/],
    ['a file in a folder that does not exist', account('file:no/such'),
     qr/the file '\S+no\/such' does not exist/],
    ['a directory', account('file:logs'), qr/'\S+logs' is a directory/],
    ['a device', account('file:/dev/null'), qr/is not a regular file/],
    ['an empty file', account('file:' . secret('empty', 0600, '')),
     qr/'\S+empty' is empty; put the account's password into it/],
    ['a file that cannot be a password',
     account('file:' . secret('long', 0600, 'x' x 70_000)), qr/too long/],
    (map { ["a file of mode $_", account('file:' . secret("m$_", oct)),
            qr/can be read or written by others \(mode $_\); run: chmod 600/] }
         qw(0640 0604 0644 0620 0602)),
    ['a keytab of a local account', account('keytab:good'),
     qr/keytab: is for AnonIDLogon krb5, and <AnonIDAccount web> has Anon/],
    ['a keytab without a name', account('keytab:'),
     qr/keytab: names no file; write keytab:\/path\/of\/keytab/],
    ['a keytab that does not exist', account('keytab:missing'),
     qr/missing' does not exist; create it .* account's keys in it/],
    ['an empty keytab', account('keytab:empty'),
     qr/empty' is empty; put the account's keys into it/],
    ['a keytab that others can read', account('keytab:m0640'),
     qr/can be read or written by others \(mode 0640\); run: chmod 600/],
    ['a program without a name', account('exec:'),
     qr/exec: takes the absolute path of a program/],
    ['a program without a path', account('exec:get-secret'),
     qr/exec: takes the absolute path of a program/],
    ['a program with arguments and no quotes', account("exec:$program -n a"),
     qr/exec: a program and its arguments go into one pair of quotes; write/],
    ['a path with spaces and no quotes', account('file:a secret'),
     qr/AnonIDSecret takes one argument.*with spaces in quotes/],
    ['a program that does not exist', account('exec:/no/such'),
     qr/AnonIDSecret exec: the program '\/no\/such' does not exist/],
    ['a folder as a program', account('exec:/'), qr/'\/' is a directory; n/],
    ['a program that cannot be executed',
     account('exec:' . $httpd->path('good')),
     qr/'\S+good' cannot be executed; run: chmod \+x/],
    (map { ["a program of mode $_",
            account('exec:' . secret("p$_", oct, "#!/bin/sh\n")),
            qr/can be written by others \(mode $_\); run: chmod go-w/] }
         qw(0775 0757)),
    ['a credential without a name', account('credential:'),
     qr/credential: names no credential/],
    ['a credential that is a path', account('credential:../x'),
     qr/credential:\.\.\/x: a credential's name holds no slash/],
);

# systemd's credentials. Its access control list for the service's user looks
# like permissions of the group.
{
    local $ENV{CREDENTIALS_DIRECTORY} = $httpd->path('credentials');

    secret('credentials/web', 0440);
    secret('credentials/open', 0444);
    takes($httpd, ['a credential', account('credential:web')]);
    refuses($httpd,
        ['a credential that is missing', account('credential:nothing'),
         qr/AnonIDSecret credential:nothing: .*does not exist/],
        ['a credential that everybody can read', account('credential:open'),
         qr/can be read or written by others/]);
}
{
    my ($exit, $output) = $httpd->configtest(account('credential:web'));

    is $exit, 0, 'a credential passes httpd -t outside of its unit';
    like $output, qr/credential:web cannot be checked here/, '... with a word';
}
{
    my $server = AnonID::Test::Httpd->new(
        config => account('credential:web') . 'AnonIDMapTo web');
    my ($exit, $output) = $server->control('start');

    is $exit, 1, 'but httpd does not start without its credentials';
    like $output, qr/credential:web: systemd gave .* no credentials/,
        '... and says why';
}

# Who may not look at the file is told who may.
SKIP: {
    skip 'needs root', 6 if !is_root();
    my $path = $httpd->path('private/web');

    secret('private/web');
    chmod 0700, $httpd->path('private') or die "chmod: $!";
    takes($httpd, ['a file in a private folder', account("file:$path")]);
    chown 65534, 65534, secret('theirs') or die "chown: $!";
    refuses($httpd, ['a file of somebody else', account('file:theirs'),
                     qr/belongs to another user \(uid 65534\).*chown 0/]);
    chown 65534, 65534, secret('their-program', 0755) or die "chown: $!";
    refuses($httpd,
        ['a program of somebody else',
         account('exec:' . $httpd->path('their-program')),
         qr/another user \(uid 65534\), who could change it; run: chown 0/]);
    $httpd->configtest(account("file:$path"));
    my ($exit, $output) = run(
        ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups',
         AnonID::Test::Httpd::program(),
         '-f', $httpd->path('configtest.conf'), '-t']);
    is $exit, 1, 'refused: a file in a private folder, to somebody else';
    like $output, qr/cannot be looked at by this user .*as the user that st/,
        '... who is told to run httpd -t as the right user';
}

done_testing;
