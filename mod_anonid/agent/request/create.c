/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CREATE: a synchronised account that is new in the configuration gets a line
 * in its account file, and then a password as by ROTATE. The line is the
 * supervisor's to write; the request waits for it here.
 */
#include "agent/request/create.h"
#include "agent/request/account.h"
#include "agent/request/requests.h"

#include "common/protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One request whose line is being written. */
typedef struct waiting_t waiting_t;
struct waiting_t {
    waiting_t *next;
    anonid_client_t *client;
    anonid_logon_t *logon; /* held */
    uint32_t id;
};

static waiting_t *waiting;
static void (*add_line)(const char *account);

void anonid_create_use(void (*ask)(const char *account))
{
    add_line = ask;
}

static void forget(waiting_t *one)
{
    waiting_t **link = &waiting;

    while (*link != one)
        link = &(*link)->next;
    *link = one->next;
    anonid_logon_drop(one->logon);
    free(one);
}

static void cancel(void *context)
{
    forget(context);
}

static void await_line(anonid_client_t *client, const anonid_frame_t *frame,
                       anonid_logon_t *logon)
{
    waiting_t *one = calloc(1, sizeof(*one));

    if (!one) {
        anonid_ctl_reply(client, frame, ANONID_ACCESS_DENIED,
                         "The agent has no memory.", NULL);
        return;
    }
    one->client = client;
    one->logon = anonid_logon_hold(logon);
    one->id = frame->id;
    one->next = waiting;
    waiting = one;
    anonid_client_wait(client, cancel, one);
    add_line(logon->name);
}

void anonid_request_create(anonid_client_t *client,
                           const anonid_frame_t *frame)
{
    anonid_logon_t *logon = anonid_ctl_logon(client, frame);

    if (!logon)
        return;
    if (!anonid_client_is_operator(client))
        anonid_ctl_reply(client, frame, ANONID_ACCESS_DENIED,
                         "Access is denied.", "only root creates an account");
    else if (!logon->account->sync)
        anonid_ctl_reply(client, frame, ANONID_CTL_NOT_SUPPORTED,
                         "The server does not control the password of this "
                         "account.",
                         "AnonIDPasswordSync is not on for it; create it "
                         "where it is defined");
    else
        await_line(client, frame, logon);
}

/* The end of one request, or the beginning of its second half. */
static void answer(waiting_t *one, int error, const char *text)
{
    const anonid_frame_t request = { .id = one->id };

    if (error == 0)
        anonid_ctl_await(one->client, &request, one->logon,
                         anonid_logon_rotate,
                         "The account was created, and is logged on.");
    else if (error == EEXIST)
        anonid_ctl_reply(one->client, &request, ANONID_CTL_USER_EXISTS,
                         "The specified account already exists.",
                         "it has a line in its account file; for another "
                         "password: anonidctl rotate");
    else
        anonid_ctl_reply(one->client, &request, ANONID_ACCESS_DENIED,
                         "Access is denied.", text ? text : strerror(error));
    forget(one);
}

void anonid_create_line_added(const anonid_frame_t *frame)
{
    int error = (int)anonid_frame_u32(frame, ANONID_TAG_CODE, EINVAL);
    const char *name, *text;
    waiting_t *one = waiting;
    apr_pool_t *pool;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return;
    name = anonid_frame_text(frame, ANONID_TAG_ACCOUNT, pool);
    text = anonid_frame_text(frame, ANONID_TAG_TEXT, pool);
    while (name && one) {
        waiting_t *next = one->next;

        if (strcmp(one->logon->name, name) == 0)
            answer(one, error, text);
        one = next;
    }
    apr_pool_destroy(pool);
}
