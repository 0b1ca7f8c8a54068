/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SUBMIT: a worker's message on its way to the mail server. Ties a client to
 * a submission: reads the frame, and writes SUBMITTED. It must not know how
 * mail is sent.
 */
#include "agent/request/requests.h"
#include "agent/submission/submission.h"

#include <apr_strings.h>
#include <stdlib.h>

/* A client that waits. */
typedef struct {
    anonid_client_t *client;
    uint32_t id; /* of its request */
    anonid_submission_t *submission;
} wait_t;

static void answer(void *context, const anonid_mandate_t *mandate,
                   const anonid_delivery_t *verdict)
{
    wait_t *wait = context;
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_delivery_write(&w, wait->id, mandate, verdict);
    anonid_client_reply(wait->client, &w);
    anonid_writer_free(&w);
    free(wait);
}

static void abandon(void *context)
{
    wait_t *wait = context;

    anonid_submission_abandon(wait->submission);
    free(wait);
}

/* What there are more of than may be is not read: one is enough to tell. */
static apr_array_header_t *read_aliases(const anonid_frame_t *frame,
                                        apr_pool_t *pool)
{
    apr_array_header_t *aliases = apr_array_make(pool, 4, sizeof(char *));
    anonid_fields_t fields;
    anonid_field_t field;

    anonid_fields_begin(&fields, frame);
    while (aliases->nelts <= ANONID_ALIASES_MAX
           && anonid_fields_next(&fields, &field)) {
        if (field.tag == ANONID_TAG_ALIAS)
            APR_ARRAY_PUSH(aliases, const char *) =
                anonid_field_text(&field, pool);
    }
    return aliases;
}

static anonid_submission_t *start(const anonid_frame_t *frame, int message,
                                  wait_t *wait)
{
    anonid_submission_t *submission;
    apr_pool_t *pool;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        abort(); /* as APR does without memory */
    submission = anonid_submission_start(
        &(anonid_submission_request_t){
            .account = anonid_frame_text(frame, ANONID_TAG_ACCOUNT, pool),
            .service = anonid_frame_text(frame, ANONID_TAG_SERVICE, pool),
            .aliases = read_aliases(frame, pool),
            .client = anonid_frame_text(frame, ANONID_TAG_CLIENT, pool),
            .queue = apr_psprintf(pool, "process %ld",
                                  (long)anonid_client_peer(wait->client)->pid),
            .message = message,
        },
        answer, wait);
    apr_pool_destroy(pool);
    return submission;
}

void anonid_request_submit(anonid_client_t *client,
                           const anonid_frame_t *frame)
{
    int message = anonid_client_take_fd(client);
    wait_t *wait = calloc(1, sizeof(*wait));
    anonid_submission_t *submission;

    if (!wait)
        abort(); /* as APR does without memory */
    wait->client = client;
    wait->id = frame->id;
    submission = start(frame, message, wait);
    if (!submission) /* and the answer has been given */
        return;
    wait->submission = submission;
    anonid_client_wait(client, abandon, wait);
}
