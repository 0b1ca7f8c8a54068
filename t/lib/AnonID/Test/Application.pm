# SPDX-License-Identifier: Apache-2.0
#
# Applications that know no password, at the listeners of a site: one reads a
# mailbox over IMAP, one over POP3, one sends over SMTP, and for comparison a
# visitor sends by the form (http). It must not know how the site's accounts
# log on.

package AnonID::Test::Application;

use v5.36;
use Exporter qw(import);
use JSON::PP ();
use POSIX ();

use AnonID::Test::Dialogue;

our @EXPORT_OK = qw(use_listener use_at_once listens servers tls_servers
                    @PROTOCOLS);

=head1 NAME

AnonID::Test::Application - applications at listeners

=head1 SYNOPSIS

    my %port = map { ($_ => free_port()) } @PROTOCOLS;
    # AnonIDMailServer @{[ servers($dovecot) ]}     or tls_servers($dovecot)
    # @{[ listens(%port) ]}

    my $result = use_listener(imap => $port{imap});
    ok $result->{good};                    # it has done what it wanted
    is $result->{said}, '...';             # the answer to its login, or to
                                           # its message
    $result->{heard}                       # every octet that it was sent

    my @results = use_at_once(200, \%port);  # of all protocols, in processes
                                             # of their own

=cut

our @PROTOCOLS = qw(imap pop3 smtp);

sub servers ($dovecot)
{
    return map { "$_://localhost:" . $dovecot->port($_) }
        qw(submission imap pop3);
}

sub tls_servers ($dovecot)
{
    return map { "$_://localhost:" . $dovecot->port($_) }
        qw(submissions imaps pop3s);
}

sub listens (%port)
{
    return join "\n", map { "AnonIDMailListen $_://127.0.0.1:$port{$_}" }
        sort keys %port;
}

# Says a line and hears what answers it: all lines up to the one that ends it.
sub ask ($self, $line, $end)
{
    $self->{client}->say($line) if defined $line;
    my @lines = eval { $self->{client}->until($end) };

    $self->{heard} .= join '', map { "$_\n" } @lines;
    return $lines[-1] // 'nothing';
}

sub smtp ($self, $line) { return ask($self, $line, qr/^\d{3} /) }

sub use_imap ($self)
{
    ask($self, undef, qr/^\*/);
    $self->{said} = ask($self, 'a LOGIN nobody nothing', qr/^a /);
    return $self->{said} =~ /^a OK /
        && ask($self, 'b STATUS INBOX (MESSAGES)', qr/^b /) =~ /^b OK /
        && ask($self, 'c LOGOUT', qr/^c /) =~ /^c OK /;
}

sub use_pop3 ($self)
{
    ask($self, undef, qr/^[+-]/);
    ask($self, 'USER nobody', qr/^[+-]/);
    $self->{said} = ask($self, 'PASS nothing', qr/^[+-]/);
    return $self->{said} =~ /^\+OK/
        && ask($self, 'STAT', qr/^[+-]/) =~ /^\+OK/
        && ask($self, 'QUIT', qr/^[+-]/) =~ /^\+OK/;
}

# What it is told in the end is what counts, whatever is told before.
sub use_smtp ($self)
{
    smtp($self, undef);
    smtp($self, 'EHLO application');
    for ('MAIL FROM:<site@example.test>', 'RCPT TO:<webmaster@example.test>',
         'DATA') {
        $self->{said} = smtp($self, $_);
        return 0 if $self->{said} !~ /^[23]/;
    }
    $self->{said} = smtp($self, "Subject: by a listener\r\n\r\nHello\r\n.");
    smtp($self, 'QUIT');
    return $self->{said} =~ /^250 /;
}

# A visitor of the site's form, of whom a site has as many.
sub use_http ($self)
{
    my $form = 'to=webmaster&subject=by+the+form&body=Hello';

    $self->{client}->send(join "\r\n", 'POST /mail HTTP/1.1',
        'Host: localhost', 'Connection: close', 'Accept: application/json',
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: ' . length $form, '', $form);
    $self->{said} = ask($self, undef, qr/^HTTP/);
    $self->{heard} .= eval { $self->{client}->rest } // '';
    return $self->{said} =~ / 200 /;
}

my %application = (imap => \&use_imap, pop3 => \&use_pop3,
                   smtp => \&use_smtp, http => \&use_http);

sub use_listener ($protocol, $where)
{
    my $self = { heard => '', said => '',
                 client => AnonID::Test::Dialogue->connect($where) };

    $self->{good} = $application{$protocol}->($self) ? 1 : 0;
    delete $self->{client};
    return $self;
}

# One application in a process of its own, which starts when the pipe ends.
sub start_application ($protocol, $where, $start)
{
    pipe my $out, my $in or die "pipe: $!";
    my $pid = fork // die "fork: $!";

    if ($pid) {
        close $in;
        return { pid => $pid, out => $out };
    }
    close $start->{in};
    readline $start->{out};
    my $result = eval { use_listener($protocol, $where) }
        // { heard => "died: $@", said => '', good => 0 };
    print {$in} JSON::PP::encode_json($result);
    close $in;
    POSIX::_exit(0);
}

sub use_at_once ($n, $port)
{
    my @protocols = sort keys %$port;
    my $start = {};

    pipe $start->{out}, $start->{in} or die "pipe: $!";
    my @applications = map {
        my $protocol = $protocols[$_ % @protocols];

        start_application($protocol, $port->{$protocol}, $start);
    } 0 .. $n - 1;
    close $start->{$_} for qw(in out);
    return map {
        my $text = do { local $/; readline $_->{out} };

        waitpid $_->{pid}, 0;
        JSON::PP::decode_json($text || '{}');
    } @applications;
}

1;
