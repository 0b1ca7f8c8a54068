/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's question to the agent; see agent_client.h.
 */
#include "module/channel/agent_client.h"
#include "module/channel/channels.h"
#include "common/service.h"

#include <apr_strings.h>
#include <string.h>

/* The agent has deadlines of its own for every step of a submission and
 * answers when they pass; this one is for an agent that hangs. */
#define ANSWER_TIMEOUT apr_time_from_sec(600)

static int write_request(anonid_writer_t *w,
                         const anonid_submit_request_t *request)
{
    anonid_writer_begin(w, ANONID_MSG_SUBMIT, 1, 1);
    anonid_writer_text(w, ANONID_TAG_ACCOUNT, request->account);
    anonid_writer_text(w, ANONID_TAG_SERVICE, request->service);
    for (int i = 0; i < request->recipients->nelts; i++)
        anonid_writer_text(
            w, ANONID_TAG_ALIAS,
            APR_ARRAY_IDX(request->recipients, i, const anonid_recipient_t *)
                ->alias);
    anonid_writer_text(w, ANONID_TAG_CLIENT, request->client);
    anonid_writer_u32(w, ANONID_TAG_FLAGS, request->flags);
    return anonid_writer_end(w);
}

/* ALIAS+ and ( REJECTED TEXT )*. */
static void read_recipients(apr_pool_t *pool, const anonid_frame_t *frame,
                            anonid_receipt_t *receipt)
{
    anonid_rejection_t *rejection = NULL;
    anonid_fields_t fields;
    anonid_field_t field;

    anonid_fields_begin(&fields, frame);
    while (anonid_fields_next(&fields, &field)) {
        const char *text = NULL;

        if (field.tag == ANONID_TAG_ALIAS || field.tag == ANONID_TAG_REJECTED
            || field.tag == ANONID_TAG_TEXT)
            text = anonid_field_text(&field, pool);
        if (!text)
            continue;
        if (field.tag == ANONID_TAG_ALIAS)
            APR_ARRAY_PUSH(receipt->accepted, const char *) = text;
        if (field.tag == ANONID_TAG_REJECTED) {
            rejection = apr_array_push(receipt->rejected);
            rejection->alias = text;
            rejection->reply = "";
        }
        if (field.tag == ANONID_TAG_TEXT && rejection)
            rejection->reply = text;
    }
}

static apr_status_t read_answer(apr_pool_t *pool, const anonid_frame_t *frame,
                                anonid_receipt_t *receipt)
{
    uint32_t result = anonid_frame_u32(frame, ANONID_TAG_RESULT, UINT32_MAX);

    if (!anonid_message_allowed(frame, ANONID_FROM_AGENT)
        || frame->type != ANONID_MSG_SUBMITTED
        || result > ANONID_SUBMIT_NOT_PAIRED)
        return APR_EINVAL;
    receipt->result = (anonid_submit_result_t)result;
    receipt->detail = anonid_frame_text(frame, ANONID_TAG_DETAIL, pool);
    receipt->retry_after =
        (int)anonid_frame_u32(frame, ANONID_TAG_RETRY_AFTER, 0);
    receipt->server = anonid_frame_text(frame, ANONID_TAG_SERVER, pool);
    receipt->reply = (int)anonid_frame_u32(frame, ANONID_TAG_REPLY, 0);
    read_recipients(pool, frame, receipt);
    return APR_SUCCESS;
}

/* A socket that was closed with octets unread resets its peer; one whose end
 * was read does not. Then the request was not read, and so not taken. */
static int is_unread(apr_status_t rv)
{
    return APR_STATUS_IS_ECONNRESET(rv);
}

/* One attempt. *again: the channel was an old one, and the agent never had
 * the request. */
static apr_status_t ask(apr_pool_t *pool, const anonid_writer_t *w, int fd,
                        anonid_receipt_t *receipt, int fresh, int *again)
{
    anonid_channel_t *channel;
    anonid_frame_t frame;
    int used;
    apr_status_t rv = anonid_channels_take(&channel, fresh, &used);

    *again = 0;
    if (rv != APR_SUCCESS)
        return rv;
    rv = anonid_channel_send(channel, w, &fd, 1, ANONID_CHANNELS_TIMEOUT);
    receipt->handed_over = rv == APR_SUCCESS;
    if (rv == APR_SUCCESS)
        rv = anonid_channel_receive(channel, &frame, ANSWER_TIMEOUT);
    if (is_unread(rv))
        receipt->handed_over = 0;
    *again = rv != APR_SUCCESS && used && !receipt->handed_over;
    if (rv == APR_SUCCESS)
        rv = read_answer(pool, &frame, receipt);
    anonid_channels_put(channel, rv == APR_SUCCESS);
    return rv;
}

apr_status_t anonid_agent_submit(apr_pool_t *pool,
                                 const anonid_submit_request_t *request,
                                 anonid_receipt_t *receipt)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    apr_status_t rv = APR_ENOMEM;
    int again = 0;

    memset(receipt, 0, sizeof(*receipt));
    receipt->accepted = apr_array_make(pool, 2, sizeof(const char *));
    receipt->rejected = apr_array_make(pool, 2, sizeof(anonid_rejection_t));
    if (write_request(&w, request))
        rv = ask(pool, &w, request->fd, receipt, 0, &again);
    if (again)
        rv = ask(pool, &w, request->fd, receipt, 1, &again);
    anonid_writer_free(&w);
    return rv;
}
