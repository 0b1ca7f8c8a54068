/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests about one account that wait for its outcome: LOGON (one attempt on
 * demand, also after a permanent failure: root decides what is worth an
 * attempt, and a mail server that refused the account is asked again by the
 * next who needs it; others are told how it stands) and ROTATE (a new
 * password for a synchronised account, answered when it is stored and proven).
 * See account.h.
 */
#include "agent/request/account.h"
#include "agent/mail/gate.h"
#include "agent/request/requests.h"

#include "common/protocol.h"

#include <stdlib.h>

/* One waiting request. */
typedef struct {
    anonid_waiter_t waiter; /* first: what the logon knows of this */
    anonid_client_t *client;
    anonid_logon_t *logon; /* held */
    uint32_t id;
    const char *success;
    int lifts_holds; /* of mail servers that have refused the account */
} wait_t;

static void reply(anonid_client_t *client, uint32_t id, unsigned code,
                  const char *text, const char *detail)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_CTL_REPLY, 0, id);
    anonid_writer_u32(&w, ANONID_TAG_CODE, code);
    anonid_writer_text(&w, ANONID_TAG_TEXT, text);
    anonid_writer_text(&w, ANONID_TAG_DETAIL, detail);
    (void)anonid_writer_end(&w);
    anonid_client_reply(client, &w);
    anonid_writer_free(&w);
}

void anonid_ctl_reply(anonid_client_t *client, const anonid_frame_t *request,
                      unsigned code, const char *text, const char *detail)
{
    reply(client, request->id, code, text, detail);
}

static anonid_logon_t *find(const anonid_frame_t *request)
{
    anonid_logon_t *logon = NULL;
    const char *name;
    apr_pool_t *pool;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return NULL;
    name = anonid_frame_text(request, ANONID_TAG_ACCOUNT, pool);
    if (name)
        logon = anonid_registry_logon(name);
    apr_pool_destroy(pool);
    return logon;
}

anonid_logon_t *anonid_ctl_logon(anonid_client_t *client,
                                 const anonid_frame_t *request)
{
    anonid_logon_t *logon = find(request);

    if (!logon)
        anonid_ctl_reply(client, request, ANONID_CTL_NO_SUCH_ACCOUNT,
                         "The specified account does not exist.", NULL);
    return logon;
}

static void free_wait(wait_t *wait)
{
    anonid_logon_drop(wait->logon);
    free(wait);
}

static void answer(anonid_waiter_t *waiter, const anonid_outcome_t *outcome)
{
    wait_t *wait = (wait_t *)waiter;
    int good = outcome->code == ANONID_LOGON_OK;

    if (good && wait->lifts_holds)
        anonid_gate_pardon(wait->logon->name);
    reply(wait->client, wait->id, (unsigned)outcome->code,
          good ? wait->success : anonid_failure_info(outcome->code)->text,
          good ? NULL : outcome->detail);
    free_wait(wait);
}

static void cancel(void *context)
{
    wait_t *wait = context;

    anonid_logon_forget_waiter(wait->logon, &wait->waiter);
    free_wait(wait);
}

void anonid_ctl_await(anonid_client_t *client, const anonid_frame_t *request,
                      anonid_logon_t *logon,
                      void (*start)(anonid_logon_t *logon,
                                    anonid_waiter_t *waiter),
                      const char *success)
{
    wait_t *wait = calloc(1, sizeof(*wait));

    if (!wait) {
        anonid_ctl_reply(client, request, ANONID_ACCESS_DENIED,
                         "The agent has no memory.", NULL);
        return;
    }
    wait->waiter.done = answer;
    wait->client = client;
    wait->logon = anonid_logon_hold(logon);
    wait->id = request->id;
    wait->success = success;
    wait->lifts_holds = anonid_client_is_operator(client);
    anonid_client_wait(client, cancel, wait);
    start(logon, &wait->waiter);
}

/* Programs of the agent's user that the operator did not start must not be
 * what locks the account. */
void anonid_request_logon(anonid_client_t *client, const anonid_frame_t *frame)
{
    anonid_logon_t *logon = anonid_ctl_logon(client, frame);

    if (logon)
        anonid_ctl_await(client, frame, logon,
                         anonid_client_is_operator(client)
                             ? anonid_logon_demand
                             : anonid_logon_inquire,
                         "The account is logged on.");
}

void anonid_request_rotate(anonid_client_t *client,
                           const anonid_frame_t *frame)
{
    anonid_logon_t *logon = anonid_ctl_logon(client, frame);

    if (!logon)
        return;
    if (!logon->account->sync) {
        anonid_ctl_reply(client, frame, ANONID_CTL_NOT_SUPPORTED,
                         "The server does not control the password of this "
                         "account.",
                         "AnonIDPasswordSync is not on for it");
        return;
    }
    anonid_ctl_await(client, frame, logon, anonid_logon_rotate,
                     "The password was changed, and the account is logged on "
                     "with it.");
}
