# SPDX-License-Identifier: Apache-2.0
#
# A real Chromium without a screen, driven by chromedriver's WebDriver protocol
# (W3C). It must not know what is on a page.

package AnonID::Test::Browser;

use v5.36;
use parent 'AnonID::Test::Server';
use HTTP::Tiny;
use JSON::PP ();
use MIME::Base64 qw(decode_base64);
use Test::More ();

=head1 NAME

AnonID::Test::Browser - a headless Chromium

=head1 SYNOPSIS

    AnonID::Test::Browser->skip_unless_there;
    my $browser = AnonID::Test::Browser->new(language => 'de')->start;

    $browser->resize(320, 640)->dark(1)->go($url);
    $browser->type('#subject', 'Hello');      # CSS selectors
    $browser->choose('#files', @paths);       # files
    $browser->click('button');
    $browser->keys('Tab', 'x', 'Enter');      # to what has the focus
    $browser->text('h1'), ->value('#to'), ->attribute('#to', 'class')
    $browser->run('return document.title');   # a script, its result
    $browser->wait('h1', qr/sent/);           # until an element has a text
    $browser->screenshot('/tmp/page.png');

Options: C<language> of Accept-Language, C<scripts> (0: without JavaScript).

=cut

my $ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
my %KEY = (Tab => "\x{e004}", Enter => "\x{e007}", Space => ' ',
           ShiftTab => "\x{e008}\x{e004}", Down => "\x{e015}");
my $json = JSON::PP->new->utf8->allow_nonref;

sub skip_unless_there ($class)
{
    AnonID::Test::skip_unless_program($_) for qw(chromium chromedriver);
}

sub start ($self)
{
    $self->{http} = HTTP::Tiny->new(timeout => 60);
    $self->spawn(['chromedriver', '--port=' . $self->port,
                  '--log-level=OFF'],
                 env => { HOME => $self->path('run') });
    AnonID::Test::wait_until(sub { eval { $self->ready } }, 30,
                             'chromedriver is ready');
    $self->{session} = $self->call(POST => '/session', $self->wishes)
        ->{sessionId};
    return $self;
}

sub ready ($self) { return $self->call(GET => '/status')->{ready} }

sub log_problems ($self) { return }

sub stop ($self)
{
    eval { $self->call(DELETE => "/session/$self->{session}") }
        if $self->{session};
    delete $self->{session};
    return $self->SUPER::stop;
}

sub wishes ($self)
{
    my @arguments = (qw(headless no-sandbox disable-gpu disable-quic
        no-first-run disable-background-networking disable-component-update
        disable-sync disable-dev-shm-usage hide-scrollbars),
        'user-data-dir=' . $self->path('profile'));
    my %preferences;

    $preferences{'intl.accept_languages'} = $self->{language}
        if $self->{language};
    $preferences{'profile.managed_default_content_settings.javascript'} = 2
        if defined $self->{scripts} && !$self->{scripts};
    return { capabilities => { alwaysMatch => {
        browserName => 'chrome', 'goog:chromeOptions' => {
            binary => '/usr/bin/chromium', args => \@arguments,
            prefs => \%preferences } } } };
}

# One command; its value. Dies with the driver's words.
sub call ($self, $method, $path, $body = undef)
{
    my $url = 'http://127.0.0.1:' . $self->port . $path;
    my $response = $self->{http}->request($method, $url, $method eq 'POST'
        ? { headers => { 'Content-Type' => 'application/json' },
            content => $json->encode($body // {}) } : {});
    my $answer = eval { $json->decode($response->{content}) }
        or die "$method $path: $response->{content}";

    die "$method $path: $answer->{value}{error}: $answer->{value}{message}"
        if ref $answer->{value} eq 'HASH' && $answer->{value}{error};
    return $answer->{value};
}

sub command ($self, $method, $path, $body = undef)
{
    return $self->call($method, "/session/$self->{session}$path", $body);
}

sub cdp ($self, $name, %parameters)
{
    return $self->command(POST => '/goog/cdp/execute',
                          { cmd => $name, params => \%parameters });
}

# The size of the page's viewport, also below what a window can have.
sub resize ($self, $width, $height)
{
    $self->cdp('Emulation.setDeviceMetricsOverride', width => $width,
               height => $height, deviceScaleFactor => 1,
               mobile => JSON::PP::false());
    return $self;
}

sub dark ($self, $on)
{
    $self->cdp('Emulation.setEmulatedMedia', features => [
        { name => 'prefers-color-scheme', value => $on ? 'dark' : 'light' }]);
    return $self;
}

sub go ($self, $url)
{
    $self->command(POST => '/url', { url => $url });
    return $self;
}

sub url ($self) { return $self->command(GET => '/url') }

sub reload ($self) { $self->command(POST => '/refresh'); return $self }

sub find ($self, $selector)
{
    return $self->command(POST => '/element',
        { using => 'css selector', value => $selector })->{$ELEMENT};
}

sub on ($self, $selector, $method, $what, $body = undef)
{
    return $self->command($method,
        '/element/' . $self->find($selector) . "/$what", $body);
}

sub text ($self, $selector) { return $self->on($selector, GET => 'text') }

sub attribute ($self, $selector, $name)
{
    return $self->on($selector, GET => "attribute/$name");
}

sub value ($self, $selector)
{
    return $self->on($selector, GET => 'property/value');
}

sub click ($self, $selector)
{
    $self->on($selector, POST => 'click');
    return $self;
}

sub clear ($self, $selector)
{
    $self->on($selector, POST => 'clear');
    return $self;
}

sub type ($self, $selector, $text)
{
    $self->on($selector, POST => 'value', { text => $text });
    return $self;
}

sub choose ($self, $selector, @paths)
{
    return $self->type($selector, join "\n", @paths);
}

# Presses keys: those of a name, or each character of a text.
sub keys ($self, @keys)
{
    my @actions = map { my $key = $_;
        map { ({ type => 'keyDown', value => $_ }) }
            split //, $KEY{$key} // $key } @keys;

    @actions = map { ($_, { type => 'keyUp', value => $_->{value} }) }
        @actions if !grep { $_ eq 'ShiftTab' } @keys;
    $self->command(POST => '/actions', { actions => [
        { type => 'key', id => 'keyboard', actions => \@actions }] });
    $self->command(DELETE => '/actions');
    return $self;
}

# The element that has the focus, by its id, else by its name.
sub focus ($self)
{
    return $self->run('var e = document.activeElement;'
        . 'return e.id || e.tagName.toLowerCase();');
}

sub run ($self, $script, @arguments)
{
    return $self->command(POST => '/execute/sync',
                          { script => $script, args => \@arguments });
}

sub run_async ($self, $script, @arguments)
{
    return $self->command(POST => '/execute/async',
                          { script => $script, args => \@arguments });
}

sub wait ($self, $selector, $pattern)
{
    AnonID::Test::wait_until(
        sub { (eval { $self->text($selector) } // '') =~ $pattern }, 20,
        "$selector says $pattern");
    return $self;
}

# The whole page, also where it is longer than the viewport.
sub screenshot ($self, $path)
{
    my $png = $self->cdp('Page.captureScreenshot', format => 'png',
        captureBeyondViewport => JSON::PP::true())->{data};

    AnonID::Test::spit($path, decode_base64($png));
    return $self;
}

# The file of axe-core that build/install-deps fetched; undef: there is none.
sub axe_file ($class)
{
    my $cache = $ENV{XDG_CACHE_HOME} // ($ENV{HOME} // '/root') . '/.cache';
    my $file = "$cache/mod_anonid/node_modules/axe-core/axe.min.js";

    return -e $file ? $file : undef;
}

# What axe-core finds against WCAG 2.2 AA and good practice on the page that is
# shown, a line each.
sub violations ($self)
{
    $self->cdp('Page.setBypassCSP', enabled => JSON::PP::true())
        if !$self->{bypasses}++;
    $self->run(AnonID::Test::slurp($self->axe_file));
    my $result = $self->run_async(<<~'END');
        var done = arguments[arguments.length - 1];
        axe.run(document, { runOnly: { type: 'tag', values: ['wcag2a',
            'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] } })
            .then(function (r) { done({ passes: r.passes.length,
                found: r.violations.concat(r.incomplete).map(
                    function (v) { return v.id + ': ' + v.nodes.map(
                        function (n) { return n.html; }).join(' '); }) }); },
                function (e) { done({ passes: 0, found: [String(e)] }); });
        END
    die 'axe-core has checked nothing' if $result->{passes} < 10;
    return @{ $result->{found} };
}

1;
