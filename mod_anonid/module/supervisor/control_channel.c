/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for what the agent says; see control_channel.h.
 */
#include "module/supervisor/control_channel.h"
#include "module/supervisor/forkguard.h"
#include "module/supervisor/report.h"

#include "common/lognos.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_log.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* A pool that no other thread's pools share an allocator with. */
static apr_pool_t *make_scratch(apr_pool_t *parent)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    apr_allocator_create(&allocator);
    apr_pool_create_ex(&pool, parent, NULL, allocator);
    apr_allocator_owner_set(allocator, pool);
    apr_pool_tag(pool, "anonid_control_channel");
    return pool;
}

void anonid_control_channel_begin(anonid_control_channel_t *talk,
                                  anonid_retained_t *retained, server_rec *s,
                                  apr_pool_t *pool)
{
    memset(talk, 0, sizeof(*talk));
    talk->retained = retained;
    talk->config = anonid_global();
    talk->server = s;
    talk->sources = anonid_sources_make(pool, talk->config->accounts);
    talk->audience = anonid_audience_make(pool, s);
    talk->scratch = make_scratch(pool);
}

static void end_line(anonid_control_channel_t *talk)
{
    talk->line[talk->line_length] = '\0';
    talk->line_length = 0;
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
        anonid_retained_close_fd(talk->retained, ANONID_FD_ERRORS);
        process->errors = -1;
    }
    if (at_end)
        end_line(talk);
}

static apr_status_t hear(anonid_control_channel_t *talk)
{
    anonid_channel_t *agent = &talk->retained->control;
    apr_status_t rv = anonid_channel_fill(agent);
    anonid_parse_t state = ANONID_PARSE_MORE;
    anonid_frame_t frame;

    while (rv == APR_SUCCESS) {
        state = anonid_channel_next(agent, &frame);
        if (state != ANONID_PARSE_OK)
            break;
        if (!talk->scratch)
            continue; /* httpd ends with a configuration that is none */
        rv = anonid_control_channel_answer(talk, &frame);
        apr_pool_clear(talk->scratch);
    }
    if (state == ANONID_PARSE_BAD)
        return APR_EINVAL;
    return rv == APR_EAGAIN ? APR_SUCCESS : rv;
}

/* Takes what woke us; how often does not matter. */
static void drain(int wake)
{
    uint64_t count;

    (void)!read(wake, &count, sizeof(count));
}

apr_status_t anonid_control_channel_step(anonid_control_channel_t *talk,
                                         int wake, apr_interval_time_t timeout)
{
    struct pollfd p[] = {
        { wake, POLLIN, 0 },
        { talk->retained->control.fd, POLLIN, 0 },
        { talk->retained->process.errors, POLLIN, 0 },
        { anonid_sources_fd(talk->sources), POLLIN, 0 },
    };
    apr_status_t rv = APR_SUCCESS;
    int n = anonid_forkguard_poll(p, 4,
                                  timeout > 0 ? (int)(timeout / 1000) + 1 : 0);

    if (n <= 0)
        return n == 0 || errno == EINTR ? APR_SUCCESS : errno;
    if (p[0].revents)
        drain(wake);
    if (p[2].revents)
        anonid_control_channel_read_errors(talk, 0);
    if (p[1].revents)
        rv = hear(talk);
    if (p[3].revents && rv == APR_SUCCESS)
        rv = anonid_sources_collect(talk->sources, &talk->retained->control);
    return rv;
}
