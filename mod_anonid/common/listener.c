/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listeners as data; see listener.h.
 */
#include "common/listener.h"
#include "common/protocol.h"
#include "common/text.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 64 /* octets of an address, with room for nonsense */

static const struct {
    const char *name;
    anonid_mail_protocol_t protocol;
    uint16_t port; /* where the URL names none */
} schemes[] = {
    { "smtp", ANONID_MAIL_SUBMISSION, 25 },
    { "imap", ANONID_MAIL_IMAP, 143 },
    { "pop3", ANONID_MAIL_POP3, 110 },
};

#define N_SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

static const char no_scheme[] =
    "it does not begin with smtp://, imap:// or pop3:// and a loopback "
    "address, nor with smtp+unix:, imap+unix: or pop3+unix: and a path";

const char *anonid_listener_scheme(anonid_mail_protocol_t protocol)
{
    for (size_t i = 0; i < N_SCHEMES; i++) {
        if (schemes[i].protocol == protocol)
            return schemes[i].name;
    }
    return "mail";
}

anonid_listener_t *anonid_listener_make(apr_pool_t *pool)
{
    anonid_listener_t *listener = apr_pcalloc(pool, sizeof(*listener));

    listener->uids = apr_array_make(pool, 2, sizeof(uint32_t));
    listener->max = ANONID_LISTENER_MAX_DEFAULT;
    listener->slot = -1;
    return listener;
}

int anonid_listener_is_unix(const anonid_listener_t *listener)
{
    return listener->socket.any.sa_family == AF_UNIX;
}

int anonid_listener_admits(const anonid_listener_t *listener, uid_t uid)
{
    if (listener->flags & ANONID_LISTENER_ANYBODY)
        return 1;
    for (int i = 0; i < listener->uids->nelts; i++) {
        if (APR_ARRAY_IDX(listener->uids, i, uint32_t) == (uint32_t)uid)
            return 1;
    }
    return 0;
}

/* ---- URLs ---- */

static const char *parse_path(anonid_listener_t *listener, const char *path,
                              apr_pool_t *pool)
{
    struct sockaddr_un *local = &listener->socket.local;

    if (strncmp(path, "//", 2) == 0)
        path += 2;
    if (*path != '/' || path[strlen(path) - 1] == '/')
        return "after '+unix:' the whole path of a socket has to follow, as "
               "in smtp+unix:/run/anonid/smtp";
    if (!anonid_text_is_plain(path))
        return "its path holds control characters";
    if (strlen(path) >= sizeof(local->sun_path))
        return "its path is too long for a socket (107 octets at most); name "
               "a shorter one";
    local->sun_family = AF_UNIX;
    apr_cpystrn(local->sun_path, path, sizeof(local->sun_path));
    listener->socket_length = sizeof(*local);
    listener->address = apr_pstrdup(pool, path);
    return NULL;
}

/* The port after an address, where there may be none. */
static const char *parse_port(const char *text, uint16_t *port)
{
    char *end;
    long number;

    if (*text == '/' && text[1] == '\0')
        text++;
    if (*text == '\0')
        return NULL;
    if (*text != ':' || text[1] < '0' || text[1] > '9')
        return "after the address only ':' and a port can follow";
    number = strtol(text + 1, &end, 10);
    if (*end == '/')
        end++;
    if (*end != '\0' || number < 1 || number > 65535)
        return "its port is not a number from 1 to 65535";
    *port = (uint16_t)number;
    return NULL;
}

static const char *use_v6(anonid_listener_t *listener, const char *host,
                          uint16_t port, apr_pool_t *pool)
{
    struct sockaddr_in6 *v6 = &listener->socket.v6;

    if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
        return "what stands in brackets is no IPv6 address";
    if (!IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr))
        return "its address can be reached from other machines; a listener "
               "is for applications on this one: write 127.0.0.1 or [::1]";
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    listener->socket_length = sizeof(*v6);
    listener->address = apr_psprintf(pool, "[::1]:%u", (unsigned)port);
    return NULL;
}

static const char *use_v4(anonid_listener_t *listener, const char *host,
                          uint16_t port, apr_pool_t *pool)
{
    struct sockaddr_in *v4 = &listener->socket.v4;

    if (inet_pton(AF_INET, host, &v4->sin_addr) != 1)
        return "it names no address; a listener is for applications on this "
               "machine: write 127.0.0.1 or [::1]";
    if (ntohl(v4->sin_addr.s_addr) >> 24 != 127)
        return "its address can be reached from other machines; a listener "
               "is for applications on this one: write 127.0.0.1 or [::1]";
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    listener->socket_length = sizeof(*v4);
    listener->address = apr_psprintf(pool, "%s:%u", host, (unsigned)port);
    return NULL;
}

static const char *parse_address(anonid_listener_t *listener, const char *text,
                                 uint16_t port, apr_pool_t *pool)
{
    const int is_v6 = *text == '[';
    const char *begin = text + is_v6;
    const size_t length = strcspn(begin, is_v6 ? "]" : ":/");
    const char *rest = begin + length;
    const char *host, *error;

    if (is_v6 && *rest != ']')
        return "the '[' of its IPv6 address has no ']'";
    if (length >= HOST_MAX)
        return "it names no address";
    host = apr_pstrmemdup(pool, begin, length);
    error = parse_port(rest + is_v6, &port);
    if (error)
        return error;
    return is_v6 ? use_v6(listener, host, port, pool)
                 : use_v4(listener, host, port, pool);
}

const char *anonid_listener_parse(anonid_listener_t *listener, const char *url,
                                  apr_pool_t *pool)
{
    for (size_t i = 0; i < N_SCHEMES; i++) {
        const size_t length = strlen(schemes[i].name);
        const char *rest = url + length;

        if (strncasecmp(url, schemes[i].name, length) != 0)
            continue;
        listener->url = apr_pstrdup(pool, url);
        listener->protocol = schemes[i].protocol;
        if (strncasecmp(rest, "+unix:", 6) == 0)
            return parse_path(listener, rest + 6, pool);
        if (strncmp(rest, "://", 3) == 0)
            return parse_address(listener, rest + 3, schemes[i].port, pool);
    }
    return no_scheme;
}

/* ---- the wire ---- */

int anonid_listener_encode(anonid_writer_t *w,
                           const anonid_listener_t *listener)
{
    anonid_writer_begin(w, ANONID_MSG_LISTENER, 1, 0);
    anonid_writer_text(w, ANONID_TAG_LISTENER, listener->url);
    anonid_writer_text(w, ANONID_TAG_ACCOUNT, listener->account);
    anonid_writer_text(w, ANONID_TAG_SERVICE, listener->service);
    anonid_writer_u32(w, ANONID_TAG_FLAGS, listener->flags);
    anonid_writer_u32(w, ANONID_TAG_MAX, listener->max);
    if (listener->slot >= 0)
        anonid_writer_u32(w, ANONID_TAG_SLOT, (uint32_t)listener->slot);
    for (int i = 0; i < listener->uids->nelts; i++)
        anonid_writer_u32(w, ANONID_TAG_UID,
                          APR_ARRAY_IDX(listener->uids, i, uint32_t));
    return anonid_writer_end(w);
}

static void take_uids(anonid_listener_t *listener, const anonid_frame_t *frame)
{
    anonid_fields_t fields;
    anonid_field_t field;
    uint32_t uid;

    anonid_fields_begin(&fields, frame);
    while (anonid_fields_next(&fields, &field)) {
        if (field.tag == ANONID_TAG_UID && anonid_field_u32(&field, &uid))
            APR_ARRAY_PUSH(listener->uids, uint32_t) = uid;
    }
}

anonid_listener_t *anonid_listener_decode(const anonid_frame_t *frame,
                                          apr_pool_t *pool)
{
    const char *url = anonid_frame_text(frame, ANONID_TAG_LISTENER, pool);
    anonid_listener_t *listener = anonid_listener_make(pool);

    if (!url || anonid_listener_parse(listener, url, pool))
        return NULL;
    listener->account = anonid_frame_text(frame, ANONID_TAG_ACCOUNT, pool);
    listener->service = anonid_frame_text(frame, ANONID_TAG_SERVICE, pool);
    listener->flags = anonid_frame_u32(frame, ANONID_TAG_FLAGS, 0);
    listener->max = anonid_frame_u32(frame, ANONID_TAG_MAX, 0);
    listener->slot = (int)anonid_frame_u32(frame, ANONID_TAG_SLOT, UINT32_MAX);
    take_uids(listener, frame);
    if (!listener->account || !listener->service || listener->max == 0
        || listener->max > ANONID_LISTENER_MAX_HIGHEST)
        return NULL;
    return listener;
}
