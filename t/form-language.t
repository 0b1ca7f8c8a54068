# SPDX-License-Identifier: Apache-2.0
#
# The form speaks the language that its visitor's browser asks for: the form,
# its errors and its thanks, in five languages and in those that an operator
# adds or changes without building.

use FindBin;
use lib "$FindBin::Bin/lib";
use AnonID::Test;
use AnonID::Test::SubmitSite;

require_build;
skip_unless_program('doveadm');

my $folder = temp_root() . '/languages';
my $arabic = slurp(srcdir() . '/conf/languages/en.conf')
    =~ s/^direction = .*/direction = rtl/mr =~ s/^send = .*/send = <Send>/mr;

mkdir $folder or die "mkdir: $!";
spit("$folder/ar.conf", $arabic);
spit("$folder/de.conf", <<'END');
# Only what is ours.
send = Abschicken
field.company = Ihre Firma
recipient.desk = Die "Zentrale"
END

my $site = AnonID::Test::SubmitSite->new(
    limits => 'off', config => <<"END", location => 'AnonIDFormLanguages fr')->start;
AnonIDMail office
AnonIDFormLanguageDir "$folder"
<Location "/all">
    SetHandler anonid-submit
    AnonIDMailFields company=Company:required
</Location>
<Location "/some">
    SetHandler anonid-submit
    AnonIDFormLanguages ja de
</Location>
END
my %TITLE = (en => 'Send a message', de => 'Nachricht senden',
    fr => 'Envoyer un message', es => 'Enviar un mensaje',
    ja => "\x{30e1}\x{30c3}\x{30bb}\x{30fc}\x{30b8}\x{3092}\x{9001}\x{308b}",
    ar => 'Send a message');

sub form ($path, $accept)
{
    my $answer = $site->get($path, headers => defined $accept
        ? { 'Accept-Language' => $accept } : {});

    utf8::decode($answer->{body});
    return $answer;
}

sub speaks ($path, $accept, $tag)
{
    my $answer = form($path, $accept);
    my $what = "$path, " . ($accept // 'nothing');

    is $answer->{header}{'content-language'}, $tag, "$what: $tag";
    like $answer->{header}{vary}, qr/\bAccept-Language\b/,
        "$what: caches are told";
    like $answer->{body}, qr{<html lang="$tag" dir="[lr]t[lr]">},
        "$what: the page says so";
    like $answer->{body}, qr{<title>$TITLE{$tag}</title>}, "$what: its title";
}

speaks('/all', @$_) for (
    [undef, 'en'], ['', 'en'], ['de', 'de'], ['DE', 'de'], ['de-CH', 'de'],
    ['fr-CA, fr;q=0.9, en;q=0.8', 'fr'], ['ja,en;q=0.5', 'ja'],
    ['en;q=0.5, es', 'es'], ['xx, es;q=0.1', 'es'], ['xx', 'en'],
    ['*', 'en'], ['de;q=0, *', 'en'], ['en;q=0, de;q=0, *', 'es'],
    ['es;q=0.000, fr;q=0.001', 'fr'], ['de;q=nonsense, ja;q=0.2', 'ja'],
    ['d', 'en'], ['deu', 'en'], ['ar-EG', 'ar'], [',;q=,,', 'en'],
    ["de\xff, fr", 'fr'], [join(',', ('zz') x 1000, 'ja'), 'ja'],
);
speaks('/some', @$_) for [undef, 'ja'], ['de', 'de'], ['fr', 'ja'];
speaks('/contact', 'de', 'fr');

my $page = form('/all', 'de')->{body};
like $page, qr{>Abschicken</button>}, 'a text of the operator\'s own';
like $page, qr{>Betreff }, 'beside those that are built in';
like $page, qr{<label for="company">Ihre Firma</label>}, 'and of his fields';
like $page, qr{<option value="desk">Die &quot;Zentrale&quot;</option>},
    'and of his recipients';
like form('/all', 'en')->{body}, qr{<label for="company">Company</label>},
    'which have their own names in other languages';
like form('/all', 'ar')->{body}, qr{dir="rtl".*>&lt;Send&gt;</button>}s,
    'a language that is read from the right; a text is no markup';

# Errors and thanks.
my %HTML = (Accept => 'text/html');
my %SAID = (
    de => [qr/ist keine E-Mail-Adresse/, qr/F\x{fc}llen Sie|f\x{fc}llen Sie .Ihre/,
           qr/Ihre Nachricht wurde gesendet/],
    fr => [qr/n.est pas une adresse/, qr/Veuillez remplir .*Company/,
           qr/Votre message a \x{e9}t\x{e9} envoy\x{e9}/],
    es => [qr/no es una direcci\x{f3}n/, qr/Rellene .Company/,
           qr/Su mensaje se ha enviado/],
    ja => [qr/\x{30e1}\x{30fc}\x{30eb}\x{30a2}\x{30c9}\x{30ec}\x{30b9}\x{3067}/,
           qr/Company/, qr/\x{9001}\x{4fe1}\x{3057}\x{307e}\x{3057}\x{305f}/],
);
for my $tag (sort keys %SAID) {
    my %headers = (%HTML, 'Accept-Language' => $tag);
    my @posts = (['reply-to' => 'nobody', company => 'x'], [company => ' '],
                 [company => 'x']);

    for my $i (0 .. $#posts) {
        my $answer = $site->send({ target => '/all', headers => \%headers },
            to => 'desk', body => 'x', @{ $posts[$i] });

        utf8::decode($answer->{body});
        is $answer->{status}, $i < 2 ? 400 : 303, "$tag: the status";
        like $answer->{body}, $SAID{$tag}[$i], "$tag: what is said";
    }
}
my $answer = $site->send({ target => '/all', headers => {
    'Accept-Language' => 'de' } }, to => 'desk', body => 'x');
is $answer->{json}{detail}, "The field 'company' has to be filled in.",
    'programs are told in English';
is $answer->{json}{field}, 'company', 'with the field';
done_testing;
