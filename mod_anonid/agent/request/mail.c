/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What anonidctl asks about mail. MAIL_STATUS: how it stands, from the status
 * table. MAIL: what a service's servers offer to an account, for which it logs
 * on to all of them at once, by way of the gate as everybody, and sends
 * nothing.
 */
#include "agent/logon/config.h"
#include "agent/mail/login.h"
#include "agent/mail/server.h"
#include "agent/request/account.h"
#include "agent/request/requests.h"
#include "agent/status/table.h"

#include "common/mail_status.h"
#include "common/pair.h"
#include "common/protocol.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- how mail stands ---- */

static void add_servers(anonid_writer_t *w, const anonid_service_t *service,
                        apr_pool_t *pool)
{
    for (int i = 0; i < service->servers->nelts; i++) {
        anonid_server_status_t status;

        anonid_server_status_read(
            anonid_status_table(), service,
            &APR_ARRAY_IDX(service->servers, i, anonid_mail_server_t), &status,
            pool);
        anonid_server_status_encode(w, &status);
    }
}

static void add_pair(anonid_writer_t *w, const anonid_config_t *config,
                     const anonid_pair_t *pair, apr_pool_t *pool)
{
    anonid_pair_status_t status;

    anonid_pair_status_read(anonid_status_table(), pair->account,
                            anonid_config_service(config, pair->service),
                            pair->slot, &status, pool);
    anonid_pair_status_encode(w, &status);
}

static void add_listeners(anonid_writer_t *w, const anonid_config_t *config)
{
    for (int i = 0; i < config->listeners->nelts; i++) {
        anonid_listener_status_t status;

        anonid_listener_status_read(
            anonid_status_table(),
            APR_ARRAY_IDX(config->listeners, i, anonid_config_listener_t)
                .listener,
            &status);
        anonid_listener_status_encode(w, &status);
    }
}

static void add_all(anonid_writer_t *w, const anonid_config_t *config,
                    apr_pool_t *pool)
{
    apr_hash_index_t *i;

    for (i = apr_hash_first(pool, config->services); i; i = apr_hash_next(i))
        add_servers(w, apr_hash_this_val(i), pool);
    for (i = apr_hash_first(pool, config->pairs); i; i = apr_hash_next(i))
        add_pair(w, config, apr_hash_this_val(i), pool);
    add_listeners(w, config);
}

void anonid_request_mail_status(anonid_client_t *client,
                                const anonid_frame_t *frame)
{
    const anonid_config_t *config = anonid_config_current();
    anonid_writer_t w = ANONID_WRITER_INIT;
    apr_pool_t *pool;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        abort(); /* as APR does without memory */
    anonid_writer_begin(&w, ANONID_MSG_MAIL_STATUS_REPLY, 0, frame->id);
    if (config)
        add_all(&w, config, pool);
    apr_pool_destroy(pool);
    if (anonid_writer_end(&w) && w.length < ANONID_CTL_REPLY_MAX)
        anonid_client_reply(client, &w);
    else
        anonid_ctl_reply(client, frame, ANONID_ACCESS_DENIED,
                         "The answer would be too long.", NULL);
    anonid_writer_free(&w);
}

/* ---- what servers offer ---- */

typedef struct {
    struct probe_t *probe;
    const anonid_mail_server_t *server;
    anonid_dialogue_t *dialogue; /* while it is under way */
    const char *error;           /* NULL: it let the account in */
    const char *tls;             /* NULL: none */
    const char *mechanism;
    const char *offered; /* mechanisms */
    unsigned flags;      /* ANONID_CAP_... */
    uint64_t size;
} offer_t;

typedef struct probe_t {
    anonid_client_t *client;
    uint32_t id;
    apr_pool_t *pool;
    anonid_login_t *login; /* holds the configuration */
    apr_array_header_t *offers;
    int pending;
} probe_t;

static void free_probe(probe_t *probe)
{
    anonid_login_drop(probe->login);
    apr_pool_destroy(probe->pool);
}

static const char *extensions_of(const offer_t *offer, apr_pool_t *pool)
{
    static const struct {
        unsigned flag;
        const char *name;
    } names[] = {
        { ANONID_CAP_PIPELINING, "PIPELINING " },
        { ANONID_CAP_8BITMIME, "8BITMIME " },
        { ANONID_CAP_SMTPUTF8, "SMTPUTF8 " },
        { ANONID_CAP_SASL_IR, "SASL-IR " },
    };
    const char *text = "";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (offer->flags & names[i].flag)
            text = apr_pstrcat(pool, text, names[i].name, NULL);
    }
    return *text ? apr_pstrmemdup(pool, text, strlen(text) - 1) : NULL;
}

static void write_offer(anonid_writer_t *w, const offer_t *offer,
                        apr_pool_t *pool)
{
    anonid_writer_text(w, ANONID_TAG_SERVER, offer->server->url);
    anonid_writer_text(w, ANONID_TAG_TEXT, offer->error);
    if (offer->error)
        return;
    anonid_writer_text(w, ANONID_TAG_TLS_VERSION, offer->tls);
    anonid_writer_text(w, ANONID_TAG_MECHANISM, offer->mechanism);
    anonid_writer_text(w, ANONID_TAG_MECHANISMS, offer->offered);
    anonid_writer_text(w, ANONID_TAG_EXTENSIONS, extensions_of(offer, pool));
    if (offer->flags & ANONID_CAP_SIZE)
        anonid_writer_u64(w, ANONID_TAG_SIZE, offer->size);
}

static void conclude(probe_t *probe)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_MAIL_REPLY, 0, probe->id);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, probe->login->account->name);
    for (int i = 0; i < probe->offers->nelts; i++)
        write_offer(&w, &APR_ARRAY_IDX(probe->offers, i, offer_t),
                    probe->pool);
    (void)anonid_writer_end(&w);
    anonid_client_reply(probe->client, &w);
    anonid_writer_free(&w);
    free_probe(probe);
}

static void note_offer(offer_t *offer, const anonid_session_t *session)
{
    apr_pool_t *pool = offer->probe->pool;

    offer->error = NULL;
    offer->tls = anonid_transport_tls_version(session->transport);
    offer->mechanism = session->mechanism;
    offer->offered = apr_pstrdup(pool, session->caps.mechanisms);
    offer->flags = session->caps.flags;
    offer->size = session->caps.size;
}

static void on_login(void *context, anonid_session_t *session,
                     const anonid_mail_error_t *error)
{
    offer_t *offer = context;
    probe_t *probe = offer->probe;
    const anonid_login_t *login = probe->login;

    offer->dialogue = NULL;
    if (session) {
        note_offer(offer, session);
        anonid_server_worked(
            login->service->name, offer->server, session->caps.flags,
            anonid_transport_certificate_end(session->transport));
        anonid_session_quit(session, NULL, NULL);
    }
    else {
        offer->error =
            apr_psprintf(probe->pool, "%s: %s",
                         anonid_phase_name(error->phase), error->text);
        anonid_server_failed(login->service->name, offer->server,
                             login->account->name, error);
    }
    if (--probe->pending == 0)
        conclude(probe);
}

static void cancel(void *context)
{
    probe_t *probe = context;

    for (int i = 0; i < probe->offers->nelts; i++) {
        offer_t *offer = &APR_ARRAY_IDX(probe->offers, i, offer_t);

        if (offer->dialogue)
            anonid_login_cancel(offer->dialogue);
    }
    free_probe(probe);
}

/* Logs on to all servers. */
static void start(probe_t *probe)
{
    const apr_array_header_t *servers = probe->login->service->servers;

    probe->offers =
        apr_array_make(probe->pool, servers->nelts + 1, sizeof(offer_t));
    for (int i = 0; i < servers->nelts; i++) {
        offer_t *offer = apr_array_push(probe->offers);

        memset(offer, 0, sizeof(*offer));
        offer->probe = probe;
        offer->server = &APR_ARRAY_IDX(servers, i, anonid_mail_server_t);
        offer->error = "no memory";
        offer->dialogue =
            anonid_login_start(probe->login, offer->server, on_login, offer);
        probe->pending += offer->dialogue != NULL;
    }
    if (probe->pending == 0)
        conclude(probe);
    else
        anonid_client_wait(probe->client, cancel, probe);
}

/* The accounts that may use a service, "a, b"; *only is the last of them. */
static const char *accounts_of(const anonid_config_t *config,
                               const char *service, apr_pool_t *pool,
                               const char **only, int *n)
{
    const char *names = "";

    *n = 0;
    for (apr_hash_index_t *i = apr_hash_first(pool, config->pairs); i;
         i = apr_hash_next(i)) {
        const anonid_pair_t *pair = apr_hash_this_val(i);

        if (strcmp(pair->service, service) != 0)
            continue;
        *only = pair->account;
        names = apr_pstrcat(pool, names, *n ? ", " : "", pair->account, NULL);
        (*n)++;
    }
    return names;
}

/* The account that was named, or the only one. NULL, and answered, if that is
 * none. */
static const anonid_account_t *choose(const probe_t *probe,
                                      const anonid_frame_t *frame,
                                      const anonid_config_t *config,
                                      const anonid_service_t *service)
{
    const char *name =
        anonid_frame_text(frame, ANONID_TAG_ACCOUNT, probe->pool);
    const char *only = NULL;
    int n;
    const char *names =
        accounts_of(config, service->name, probe->pool, &only, &n);
    const anonid_account_t *account = NULL;

    if (name || n == 1)
        account = anonid_config_account(config, name ? name : only);
    if (account && anonid_config_allows(config, account, service))
        return account;
    anonid_ctl_reply(probe->client, frame, ANONID_CTL_NO_SUCH_ACCOUNT,
                     n == 0 ? "No account may use this mail service."
                     : name ? "The account may not use this mail service."
                            : "Several accounts may use this mail service; "
                              "name one of them.",
                     names);
    return NULL;
}

/* As whom, to which service: 1, or 0 and answered. */
static int prepare(probe_t *probe, const anonid_frame_t *frame)
{
    anonid_config_t *config = anonid_config_current();
    const char *name =
        anonid_frame_text(frame, ANONID_TAG_SERVICE, probe->pool);
    const anonid_service_t *service =
        config && name ? anonid_config_service(config, name) : NULL;
    const anonid_account_t *account;
    anonid_proof_t proof;

    if (!service) {
        anonid_ctl_reply(probe->client, frame, ANONID_CTL_NOT_FOUND,
                         "There is no such mail service.", NULL);
        return 0;
    }
    account = choose(probe, frame, config, service);
    if (!account)
        return 0;
    if (!anonid_registry_proof(account->name, &proof)) {
        anonid_ctl_reply(probe->client, frame, ANONID_CTL_NOT_LOGGED_ON,
                         "The account is not logged on.", account->name);
        return 0;
    }
    probe->login = anonid_login_make(anonid_client_base(), config, account,
                                     service, &proof);
    if (!probe->login)
        abort(); /* as APR does without memory */
    return 1;
}

void anonid_request_mail(anonid_client_t *client, const anonid_frame_t *frame)
{
    apr_pool_t *pool;
    probe_t *probe;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        abort(); /* as APR does without memory */
    probe = apr_pcalloc(pool, sizeof(*probe));
    probe->client = client;
    probe->id = frame->id;
    probe->pool = pool;
    if (prepare(probe, frame))
        start(probe);
    else
        free_probe(probe);
}
