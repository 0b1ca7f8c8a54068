/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An eventfd on the event loop; see waker.h.
 */
#include "agent/base/waker.h"

#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct anonid_waker_t {
    int fd;
    struct event *event;
    void (*woken)(void *context);
    void *context;
};

static void on_wake(evutil_socket_t fd, short what, void *data)
{
    anonid_waker_t *waker = data;
    uint64_t count;

    (void)what;
    if (read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
        waker->woken(waker->context);
}

anonid_waker_t *anonid_waker_make(struct event_base *base,
                                  void (*woken)(void *context), void *context)
{
    anonid_waker_t *waker = calloc(1, sizeof(*waker));

    if (!waker)
        return NULL;
    waker->woken = woken;
    waker->context = context;
    waker->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (waker->fd >= 0)
        waker->event =
            event_new(base, waker->fd, EV_READ | EV_PERSIST, on_wake, waker);
    if (!waker->event || event_add(waker->event, NULL) != 0) {
        anonid_waker_free(waker);
        return NULL;
    }
    return waker;
}

void anonid_waker_wake(anonid_waker_t *waker)
{
    const uint64_t one = 1;

    /* EAGAIN means that the counter is full: it is awake enough. */
    if (write(waker->fd, &one, sizeof(one)) < 0)
        return;
}

void anonid_waker_free(anonid_waker_t *waker)
{
    if (!waker)
        return;
    if (waker->event)
        event_free(waker->event);
    if (waker->fd >= 0)
        close(waker->fd);
    free(waker);
}
