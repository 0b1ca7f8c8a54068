# SPDX-License-Identifier: Apache-2.0
#
# What httpd -t says of the agent's user, program and folder, and that none
# of it matters while no account is in use.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::ConfigCases;
use AnonID::Test::Httpd;
use AnonID::Test::Process qw(run);

require_build();
my $httpd = AnonID::Test::Httpd->new;
my $nobody = (getpwuid 65534)[0];
my $program = spit($httpd->path('program'), "#!/bin/sh\n", 0755);
my $long = $httpd->path('s' x 90);

# With an account in use.
sub used ($line)
{
    return "$line\nAnonIDMapTo\n";
}

takes($httpd,
    ['a user', used("AnonIDAgentUser $nobody")],
    ['a program', used("AnonIDAgentProgram $program")],
    ['a program relative to ServerRoot', used('AnonIDAgentProgram program')],
    ['a folder', used('AnonIDStateDir logs')],
    ['a folder to be made', used('AnonIDStateDir logs/anonid')],
    ['help', used('AnonIDHelpURL https://wiki.example.com/logon')],
    ['help on this machine', used('AnonIDHelpURL file:///srv/help.html')],
) if is_root();

refuses($httpd,
    ['an unknown user', 'AnonIDAgentUser no-such-user',
     qr/AnonIDAgentUser 'no-such-user': there is no such user; create it/],
    ['root', 'AnonIDAgentUser root',
     qr/AnonIDAgentUser 'root': the agent never runs as root/],
    ['a program that is missing', used('AnonIDAgentProgram missing'),
     qr/AnonIDAgentProgram '\S+missing': does not exist/],
    ['a program that is a directory', used('AnonIDAgentProgram logs'),
     qr/AnonIDAgentProgram '\S+logs': is not a program/],
    ['a program that cannot be executed',
     used('AnonIDAgentProgram ' . spit($httpd->path('text'), '', 0644)),
     qr/AnonIDAgentProgram '\S+text': cannot be executed/],
    ['a program that everybody can change',
     used('AnonIDAgentProgram ' . spit($httpd->path('open'), '', 0757)),
     qr/AnonIDAgentProgram '\S+open': can be changed by everybody/],
    ['a folder in a missing folder', used('AnonIDStateDir missing/anonid'),
     qr/AnonIDStateDir '\S+' cannot be created, because '\S+missing' is not/],
    ['a folder that is a file', used('AnonIDStateDir program'),
     qr/AnonIDStateDir '\S+program' is not a directory/],
    ['a folder that others can write', used('AnonIDStateDir /tmp'),
     qr/AnonIDStateDir '\/tmp' can be written by others/],
    ['a folder whose sockets have no place', used("AnonIDStateDir $long"),
     qr/AnonIDStateDir '\S+' is too long for the path of a socket/],
    (map { ["the help URL $_", "AnonIDHelpURL \"$_\"", qr/AnonIDHelpURL/] }
         'wiki.example.com', 'ftp://example.com/', 'https://', 'http://',
         'file:x',
         'https://a b/', "https://a/\tb", 'javascript:alert(1)'),
    (map { my ($name) = split;
           ["$name in a virtual host", '',
            qr/$name cannot occur within <VirtualHost>/,
            vhosts => [localhost => $_]] }
         "AnonIDAgentUser $nobody", 'AnonIDAgentProgram x',
         'AnonIDStateDir x', 'AnonIDHelpURL https://a/'),
    ['AnonIDStateDir in a section',
     "<Location />\nAnonIDStateDir x\n</Location>",
     qr/AnonIDStateDir not allowed in <Location> context/],
);

# What is used by nobody is not looked at.
takes($httpd,
    ['nothing', ''],
    ['a missing program that nobody uses', 'AnonIDAgentProgram missing'],
    ['an impossible folder that nobody uses', 'AnonIDStateDir missing/anonid'],
    ['a missing program and AnonIDMapTo None',
     "AnonIDAgentProgram missing\nAnonIDMapTo None"],
);

SKIP: {
    skip 'needs root', 10 if !is_root();
    my $theirs = $httpd->path('theirs');
    my $given = $httpd->path('given');
    my $user = AnonID::Test::HttpdConfig::web_user()->[0];

    mkdir $given, 0700 and chown scalar getpwnam($user), -1, $given
        or die "$given: $!";
    takes($httpd, ['an empty folder of httpd\'s User',
                   used("AnonIDStateDir $given")]);
    spit("$given/lock", '');
    refuses($httpd, ['such a folder with something in it',
                     used("AnonIDStateDir $given"),
                     qr/AnonIDStateDir '\S+given' does not belong to root/]);

    mkdir $theirs and chown 65534, 65534, $theirs or die "$theirs: $!";
    refuses($httpd,
        ['a folder of somebody else', used("AnonIDStateDir $theirs"),
         qr/AnonIDStateDir '\S+theirs' does not belong to root/]);

    my $closed = $httpd->path('closed');
    my $shared = $httpd->path('shared');
    my $service = <<'END';
<AnonIDMailService mail>
AnonIDMailServer submissions://localhost
AnonIDMailTLS ca=ca.pem
AnonIDMailFrom a@example.com
AnonIDMailRecipient a a@example.com
</AnonIDMailService>
END
    spit("$closed/program", "#!/bin/sh\n", 0755);
    spit($httpd->path('ca.pem'), "-----BEGIN CERTIFICATE-----\n", 0600);
    chmod 0700, $closed or die "chmod: $!";
    mkdir $shared and chmod 0775, $shared or die "$shared: $!";
    refuses($httpd,
        ['a program in a closed folder',
         used("AnonIDAgentProgram $closed/program"),
         qr/AnonIDAgentProgram '\S+': the agent's user cannot get at it/],
        ['a folder in a closed folder', used("AnonIDStateDir $closed/anonid"),
         qr/AnonIDStateDir '\S+' cannot be reached by httpd's User/],
        ['a closed folder', used("AnonIDStateDir $closed"),
         qr/AnonIDStateDir '\S+' is closed to httpd's User.*chmod 711/],
        ['a folder of a group', used("AnonIDStateDir $shared"),
         qr/AnonIDStateDir '\S+' can be written by others/],
        ['an authority that the agent cannot read', used($service),
         qr/AnonIDMailTLS ca=\S+: the agent's user cannot read the file/]);

    $httpd->configtest(used("AnonIDAgentUser " . getpwuid 1));
    my @unprivileged = qw(setpriv --reuid=65534 --regid=65534 --clear-groups);
    my ($exit, $output) = run(
        [@unprivileged, AnonID::Test::Httpd::program(),
         '-f', $httpd->path('configtest.conf'), '-t']);

    is $exit, 0, 'AnonIDAgentUser is no error to who is not root';
    like $output, qr/AnonIDAgentUser '\S+' has no effect: httpd is not/,
        '... but has no effect, which is said';
}

# An unused module: httpd starts, serves, and there is no agent.
{
    my $server = AnonID::Test::Httpd->new->start;

    $server->document('index.html', 'x');
    is $server->get('/index.html')->{status}, 200,
        'an unused module serves as without it';
    is_deeply [$server->agent_pids], [], 'and starts no agent';
    ok !-e $server->path('state'), 'and makes no folder';
}

done_testing;
