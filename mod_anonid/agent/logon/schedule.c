/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers of logons; see schedule.h.
 */
#include "agent/logon/schedule.h"

#include "agent/base/clock_watch.h"
#include "agent/logon/registry.h"

#include "common/monotonic.h"

#include <event2/event.h>

static struct event_base *loop;
static anonid_clock_watch_t *watch;

static void look_again(void *context, anonid_logon_t *logon)
{
    (void)context;
    anonid_logon_alarm(logon);
}

/* What ends on a date may be over now, and what was published is a date. */
static void on_clock_set(void)
{
    anonid_registry_each(look_again, NULL);
}

void anonid_schedule_start(struct event_base *base)
{
    loop = base;
    watch = anonid_clock_watch_start(base, on_clock_set);
}

void anonid_schedule_stop(void)
{
    anonid_clock_watch_stop(watch);
    watch = NULL;
}

static void on_time(evutil_socket_t fd, short what, void *logon)
{
    (void)fd;
    (void)what;
    anonid_logon_alarm(logon);
}

void anonid_schedule_wake(anonid_logon_t *logon, apr_time_t when)
{
    apr_interval_time_t left = when - anonid_monotonic_now();
    struct timeval delay;

    if (!when) {
        if (logon->timer)
            event_free(logon->timer);
        logon->timer = NULL;
        return;
    }
    if (!logon->timer)
        logon->timer = evtimer_new(loop, on_time, logon);
    /* One that comes early by a fraction would only be set again. */
    left = left < 0 ? 1000 : left + 1000;
    delay.tv_sec = (time_t)apr_time_sec(left);
    delay.tv_usec = (suseconds_t)apr_time_usec(left);
    if (logon->timer)
        evtimer_add(logon->timer, &delay);
}
