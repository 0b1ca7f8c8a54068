# SPDX-License-Identifier: Apache-2.0
#
# A web site whose visitors can send mail: httpd with the handler
# anonid-submit, and the mail server behind it. It must not know what is sent.

package AnonID::Test::SubmitSite;

use v5.36;
use parent 'AnonID::Test::Httpd';
use JSON::PP ();

use AnonID::Test::CA;
use AnonID::Test::Dovecot;
use AnonID::Test::Mime qw(form_data form_urlencoded parse_message);

=head1 NAME

AnonID::Test::SubmitSite - httpd with anonid-submit, and a mail server

=head1 SYNOPSIS

    my $site = AnonID::Test::SubmitSite->new(
        server   => $bad_mail_server,   # default: a Dovecot of its own
        service  => 'AnonIDMailRecipient ...',      # more of the service
        limits   => 'off',              # for more than visitors may send
        config   => '...',              # more of the server, at its end
        location => '...',              # more of <Location "/contact">
        vhosts, modules, mpm ...        # as for Httpd
    )->start;

    my $answer = $site->send(to => 'desk', body => 'hello');
    my $answer = $site->json({ to => 'desk', body => 'hello' });
    my $message = $site->received('desk', 1);   # parsed, see Mime
    $site->count('desk');                       # messages of a mailbox

C<desk> is desk@example.test and C<team> is first@ and second@example.test;
mailboxes have the name before the at-sign. C<account> is the mail server's.
An answer is an HTTP response with C<json>, its decoded body, where it is JSON.

=cut

my $ca;

sub new ($class, %field)
{
    $ca //= AnonID::Test::CA->new;
    my $password = AnonID::Test::canary();
    my $dovecot = $field{server} ? undef : start_dovecot($password);
    my $self = $class->SUPER::new(
        %field, password => $password, dovecot => $dovecot);

    $self->{password} = $field{server}{password} if $field{server};
    $self->{config} = $self->site_config($field{config} // '');
    $self->write_secrets;
    return $self->write_config;
}

sub ca ($class) { return $ca //= AnonID::Test::CA->new }

sub start_dovecot ($password)
{
    my $dovecot = AnonID::Test::Dovecot->new(ca => $ca)->start;

    chomp(my $hash = `doveadm pw -s SCRAM-SHA-256 -p $password`);
    AnonID::Test::spit($dovecot->{accounts}, "visitor:$hash\n", 0644);
    return $dovecot;
}

# The account's own file says what the secret says, whatever the server is.
sub write_secrets ($self)
{
    my $salt = substr AnonID::Test::canary(), 0, 16;

    AnonID::Test::spit($self->path('secret'), "$self->{password}\n", 0600);
    AnonID::Test::spit($self->path('accounts'), 'visitor:'
        . crypt($self->{password}, "\$6\$$salt") . "\n", 0644);
}

sub mail_url ($self)
{
    my $port = $self->{dovecot} ? $self->{dovecot}->port('submission')
                                : $self->{server}->port('smtp');

    return "submission://localhost:$port";
}

sub site_config ($self, $more)
{
    my $service = $self->{service} // '';
    my $limits = $self->{limits} ? "AnonIDMailLimit $self->{limits}" : '';
    my $location = $self->{location} // '';

    return <<~END;
        <AnonIDAccount visitor>
            AnonIDLogon  file "\${DIR}/accounts"
            AnonIDSecret "file:\${DIR}/secret"
        </AnonIDAccount>
        <AnonIDMailService office>
            AnonIDMailServer    @{[$self->mail_url]}
            AnonIDMailTLS       ca=@{[$ca->file]}
            AnonIDMailFrom      website\@example.test
            AnonIDMailRecipient desk desk\@example.test
            AnonIDMailRecipient team first\@example.test second\@example.test
            $service
            $limits
        </AnonIDMailService>
        AnonIDMapTo visitor
        <Location "/contact">
            SetHandler anonid-submit
            AnonIDMail office
            $location
        </Location>
        $more
        END
}

# Posts a form (multipart) to /contact. A list of fields, as form_data has
# it; its first element may be a hash of options for request.
sub send ($self, @fields)
{
    my $option = ref $fields[0] ? shift @fields : {};
    my ($type, $body) = form_data(@fields);

    return $self->post_to_form($type, $body, %$option);
}

sub urlencoded ($self, @fields)
{
    return $self->post_to_form(form_urlencoded(@fields));
}

# Posts JSON: a structure, or a text as it is.
sub json ($self, $document, %option)
{
    my $text = ref $document
        ? JSON::PP->new->utf8->canonical->encode($document) : $document;

    return $self->post_to_form('application/json', $text, %option);
}

# Posts a whole message.
sub message ($self, $to, $text)
{
    return $self->post_to_form('message/rfc822', $text,
                               target => "/contact?to=$to");
}

sub post_to_form ($self, $type, $body, %option)
{
    my $target = delete $option{target} // '/contact';

    return decoded($self->post($target, type => $type, body => $body,
                               %option));
}

sub decoded ($response)
{
    my $type = $response->{header}{'content-type'} // '';

    $response->{json} = JSON::PP::decode_json($response->{body})
        if $type =~ m{^application/(?:problem\+)?json$};
    return $response;
}

# What has been delivered to a mailbox until now: raw messages.
sub delivered ($self, $mailbox)
{
    return $self->{dovecot}->messages($mailbox);
}

sub count ($self, $mailbox) { return scalar(my @all = $self->delivered($mailbox)) }

# The newest message of a mailbox, which has to be the nth, raw.
sub raw ($self, $mailbox, $nth)
{
    return $self->{dovecot}->wait_message($mailbox, $nth);
}

sub received ($self, $mailbox, $nth)
{
    return parse_message($self->raw($mailbox, $nth));
}

1;
