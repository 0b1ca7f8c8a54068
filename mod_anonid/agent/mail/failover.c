/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server after server until one lets the account in; see failover.h.
 */
#include "agent/mail/failover.h"
#include "agent/mail/first_logon.h"
#include "agent/mail/login.h"
#include "agent/mail/server.h"

#include <stdlib.h>

struct anonid_failover_t {
    anonid_first_logon_t *first_logon; /* of the account, under way */
    anonid_failover_to_t to;
    anonid_login_t *login;
    anonid_dialogue_t *dialogue; /* with the present server */
    int server;                  /* its place in the service */
    int round;                   /* 0: those that are up; 1: the others */
    char *tried;                 /* one for each server */
    anonid_failover_done_t done;
    void *context;
};

static void destroy(anonid_failover_t *f)
{
    anonid_first_logon_cancel(f->first_logon);
    anonid_login_drop(f->login);
    anonid_config_drop(f->to.config);
    free(f->tried);
    free(f);
}

static void conclude(anonid_failover_t *f, anonid_session_t *session,
                     const anonid_mail_error_t *error)
{
    anonid_failover_done_t done = f->done;
    void *context = f->context;

    destroy(f);
    done(context, session, error);
}

static const anonid_mail_server_t *server_of(const anonid_failover_t *f)
{
    return &APR_ARRAY_IDX(f->to.service->servers, f->server,
                          anonid_mail_server_t);
}

static int is_for(anonid_failover_t *f)
{
    char *tried = &f->tried[f->server];

    if (server_of(f)->protocol != f->to.protocol || *tried)
        return 0;
    *tried = f->round > 0
             || anonid_server_turn(f->to.service->name, server_of(f)->url);
    return *tried;
}

static void on_login(void *context, anonid_session_t *session,
                     const anonid_mail_error_t *error);

/* Logs on to the present server: 1, or 0 without memory. */
static int log_on(anonid_failover_t *f)
{
    f->dialogue = anonid_login_start(f->login, server_of(f), on_login, f);
    return f->dialogue != NULL;
}

/* Goes on to the next server: 1, or 0 when there is none. */
static int next_server(anonid_failover_t *f)
{
    for (; f->round < 2; f->round++, f->server = -1) {
        while (++f->server < f->to.service->servers->nelts) {
            if (is_for(f))
                return log_on(f);
        }
    }
    return 0;
}

/* Takes the account's present proof: 1 if it is another than before. */
static int renew_login(anonid_failover_t *f)
{
    anonid_login_t *login;
    anonid_proof_t proof;

    if (!anonid_registry_proof(f->to.account->name, &proof))
        return 0;
    if (f->login && proof.version == f->login->proof.version) {
        anonid_proof_release(&proof);
        return 0;
    }
    login = anonid_login_make(f->to.base, f->to.config, f->to.account,
                              f->to.service, &proof);
    if (!login)
        return 0;
    anonid_login_for(login, &f->to.visitor);
    anonid_login_drop(f->login);
    f->login = login;
    return 1;
}

static int is_of_password(const anonid_mail_error_t *error)
{
    return error->kind == ANONID_MAIL_ERROR_LOGIN
           || error->kind == ANONID_MAIL_ERROR_HELD
           || error->kind == ANONID_MAIL_ERROR_STALE;
}

static void on_login(void *context, anonid_session_t *session,
                     const anonid_mail_error_t *error)
{
    anonid_failover_t *f = context;

    f->dialogue = NULL;
    if (session) {
        anonid_server_worked(
            f->to.service->name, server_of(f), session->caps.flags,
            anonid_transport_certificate_end(session->transport));
        conclude(f, session, NULL);
        return;
    }
    anonid_server_failed(f->to.service->name, server_of(f),
                         f->to.account->name, error);
    if (is_of_password(error) && renew_login(f) && log_on(f))
        return;
    if (!anonid_mail_error_info(error->kind)->next_server || !next_server(f))
        conclude(f, NULL, error);
}

static void on_first_logon(void *context)
{
    anonid_failover_t *f = context;
    anonid_mail_error_t error;

    f->first_logon = NULL;
    if (renew_login(f) && next_server(f))
        return;
    anonid_mail_error_set(&error, ANONID_MAIL_ERROR_LOGIN_LATER,
                          ANONID_PHASE_CONNECT,
                          "the account is not logged on");
    conclude(f, NULL, &error);
}

static anonid_failover_t *make(const anonid_failover_to_t *to,
                               anonid_failover_done_t done, void *context)
{
    anonid_failover_t *f = calloc(1, sizeof(*f));

    if (!f)
        return NULL;
    f->to = *to;
    (void)anonid_config_hold(f->to.config);
    f->done = done;
    f->context = context;
    f->server = -1;
    f->tried = calloc(1, (size_t)to->service->servers->nelts + 1);
    if (f->tried)
        return f;
    destroy(f);
    return NULL;
}

anonid_failover_t *anonid_failover_start(const anonid_failover_to_t *to,
                                         anonid_failover_done_t done,
                                         void *context,
                                         anonid_mail_error_t *error)
{
    anonid_failover_t *f = make(to, done, context);

    anonid_mail_error_set(error, ANONID_MAIL_ERROR_INTERNAL,
                          ANONID_PHASE_CONNECT, "no memory");
    if (!f)
        return NULL;
    if (!renew_login(f))
        f->first_logon = anonid_first_logon_await(to->base, to->account->name,
                                                  on_first_logon, f);
    if (f->first_logon)
        return f;
    if (!f->login)
        anonid_mail_error_set(error, ANONID_MAIL_ERROR_LOGIN_LATER,
                              ANONID_PHASE_CONNECT,
                              "the account is not logged on");
    else if (next_server(f))
        return f;
    destroy(f);
    return NULL;
}

void anonid_failover_cancel(anonid_failover_t *f)
{
    if (f->dialogue)
        anonid_login_cancel(f->dialogue);
    destroy(f);
}
