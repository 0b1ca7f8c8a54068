# SPDX-License-Identifier: Apache-2.0
#
# Robots: who fills in the field that no visitor sees is thanked and nothing is
# sent; a form has to be sent in due time, with the token of our page, which no
# one can make, which is good over restarts, and which costs nothing that was
# written. Programs are asked for nothing.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::SubmitSite;

require_build;
skip_unless_program('doveadm');

my $site = AnonID::Test::SubmitSite->new(
    limits => 'off', config => <<'END')->start;
AnonIDMail office
<Location "/status">
    SetHandler anonid-status
    Require all granted
</Location>
CustomLog "${DIR}/logs/robots" "%U %>s %{ANONID_ROBOT}e"
<Location "/off">
    SetHandler anonid-submit
    AnonIDFormRobots Off
</Location>
<Location "/young">
    SetHandler anonid-submit
    AnonIDFormRobots age=600-86400
</Location>
<Location "/now">
    SetHandler anonid-submit
    AnonIDFormRobots honeypot age=0-86400
</Location>
<Location "/old">
    SetHandler anonid-submit
    AnonIDFormRobots age=0-1
</Location>
END
my %HTML = (Accept => 'text/html');
my @GOOD = (to => 'desk', body => 'my text', subject => 'hello');

sub post ($path, @fields)
{
    return $site->send({ target => $path, headers => \%HTML }, @GOOD, @fields);
}

sub token ($path)
{
    my $page = ref $path ? $path : $site->get($path);

    return $page->{body} =~ /name="anonid-token" value="([\w.-]+)"/ ? $1
        : undef;
}

sub counted ()
{
    my $page = $site->get('/status?format=prometheus')->{body};

    return { $page =~ /^anonid_form_robots_total\{reason="(\w+)"\} (\d+)$/mg };
}

# The honeypot.
is_deeply counted(), { honeypot => 0, age => 0 }, 'no robot yet';
my $count = $site->count('desk');
for my $fields (['anonid-url' => 'http://spam.test'],
                ['anonid-url' => 'x', 'reply-to' => 'no address'],
                ['anonid-url' => '', 'anonid-url' => 'x']) {
    my $answer = post('/contact', @$fields);

    is $answer->{status}, 303, 'a robot is sent on like everybody';
    like $answer->{header}{location}, qr{^/contact\?sent=[\w.-]+$},
        'to the same page';
    my $thanks = $site->get($answer->{header}{location});
    like $thanks->{body}, qr{<h1>Your message was sent</h1>}, 'is thanked';
    like $thanks->{body}, qr{&lt;[0-9a-f]{32}\@localhost&gt;},
        'with a Message-ID';
}
my $answer = $site->send(@GOOD, 'anonid-url' => 'x');
is $answer->{status}, 200, 'one that wants JSON is answered with 200';
is_deeply $answer->{json}{accepted}, ['desk'], 'and JSON';
is $site->count('desk'), $count, 'nothing was sent';
like slurp($site->path('logs/vhost-localhost.log')),
    qr/ANID0313: A message was thrown away: a robot/, 'the log says so';
is post('/contact', 'anonid-url' => '')->{status}, 303, 'an empty field';
is $site->count('desk'), ++$count, 'is what a visitor sends';
is post('/off', 'anonid-url' => 'x')->{status}, 303,
    'without the honeypot';
is $site->count('desk'), ++$count, 'it is a field like none';
unlike $site->get('/off')->{body}, qr/anonid-url/, 'that no form has';
is token('/contact'), undef, 'no token where none is asked for';

# The age of a form.
my $token = token('/now');
like $token, qr/^[\w-]+\.[\w-]+$/, 'the form has a token';
is post('/now', 'anonid-token' => $token)->{status}, 303, 'which is taken';
is $site->count('desk'), ++$count, 'and the message sent';
for my $bad (undef, '', 'x', '.', $token =~ s/^./A/r, $token . 'A',
             $token =~ s/\..*//r, "$token.$token", "\x{fc}.x",
             ('A' x 9000)) {
    my $what = substr $bad // 'none', 0, 20;

    $answer = post('/now', defined $bad ? ('anonid-token' => $bad) : ());
    is $answer->{status}, 400, "a token that is none of ours: 400 ($what)";
    like $answer->{body}, qr{>\nmy text</textarea>}, 'the text is not lost';
    like $answer->{body}, qr{role="alert"}, 'it is said why';
    isnt token($answer), undef, 'with a token for the next time'
}
is post('/now', 'anonid-token' => token($answer))->{status}, 303,
    'which is taken';
is $site->count('desk'), ++$count, 'and the message sent';

$token = token('/young');
$answer = post('/young', 'anonid-token' => $token);
is $answer->{status}, 400, 'a form that is sent at once: 400';
like $answer->{body}, qr/That was very fast/, 'it is said why';
is token($answer), $token, 'and its time counts on';
$token = token('/old');
my $got = time;
wait_until(sub { time > $got + 2 }, 10, 'a form is too old');
$answer = post('/old', 'anonid-token' => $token);
is $answer->{status}, 400, 'a form that is too old: 400';
like $answer->{body}, qr/open for too long/, 'it is said why';
isnt token($answer), $token, 'and it has a new token';
is $site->count('desk'), $count, 'nothing was sent';

# A thank-you page's seal is no token, nor the other way round.
my $sent = $site->send({ headers => \%HTML }, @GOOD)->{header}{location};
$count++;
is post('/now', 'anonid-token' => $sent =~ s/.*sent=//r)->{status}, 400,
    'a seal for something else: 400';
like $site->get('/contact?sent=' . token('/now'))->{body}, qr/<form /,
    'in either direction';

# Programs.
is $site->json({ @GOOD }, target => '/young')->{status}, 200,
    'JSON needs no token';
is $site->post_to_form('message/rfc822', "Subject: x\n\nx",
                       target => '/young?to=desk')->{status}, 200,
    'nor does a whole message';
$count += 2;
$answer = $site->send({ target => '/now' }, @GOOD);
is $answer->{status}, 400, 'a form does, also of a program';
is $answer->{json}{field}, 'anonid-token', 'which is told the field';
is $site->count('desk'), $count, 'no more was sent';

# Restarts.
$token = token('/now');
for my $restart (qw(graceful restart)) {
    $site->$restart;
    is post('/now', 'anonid-token' => $token)->{status}, 303,
        "a form is good over a $restart";
}
my $counts = counted();
is $counts->{honeypot}, 4, 'the status counts those that were trapped';
cmp_ok $counts->{age}, '>=', 13, '... and those of a wrong age';
is $site->get('/status?format=json')->{body} =~ /"honeypot": (\d+)/ ? $1 : 0, 4,
    '... as JSON, too';
my @log = split /\n/, slurp($site->path('logs/robots'));
is scalar(grep { m{^/contact (?:303|200) honeypot$} } @log), 4,
    'the access log has each that was trapped';
ok((grep { m{^/young 400 age$} } @log), '... and those of a wrong age');
is scalar(grep { m{^/off .*honeypot} } @log), 0, '... and no others';
done_testing;
