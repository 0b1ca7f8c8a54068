/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines: formatting, and handing them to the sink; see log.h.
 */
#include "agent/base/log.h"
#include "common/text.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#define LINE_MAX_OCTETS 1024

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static anonid_log_sink_t current_sink;

void anonid_log(anonid_log_level_t level, const char *format, ...)
{
    char line[LINE_MAX_OCTETS + 1];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    /* What a peer says may end up in a line: it stays one line. */
    anonid_text_clean(line);
    pthread_mutex_lock(&lock);
    if (current_sink)
        current_sink(level, line);
    else
        fprintf(stderr, "anonid-agent: %s\n", line);
    pthread_mutex_unlock(&lock);
}

void anonid_log_set_sink(anonid_log_sink_t sink)
{
    pthread_mutex_lock(&lock);
    current_sink = sink;
    pthread_mutex_unlock(&lock);
}
