/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talking to the agent; see session.h. Knows no command.
 */
#include "ctl/session.h"
#include "ctl/httpd_config.h"

#include "common/absence.h"
#include "common/build.h"
#include "common/monotonic.h"
#include "common/text.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What of the time is kept for an answer while httpd is asked. */
#define KEPT_FOR_ANSWER apr_time_from_sec(1)

void anonid_session_init(anonid_ctl_session_t *session, const char *state_dir,
                         apr_interval_time_t wait, apr_pool_t *pool)
{
    memset(session, 0, sizeof(*session));
    session->channel.fd = -1;
    session->state_dir = state_dir;
    session->wait = wait;
    session->deadline = anonid_monotonic_now() + wait;
    session->pool = pool;
}

void anonid_session_again(anonid_ctl_session_t *session)
{
    char *state_dir = session->state_dir ? strdup(session->state_dir) : NULL;

    anonid_channel_close(&session->channel);
    apr_pool_clear(session->pool);
    session->state_dir =
        state_dir ? apr_pstrdup(session->pool, state_dir) : NULL;
    free(state_dir);
    session->deadline = anonid_monotonic_now() + session->wait;
}

apr_interval_time_t anonid_session_left(const anonid_ctl_session_t *session)
{
    apr_interval_time_t left = session->deadline - anonid_monotonic_now();

    return left > 0 ? left : 0;
}

const char *anonid_session_shown(const anonid_ctl_session_t *session,
                                 const char *text)
{
    char *shown = apr_pstrdup(session->pool, text);

    anonid_text_clean(shown);
    return shown;
}

/* ---- what cannot be reached ---- */

/* What the operator can do about it. */
static const char *hint_for(apr_status_t rv)
{
    if (APR_STATUS_IS_ENOENT(rv))
        return "is httpd running, and is this its AnonIDStateDir (-s)?";
    if (APR_STATUS_IS_EACCES(rv))
        return "only root and the agent's user may ask";
    if (APR_STATUS_IS_ECONNREFUSED(rv))
        return "httpd has left it behind: it is not running";
    if (APR_STATUS_IS_EOF(rv) || APR_STATUS_IS_ECONNRESET(rv)
        || APR_STATUS_IS_EPIPE(rv))
        return "only root and the agent's user may ask, and the agent must "
               "be running";
    return "";
}

/* Always ANONID_CTL_UNREACHABLE, after what is known about it. */
static int complain(const anonid_ctl_session_t *session, const char *what,
                    apr_status_t rv)
{
    const char *hint = hint_for(rv);
    char reason[128];
    const char *last;

    if (APR_STATUS_IS_TIMEUP(rv))
        fprintf(stderr,
                "anonidctl: %s: no answer within %d s; what was asked for "
                "may still be under way (see: anonidctl status), or the "
                "agent is busy, stopped or being restarted; -w waits "
                "longer\n",
                what, (int)apr_time_sec(session->wait));
    else
        fprintf(stderr, "anonidctl: %s: %s%s%s\n", what,
                apr_strerror(rv, reason, sizeof(reason)), *hint ? "; " : "",
                hint);
    last = session->state_dir
               ? anonid_absence_read(session->state_dir, session->pool)
               : NULL;
    if (last)
        fprintf(stderr, "anonidctl: httpd's last word on it: %s\n", last);
    return ANONID_CTL_UNREACHABLE;
}

/* ---- connecting ---- */

static apr_status_t connect_to(anonid_ctl_session_t *session, const char *dir,
                               const char **path)
{
    *path = apr_pstrcat(session->pool, dir, "/control.sock", NULL);
    session->state_dir = dir;
    return anonid_channel_connect(&session->channel, *path,
                                  ANONID_CTL_REPLY_MAX,
                                  anonid_session_left(session));
}

static int is_not_there(apr_status_t rv)
{
    return APR_STATUS_IS_ENOENT(rv) || APR_STATUS_IS_ENOTDIR(rv)
           || APR_STATUS_IS_ECONNREFUSED(rv);
}

/* Nobody said which folder: httpd's default, and if nobody is there, the one
 * of httpd's configuration, which takes longer to find out. */
static apr_status_t find_and_connect(anonid_ctl_session_t *session,
                                     const char **path)
{
    apr_status_t rv = connect_to(session, ANONID_STATE_DIR, path);
    const char *dir;

    if (!is_not_there(rv))
        return rv;
    dir = anonid_httpd_state_dir(
        anonid_session_left(session) - KEPT_FOR_ANSWER, session->pool);
    if (!dir || strcmp(dir, ANONID_STATE_DIR) == 0)
        return rv;
    return connect_to(session, dir, path);
}

static int open_session(anonid_ctl_session_t *session)
{
    const char *path;
    apr_status_t rv;

    if (session->channel.fd >= 0)
        return 0;
    rv = session->state_dir ? connect_to(session, session->state_dir, &path)
                            : find_and_connect(session, &path);
    return rv == APR_SUCCESS ? 0 : complain(session, path, rv);
}

int anonid_session_ask(anonid_ctl_session_t *session, anonid_writer_t *request,
                       anonid_frame_t *answer)
{
    apr_status_t rv = APR_ENOMEM;
    int status = open_session(session);

    if (status) {
        anonid_writer_free(request);
        return status;
    }
    if (anonid_writer_end(request))
        rv = anonid_channel_send(&session->channel, request, NULL, 0,
                                 anonid_session_left(session));
    if (rv == APR_SUCCESS)
        rv = anonid_channel_receive(&session->channel, answer,
                                    anonid_session_left(session));
    anonid_writer_free(request);
    if (rv != APR_SUCCESS)
        return complain(session, "the agent does not answer", rv);
    return 0;
}

int anonid_session_print(anonid_ctl_session_t *session,
                         const anonid_frame_t *answer)
{
    apr_pool_t *pool = session->pool;
    const char *text = anonid_frame_text(answer, ANONID_TAG_TEXT, pool);
    const char *more = anonid_frame_text(answer, ANONID_TAG_DETAIL, pool);
    const char *detail = anonid_session_shown(session, more ? more : "");
    uint32_t code = anonid_frame_u32(answer, ANONID_TAG_CODE, UINT32_MAX);

    if (answer->type != ANONID_MSG_CTL_REPLY || code == UINT32_MAX || !text) {
        fprintf(stderr, "anonidctl: the agent answers in another language: "
                        "are both of one version?\n");
        return ANONID_CTL_UNREACHABLE;
    }
    text = anonid_session_shown(session, text);
    if (code == 0) {
        puts(text);
        return ANONID_CTL_DONE;
    }
    fprintf(stderr, "anonidctl: %s [data %08x%s%s]\n", text, (unsigned)code,
            *detail ? ", " : "", detail);
    return ANONID_CTL_FAILED;
}

void anonid_session_close(anonid_ctl_session_t *session)
{
    anonid_channel_close(&session->channel);
}
