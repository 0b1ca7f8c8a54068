/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's question to the agent; see agent_client.h.
 */
#include "module/channel/agent_client.h"
#include "common/channel.h"
#include "common/service.h"

#include <apr_strings.h>
#include <string.h>

#define HAND_OVER_TIMEOUT apr_time_from_sec(10)

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

static apr_status_t hand_over(anonid_channel_t *channel,
                              const char *socket_path,
                              const anonid_submit_request_t *request)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    apr_status_t rv = APR_ENOMEM;

    if (write_request(&w, request))
        rv = anonid_channel_connect(channel, socket_path, ANONID_WORKER_MAX,
                                    HAND_OVER_TIMEOUT);
    if (!rv)
        rv = anonid_channel_send(channel, &w, &request->fd, 1,
                                 HAND_OVER_TIMEOUT);
    anonid_writer_free(&w);
    return rv;
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
    read_recipients(pool, frame, receipt);
    return APR_SUCCESS;
}

apr_status_t anonid_agent_submit(apr_pool_t *pool, const char *socket_path,
                                 const anonid_submit_request_t *request,
                                 anonid_receipt_t *receipt)
{
    anonid_channel_t channel = { .fd = -1 };
    anonid_frame_t frame;
    apr_status_t rv;

    memset(receipt, 0, sizeof(*receipt));
    receipt->accepted = apr_array_make(pool, 2, sizeof(const char *));
    receipt->rejected = apr_array_make(pool, 2, sizeof(anonid_rejection_t));
    rv = hand_over(&channel, socket_path, request);
    if (!rv) {
        receipt->handed_over = 1;
        rv = anonid_channel_receive(&channel, &frame, ANSWER_TIMEOUT);
    }
    if (!rv)
        rv = read_answer(pool, &frame, receipt);
    anonid_channel_close(&channel);
    return rv;
}
