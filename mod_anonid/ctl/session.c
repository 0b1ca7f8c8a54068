/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talking to the agent; see session.h. Knows no command.
 */
#include "ctl/session.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#define CONNECT_TIMEOUT apr_time_from_sec(5)
#define SEND_TIMEOUT apr_time_from_sec(5)
/* The agent's own limit for a request is a little shorter. */
#define ANSWER_TIMEOUT apr_time_from_sec(130)

static int complain(const char *what, apr_status_t rv, const char *hint)
{
    char reason[128];

    apr_strerror(rv, reason, sizeof(reason));
    fprintf(stderr, "anonidctl: %s: %s%s%s\n", what, reason, *hint ? "; " : "",
            hint);
    return ANONID_CTL_UNREACHABLE;
}

/* What the operator can do about it. */
static const char *hint_for(apr_status_t rv)
{
    if (APR_STATUS_IS_ENOENT(rv))
        return "is httpd running, and is this its AnonIDStateDir (-s)?";
    if (APR_STATUS_IS_EACCES(rv))
        return "only root and the agent's group may ask";
    if (APR_STATUS_IS_ECONNREFUSED(rv))
        return "httpd has left it behind: it is not running";
    if (APR_STATUS_IS_TIMEUP(rv))
        return "the agent is being restarted, or is busy";
    if (APR_STATUS_IS_EOF(rv) || APR_STATUS_IS_ECONNRESET(rv)
        || APR_STATUS_IS_EPIPE(rv))
        return "only root and the agent's group may ask, and the agent must "
               "be running";
    return "";
}

int anonid_session_open(anonid_ctl_session_t *session, const char *state_dir,
                        apr_pool_t *pool)
{
    const char *path = apr_pstrcat(pool, state_dir, "/control.sock", NULL);
    apr_status_t rv;

    session->pool = pool;
    rv = anonid_channel_connect(&session->channel, path, ANONID_CTL_REPLY_MAX,
                                CONNECT_TIMEOUT);
    if (rv != APR_SUCCESS)
        return complain(path, rv, hint_for(rv));
    return 0;
}

int anonid_session_ask(anonid_ctl_session_t *session, anonid_writer_t *request,
                       anonid_frame_t *answer)
{
    apr_status_t rv = APR_ENOMEM;

    if (anonid_writer_end(request))
        rv = anonid_channel_send(&session->channel, request, NULL, 0,
                                 SEND_TIMEOUT);
    if (rv == APR_SUCCESS)
        rv = anonid_channel_receive(&session->channel, answer, ANSWER_TIMEOUT);
    anonid_writer_free(request);
    if (rv != APR_SUCCESS)
        return complain("the agent does not answer", rv, hint_for(rv));
    return 0;
}

int anonid_session_print(anonid_ctl_session_t *session,
                         const anonid_frame_t *answer)
{
    apr_pool_t *pool = session->pool;
    const char *text = anonid_frame_text(answer, ANONID_TAG_TEXT, pool);
    const char *detail = anonid_frame_text(answer, ANONID_TAG_DETAIL, pool);
    uint32_t code = anonid_frame_u32(answer, ANONID_TAG_CODE, UINT32_MAX);

    if (answer->type != ANONID_MSG_CTL_REPLY || code == UINT32_MAX || !text) {
        fprintf(stderr, "anonidctl: the agent answers in another language: "
                        "are both of one version?\n");
        return ANONID_CTL_UNREACHABLE;
    }
    if (code == 0) {
        puts(text);
        return ANONID_CTL_DONE;
    }
    fprintf(stderr, "anonidctl: %s [data %08x%s%s]\n", text, (unsigned)code,
            detail && *detail ? ", " : "", detail ? detail : "");
    return ANONID_CTL_FAILED;
}

void anonid_session_close(anonid_ctl_session_t *session)
{
    anonid_channel_close(&session->channel);
}
