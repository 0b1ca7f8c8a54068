/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wall clock is set; see clock_watch.h.
 */
#include "agent/base/clock_watch.h"

#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct anonid_clock_watch_t {
    int fd;
    struct event *event;
    void (*when_set)(void);
};

/* A date that never comes: what counts is that setting the clock cancels the
 * timer. */
static int arm(int fd)
{
    const struct itimerspec never = { .it_value = { .tv_sec = INT32_MAX } };
    const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;

    return timerfd_settime(fd, flags, &never, NULL) == 0;
}

static void on_set(evutil_socket_t fd, short what, void *context)
{
    const anonid_clock_watch_t *watch = context;
    uint64_t expirations;

    (void)what;
    (void)!read(fd, &expirations, sizeof(expirations)); /* ECANCELED */
    if (!arm(fd))
        event_del(watch->event);
    watch->when_set();
}

static int begin(anonid_clock_watch_t *watch, struct event_base *base)
{
    watch->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (watch->fd < 0 || !arm(watch->fd))
        return 0;
    watch->event =
        event_new(base, watch->fd, EV_READ | EV_PERSIST, on_set, watch);
    return watch->event && event_add(watch->event, NULL) == 0;
}

anonid_clock_watch_t *anonid_clock_watch_start(struct event_base *base,
                                               void (*when_set)(void))
{
    anonid_clock_watch_t *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    watch->when_set = when_set;
    if (begin(watch, base))
        return watch;
    anonid_clock_watch_stop(watch);
    return NULL;
}

void anonid_clock_watch_stop(anonid_clock_watch_t *watch)
{
    if (!watch)
        return;
    if (watch->event)
        event_free(watch->event);
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch);
}
