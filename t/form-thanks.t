# SPDX-License-Identifier: Apache-2.0
#
# Where a browser is sent after its message: the operator's page, in the policy
# that browsers check redirects of forms by, but not where a recipient was
# refused. And what is never lost: what was written, also when the message was
# too large for the server, or the account is not logged on. Programs get JSON.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::BadMailServer;
use AnonID::Test::SubmitSite;

require_build;

my $server = AnonID::Test::BadMailServer->new(
    ca => AnonID::Test::SubmitSite->ca, user => 'visitor',
    password => canary())->start;
my $site = AnonID::Test::SubmitSite->new(server => $server,
    limits => 'off', config => <<'END')->start;
AnonIDMail office
<Location "/path">
    SetHandler anonid-submit
    AnonIDFormThanks /thanks.html?a=b
</Location>
<Location "/path/none">
    AnonIDFormThanks None
</Location>
<Location "/site">
    SetHandler anonid-submit
    AnonIDFormThanks https://www.example.com:8443/thanks
</Location>
<AnonIDAccount broken>
    AnonIDLogon file "${DIR}/accounts"
    AnonIDSecret "file:${DIR}/secret"
</AnonIDAccount>
<Location "/down">
    SetHandler anonid-submit
    AnonIDMapTo broken
</Location>
<Location "/small">
    SetHandler anonid-submit
    LimitRequestBody 20000
</Location>
END
$site->allow_log(qr/ANID02\d\d: /);
$site->expect_log(qr/ANID0001: .*'broken'/);
my %HTML = (Accept => 'text/html');

sub post ($path, @fields)
{
    return $site->send({ target => $path, headers => \%HTML },
                       @fields ? @fields : (to => 'desk', body => 'x'));
}

for (['/path', '/thanks.html?a=b'],
     ['/site', 'https://www.example.com:8443/thanks']) {
    my ($path, $thanks) = @$_;
    my $answer = post($path);

    is $answer->{status}, 303, "$path: a browser is sent on";
    is $answer->{header}{location}, $thanks, '... to the operator\'s page';
    $answer = $site->send({ target => $path }, to => 'desk', body => 'x');
    is $answer->{status}, 200, '... a program is not';
    is_deeply $answer->{json}{accepted}, ['desk'], '... but told';
    is $answer->{header}{location}, undef, '... and nothing else';
}
like $site->get('/site')->{header}{'content-security-policy'},
    qr{; form-action 'self' https://www\.example\.com:8443;},
    'the policy lets a form lead there';
like post('/path/none')->{header}{location}, qr{^/path/none\?sent=},
    'None is our own page again';

$server->script([qr/^RCPT TO:<desk/ => '550 5.1.1 <b>unknown</b>']);
my $answer = post('/path', to => 'desk', to => 'team', body => 'x');
like $answer->{header}{location}, qr{^/path\?sent=},
    'where a recipient was refused the page is ours';
my $page = $site->get($answer->{header}{location})->{body};
like $page, qr{<p>To: team</p>}, 'which says who has the message';
like $page, qr{<li>desk: 550 5\.1\.1 &lt;b&gt;unknown}, 'and who has not';
$server->script;

# What was written is not lost for a file that is too large, whoever says how
# large that is.
for (['/small', '20 KB'], ['/site', '10 MB']) {
    my ($path, $limit) = @$_;

    for my $octets (30_000, 11 << 20) {
        next if $path eq '/site' && $octets == 30_000;
        $answer = post($path, to => 'team', subject => 'my subject',
            'reply-to' => 'me@home.test', body => 'my text', attachment => {
                name => 'a.bin', type => 'application/octet-stream',
                content => "\0" x $octets });
        is $answer->{status}, 413, "$path, $octets octets: 413";
        like $answer->{body}, qr{too large: (?:19|20|10) [KM]B at most},
            'what it may have is said';
        like $answer->{body}, qr{<option selected>team</option>},
            'the recipient is there';
        like $answer->{body}, qr{value="my subject"}, 'the subject is there';
        like $answer->{body}, qr{value="me\@home\.test"}, 'the address is';
        like $answer->{body}, qr{>\nmy text</textarea>}, 'the text is';
        like $answer->{body}, qr{choose your files again}, 'not the files';
    }
}
$answer = $site->send({ target => '/small' }, to => 'team', body => 'x',
    attachment => { name => 'a', type => 'text/plain',
                    content => 'x' x 30_000 });
is $answer->{status}, 413, 'a program: 413';
is $answer->{json}{status}, 413, 'as a problem';

# Nor where nobody can send at the moment.
$answer = post('/down', to => 'team', body => 'my <text>',
               'reply-to' => 'x');
is $answer->{status}, 503, 'not logged on: 503';
like $answer->{header}{'retry-after'}, qr/^\d+$/, 'with Retry-After';
like $answer->{body}, qr{Messages cannot be sent at the moment}, 'it is said';
like $answer->{body}, qr{>\nmy &lt;text&gt;</textarea>}, 'the text is there';
like $answer->{body}, qr{<option selected>team</option>}, 'the recipient, too';
$answer = $site->send({ target => '/down', headers => { %HTML,
    Origin => 'https://evil.test' } }, to => 'team', body => 'my text');
unlike $answer->{body}, qr/my text/, 'another site\'s form is not read';
done_testing;
