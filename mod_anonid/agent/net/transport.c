/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to a mail server; see transport.h.
 *
 *   open -> lookup -> connect (address after address) -> bufferevent
 *                               start_tls -> authorities -> TLS bufferevent
 *
 * The bufferevents defer their callbacks, so that a callback may close the
 * transport, and own their descriptor and their SSL.
 */
#include "agent/net/transport.h"
#include "agent/net/own.h"
#include "agent/net/peer.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "agent/net/tls_setup.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/ssl.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct anonid_transport_t {
    struct event_base *base;
    const anonid_mail_server_t *server;
    const anonid_transport_events_t *events;
    void *context;
    struct event *timer;
    anonid_phase_t phase;

    anonid_lookup_t *lookup;     /* while resolving */
    struct addrinfo *addresses;  /* while connecting */
    const struct addrinfo *next; /* to be tried after this one */
    struct event *connecting;
    int fd;    /* of the attempt; -1: none, or the bufferevent has it */
    int error; /* errno of the last attempt */

    struct bufferevent *bev;
    anonid_tls_setup_t *setup; /* while the authorities are read */
    const char *tls_name;
    int tls;       /* handshake begun */
    int handshake; /* ... and over */
    int broken;    /* something could not be said, for want of memory */
};

static void fail(anonid_transport_t *t, anonid_mail_error_kind_t kind,
                 const char *text)
{
    anonid_mail_error_t error;

    evtimer_del(t->timer);
    if (t->bev && kind != ANONID_MAIL_ERROR_LATE) {
        bufferevent_disable(t->bev, EV_READ | EV_WRITE);
        bufferevent_setcb(t->bev, NULL, NULL, NULL, NULL);
    }
    anonid_mail_error_set(&error, kind, t->phase, "%s", text);
    t->events->failed(t->context, &error);
}

/* The server has said nothing (more). One that does not even greet may wait
 * for the client to begin with TLS. */
static void fail_silent(anonid_transport_t *t, anonid_mail_error_kind_t kind,
                        const char *what)
{
    char text[256];

    snprintf(text, sizeof(text),
             "%s; if the port speaks TLS from the first byte, write %s:// "
             "for it",
             what,
             anonid_mail_scheme_name(t->server->protocol, ANONID_TLS_FIRST));
    fail(t, kind, t->phase == ANONID_PHASE_GREETING && !t->tls ? text : what);
}

static void connect_next(anonid_transport_t *t);

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    anonid_transport_t *t = context;

    (void)fd;
    (void)what;
    if (t->broken) {
        fail(t, ANONID_MAIL_ERROR_INTERNAL, "no memory");
        return;
    }
    if (t->phase == ANONID_PHASE_CONNECT && t->connecting) {
        t->error = ETIMEDOUT;
        connect_next(t);
        return;
    }
    if (t->setup)
        fail(t, ANONID_MAIL_ERROR_TRUST,
             "the file of the authorities was not read in time");
    else
        fail_silent(t, ANONID_MAIL_ERROR_LATE, "no answer in time");
}

void anonid_transport_enter(anonid_transport_t *t, anonid_phase_t phase)
{
    struct timeval deadline = anonid_phase_deadline(phase);

    t->phase = phase;
    if (!t->broken)
        evtimer_add(t->timer, &deadline);
}

void anonid_transport_break(anonid_transport_t *t)
{
    t->broken = 1;
    bufferevent_disable(t->bev, EV_READ | EV_WRITE);
    event_active(t->timer, EV_TIMEOUT, 0);
}

anonid_phase_t anonid_transport_phase(const anonid_transport_t *t)
{
    return t->phase;
}

/* A server that answers pipelined commands one by one, with Nagle's algorithm
 * on, waits for an acknowledgment in between, which the kernel would hold
 * back for 40 ms. */
static void acknowledge(struct bufferevent *bev)
{
    int on = 1;

    (void)setsockopt(bufferevent_getfd(bev), IPPROTO_TCP, TCP_QUICKACK, &on,
                     sizeof(on));
}

static void on_input(struct bufferevent *bev, void *context)
{
    anonid_transport_t *t = context;

    acknowledge(bev);
    t->events->input(t->context);
}

static void on_drained(struct bufferevent *bev, void *context)
{
    anonid_transport_t *t = context;

    (void)bev;
    /* The first one comes with the connection, before anything was said. */
    if (!t->tls || t->handshake)
        t->events->drained(t->context);
}

/* The handshake has failed. A server that greets in plain text waits for
 * STARTTLS. */
static void fail_handshake(anonid_transport_t *t, SSL *ssl,
                           unsigned long error)
{
    char text[256];

    if (t->server->tls == ANONID_TLS_FIRST && anonid_tls_is_plain(error)) {
        snprintf(
            text, sizeof(text),
            "the server answers in plain text, as a port does that "
            "speaks STARTTLS: write %s:// for it",
            anonid_mail_scheme_name(t->server->protocol, ANONID_TLS_START));
        fail(t, ANONID_MAIL_ERROR_PLAIN, text);
        return;
    }
    anonid_tls_explain(ssl, error, t->tls_name, text, sizeof(text));
    fail(t, ANONID_MAIL_ERROR_TLS, text);
}

/* An error of the bufferevent, in words. */
static void fail_broken(anonid_transport_t *t, short what)
{
    int error = EVUTIL_SOCKET_ERROR();
    unsigned long tls_error = bufferevent_get_openssl_error(t->bev);
    SSL *ssl = t->tls ? bufferevent_openssl_get_ssl(t->bev) : NULL;

    if (ssl && !t->handshake) {
        fail_handshake(t, ssl, tls_error);
        return;
    }
    if (what & BEV_EVENT_EOF || tls_error || error == 0)
        fail_silent(t, ANONID_MAIL_ERROR_LOST,
                    "the server closed the connection");
    else
        fail(t, ANONID_MAIL_ERROR_LOST, evutil_socket_error_to_string(error));
}

static void on_event(struct bufferevent *bev, short what, void *context)
{
    anonid_transport_t *t = context;

    (void)bev;
    if (what & BEV_EVENT_CONNECTED) {
        t->handshake = 1;
        t->events->ready(t->context);
    }
    else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        fail_broken(t, what);
    }
}

/* Takes a bufferevent into use, plain or TLS. */
static void adopt(anonid_transport_t *t, struct bufferevent *bev)
{
    t->bev = bev;
    bufferevent_setcb(bev, on_input, on_drained, on_event, t);
    bufferevent_setwatermark(bev, EV_WRITE, ANONID_TRANSPORT_LOW, 0);
    bufferevent_setwatermark(bev, EV_READ, 0, ANONID_TRANSPORT_HIGH);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void drop_attempt(anonid_transport_t *t)
{
    if (t->connecting)
        event_free(t->connecting);
    t->connecting = NULL;
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}

static void connected(anonid_transport_t *t)
{
    struct bufferevent *bev;
    int on = 1;

    event_free(t->connecting);
    t->connecting = NULL;
    if (anonid_own_is_peer(t->fd)) {
        fail(t, ANONID_MAIL_ERROR_LOOP, "that is our own listener");
        return;
    }
    (void)setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    bev = bufferevent_socket_new(
        t->base, t->fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (!bev) {
        fail(t, ANONID_MAIL_ERROR_INTERNAL, "no memory");
        return;
    }
    t->fd = -1;
    freeaddrinfo(t->addresses);
    t->addresses = NULL;
    adopt(t, bev);
    t->events->ready(t->context);
}

static void on_connected(evutil_socket_t fd, short what, void *context)
{
    anonid_transport_t *t = context;
    socklen_t length = sizeof(t->error);

    (void)what;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &t->error, &length) != 0)
        t->error = errno;
    if (t->error == 0)
        connected(t);
    else
        connect_next(t);
}

/* Begins one attempt: 1, or 0 with t->error. */
static int attempt(anonid_transport_t *t, const struct addrinfo *address)
{
    t->fd = socket(address->ai_family,
                   SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (t->fd >= 0
        && (connect(t->fd, address->ai_addr, address->ai_addrlen) == 0
            || errno == EINPROGRESS)) {
        t->connecting = event_new(t->base, t->fd, EV_WRITE, on_connected, t);
        errno = ENOMEM;
        if (t->connecting && event_add(t->connecting, NULL) == 0)
            return 1;
    }
    t->error = errno;
    return 0;
}

static void connect_next(anonid_transport_t *t)
{
    drop_attempt(t);
    while (t->next) {
        const struct addrinfo *address = t->next;

        t->next = address->ai_next;
        anonid_transport_enter(t, ANONID_PHASE_CONNECT);
        if (attempt(t, address))
            return;
        drop_attempt(t);
    }
    fail(t, ANONID_MAIL_ERROR_CONNECT, strerror(t->error));
}

static void on_resolved(void *context, struct addrinfo *addresses,
                        const char *why)
{
    anonid_transport_t *t = context;

    t->lookup = NULL;
    if (!addresses) {
        fail(t, ANONID_MAIL_ERROR_RESOLVE, why);
        return;
    }
    t->addresses = addresses;
    t->next = addresses;
    connect_next(t);
}

anonid_transport_t *
anonid_transport_open(struct event_base *base,
                      const anonid_mail_server_t *server,
                      const anonid_transport_events_t *events, void *context)
{
    anonid_transport_t *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->base = base;
    t->server = server;
    t->events = events;
    t->context = context;
    t->fd = -1;
    t->timer = evtimer_new(base, on_deadline, t);
    t->lookup = anonid_resolve(server->host, server->port, on_resolved, t);
    if (!t->timer || !t->lookup) {
        anonid_transport_close(t);
        return NULL;
    }
    anonid_transport_enter(t, ANONID_PHASE_RESOLVE);
    return t;
}

void anonid_transport_close(anonid_transport_t *t)
{
    if (!t)
        return;
    anonid_resolve_cancel(t->lookup);
    anonid_tls_setup_cancel(t->setup);
    drop_attempt(t);
    if (t->addresses)
        freeaddrinfo(t->addresses);
    if (t->timer)
        event_free(t->timer);
    if (t->bev)
        bufferevent_free(t->bev);
    free(t);
}

struct bufferevent *anonid_transport_detach(anonid_transport_t *t)
{
    struct bufferevent *bev = t->bev;

    evtimer_del(t->timer);
    bufferevent_setcb(bev, NULL, NULL, NULL, NULL);
    bufferevent_disable(bev, EV_READ | EV_WRITE);
    bufferevent_setwatermark(bev, EV_READ | EV_WRITE, 0, 0);
    t->bev = NULL;
    return bev;
}

/* Takes the descriptor out of the plain bufferevent, which ends. */
static int take_descriptor(anonid_transport_t *t)
{
    int fd = bufferevent_getfd(t->bev);

    bufferevent_setcb(t->bev, NULL, NULL, NULL, NULL);
    bufferevent_disable(t->bev, EV_READ | EV_WRITE);
    bufferevent_setfd(t->bev, -1);
    bufferevent_free(t->bev);
    t->bev = NULL;
    return fd;
}

/* A TLS bufferevent over fd, which it takes, as it takes ssl; or NULL. What
 * libevent has freed when it fails differs from version to version, so it gets
 * a reference of its own, and the descriptor last; that is the bufferevent's
 * once there is a BIO, for which it does not look. */
static struct bufferevent *make_tls(struct event_base *base, int fd, SSL *ssl)
{
    struct bufferevent *bev = NULL;
    int taken;

    if (SSL_up_ref(ssl))
        bev = bufferevent_openssl_socket_new(
            base, -1, ssl, BUFFEREVENT_SSL_CONNECTING,
            BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    taken = bev && bufferevent_setfd(bev, fd) == 0 && SSL_get_wbio(ssl);
    if (bev && !taken) {
        bufferevent_free(bev);
        bev = NULL;
    }
    if (!SSL_get_wbio(ssl))
        close(fd);
    SSL_free(ssl);
    return bev;
}

static void on_set_up(void *context, SSL *ssl, const char *why)
{
    anonid_transport_t *t = context;
    struct bufferevent *bev;

    t->setup = NULL;
    if (!ssl) {
        fail(t, ANONID_MAIL_ERROR_TRUST, why);
        return;
    }
    bev = make_tls(t->base, take_descriptor(t), ssl);
    if (!bev) {
        fail(t, ANONID_MAIL_ERROR_INTERNAL, "no memory");
        return;
    }
    t->tls = 1;
    adopt(t, bev);
}

/* Until the authorities are there nothing is read: what comes before the
 * handshake is then a part of it, and breaks it. */
void anonid_transport_start_tls(anonid_transport_t *t, const char *ca_file,
                                const char *name)
{
    bufferevent_disable(t->bev, EV_READ | EV_WRITE);
    bufferevent_setcb(t->bev, NULL, NULL, NULL, NULL);
    t->tls_name = name;
    anonid_transport_enter(t, ANONID_PHASE_TLS);
    t->setup = anonid_tls_setup(ca_file, name, on_set_up, t);
    if (!t->setup)
        anonid_transport_break(t);
}

int anonid_transport_is_tls(const anonid_transport_t *t)
{
    return t->handshake;
}

const char *anonid_transport_tls_version(const anonid_transport_t *t)
{
    return t->handshake ? SSL_get_version(bufferevent_openssl_get_ssl(t->bev))
                        : NULL;
}

void anonid_transport_binding(const anonid_transport_t *t,
                              anonid_binding_t *binding)
{
    memset(binding, 0, sizeof(*binding));
    if (t->handshake)
        anonid_tls_binding(bufferevent_openssl_get_ssl(t->bev), binding);
}

apr_time_t anonid_transport_certificate_end(const anonid_transport_t *t)
{
    return t->handshake ? anonid_tls_certificate_end(
               bufferevent_openssl_get_ssl(t->bev))
                        : 0;
}

int anonid_transport_is_local(const anonid_transport_t *t)
{
    return anonid_peer_is_loopback(bufferevent_getfd(t->bev));
}

void anonid_transport_literal(const anonid_transport_t *t,
                              char literal[ANONID_LITERAL_MAX])
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    char text[ANONID_LITERAL_MAX - 8];
    int known;

    known = getsockname(bufferevent_getfd(t->bev), (struct sockaddr *)&address,
                        &length)
                == 0
            && getnameinfo((struct sockaddr *)&address, length, text,
                           sizeof(text), NULL, 0, NI_NUMERICHOST)
                   == 0;
    if (!known || address.ss_family == AF_INET)
        snprintf(literal, ANONID_LITERAL_MAX, "[%s]",
                 known ? text : "127.0.0.1");
    else
        snprintf(literal, ANONID_LITERAL_MAX, "[IPv6:%.*s]",
                 (int)strcspn(text, "%"), text);
}

struct evbuffer *anonid_transport_input(anonid_transport_t *t)
{
    return bufferevent_get_input(t->bev);
}

static void wipe(const void *data, size_t length, void *context)
{
    (void)context;
    explicit_bzero((void *)data, length);
    free((void *)data);
}

void anonid_transport_write_secret(anonid_transport_t *t, const void *data,
                                   size_t length)
{
    void *copy = malloc(length > 0 ? length : 1);

    if (copy)
        memcpy(copy, data, length);
    if (copy
        && evbuffer_add_reference(bufferevent_get_output(t->bev), copy, length,
                                  wipe, NULL)
               == 0)
        return;
    if (copy)
        wipe(copy, length, NULL);
    anonid_transport_break(t);
}

struct evbuffer *anonid_transport_output(anonid_transport_t *t)
{
    return bufferevent_get_output(t->bev);
}

size_t anonid_transport_unsent(anonid_transport_t *t)
{
    return t->bev ? evbuffer_get_length(bufferevent_get_output(t->bev)) : 0;
}
