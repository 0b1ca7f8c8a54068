/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CHECK and REDEEM: an operator gets a token, and the worker that is shown it
 * asks whether it is good.
 */
#include "agent/request/check_tokens.h"
#include "agent/request/account.h"
#include "agent/request/requests.h"
#include "agent/status/table.h"

#include "common/monotonic.h"

void anonid_request_check(anonid_client_t *client, const anonid_frame_t *frame)
{
    char token[ANONID_TOKEN_LENGTH + 1];
    anonid_writer_t w = ANONID_WRITER_INIT;
    apr_time_t now = anonid_monotonic_now();

    if (!anonid_check_token_issue(token, now)) {
        anonid_ctl_reply(client, frame, ANONID_CTL_BUSY,
                         "Too many checks are under way.",
                         "try again in half a minute");
        return;
    }
    anonid_status_table_expect_check(now + ANONID_TOKEN_LIFE);
    anonid_writer_begin(&w, ANONID_MSG_CHECK_REPLY, 0, frame->id);
    anonid_writer_text(&w, ANONID_TAG_TOKEN, token);
    (void)anonid_writer_end(&w);
    anonid_client_reply(client, &w);
    anonid_writer_free(&w);
}

static int is_good(const anonid_frame_t *frame)
{
    const char *token;
    apr_pool_t *pool;
    int good;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return 0;
    token = anonid_frame_text(frame, ANONID_TAG_TOKEN, pool);
    good = token && anonid_check_token_redeem(token, anonid_monotonic_now());
    apr_pool_destroy(pool);
    return good;
}

void anonid_request_redeem(anonid_client_t *client,
                           const anonid_frame_t *frame)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_REDEEMED, 0, frame->id);
    anonid_writer_u32(&w, ANONID_TAG_CODE,
                      is_good(frame) ? 0 : ANONID_ACCESS_DENIED);
    (void)anonid_writer_end(&w);
    anonid_client_reply(client, &w);
    anonid_writer_free(&w);
}
