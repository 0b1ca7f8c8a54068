/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redeeming a token; see token.h.
 */
#include "module/probe/token.h"

#include "common/channel.h"
#include "common/protocol.h"

#include <string.h>

#define TIMEOUT apr_time_from_sec(3)

static apr_status_t ask(anonid_channel_t *channel, const char *socket_path,
                        const char *token)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    apr_status_t rv = APR_ENOMEM;

    anonid_writer_begin(&w, ANONID_MSG_REDEEM, 0, 1);
    anonid_writer_text(&w, ANONID_TAG_TOKEN, token);
    if (anonid_writer_end(&w))
        rv = anonid_channel_connect(channel, socket_path, ANONID_WORKER_MAX,
                                    TIMEOUT);
    if (rv == APR_SUCCESS)
        rv = anonid_channel_send(channel, &w, NULL, 0, TIMEOUT);
    anonid_writer_free(&w);
    return rv;
}

static int is_yes(const anonid_frame_t *frame)
{
    return anonid_message_allowed(frame, ANONID_FROM_AGENT)
           && frame->type == ANONID_MSG_REDEEMED
           && anonid_frame_u32(frame, ANONID_TAG_CODE, 1) == 0;
}

apr_status_t anonid_check_token_redeem(const char *socket_path,
                                       const char *token)
{
    anonid_channel_t channel = { .fd = -1 };
    anonid_frame_t frame;
    apr_status_t rv;

    if (strlen(token) != ANONID_TOKEN_LENGTH)
        return APR_EINVAL;
    rv = ask(&channel, socket_path, token);
    if (rv == APR_SUCCESS)
        rv = anonid_channel_receive(&channel, &frame, TIMEOUT);
    if (rv == APR_SUCCESS && !is_yes(&frame))
        rv = APR_EACCES;
    anonid_channel_close(&channel);
    return rv;
}
