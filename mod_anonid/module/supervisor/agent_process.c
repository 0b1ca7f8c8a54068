/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start, adoption and end of the agent; see agent_process.h.
 */
#include "module/supervisor/agent_process.h"
#include "module/supervisor/handover.h"
#include "module/supervisor/listening.h"
#include "module/supervisor/push.h"

#include "common/monotonic.h"
#include "common/protocol.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Frames that may be queued: none, all is sent with channel_send. */
#define OUT_MAX ANONID_CONTROL_MAX

int anonid_agent_runs(const anonid_control_channel_t *talk)
{
    return talk->retained->process.pid > 0;
}

/* Workers see at once that there is nobody to ask. */
static void publish_no_agent(const anonid_retained_t *retained)
{
    const uint32_t none = 0;

    (void)!pwrite(anonid_retained_fd(retained, ANONID_FD_TABLE), &none,
                  sizeof(none), offsetof(anonid_status_header_t, agent_pid));
}

/* ---- what the next supervisor finds ---- */

static void hand_over(anonid_control_channel_t *talk)
{
    anonid_process_t *process = &talk->retained->process;
    anonid_handover_t message;

    anonid_handover_begin(&message, ANONID_HANDOVER_AGENT, NULL);
    message.process = *process;
    message.fds[0] = process->lifeline;
    message.fds[1] = process->errors;
    if (anonid_handover_send(talk->handover, &message) != APR_SUCCESS)
        return; /* then the lifeline stays here */
    close(process->lifeline);
    process->lifeline = -1;
}

static void hand_over_no_agent(anonid_control_channel_t *talk)
{
    anonid_handover_t message;

    anonid_handover_begin(&message, ANONID_HANDOVER_AGENT, NULL);
    (void)anonid_handover_send(talk->handover, &message);
}

/* ---- the conversation ---- */

/* Gives the agent one end of a new control socket. The other is ours. */
static apr_status_t connect_agent(anonid_control_channel_t *talk, int lifeline)
{
    int ends[2];
    apr_status_t rv;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    rv = anonid_push_control_socket(lifeline, ends[1]);
    close(ends[1]);
    if (rv == APR_SUCCESS)
        anonid_channel_open(&talk->agent, ends[0], ANONID_CONTROL_MAX,
                            OUT_MAX);
    else
        close(ends[0]);
    return rv;
}

static const char *spawn(anonid_control_channel_t *talk, apr_pool_t *pool)
{
    const anonid_settings_t *settings = &talk->retained->settings;
    const anonid_spawn_t how = { settings->program, geteuid() == 0,
                                 settings->agent_uid, settings->agent_gid,
                                 anonid_retained_fd(talk->retained,
                                                    ANONID_FD_AGENT_FOLDER) };

    return anonid_spawn(&talk->retained->process, &how, pool);
}

static apr_status_t say_hello(anonid_control_channel_t *talk)
{
    const anonid_retained_t *retained = talk->retained;
    const anonid_hello_t hello = {
        retained->settings.worker_uid,
        anonid_retained_fd(retained, ANONID_FD_TABLE),
        anonid_retained_fd(retained, ANONID_FD_AGENT_LISTENER),
        anonid_retained_fd(retained, ANONID_FD_CTL_LISTENER),
        anonid_retained_fd(retained, ANONID_FD_AGENT_FOLDER),
    };

    return anonid_push_hello(&talk->agent, &hello);
}

/* The listeners that have a socket. */
static apr_array_header_t *listeners_of(const anonid_control_channel_t *talk,
                                        apr_pool_t *pool)
{
    const apr_array_header_t *listens = talk->config->listens;
    apr_array_header_t *listeners =
        apr_array_make(pool, listens->nelts, sizeof(anonid_push_listener_t));

    for (int i = 0; i < listens->nelts; i++) {
        const anonid_listener_t *listener =
            APR_ARRAY_IDX(listens, i, const anonid_listen_t *)->listener;
        const int fd = anonid_listening_fd(talk->retained, listener->address);

        if (fd >= 0)
            APR_ARRAY_PUSH(listeners, anonid_push_listener_t) =
                (anonid_push_listener_t){ listener, fd };
    }
    return listeners;
}

/* What MaxRequestWorkers comes to with this MPM; 0: it does not say. */
static uint32_t count_workers(void)
{
    int processes, threads;

    if (ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &processes) != APR_SUCCESS
        || ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS
        || processes <= 0)
        return 0;
    return (uint32_t)processes * (uint32_t)(threads > 0 ? threads : 1);
}

static apr_status_t say_config(anonid_control_channel_t *talk,
                               apr_pool_t *pool)
{
    const anonid_global_t *configured = talk->config;
    const anonid_push_config_t config = {
        .generation = ++talk->retained->generation,
        .workers = count_workers(),
        .accounts = configured->accounts,
        .services = configured->services,
        .pairs = configured->pairs,
        .listeners = listeners_of(talk, pool),
        .store = configured->limit_store,
    };

    talk->ready = talk->done = talk->refused = 0;
    return anonid_push_config(&talk->agent, &config);
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

/* Begins the conversation with an agent that is there. */
static const char *say_everything(anonid_control_channel_t *talk, int lifeline,
                                  apr_pool_t *pool)
{
    apr_status_t rv = connect_agent(talk, lifeline);

    if (rv == APR_SUCCESS)
        rv = say_hello(talk);
    if (rv == APR_SUCCESS)
        rv = say_config(talk, pool);
    return rv == APR_SUCCESS ? NULL : anonid_agent_lost(talk, rv, pool);
}

const char *anonid_agent_start(anonid_control_channel_t *talk,
                               apr_pool_t *pool)
{
    const char *error = spawn(talk, pool);

    talk->line_length = 0;
    talk->last_line[0] = '\0';
    if (error)
        return error;
    error = say_everything(talk, talk->retained->process.lifeline, pool);
    if (!error)
        hand_over(talk);
    return error;
}

/* The lifeline is the parent's, and closed here as soon as it is used: the
 * agent is to see its end when the parent dies, whatever becomes of us. */
const char *anonid_agent_adopt(anonid_control_channel_t *talk,
                               apr_pool_t *pool)
{
    anonid_retained_t *retained = talk->retained;
    const char *error;

    retained->process.errors = anonid_retained_fd(retained, ANONID_FD_ERRORS);
    anonid_retained_set_fd(retained, ANONID_FD_ERRORS, -1);
    error = say_everything(
        talk, anonid_retained_fd(retained, ANONID_FD_LIFELINE), pool);
    anonid_retained_close_fd(retained, ANONID_FD_LIFELINE);
    return error;
}

int anonid_agent_is_outdated(const anonid_control_channel_t *talk)
{
    char version[ANONID_VERSION_MAX];

    anonid_program_version(version, talk->retained->settings.program);
    return strcmp(version, talk->retained->process.program) != 0;
}

const char *anonid_agent_await(anonid_control_channel_t *talk,
                               apr_pool_t *pool)
{
    apr_time_t deadline = anonid_monotonic_now() + ANONID_AGENT_START_TIMEOUT;

    while (!(talk->ready && talk->done) && !talk->refused
           && talk->wish == ANONID_STAY) {
        apr_interval_time_t left = deadline - anonid_monotonic_now();
        apr_status_t rv;

        if (left <= 0)
            return too_late(talk, pool);
        rv = anonid_control_channel_step(talk, left);
        if (rv != APR_SUCCESS)
            return anonid_agent_lost(talk, rv, pool);
    }
    if (!talk->refused)
        return NULL;
    (void)anonid_agent_end(talk, ANONID_AGENT_END_TIMEOUT, pool);
    return apr_pstrcat(pool, "it refused the configuration: ", talk->said,
                       NULL);
}

/* Tells the agent to end, and hears it out. */
static void part(anonid_control_channel_t *talk, apr_interval_time_t grace)
{
    apr_time_t deadline = anonid_monotonic_now() + grace;

    anonid_process_signal(&talk->retained->process, SIGTERM);
    while (talk->agent.fd >= 0 && anonid_monotonic_now() < deadline) {
        apr_status_t rv = anonid_control_channel_step(
            talk, deadline - anonid_monotonic_now());

        if (rv != APR_SUCCESS)
            return;
    }
}

const char *anonid_agent_end(anonid_control_channel_t *talk,
                             apr_interval_time_t grace, apr_pool_t *pool)
{
    anonid_process_t *process = &talk->retained->process;
    const char *how;

    if (!anonid_agent_runs(talk))
        return "none ran";
    part(talk, grace);
    anonid_channel_close(&talk->agent);
    if (!anonid_process_wait(process, grace)) {
        anonid_process_signal(process, SIGKILL);
        (void)anonid_process_wait(process, ANONID_AGENT_END_TIMEOUT);
    }
    publish_no_agent(talk->retained);
    anonid_control_channel_read_errors(talk, 1);
    how = anonid_process_reap(process, pool);
    if (process->errors >= 0)
        close(process->errors);
    if (process->lifeline >= 0)
        close(process->lifeline);
    anonid_process_clear(process);
    anonid_stores_clear(talk->stores);
    hand_over_no_agent(talk);
    return how;
}
