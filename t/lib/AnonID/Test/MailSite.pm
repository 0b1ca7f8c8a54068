# SPDX-License-Identifier: Apache-2.0
#
# An httpd for tests of what is said to mail servers: an account, a mail
# service, and a form that sends. It must not know what the servers do.

package AnonID::Test::MailSite;

use v5.36;
use parent 'AnonID::Test::Httpd';
use JSON::PP ();

=head1 NAME

AnonID::Test::MailSite - a site that sends mail

=head1 SYNOPSIS

    my $site = AnonID::Test::MailSite->new(
        ca       => $ca,
        password => $password,             # of the account 'site'
        servers  => ['submission://localhost:' . $server->port('smtp')],
        service  => 'AnonIDMechanism PLAIN',   # more of the service
        from     => 'strict',                  # after the sender
        limits   => 'off',                     # for more than users may send
        listen   => ["imap://127.0.0.1:$port preauth"],
        deadlines => 3,                    # percent, for servers that hang
    )->start;

    $site->send                            one message, and what became of it
    $site->send(body => "..\n", to => 'two')

=head1 SHAPES

The recipients are C<webmaster> (webmaster@example.test), C<two>
(a@example.test and b@example.test) and C<other> (c@example.test).

C<send> returns C<< { status, retry_after, json, text } >>; C<text> sums it
up: the status, then the aliases that were accepted, and each rejected one
with its reply: C<'200 webmaster other=550 5.1.1 other: unknown'>. Its options
are the fields of the form; C<to> may be a list. C<from> is no field, but the
visitor's address, where the site has C<< remoteip => 1 >>.

=cut

sub new ($class, %field)
{
    my $servers = join ' ', @{ $field{servers} };
    my $service = $field{service} // '';
    my $from = $field{from} // '';
    my $limits = $field{limits} ? "AnonIDMailLimit $field{limits}" : '';
    my $listen = join "\n",
        map { "AnonIDMailListen $_" } @{ $field{listen} // [] };
    my $remoteip = delete $field{remoteip};
    my $trust = $field{trust} // "ca=@{[ $field{ca}->file ]}";
    my $self = $class->SUPER::new(
        log_level => 'info anonid:debug', %field,
        modules => [@{ $field{modules} // [] }, $remoteip ? 'remoteip' : ()],
        config => <<"END");
<AnonIDAccount site>
AnonIDLogon file "\${DIR}/accounts"
AnonIDSecret "file:\${DIR}/secret"
</AnonIDAccount>
<AnonIDMailService mail>
AnonIDMailServer $servers
AnonIDMailTLS $trust
AnonIDMailFrom site\@example.test $from
AnonIDMailRecipient webmaster webmaster\@example.test
AnonIDMailRecipient two a\@example.test b\@example.test
AnonIDMailRecipient other c\@example.test
$service
$limits
</AnonIDMailService>
AnonIDMapTo site
AnonIDMail mail
$listen
<Location "/mail">
SetHandler anonid-submit
</Location>
@{[ hurried_agent($field{deadlines}) ]}
@{[ $remoteip ? 'RemoteIPHeader X-Visitor' : '' ]}
END

    # A script has to be readable for who runs it, which is warned of.
    $self->allow_log(qr/ANID0501: .*AnonIDAgentProgram /)
        if $field{deadlines};
    $self->password($field{password});
    return $self;
}

# An agent for which time runs fast.
sub hurried_agent ($percent)
{
    return '' if !$percent;
    my $script = AnonID::Test::spit(
        AnonID::Test::temp_root() . "/agent-$percent",
        "#!/bin/sh\nexec '" . AnonID::Test::agent_path()
        . "' --deadlines-percent=$percent\n", 0755);

    return "AnonIDAgentProgram \"$script\"";
}

# Sets the account's password, here and in the account file.
sub password ($self, $password)
{
    my $salt = substr AnonID::Test::canary(), 0, 16;

    AnonID::Test::spit($self->path('accounts.new'),
                       'site:' . crypt($password, "\$6\$$salt") . "\n", 0644);
    AnonID::Test::spit($self->path('secret.new'), $password, 0600);
    rename $self->path("$_.new"), $self->path($_) or die "rename: $!"
        for qw(accounts secret);
    return $self;
}

sub send ($self, %form)
{
    my $from = delete $form{from};
    my $response = $self->post('/mail', timeout => 60,
        headers => { Accept => 'application/json',
                     $from ? ('X-Visitor' => $from) : () },
        type => 'application/x-www-form-urlencoded', body => form(%form));

    return { status => 0, text => 'nothing' } if !$response;
    my $json = eval { JSON::PP::decode_json($response->{body}) } // {};
    my $result = { status => $response->{status}, json => $json,
                   retry_after => $response->{header}{'retry-after'} };

    $result->{text} = join ' ', $response->{status},
        @{ $json->{accepted} // [] },
        map { "$_->{to}=$_->{reply}" } @{ $json->{rejected} // [] };
    return $result;
}

sub form (%form)
{
    %form = (to => 'webmaster', subject => 'Hello', body => "Hello\n", %form);
    my @to = ref $form{to} ? @{ $form{to} } : $form{to};
    my @pairs = ((map { [to => $_] } @to),
                 map { [$_ => $form{$_}] } qw(subject body));

    return join '&', map {
        my ($name, $value) = @$_;
        utf8::encode($value) if utf8::is_utf8($value);
        "$name=" . $value =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger;
    } @pairs;
}

1;
