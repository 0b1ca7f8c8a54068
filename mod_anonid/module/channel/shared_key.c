/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FORM_KEY; see shared_key.h.
 */
#include "module/channel/shared_key.h"
#include "module/channel/channels.h"
#include "common/protocol.h"

/* A page must not wait long for it. */
#define ANSWER_TIMEOUT apr_time_from_sec(3)

static apr_status_t read_answer(apr_pool_t *pool, const anonid_frame_t *frame,
                                const char **key)
{
    if (!anonid_message_allowed(frame, ANONID_FROM_AGENT)
        || frame->type != ANONID_MSG_FORM_KEY_REPLY)
        return APR_EINVAL;
    *key = anonid_frame_text(frame, ANONID_TAG_FORM_KEY, pool);
    return APR_SUCCESS;
}

/* A new channel: an old one may have been closed meanwhile. */
static apr_status_t ask(apr_pool_t *pool, const anonid_writer_t *w,
                        const char **key)
{
    anonid_channel_t *channel;
    anonid_frame_t frame;
    int used;
    apr_status_t rv = anonid_channels_take(&channel, 1, &used);

    if (rv != APR_SUCCESS)
        return rv;
    rv = anonid_channel_send(channel, w, NULL, 0, ANSWER_TIMEOUT);
    if (rv == APR_SUCCESS)
        rv = anonid_channel_receive(channel, &frame, ANSWER_TIMEOUT);
    if (rv == APR_SUCCESS)
        rv = read_answer(pool, &frame, key);
    anonid_channels_put(channel, rv == APR_SUCCESS);
    return rv;
}

apr_status_t anonid_agent_shared_key(apr_pool_t *pool, const char **key)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    apr_status_t rv = APR_ENOMEM;

    *key = NULL;
    anonid_writer_begin(&w, ANONID_MSG_FORM_KEY, 0, 1);
    if (anonid_writer_end(&w))
        rv = ask(pool, &w, key);
    anonid_writer_free(&w);
    return rv;
}
