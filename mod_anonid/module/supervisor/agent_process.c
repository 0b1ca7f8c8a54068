/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start, renewal and end of the agent; see agent_process.h.
 */
#include "module/supervisor/agent_process.h"
#include "module/supervisor/push.h"

#include "common/protocol.h"

#include <apr_strings.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

/* Frames that may be queued: none, all is sent with channel_send. */
#define OUT_MAX ANONID_CONTROL_MAX

int anonid_agent_runs(const anonid_retained_t *retained)
{
    return retained->control.fd >= 0;
}

/* Workers see at once that there is nobody to ask. */
static void publish_no_agent(const anonid_retained_t *retained)
{
    const uint32_t none = 0;

    (void)!pwrite(anonid_retained_fd(retained, ANONID_FD_TABLE), &none,
                  sizeof(none), offsetof(anonid_status_header_t, agent_pid));
}

static const char *spawn(anonid_retained_t *retained, apr_pool_t *pool)
{
    const anonid_settings_t *settings = &retained->settings;
    const int root = geteuid() == 0;
    const int folder = anonid_retained_fd(retained, ANONID_FD_AGENT_FOLDER);
    /* In one-process mode root has been given up, and with it the agent's
     * own user. */
    const anonid_spawn_t how = {
        settings->program, root, settings->agent_uid, settings->agent_gid,
        root || settings->agent_uid == geteuid() ? folder : -1
    };
    anonid_process_t *process = &retained->process;
    const char *error;

    error = anonid_spawn(process, &how, pool);
    anonid_retained_set_fd(retained, ANONID_FD_CONTROL, process->control);
    anonid_retained_set_fd(retained, ANONID_FD_ERRORS, process->errors);
    anonid_retained_set_fd(retained, ANONID_FD_PIDFD, process->pidfd);
    if (!error)
        anonid_channel_open(&retained->control, process->control,
                            ANONID_CONTROL_MAX, OUT_MAX);
    return error;
}

static apr_status_t say_hello(anonid_retained_t *retained)
{
    const anonid_hello_t hello = {
        retained->settings.worker_uid,
        anonid_retained_fd(retained, ANONID_FD_TABLE),
        anonid_retained_fd(retained, ANONID_FD_AGENT_LISTENER),
        anonid_retained_fd(retained, ANONID_FD_CTL_LISTENER),
        anonid_retained_fd(retained, ANONID_FD_AGENT_FOLDER),
    };

    return anonid_push_hello(&retained->control, &hello);
}

static apr_status_t say_config(anonid_control_channel_t *talk)
{
    anonid_channel_t *agent = &talk->retained->control;
    apr_status_t rv;

    talk->done = talk->refused = 0;
    rv = anonid_push_config(agent, ++talk->retained->generation,
                            talk->config->accounts, talk->config->services,
                            talk->config->pairs);
    if (rv == APR_SUCCESS)
        rv = anonid_sources_pass_all(talk->sources, agent);
    return rv;
}

/* ": its last words", or nothing. */
static const char *last_words(const anonid_control_channel_t *talk,
                              apr_pool_t *pool)
{
    return talk->last_line[0]
               ? apr_pstrcat(pool, "; its last words: ", talk->last_line, NULL)
               : "";
}

static const char *too_late(anonid_control_channel_t *talk, apr_pool_t *pool)
{
    (void)anonid_agent_end(talk, 0, pool);
    return apr_psprintf(pool, "it was not ready within %d s%s",
                        (int)apr_time_sec(ANONID_AGENT_START_TIMEOUT),
                        last_words(talk, pool));
}

const char *anonid_agent_lost(anonid_control_channel_t *talk, apr_status_t rv,
                              apr_pool_t *pool)
{
    apr_interval_time_t grace = apr_time_from_sec(1);
    const char *what = "it broke the protocol and was ended: ";
    const char *how;

    if (rv == APR_TIMEUP) {
        what = "it hung, and was ended: ";
        grace = 0;
    }
    else if (rv == APR_EOF || APR_STATUS_IS_EPIPE(rv)
             || APR_STATUS_IS_ECONNRESET(rv)) {
        what = "it ended: ";
    }
    how = anonid_agent_end(talk, grace, pool);
    return apr_pstrcat(pool, what, how, last_words(talk, pool), NULL);
}

const char *anonid_agent_start(anonid_control_channel_t *talk,
                               apr_pool_t *pool)
{
    anonid_retained_t *retained = talk->retained;
    const char *error = spawn(retained, pool);
    apr_status_t rv;

    talk->ready = 0;
    talk->line_length = 0;
    talk->last_line[0] = '\0';
    if (error)
        return error;
    rv = say_hello(retained);
    if (rv == APR_SUCCESS)
        rv = say_config(talk);
    return rv == APR_SUCCESS ? NULL : anonid_agent_lost(talk, rv, pool);
}

const char *anonid_agent_renew(anonid_control_channel_t *talk,
                               apr_pool_t *pool)
{
    apr_status_t rv = say_config(talk);

    talk->ready = 1;
    return rv == APR_SUCCESS ? NULL : anonid_agent_lost(talk, rv, pool);
}

const char *anonid_agent_await(anonid_control_channel_t *talk,
                               apr_pool_t *pool)
{
    apr_time_t deadline = apr_time_now() + ANONID_AGENT_START_TIMEOUT;

    while (!(talk->ready && talk->done) && !talk->refused) {
        apr_interval_time_t left = deadline - apr_time_now();
        apr_status_t rv;

        if (left <= 0)
            return too_late(talk, pool);
        rv = anonid_control_channel_step(talk, -1, left);
        if (rv != APR_SUCCESS)
            return anonid_agent_lost(talk, rv, pool);
    }
    if (!talk->refused)
        return NULL;
    (void)anonid_agent_end(talk, ANONID_AGENT_END_TIMEOUT, pool);
    return apr_pstrcat(pool, "it refused the configuration: ", talk->said,
                       NULL);
}

/* Tells the agent to end, and hears it out. Closing the socket at once would
 * take its last words away. */
static void part(anonid_control_channel_t *talk, apr_interval_time_t grace)
{
    apr_time_t deadline = apr_time_now() + grace;

    (void)shutdown(talk->retained->control.fd, SHUT_WR);
    while (apr_time_now() < deadline) {
        apr_status_t rv =
            anonid_control_channel_step(talk, -1, deadline - apr_time_now());

        if (rv != APR_SUCCESS)
            return;
    }
}

const char *anonid_agent_end(anonid_control_channel_t *talk,
                             apr_interval_time_t grace, apr_pool_t *pool)
{
    anonid_retained_t *retained = talk->retained;
    anonid_process_t *process = &retained->process;
    const char *how;

    if (!anonid_agent_runs(retained))
        return "none ran";
    part(talk, grace);
    anonid_channel_close(&retained->control);
    anonid_retained_set_fd(retained, ANONID_FD_CONTROL, -1);
    if (!anonid_process_wait(process, grace)) {
        anonid_process_kill(process);
        (void)anonid_process_wait(process, ANONID_AGENT_END_TIMEOUT);
    }
    publish_no_agent(retained);
    anonid_control_channel_read_errors(talk, 1);
    anonid_retained_close_fd(retained, ANONID_FD_ERRORS);
    anonid_retained_set_fd(retained, ANONID_FD_PIDFD, -1);
    how = anonid_process_reap(process, pool);
    anonid_process_clear(process);
    return how ? how : "httpd has taken its exit status";
}
