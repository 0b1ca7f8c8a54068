/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers of logons; see schedule.h.
 */
#include "agent/logon/schedule.h"

#include <event2/event.h>

static struct event_base *loop;

void anonid_schedule_start(struct event_base *base)
{
    loop = base;
}

static void on_time(evutil_socket_t fd, short what, void *logon)
{
    (void)fd;
    (void)what;
    anonid_logon_alarm(logon);
}

void anonid_schedule_wake(anonid_logon_t *logon, apr_time_t when)
{
    apr_interval_time_t left = when - apr_time_now();
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
