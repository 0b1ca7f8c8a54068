/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The login dialogue; see login.h.
 *
 *   gate -> connect -> [TLS] -> greeting -> hello
 *           -> [STARTTLS -> TLS -> hello] -> [the visitor's address -> hello]
 *           -> gate -> AUTH -> challenge* -> success
 *
 * A mechanism that turns out to lack its ticket before the server was told
 * its name is passed over for the next one; after AUTH there is none.
 *
 * The table of steps says what follows a good reply in each state.
 */
#include "agent/mail/login.h"
#include "agent/base/log.h"
#include "agent/mail/server.h"
#include "agent/sasl/sasl.h"
#include "agent/status/mail.h"
#include "agent/status/table.h"

#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct anonid_dialogue_t {
    anonid_login_t *login;
    const anonid_mail_server_t *server;
    anonid_gate_pass_t *pass;
    anonid_session_t *session; /* NULL: before the gate */
    anonid_sasl_t *sasl;
    anonid_mechanism_t mechanism;
    unsigned proofs; /* of the account, that were not passed over */
    char *initial;   /* a first response too long for the AUTH command */
    int has_told;    /* the server was told of the visitor, or cannot be */
    anonid_logged_on_t done;
    void *context;
};

static void forget_initial(anonid_dialogue_t *d)
{
    if (d->initial)
        explicit_bzero(d->initial, strlen(d->initial));
    free(d->initial);
    d->initial = NULL;
}

static void destroy(anonid_dialogue_t *d)
{
    anonid_sasl_close(d->sasl);
    anonid_gate_leave(d->pass);
    anonid_login_drop(d->login);
    forget_initial(d);
    free(d);
}

/* There will be no session. */
static void conclude(anonid_dialogue_t *d, const anonid_mail_error_t *error)
{
    anonid_logged_on_t done = d->done;
    void *asker = d->context;

    if (d->session)
        anonid_session_close(d->session);
    destroy(d);
    done(asker, NULL, error);
}

static void on_answer(void *context, const anonid_mail_error_t *refused);

/* Goes back to the gate, with a connection to come: the server may drop one
 * that has seen a login fail. */
static void begin_anew(anonid_dialogue_t *d, const anonid_mail_error_t *error)
{
    anonid_gate_pass_t *pass =
        anonid_gate_enter(d->login, d->server, on_answer, d);

    if (!pass) {
        conclude(d, error);
        return;
    }
    anonid_log(ANONID_LOG_INFO,
               "mail service '%s', server %s, account '%s': %s: %s (it is "
               "tried again in a moment: the server may not know the new "
               "password yet)",
               d->login->service->name, d->server->url,
               d->login->account->name, anonid_phase_name(error->phase),
               error->text);
    anonid_gate_leave(d->pass);
    d->pass = pass;
    anonid_session_close(d->session);
    d->session = NULL;
    anonid_sasl_close(d->sasl);
    d->sasl = NULL;
    d->has_told = 0;
    forget_initial(d);
}

/* Whoever gave a token may have a better one; the gate knows of no other. */
static void refuse_token(const anonid_dialogue_t *d)
{
    const anonid_mechanism_info_t *info = d->mechanism.info;

    if (info && info->proof == ANONID_PROOF_TOKEN)
        anonid_registry_token_refused(d->login->account->name,
                                      d->login->proof.version);
}

/* Only what became of an AUTH counts as a login. */
static void count_failure(const anonid_dialogue_t *d,
                          const anonid_mail_error_t *error)
{
    if (d->sasl && error->phase == ANONID_PHASE_AUTH)
        anonid_status_mail_auth(d->server->protocol, d->mechanism.info,
                                error->kind == ANONID_MAIL_ERROR_LOGIN
                                    ? ANONID_LOGIN_REFUSED
                                    : ANONID_LOGIN_FAILED);
}

static void on_failed(void *context, const anonid_mail_error_t *error)
{
    anonid_dialogue_t *d = context;
    anonid_mail_error_t copy = *error;
    int wait;

    count_failure(d, error);
    if (error->kind == ANONID_MAIL_ERROR_LOGIN
        && anonid_gate_excuses(d->pass)) {
        begin_anew(d, &copy);
        return;
    }
    if (error->kind == ANONID_MAIL_ERROR_LOGIN) {
        refuse_token(d);
        wait = anonid_gate_refused(d->pass, error->text);
        if (wait > 0)
            copy.retry_after = wait;
    }
    conclude(d, &copy);
}

static void start_tls(anonid_dialogue_t *d)
{
    anonid_session_t *s = d->session;
    const anonid_service_t *service = s->login->service;
    const char *name = service->tls_name ? service->tls_name : s->server->host;

    /* What was promised in the clear counts for nothing now. */
    memset(&s->caps, 0, sizeof(s->caps));
    anonid_transport_start_tls(s->transport, service->ca_file, name);
}

static void say_hello(anonid_dialogue_t *d)
{
    char command[ANONID_COMMAND_MAX], literal[ANONID_LITERAL_MAX];

    anonid_transport_literal(d->session->transport, literal);
    d->session->driver->hello(literal, command);
    anonid_session_say(d->session, ANONID_PHASE_HELLO, "%s", command);
}

static void on_ready(void *context)
{
    anonid_dialogue_t *d = context;
    anonid_session_t *s = d->session;
    int tls = anonid_transport_is_tls(s->transport);

    if (!tls && s->server->tls == ANONID_TLS_FIRST)
        start_tls(d);
    else if (tls && s->server->tls == ANONID_TLS_START)
        say_hello(d);
    else
        anonid_session_await(s, ANONID_PHASE_GREETING);
}

/* "AUTH mechanism [response]"; a response that cannot stand there waits for an
 * empty challenge (RFC 4954 section 4). */
static void say_auth(anonid_dialogue_t *d, const char *response)
{
    anonid_session_t *s = d->session;
    const char *shown = response && !*response ? "=" : response; /* empty */
    char command[ANONID_COMMAND_MAX];

    s->driver->auth(d->mechanism.info->name, command);
    if (shown && s->driver->takes_initial(&s->caps, command, strlen(shown))) {
        anonid_session_say_secret(s, ANONID_PHASE_AUTH, command, shown);
        return;
    }
    d->initial = response ? strdup(response) : NULL;
    if (response && !d->initial)
        anonid_session_fail(s, ANONID_MAIL_ERROR_INTERNAL, "no memory");
    else
        anonid_session_say(s, ANONID_PHASE_AUTH, "%s", command);
}

/* The engine has something to say. */
static void on_step(void *context, anonid_sasl_result_t result,
                    const char *text)
{
    anonid_dialogue_t *d = context;

    if (result == ANONID_SASL_BAD_SERVER)
        anonid_session_fail(d->session, ANONID_MAIL_ERROR_UNPROVEN, "%s: %s",
                            d->mechanism.info->name, text);
    else if (result != ANONID_SASL_RESPONSE)
        anonid_session_fail(d->session, ANONID_MAIL_ERROR_INTERNAL, "%s: %s",
                            d->mechanism.info->name, text);
    else
        anonid_session_say_secret(d->session, ANONID_PHASE_AUTH, NULL, text);
}

/* 1 if there is one; otherwise says why not. */
static int choose_mechanism(anonid_dialogue_t *d,
                            const anonid_binding_t *binding, char *why,
                            size_t size)
{
    anonid_session_t *s = d->session;
    const anonid_mechanism_terms_t terms = {
        .private = anonid_transport_is_tls(s->transport)
                   || anonid_transport_is_local(s->transport),
        .binding = binding->name != NULL,
        .proofs = d->proofs,
        .supported = anonid_sasl_supported,
    };

    return anonid_mechanism_choose(s->login->service->mechanisms,
                                   s->caps.mechanisms, &terms, &d->mechanism,
                                   why, size);
}

/* Everything is there but the leave to authenticate. */
static void ask_leave(anonid_dialogue_t *d)
{
    char why[ANONID_MAIL_ERROR_TEXT_MAX];
    anonid_binding_t binding;

    anonid_transport_enter(d->session->transport, ANONID_PHASE_AUTH);
    anonid_transport_binding(d->session->transport, &binding);
    if (choose_mechanism(d, &binding, why, sizeof(why)))
        anonid_gate_knock(d->pass);
    else
        anonid_session_fail(d->session, ANONID_MAIL_ERROR_MECHANISM, "%s",
                            why);
    explicit_bzero(&binding, sizeof(binding));
}

static void begin_auth(anonid_dialogue_t *d);

/* There is no ticket for this server, of which it has heard nothing yet. */
static void pass_over(anonid_dialogue_t *d, const char *reason)
{
    anonid_session_t *s = d->session;
    const char *name = d->mechanism.info->name;
    char why[ANONID_MAIL_ERROR_TEXT_MAX], unused[ANONID_MAIL_ERROR_TEXT_MAX];
    anonid_binding_t binding;
    int others;

    snprintf(why, sizeof(why), "%s: %s", name, reason);
    anonid_sasl_close(d->sasl);
    d->sasl = NULL;
    d->proofs &= ~d->mechanism.info->proof;
    anonid_transport_binding(s->transport, &binding);
    others = choose_mechanism(d, &binding, unused, sizeof(unused));
    explicit_bzero(&binding, sizeof(binding));
    if (!others) {
        anonid_session_fail(s, ANONID_MAIL_ERROR_TICKET, "%s", why);
        return;
    }
    anonid_log(ANONID_LOG_INFO,
               "mail service '%s', server %s, account '%s': passed over for "
               "%s: %s",
               s->login->service->name, s->server->url,
               s->login->account->name, d->mechanism.info->name, why);
    begin_auth(d);
}

static void on_initial(void *context, anonid_sasl_result_t result,
                       const char *text)
{
    anonid_dialogue_t *d = context;

    if (result == ANONID_SASL_RESPONSE)
        say_auth(d, text);
    else if (result == ANONID_SASL_FAILED
             && d->mechanism.info->proof == ANONID_PROOF_TICKET)
        pass_over(d, text);
    else
        on_step(d, result, text);
}

static void begin_auth(anonid_dialogue_t *d)
{
    anonid_session_t *s = d->session;
    anonid_sasl_login_t login = {
        .service = anonid_mail_sasl_service(s->driver->protocol),
        .host = s->server->host,
        .user = s->login->account->user,
        .port = s->server->port,
        .account = s->login->account->name,
        .secret = s->login->proof.secret,
        .credentials = s->login->proof.credentials,
        .mechanism = d->mechanism,
    };
    const char *why;

    anonid_transport_enter(s->transport, ANONID_PHASE_AUTH);
    anonid_transport_binding(s->transport, &login.binding);
    d->sasl = anonid_sasl_open(&login, &why);
    explicit_bzero(&login.binding, sizeof(login.binding));
    if (!d->sasl) {
        anonid_session_fail(s, ANONID_MAIL_ERROR_INTERNAL, "%s", why);
        return;
    }
    anonid_sasl_begin(d->sasl, on_initial, d);
}

/* The server will not know whom the session is for. That is no reason to send
 * nothing. */
static void tell_nobody(anonid_dialogue_t *d, const char *why)
{
    anonid_server_untold(d->login->service->name, d->server->url, why);
    ask_leave(d);
}

/* The server is told once TLS is up, and before AUTH, which it would
 * forget. */
static void tell_visitor(anonid_dialogue_t *d)
{
    anonid_session_t *s = d->session;
    const anonid_visitor_t *visitor = &d->login->visitor;
    char command[ANONID_COMMAND_MAX];

    if (d->has_told || !(d->login->service->client_address & s->driver->tells)
        || (!visitor->address[0] && visitor->hops == 0)) {
        ask_leave(d);
        return;
    }
    d->has_told = 1;
    if (!(s->caps.flags & ANONID_CAP_CLIENT)) {
        s->is_untold = 1;
        tell_nobody(d, "the server does not offer it");
        return;
    }
    s->driver->tell(&s->caps, visitor, command);
    anonid_session_say(s, ANONID_PHASE_CLIENT, "%s", command);
}

static void after_client(anonid_dialogue_t *d,
                         const anonid_mail_reply_t *reply)
{
    (void)reply;
    if (d->session->driver->tells_anew)
        say_hello(d);
    else
        ask_leave(d);
}

static void after_hello(anonid_dialogue_t *d, const anonid_mail_reply_t *reply)
{
    anonid_session_t *s = d->session;

    s->driver->capabilities(reply, &s->caps);
    if (s->server->tls != ANONID_TLS_START
        || anonid_transport_is_tls(s->transport))
        tell_visitor(d);
    else if (s->caps.flags & ANONID_CAP_STARTTLS)
        anonid_session_say(s, ANONID_PHASE_STARTTLS, "%s",
                           s->driver->starttls);
    else
        anonid_session_fail(s, ANONID_MAIL_ERROR_NO_STARTTLS,
                            "the server does not offer STARTTLS");
}

/* A list in the greeting saves asking for it; the one that counts is asked for
 * once TLS is up. */
static void after_greeting(anonid_dialogue_t *d,
                           const anonid_mail_reply_t *reply)
{
    const anonid_mail_driver_t *driver = d->session->driver;
    anonid_capabilities_t caps = { 0 };

    if (driver->greeting_tells)
        driver->capabilities(reply, &caps);
    if (caps.flags != 0 || caps.mechanisms[0] != '\0')
        after_hello(d, reply);
    else
        say_hello(d);
}

static void after_starttls(anonid_dialogue_t *d,
                           const anonid_mail_reply_t *reply)
{
    (void)reply;
    start_tls(d);
}

static void after_auth(anonid_dialogue_t *d, const anonid_mail_reply_t *reply)
{
    anonid_session_t *s = d->session;
    anonid_logged_on_t done = d->done;
    void *asker = d->context;

    if (!anonid_sasl_complete(d->sasl)) {
        anonid_session_fail(s, ANONID_MAIL_ERROR_UNPROVEN,
                            "%s: the server claims success without having "
                            "proven itself",
                            d->mechanism.info->name);
        return;
    }
    if (s->driver->keeps_welcome && !anonid_session_keep(s, reply)) {
        anonid_session_fail(s, ANONID_MAIL_ERROR_INTERNAL, "no memory");
        return;
    }
    anonid_status_table_count(ANONID_COUNT_mail_logins);
    anonid_status_mail_auth(s->driver->protocol, d->mechanism.info,
                            ANONID_LOGIN_SUCCESS);
    anonid_log(ANONID_LOG_DEBUG,
               "mail service '%s', server %s: logged on as '%s' with %s",
               s->login->service->name, s->server->url,
               s->login->account->name, d->mechanism.info->name);
    anonid_gate_worked(d->pass);
    s->mechanism = d->mechanism.info->name;
    s->pass = d->pass;
    d->pass = NULL;
    destroy(d);
    done(asker, s, NULL);
}

/* What is asked for a first response may say a word to people ("334 NTLM
 * supported"), but nothing to the mechanism. */
static int is_base64(const char *text, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/=";

    for (size_t i = 0; i < length; i++) {
        if (!strchr(digits, text[i]) || text[i] == '\0')
            return 0;
    }
    return length > 0 && length % 4 == 0;
}

static void on_challenge(anonid_dialogue_t *d,
                         const anonid_mail_reply_t *reply)
{
    const char *text;
    size_t length;

    d->session->driver->challenge(reply, &text, &length);
    if (d->initial && is_base64(text, length)) {
        anonid_session_fail(d->session, ANONID_MAIL_ERROR_GARBAGE,
                            "a challenge comes before the first response");
        return;
    }
    if (d->initial) {
        anonid_session_say_secret(d->session, ANONID_PHASE_AUTH, NULL,
                                  d->initial);
        forget_initial(d);
        return;
    }
    anonid_sasl_step(d->sasl, text, length, on_step, d);
}

typedef struct {
    void (*good)(anonid_dialogue_t *d, const anonid_mail_reply_t *reply);
    anonid_mail_error_kind_t refused; /* for good */
    anonid_mail_error_kind_t later;   /* for now */
} login_step_t;

static const login_step_t steps[ANONID_PHASES] = {
    [ANONID_PHASE_GREETING] = { after_greeting, ANONID_MAIL_ERROR_REFUSED,
                                ANONID_MAIL_ERROR_BUSY },
    [ANONID_PHASE_HELLO] = { after_hello, ANONID_MAIL_ERROR_REFUSED,
                             ANONID_MAIL_ERROR_BUSY },
    [ANONID_PHASE_STARTTLS] = { after_starttls, ANONID_MAIL_ERROR_NO_STARTTLS,
                                ANONID_MAIL_ERROR_BUSY },
    [ANONID_PHASE_CLIENT] = { after_client, ANONID_MAIL_ERROR_REFUSED,
                              ANONID_MAIL_ERROR_BUSY },
    [ANONID_PHASE_AUTH] = { after_auth, ANONID_MAIL_ERROR_LOGIN,
                            ANONID_MAIL_ERROR_LOGIN_LATER },
};

static void on_reply(void *context, const anonid_mail_reply_t *reply)
{
    anonid_dialogue_t *d = context;
    anonid_session_t *s = d->session;
    anonid_phase_t phase = anonid_transport_phase(s->transport);
    anonid_verdict_t verdict = s->driver->judge(phase, reply);
    const anonid_mail_error_kind_t kinds[] = {
        [ANONID_VERDICT_LATER] = steps[phase].later,
        [ANONID_VERDICT_REFUSED] = steps[phase].refused,
        [ANONID_VERDICT_BAD] = ANONID_MAIL_ERROR_GARBAGE,
    };
    char text[ANONID_MAIL_ERROR_TEXT_MAX];

    if (verdict == ANONID_VERDICT_GOOD) {
        steps[phase].good(d, reply);
        return;
    }
    if (verdict == ANONID_VERDICT_CHALLENGE) {
        on_challenge(d, reply);
        return;
    }
    if (phase == ANONID_PHASE_AUTH)
        anonid_status_table_count(ANONID_COUNT_mail_logins_refused);
    s->driver->text(reply, text, sizeof(text));
    /* Some servers repeat the command that they do not like; in what will be
     * logged nothing is hidden any more. */
    anonid_text_clean(text);
    if (d->sasl && anonid_sasl_is_shown(d->sasl, text))
        snprintf(text, sizeof(text),
                 "what the server says holds the secret, and is not repeated");
    if (phase == ANONID_PHASE_CLIENT && verdict == ANONID_VERDICT_REFUSED)
        tell_nobody(d, text);
    else
        anonid_session_fail(s, kinds[verdict], "%s", text);
}

static const anonid_session_user_t login_user = { on_ready, on_reply, NULL,
                                                  on_failed };

/* The gate says that there is a point in it. */
static void connect_server(anonid_dialogue_t *d)
{
    anonid_mail_error_t error;

    d->session = anonid_session_open(d->login, d->server, &login_user, d);
    if (d->session)
        return;
    anonid_mail_error_set(&error, ANONID_MAIL_ERROR_INTERNAL,
                          ANONID_PHASE_CONNECT, "no memory");
    conclude(d, &error);
}

/* The gate's answer, to entering and to knocking. */
static void on_answer(void *context, const anonid_mail_error_t *refused)
{
    anonid_dialogue_t *d = context;

    if (refused) {
        d->pass = NULL;
        conclude(d, refused);
    }
    else if (!d->session) {
        connect_server(d);
    }
    else {
        begin_auth(d);
    }
}

anonid_dialogue_t *anonid_login_start(anonid_login_t *login,
                                      const anonid_mail_server_t *server,
                                      anonid_logged_on_t done, void *context)
{
    anonid_dialogue_t *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->done = done;
    d->context = context;
    d->login = anonid_login_hold(login);
    d->server = server;
    d->proofs = anonid_proof_kinds(&login->proof);
    d->pass = anonid_gate_enter(login, server, on_answer, d);
    if (d->pass)
        return d;
    destroy(d);
    return NULL;
}

void anonid_login_cancel(anonid_dialogue_t *d)
{
    if (d->session)
        anonid_session_close(d->session);
    destroy(d);
}
