/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for what the agent says; see control_channel.h.
 */
#include "module/supervisor/control_channel.h"
#include "module/supervisor/handover.h"
#include "module/supervisor/report.h"

#include "common/lognos.h"
#include "common/text.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_log.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* A program's words explain why there is no secret; without that they are
 * worth a look at most. */
static void log_program(void *context, const char *account, int is_bad,
                        const char *line)
{
    const anonid_control_channel_t *talk = context;

    anonid_report(talk->server, is_bad ? APLOG_WARNING : APLOG_NOTICE,
                  ANONID_LOGNO(0021) "The program of the account '%s' said: "
                                     "%s",
                  account, line);
}

void anonid_control_channel_begin(anonid_control_channel_t *talk,
                                  anonid_retained_t *retained, server_rec *s,
                                  int handover, apr_pool_t *pool)
{
    memset(talk, 0, sizeof(*talk));
    talk->retained = retained;
    talk->agent.fd = -1;
    talk->handover = handover;
    talk->config = anonid_global();
    talk->server = s;
    talk->sources = anonid_sources_make(pool, talk->config->accounts);
    anonid_sources_hear(talk->sources, log_program, talk);
    anonid_sources_use_locks(talk->sources, retained->locks);
    if (talk->config->limit_store)
        anonid_sources_add_store(talk->sources, talk->config->limit_store);
    talk->stores = anonid_stores_make(pool);
    talk->audience = anonid_audience_make(pool, s);
    apr_pool_create(&talk->scratch, pool);
    apr_pool_tag(talk->scratch, "anonid_control_channel");
}

static void end_line(anonid_control_channel_t *talk)
{
    talk->line[talk->line_length] = '\0';
    talk->line_length = 0;
    anonid_text_clean(talk->line);
    if (talk->line[0] == '\0')
        return;
    apr_cpystrn(talk->last_line, talk->line, sizeof(talk->last_line));
    anonid_report(talk->server, APLOG_ERR,
                  ANONID_LOGNO(0011) "anonid-agent: %s", talk->line);
}

static void take_octet(anonid_control_channel_t *talk, char c)
{
    if (c != '\n')
        talk->line[talk->line_length++] = c;
    if (c == '\n' || talk->line_length == sizeof(talk->line) - 1)
        end_line(talk);
}

void anonid_control_channel_read_errors(anonid_control_channel_t *talk,
                                        int at_end)
{
    anonid_process_t *process = &talk->retained->process;
    char octets[1024];
    ssize_t n = -1;

    while (process->errors >= 0) {
        n = read(process->errors, octets, sizeof(octets));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n; i++)
            take_octet(talk, octets[i]);
    }
    if (n == 0) { /* it has closed its end, and may well live on */
        close(process->errors);
        process->errors = -1;
    }
    if (at_end)
        end_line(talk);
}

static apr_status_t hear(anonid_control_channel_t *talk)
{
    anonid_channel_t *agent = &talk->agent;
    apr_status_t rv = anonid_channel_fill(agent);
    anonid_parse_t state = ANONID_PARSE_MORE;
    anonid_frame_t frame;

    while (rv == APR_SUCCESS) {
        state = anonid_channel_next(agent, &frame);
        if (state != ANONID_PARSE_OK)
            break;
        rv = anonid_control_channel_answer(talk, &frame);
        apr_pool_clear(talk->scratch);
    }
    if (state == ANONID_PARSE_BAD)
        return APR_EINVAL;
    return rv == APR_EAGAIN ? APR_SUCCESS : rv;
}

/* The parent's end of the socket closes when it dies. */
static void hear_parent(anonid_control_channel_t *talk)
{
    anonid_handover_t message;

    if (anonid_handover_receive(talk->handover, &message) != APR_SUCCESS) {
        talk->wish = ANONID_END;
        return;
    }
    if (message.kind != ANONID_HANDOVER_END)
        return;
    talk->wish = ANONID_END;
    anonid_handover_begin(&message, ANONID_HANDOVER_ENDING, NULL);
    (void)anonid_handover_send(talk->handover, &message);
}

static int await(anonid_control_channel_t *talk, struct pollfd *p, nfds_t n,
                 apr_interval_time_t timeout)
{
    const struct timespec limit = { apr_time_sec(timeout),
                                    (long)apr_time_usec(timeout) * 1000 };

    return ppoll(p, n, &limit, &talk->awake);
}

/* What is not the agent's word, but has become due. */
static apr_status_t do_what_is_due(anonid_control_channel_t *talk)
{
    apr_status_t rv;

    if (talk->agent.fd < 0 || talk->wish != ANONID_STAY)
        return APR_SUCCESS;
    rv = anonid_sources_collect(talk->sources, &talk->agent);
    if (rv == APR_SUCCESS && anonid_stores_due(talk->stores) == 0)
        rv = anonid_stores_write(talk->stores, talk->server,
                                 talk->retained->locks, talk->sources,
                                 &talk->agent);
    return rv;
}

/* The time until something may be due. */
static apr_interval_time_t until_due(const anonid_control_channel_t *talk,
                                     apr_interval_time_t timeout)
{
    apr_interval_time_t due = anonid_stores_due(talk->stores);

    if (timeout < 0)
        timeout = 0;
    return due >= 0 && due < timeout ? due : timeout;
}

apr_status_t anonid_control_channel_step(anonid_control_channel_t *talk,
                                         apr_interval_time_t timeout)
{
    struct pollfd p[] = {
        { talk->wish == ANONID_END ? -1 : talk->handover, POLLIN, 0 },
        { talk->agent.fd, POLLIN, 0 },
        { talk->retained->process.errors, POLLIN, 0 },
    };
    apr_status_t rv = APR_SUCCESS;
    int n = await(talk, p, 3, until_due(talk, timeout));

    if (n < 0 && errno != EINTR)
        return errno;
    if (n > 0 && p[0].revents)
        hear_parent(talk);
    if (n > 0 && p[2].revents)
        anonid_control_channel_read_errors(talk, 0);
    if (n > 0 && p[1].revents)
        rv = hear(talk);
    return rv == APR_SUCCESS ? do_what_is_due(talk) : rv;
}
