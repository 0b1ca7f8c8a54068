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
my $program = spit($httpd->path('program'), "#!/bin/sh\n", 0711);
my $long = $httpd->path('s' x 90);

# Is taken, but not without a word.
sub warns ($name, $config, $pattern)
{
    my ($exit, $output) = $httpd->configtest($config);

    ok $exit == 0 && $output =~ /ANID0501: .*$pattern/, "warned of: $name"
        or diag "exit $exit, wanted $pattern in:\n$output";
}

# No folder above the runtime folder can be changed by anybody but root.
sub is_safe_above ($user)
{
    my $above = $httpd->path('above');
    my $below = used("AnonIDStateDir $above/run/anonid");
    my $theirs = $httpd->path('link');

    mkdir $above and mkdir "$above/run" or die "$above: $!";
    takes($httpd, ['a folder below ordinary ones', $below]);
    chmod 0777, $above or die "$above: $!";
    refuses($httpd, ['a folder below one that all can write in', $below,
                     qr/is in no safe place: .*above \(of user 0, mode 0777/]);
    chmod 01777, $above or die "$above: $!";
    takes($httpd, ['a folder below a sticky one', $below]);
    chmod 0755, $above or die "$above: $!";
    chown scalar getpwnam $user, -1, $above or die "$above: $!";
    refuses($httpd, ['a folder below one of somebody else', $below,
                     qr/the folder $above belongs to user \d+ \(mode 0755/]);
    symlink "$above/run", $theirs or die "$theirs: $!";
    refuses($httpd, ['... with a link of root\'s in between',
                     used("AnonIDStateDir $theirs/anonid"),
                     qr/the folder $above belongs to user/]);
}

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
    skip 'needs root', 18 if !is_root();
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
    spit("$closed/program", "#!/bin/sh\n", 0711);
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

    # Root's groups are not the agent's, as at a login of root.
    chmod 0640, $httpd->path('ca.pem') or die "chmod: $!";
    $httpd->configtest(used($service));
    my (undef, $said) = run(
        ['setpriv', '--groups=0', AnonID::Test::Httpd::program(),
         '-f', $httpd->path('configtest.conf'), '-t']);
    like $said, qr/AnonIDMailTLS ca=\S+: the agent's user cannot read/,
        '... nor one that only root\'s group can read';

    my $readable = spit($httpd->path('readable'), "#!/bin/sh\n", 0755);

    warns('a program that the agent\'s user can read',
          used("AnonIDAgentProgram $readable"),
          qr/readable' can be read by .* \(uid 6\d+\), .*; chmod 0711/);
    warns('an agent of httpd\'s User', used("AnonIDAgentUser $user"),
          qr/AnonIDAgentUser '$user' is httpd's User: .*leave the directive/);
    is_safe_above($user);

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
