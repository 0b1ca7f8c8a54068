/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a relayed pair; see end.h.
 */
#include "agent/relay/end.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHARED_OCTETS 65536
#define EXTENTS 8

/* Where plain ends read to; empty between two events. */
static char shared[SHARED_OCTETS];

static void free_octets(struct evbuffer **octets)
{
    if (*octets)
        evbuffer_free(*octets);
    *octets = NULL;
}

/* Hands out a buffer's octets, and empties it. */
static void hand_out(anonid_relay_end_t *end, struct evbuffer *octets)
{
    struct evbuffer_iovec extents[EXTENTS];

    while (evbuffer_get_length(octets) > 0) {
        int n = evbuffer_peek(octets, -1, NULL, extents, EXTENTS);
        size_t length = 0;

        for (int i = 0; i < n && i < EXTENTS; i++) {
            end->events->input(end->context, extents[i].iov_base,
                               extents[i].iov_len);
            length += extents[i].iov_len;
        }
        (void)evbuffer_drain(octets, length);
    }
}

/* ---- plain ---- */

static void end_plain(anonid_relay_end_t *end, int failed)
{
    (void)event_del(&end->readable);
    if (failed) {
        (void)event_del(&end->writable);
        free_octets(&end->waits);
    }
    end->events->ended(end->context, failed);
}

static int is_passing(int error)
{
    return error == EAGAIN || error == EINTR;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    anonid_relay_end_t *end = context;
    ssize_t n = end->broken ? -1 : recv(fd, shared, sizeof(shared), 0);

    (void)what;
    if (n > 0)
        end->events->input(end->context, shared, (size_t)n);
    else if (n == 0 || end->broken || !is_passing(errno))
        end_plain(end, n != 0);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    anonid_relay_end_t *end = context;
    int n = evbuffer_write(end->waits, fd);

    (void)what;
    if (n < 0 && !is_passing(errno)) {
        end_plain(end, 1);
        return;
    }
    if (evbuffer_get_length(end->waits) > ANONID_RELAY_PAIR_LOW)
        return;
    if (evbuffer_get_length(end->waits) == 0) {
        (void)event_del(&end->writable);
        free_octets(&end->waits);
    }
    end->events->drained(end->context);
}

/* The loop hears of it. */
static void break_plain(anonid_relay_end_t *end)
{
    end->broken = 1;
    event_active(&end->readable, EV_READ, 0);
}

static void wait(anonid_relay_end_t *end, const char *octets, size_t length)
{
    if (!end->waits)
        end->waits = evbuffer_new();
    if (!end->waits || evbuffer_add(end->waits, octets, length) != 0)
        break_plain(end);
    else
        (void)event_add(&end->writable, NULL);
}

/* What the kernel does not take waits, also where it has an error to tell:
 * the loop then hears of that. */
static void write_plain(anonid_relay_end_t *end, const char *octets,
                        size_t length)
{
    ssize_t n = 0;

    if (!end->waits)
        n = send(end->fd, octets, length, MSG_NOSIGNAL);
    if (n < 0)
        n = 0;
    if ((size_t)n < length)
        wait(end, octets + n, length - (size_t)n);
}

/* ---- TLS ---- */

static void on_input(struct bufferevent *bev, void *context)
{
    hand_out(context, bufferevent_get_input(bev));
}

static void on_drained(struct bufferevent *bev, void *context)
{
    anonid_relay_end_t *end = context;

    (void)bev;
    end->events->drained(end->context);
}

static void on_event(struct bufferevent *bev, short what, void *context)
{
    anonid_relay_end_t *end = context;

    if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)))
        return;
    hand_out(end, bufferevent_get_input(bev));
    end->events->ended(end->context, (what & BEV_EVENT_ERROR) != 0);
}

/* ---- either ---- */

void anonid_relay_end_open(anonid_relay_end_t *end, struct event_base *base,
                           int fd)
{
    memset(end, 0, sizeof(*end));
    end->fd = fd;
    (void)event_assign(&end->readable, base, fd, EV_READ | EV_PERSIST,
                       on_readable, end);
    (void)event_assign(&end->writable, base, fd, EV_WRITE | EV_PERSIST,
                       on_writable, end);
}

/* Takes the octets out of a buffer; NULL for none, or without memory. */
static struct evbuffer *take_octets(struct evbuffer *from)
{
    struct evbuffer *octets;

    if (evbuffer_get_length(from) == 0)
        return NULL;
    octets = evbuffer_new();
    if (octets)
        (void)evbuffer_add_buffer(octets, from);
    return octets;
}

/* Takes the socket out of a bufferevent, which ends. 0: without memory. */
static int unwrap(anonid_relay_end_t *end, struct event_base *base,
                  struct bufferevent *bev)
{
    struct evbuffer *in = bufferevent_get_input(bev);
    struct evbuffer *out = bufferevent_get_output(bev);

    (void)bufferevent_disable(bev, EV_READ | EV_WRITE);
    anonid_relay_end_open(end, base, bufferevent_getfd(bev));
    end->early = take_octets(in);
    (void)evbuffer_unfreeze(out, 1);
    end->waits = take_octets(out);
    if (evbuffer_get_length(in) + evbuffer_get_length(out) > 0) {
        free_octets(&end->early);
        free_octets(&end->waits);
        return 0;
    }
    if (end->waits)
        (void)event_add(&end->writable, NULL);
    (void)bufferevent_setfd(bev, -1);
    bufferevent_free(bev);
    return 1;
}

int anonid_relay_end_adopt(anonid_relay_end_t *end, struct event_base *base,
                           struct bufferevent *bev)
{
    if (!bufferevent_openssl_get_ssl(bev))
        return unwrap(end, base, bev);
    memset(end, 0, sizeof(*end));
    end->fd = -1;
    end->bev = bev;
    return 1;
}

void anonid_relay_end_begin(anonid_relay_end_t *end,
                            const anonid_relay_end_events_t *events,
                            void *context)
{
    end->events = events;
    end->context = context;
    if (end->bev) {
        bufferevent_setcb(end->bev, on_input, on_drained, on_event, end);
        bufferevent_setwatermark(end->bev, EV_READ, 0, ANONID_RELAY_PAIR_HIGH);
        bufferevent_setwatermark(end->bev, EV_WRITE, ANONID_RELAY_PAIR_LOW, 0);
        (void)bufferevent_enable(end->bev, EV_WRITE);
    }
    anonid_relay_end_read(end, 1);
    if (end->bev)
        hand_out(end, bufferevent_get_input(end->bev));
    if (!end->early)
        return;
    hand_out(end, end->early);
    free_octets(&end->early);
}

void anonid_relay_end_write(anonid_relay_end_t *end, const char *octets,
                            size_t length)
{
    if (!end->bev)
        write_plain(end, octets, length);
    else if (bufferevent_write(end->bev, octets, length) != 0)
        bufferevent_trigger_event(end->bev, BEV_EVENT_ERROR,
                                  BEV_TRIG_DEFER_CALLBACKS);
}

size_t anonid_relay_end_unsent(const anonid_relay_end_t *end)
{
    if (end->bev)
        return evbuffer_get_length(bufferevent_get_output(end->bev));
    return end->waits ? evbuffer_get_length(end->waits) : 0;
}

void anonid_relay_end_read(anonid_relay_end_t *end, int on)
{
    if (end->bev && on)
        (void)bufferevent_enable(end->bev, EV_READ);
    else if (end->bev)
        (void)bufferevent_disable(end->bev, EV_READ);
    else if (on)
        (void)event_add(&end->readable, NULL);
    else
        (void)event_del(&end->readable);
}

int anonid_relay_end_is_tls(const anonid_relay_end_t *end)
{
    return end->bev != NULL;
}

int anonid_relay_end_socket(const anonid_relay_end_t *end)
{
    return end->bev ? bufferevent_getfd(end->bev) : end->fd;
}

void anonid_relay_end_silence(anonid_relay_end_t *end)
{
    if (end->bev) {
        bufferevent_setcb(end->bev, NULL, NULL, NULL, NULL);
        return;
    }
    (void)event_del(&end->readable);
    (void)event_del(&end->writable);
}

void anonid_relay_end_close(anonid_relay_end_t *end)
{
    anonid_relay_end_silence(end);
    free_octets(&end->early);
    free_octets(&end->waits);
    if (end->bev)
        bufferevent_free(end->bev);
    else
        close(end->fd);
}
