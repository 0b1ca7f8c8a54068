/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a request comes from; see origin.h.
 *
 *   Sec-Fetch-Site = "same-origin" / "same-site" / "cross-site" / "none"
 *   Origin         = "null" / scheme "://" host [ ":" port ]   (RFC 6454)
 *
 * Sec-Fetch-Site is the browser's own judgement and decides where it is sent,
 * also where a proxy in front of this server has changed Host.
 */
#include "module/submit/origin.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

/* host[:port] without a port that the scheme implies. */
static const char *without_default_port(apr_pool_t *pool, const char *host,
                                        const char *scheme)
{
    const char *port = strcasecmp(scheme, "https") == 0 ? ":443" : ":80";
    size_t length = strlen(host), octets = strlen(port);

    if (length > octets && strcmp(host + length - octets, port) == 0)
        return apr_pstrmemdup(pool, host, length - octets);
    return host;
}

/* Host names no scheme; a proxy in front of this server may do the TLS, so
 * that the browser's is taken for both. */
static int is_own_origin(const request_rec *r, const char *origin)
{
    const char *host = apr_table_get(r->headers_in, "Host");
    const char *mark = strstr(origin, "://");
    const char *scheme;

    if (!mark || !host)
        return 0;
    scheme = apr_pstrmemdup(r->pool, origin, (apr_size_t)(mark - origin));
    return strcasecmp(without_default_port(r->pool, mark + 3, scheme),
                      without_default_port(r->pool, host, scheme))
           == 0;
}

int anonid_origin_is_foreign(const request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    const char *origin = apr_table_get(r->headers_in, "Origin");

    if (apr_table_get(r->subprocess_env, ANONID_ALLOW_CROSS_SITE))
        return 0;
    if (site)
        return strcasecmp(site, "same-origin") != 0
               && strcasecmp(site, "none") != 0;
    return origin && !is_own_origin(r, origin);
}
