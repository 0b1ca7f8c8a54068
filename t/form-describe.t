# SPDX-License-Identifier: Apache-2.0
#
# What a program is told of a place that asks for JSON: aliases, fields and
# limits; who does not ask for JSON by its name gets the form.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::SubmitSite;

require_build;
skip_unless_program('doveadm');

my $site = AnonID::Test::SubmitSite->new(
    limits => '2/minute per-client', location => <<'END')->start;
AnonIDMailFields name=Name:required phone=Telephone
LimitRequestBody 123456
END

sub ask ($accept, %headers)
{
    return AnonID::Test::SubmitSite::decoded($site->get('/contact',
        headers => { %headers, defined $accept ? (Accept => $accept) : () }));
}

my $answer = ask('application/json');
is $answer->{status}, 200, 'a program is answered';
is $answer->{header}{'content-type'}, 'application/json', 'JSON';
like $answer->{header}{vary}, qr/\bAccept\b/, 'caches are told';
is_deeply $answer->{json}{aliases}, [qw(desk team)], 'the aliases';
unlike $answer->{body}, qr/example\.test/, 'not the addresses';
is_deeply [map { $_->{name} } @{ $answer->{json}{fields} }],
    [qw(to reply-to subject name phone body attachments)], 'the fields';
my %field = map { ($_->{name} => $_) } @{ $answer->{json}{fields} };
is_deeply [map { $field{$_}{required} ? 1 : 0 } qw(to name phone body)],
    [1, 1, 0, 0], 'which of them are required';
is $field{phone}{label}, 'Telephone', 'their labels';
is $field{subject}{max_octets}, 998, 'how long they may be';
is $answer->{json}{limits}{body_octets}, 123456, 'how much can be sent';
is $answer->{json}{limits}{attachments}, 64, 'how many files';
is_deeply $answer->{json}{limits}{rates}, ['2/minute per-client'],
    'and how often';
is +ask('application/json', 'Accept-Language' => 'de')->{json}{fields}[0]
    {label}, 'An', 'labels are in the language that is asked for';
is $site->json({ to => 'desk', body => 'x' })->{json}{field}, 'name',
    'a required field is asked for, and named';
is $site->json({ to => 'desk', name => 'x', body => 'y' })->{status}, 200,
    'and with it a message is sent';

for (undef, '*/*', 'text/html', 'text/html,application/json;q=0.9',
     'text/html,application/xhtml+xml,*/*;q=0.8', 'application/*',
     'application/json;q=0') {
    like ask($_)->{header}{'content-type'}, qr{^text/html},
        'a form for ' . ($_ // 'nothing');
}
for ('application/json', 'application/json, text/plain, */*',
     'text/html;q=0.5, application/json') {
    is ask($_)->{header}{'content-type'}, 'application/json', "JSON for $_";
}

my $own = $site->document('contact', "<p>my own page</p>\n");
is ask('application/json')->{header}{'content-type'}, 'application/json',
    'JSON also where a page of the operator\'s own is';
$answer = ask('text/html');
is $answer->{body}, "<p>my own page</p>\n", 'which browsers get';
like $answer->{header}{vary}, qr/\bAccept\b/, 'and caches are told';
unlink $own or die "unlink: $!";

# Who sends more often than that with a browser loses nothing.
my %HTML = (headers => { Accept => 'text/html' });
my @LETTER = (to => 'team', name => 'my name', body => 'my text');
is $site->send({ %HTML }, @LETTER)->{status}, 303, 'a second message';
$answer = $site->send({ %HTML }, @LETTER);
is $answer->{status}, 429, 'a third one: 429';
like $answer->{header}{'retry-after'}, qr/^[1-9]\d*$/, 'with Retry-After';
like $answer->{body}, qr{Too many messages are being sent}, 'it is said why';
like $answer->{body}, qr{>\nmy text</textarea>}, 'the text is there';
like $answer->{body}, qr{name="name"[^>]* value="my name"}, 'the name, too';
done_testing;
