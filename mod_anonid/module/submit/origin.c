/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a request comes from; see origin.h.
 *
 *   Sec-Fetch-Site = "same-origin" / "same-site" / "cross-site" / "none"
 *   Origin         = "null" / scheme "://" host [ ":" port ]   (RFC 6454)
 *
 * Sec-Fetch-Site is the browser's own judgement and decides where it is sent,
 * also where a proxy in front of this server has changed Host. Browsers send
 * it to HTTPS only: who answers there has proved the name in the URL.
 *
 * Without TLS nobody has. A page of evil.example whose address has turned
 * into ours meanwhile (DNS rebinding) comes with evil.example as Host and in
 * Origin, and if this is the default virtual host, it gets here: that the two
 * are equal says nothing. So Origin has to be a name that the operator gave
 * to this virtual host, or the address that the connection goes to.
 */
#include "module/submit/origin.h"
#include "common/lognos.h"

#include <apr_uri.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_vhost.h>
#include <string.h>
#include <strings.h>

APLOG_USE_MODULE(anonid);

/* scheme "://" host [ ":" port ] and nothing else. */
static int parse_origin(request_rec *r, const char *origin, apr_uri_t *uri)
{
    size_t length;

    if (apr_uri_parse(r->pool, origin, uri) != APR_SUCCESS || !uri->scheme
        || !uri->hostname || !*uri->hostname || uri->user || uri->path
        || uri->query || uri->fragment)
        return 0;
    length = strlen(uri->hostname);
    if (uri->hostname[length - 1] == '.')
        uri->hostname[length - 1] = '\0';
    if (!uri->port_str || !*uri->port_str)
        uri->port = apr_uri_port_of_scheme(uri->scheme);
    return 1;
}

/* Behind a proxy that does the TLS, "ServerName https://..." says so. */
static int is_own_scheme(const request_rec *r, const char *scheme)
{
    return strcasecmp(scheme, ap_http_scheme(r)) == 0;
}

/* The port in the URL: that of Host, or the one that ServerName names. */
static int is_own_port(const request_rec *r, apr_port_t port)
{
    apr_port_t asked =
        r->parsed_uri.port_str ? r->parsed_uri.port : ap_default_port(r);

    return port == asked || port == r->server->port;
}

/* Names are compared as httpd does when it looks for the virtual host of a
 * request, where the port has no say. */
static int is_own_host(request_rec *r, const char *host)
{
    return ap_matches_request_vhost(r, host, r->server->port)
           || strcasecmp(host, r->connection->local_ip) == 0;
}

static int is_own_origin(request_rec *r, const char *origin)
{
    apr_uri_t uri;
    int own = parse_origin(r, origin, &uri) && is_own_scheme(r, uri.scheme)
              && is_own_port(r, uri.port) && is_own_host(r, uri.hostname);

    if (!own)
        ap_log_rerror(
            APLOG_MARK, APLOG_INFO, 0, r,
            ANONID_LOGNO(
                0308) "A form of the origin '%s' is not one of this virtual "
                      "host, which is %s://%s: if it should be, give that "
                      "name with ServerName or ServerAlias, and https behind "
                      "a proxy with ServerName https://%s",
            origin, ap_http_scheme(r), r->server->server_hostname,
            r->server->server_hostname);
    return own;
}

int anonid_origin_is_foreign(request_rec *r)
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
