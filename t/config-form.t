# SPDX-License-Identifier: Apache-2.0
#
# The directives of the form: what is wrong with a template, a language or a
# field is refused at httpd -t, with file and line where there is one, and with
# what to write instead.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::ConfigCases;
use AnonID::Test::Httpd;

require_build;
my $httpd = AnonID::Test::Httpd->new;
my $folder = $httpd->path('form');
my $english = slurp(srcdir() . '/conf/languages/en.conf');
my $example = slurp(srcdir() . '/conf/examples/form.html');
my $count = 0;

mkdir $folder or die "mkdir: $!";

# A line that names a template of that text.
sub template ($text)
{
    my $file = "$folder/" . ++$count . '.html';

    spit($file, $text);
    return "AnonIDFormTemplate \"$file\"";
}

# A line that names a folder of those languages.
sub languages (%text)
{
    my $dir = "$folder/" . ++$count;

    mkdir $dir or die "mkdir: $!";
    spit("$dir/$_.conf", $text{$_}) for keys %text;
    return "AnonIDFormLanguageDir \"$dir\"";
}

my $PAGE = '<html lang="{{language}}"><title>{{title}}</title>{{content}}';

refuses($httpd,
    ['a template that is not there', 'AnonIDFormTemplate /nowhere/x.html',
     qr{AnonIDFormTemplate: /nowhere/x\.html: it cannot be read}],
    ['a template that is a folder', "AnonIDFormTemplate \"$folder\"",
     qr{AnonIDFormTemplate: \S+: it is not a regular file}],
    ['an unknown place', template("$PAGE\n\n{{titel}}\n"),
     qr{on line 3 of \S+\.html: '\{\{titel\}\}': there is no such place; }],
    ['a place that is not closed', template("$PAGE\n{{title"),
     qr{on line 2 of \S+\.html: a '\{\{' without '\}\}'}],
    ['a template without content', template($PAGE =~ s/\{\{content.*//r),
     qr{\.html: it has no \{\{content\}\}; put it in}],
    ['a template without a title', template($PAGE =~ s/\{\{title\}\}//r),
     qr{\.html: it has no \{\{title\}\}}],
    ['a template without a language', template($PAGE =~ s/\{\{lang\w+..//r),
     qr{\.html: it has no \{\{language\}\}}],
    ['a template with two forms', template("$PAGE {{content}}"),
     qr{\.html: it has \{\{content\}\} more than once}],
    ['a template in Latin-1', template("$PAGE \xfc"),
     qr{\.html: it is not UTF-8; save}],
    ['a template that is too long', template($PAGE . 'x' x (1 << 20)),
     qr{\.html: it is longer than 1024 KB}],
    ['a template in a method', "<Location />\n<Limit GET>\n"
     . template($PAGE) . "\n</Limit>\n</Location>",
     qr/AnonIDFormTemplate.*Limit/],

    ['a folder of languages that is not there',
     'AnonIDFormLanguageDir /nowhere',
     qr{AnonIDFormLanguageDir '/nowhere' cannot be read .*folder}],
    ['a folder without a language', languages(),
     qr{AnonIDFormLanguageDir: \S+: there is no language in it}],
    ['a language in a section', "<Location />\n" . languages(pt => $english)
     . "\n</Location>", qr/AnonIDFormLanguageDir not allowed/],
    ['a file that is named for no language', languages('PT_br' => $english),
     qr{PT_br\.conf: it is not named for a language.*de\.conf or pt-br\.conf}],
    ['a text that is missing', languages(pt => $english =~ s/^send =.*\n//mr),
     qr{pt\.conf: the text 'send' is missing}],
    ['an unknown text', languages(pt => "# x\n\nsned = x\n$english"),
     qr{on line 3 of \S+pt\.conf: 'sned': there is no text of that name}],
    ['a text twice', languages(pt => "${english}send = x\n"),
     qr{on line \d+ of \S+pt\.conf: 'send': it is there twice}],
    ['a text that is empty', languages(de => 'send ='),
     qr{on line 1 of \S+de\.conf: 'send': it has no text}],
    ['a line that is none', languages(de => "send = x\nsend\n"),
     qr{on line 2 of \S+de\.conf: a line is NAME = TEXT}],
    ['a value that is missing', languages(de => 'title-error = Fehler'),
     qr{on line 1 of \S+: 'title-error': it needs \{value\}}],
    ['a value that nobody gives', languages(de => 'send = Sende {value}'),
     qr{'send': this text has no \{value\}}],
    ['another brace', languages(de => 'title-error = {0} {value}'),
     qr{'title-error': a '\{' begins \{value\}}],
    ['a direction that is none', languages(de => 'direction = up'),
     qr{'direction': the direction is ltr or rtl}],
    ['Latin-1', languages(de => "send = x\nsubject = \xfc\n"),
     qr{on line 2 of \S+de\.conf: it is not UTF-8}],
    ['a control character', languages(de => "send = x\x1b"),
     qr{on line 1 of \S+de\.conf: it holds a control character}],
    ['a language that nobody has', 'AnonIDFormLanguages de xx',
     qr{AnonIDFormLanguages 'xx':.*one of: en, de, es, fr, ja; or add xx\.c}],
    ['a language twice', 'AnonIDFormLanguages de DE',
     qr/AnonIDFormLanguages 'de': it is listed twice/],

    ['thanks that are no URL', 'AnonIDFormThanks thanks.html',
     qr/AnonIDFormThanks 'thanks\.html' is no URL.*a path as \/thanks\.html/],
    (map { ["thanks $_", "AnonIDFormThanks \"$_\"",
            qr/AnonIDFormThanks '.*' is no URL of a page/] }
         '//evil.test/', 'javascript:alert(1)', 'ftp://x/', 'https://',
         'https://u@x/', "/a\tb", '/a;b', 'https://x/; script-src *', '/\\x'),

    (map { ["robots $_", "AnonIDFormRobots $_",
            qr/AnonIDFormRobots '.*' is unknown: write Off, or honeypot/] }
         'On', 'honeypot Off', 'age=5', 'age=5-5', 'age=9-5', 'age=-1-5',
         'age=1-99999999', 'age=1-5x', 'agex', 'honeypot captcha', ''),

    ['a field of ours', 'AnonIDMailFields anonid-url=Site',
     qr/AnonIDMailFields 'anonid-url=Site': names that begin with anonid-/],
    (map { ["a field that is $_", "AnonIDMailFields name=Name:$_",
            qr/'name=Name:$_': what has to be filled in is written .*required/]
         } qw(require requierd mandatory optional)),
);
takes($httpd,
    ['the example of a template', template($example)],
    ['no template', 'AnonIDFormTemplate None'],
    ['a new language', languages('pt-br' => $english)
     . "\nAnonIDFormLanguages pt-BR en"],
    ['a language that is offered before it is there',
     "AnonIDFormLanguages pt\n" . languages(pt => $english)],
    ['some texts of a language that is there',
     languages(de => "\xef\xbb\xbf# meine\r\nsend = Ab damit\r\n"
               . "field.company = Firma\n")
     . "\nAnonIDMailFields company=Company"],
    ['robots', "AnonIDFormRobots Off\n<Location /a>\nAnonIDFormRobots "
     . "honeypot age=0-60\n</Location>\n<Location /b>\nAnonIDFormRobots age\n"
     . '</Location>'],
    ['thanks', "AnonIDFormThanks /thanks.html\n<Location /a>\n"
     . "AnonIDFormThanks https://www.example.com:8443/x?y=z\n</Location>\n"
     . "<Location /b>\nAnonIDFormThanks None\n</Location>"],
    ['fields that are required',
     'AnonIDMailFields name=Name:required company:required "a=b: c"'],
);

my ($exit, $output) = $httpd->configtest(
    "AnonIDMailFields name company=Firm\n" . languages(de =>
        "recipient.nobody = Niemand\nfield.company = x\nfield.compny = x\n"));
is $exit, 0, 'labels of nobody: a warning';
like $output, qr/'recipient\.nobody' in a file de\.conf .*no AnonIDMailRec/,
    'that names a recipient who does not exist';
like $output, qr/'field\.compny' in a file de\.conf .*no AnonIDMailFields/,
    'and a field that does not';
unlike $output, qr/company/, 'and none that exists';
done_testing;
