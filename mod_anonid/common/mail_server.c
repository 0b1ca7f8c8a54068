/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs of mail servers; see service.h. Opens nothing.
 */
#include "common/service.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX_OCTETS 253

int anonid_host_is_loopback(const char *host)
{
    struct in6_addr v6;
    struct in_addr v4;

    if (strcasecmp(host, "localhost") == 0)
        return 1;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* A host name (RFC 1123 letters, digits, hyphens, dots) or IPv4 address. */
static int host_wellformed(const char *host)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    size_t n = strlen(host);

    return n > 0 && n <= HOST_MAX_OCTETS && strspn(host, allowed) == n
           && host[0] != '.' && host[0] != '-' && !strstr(host, "..");
}

/* Takes the host off the front of *rest. NULL, or what is wrong. */
static const char *parse_host(anonid_mail_server_t *server, const char **rest,
                              apr_pool_t *pool)
{
    const char *at = *rest, *end;
    struct in6_addr v6;

    if (*at == '[') {
        end = strchr(at, ']');
        if (!end)
            return "the '[' of its IPv6 address has no ']'";
        server->host =
            apr_pstrmemdup(pool, at + 1, (apr_size_t)(end - at - 1));
        *rest = end + 1;
        return inet_pton(AF_INET6, server->host, &v6) == 1
                   ? NULL
                   : "what stands in brackets is no IPv6 address";
    }
    end = at + strcspn(at, ":/?#");
    server->host = apr_pstrmemdup(pool, at, (apr_size_t)(end - at));
    *rest = end;
    if (!*server->host)
        return "it names no host";
    return host_wellformed(server->host)
               ? NULL
               : "its host is neither a host name nor an address (a user name "
                 "or password does not belong into it)";
}

/* Takes ":port" off the front of *rest, if it is there. */
static const char *parse_port(anonid_mail_server_t *server, const char **rest)
{
    char *end;
    long port;

    if (**rest != ':')
        return NULL;
    port = strtol(*rest + 1, &end, 10);
    if ((*rest)[1] < '0' || (*rest)[1] > '9' || port < 1 || port > 65535)
        return "its port is not a number from 1 to 65535";
    server->port = (int)port;
    *rest = end;
    return NULL;
}

/* What may follow: nothing, "/", "?tls=none". */
static const char *parse_options(anonid_mail_server_t *server,
                                 const char *rest)
{
    if (*rest == '/')
        rest++;
    if (!*rest)
        return NULL;
    if (strcmp(rest, "?tls=none") != 0)
        return "after host and port only '?tls=none' can follow";
    if (server->tls == ANONID_TLS_FIRST)
        return "its scheme says TLS from the first byte and '?tls=none' says "
               "no TLS; remove one of them";
    if (!server->loopback)
        return "'?tls=none' is only for a server on this machine (localhost, "
               "127.0.0.0/8 or [::1]); remove it, or use the scheme with TLS "
               "from the first byte";
    server->tls = ANONID_TLS_NONE;
    return NULL;
}

const char *anonid_mail_server_parse_place(anonid_mail_server_t *server,
                                           const char **rest, apr_pool_t *pool)
{
    const char *wrong = parse_host(server, rest, pool);

    if (!wrong)
        wrong = parse_port(server, rest);
    if (!wrong)
        server->loopback = anonid_host_is_loopback(server->host);
    return wrong;
}

const char *anonid_mail_server_parse(anonid_mail_server_t *server,
                                     const char *url, apr_pool_t *pool)
{
    const char *rest, *error;
    const anonid_mail_scheme_t *scheme = anonid_mail_scheme_of(url, &rest);

    memset(server, 0, sizeof(*server));
    server->slot = -1;
    if (!scheme)
        return "its scheme is none of " ANONID_MAIL_SCHEMES;
    server->url = apr_pstrdup(pool, url);
    server->protocol = scheme->protocol;
    server->tls = scheme->tls;
    server->port = scheme->port;
    error = anonid_mail_server_parse_place(server, &rest, pool);
    return error ? error : parse_options(server, rest);
}
