/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of mail servers' URLs that are right as such and can hardly work:
 * a port where the other kind of TLS is spoken, and this machine by its own
 * name, which counts as another machine.
 */
#include "module/validate/validate.h"

#include <apr_network_io.h>
#include <apr_strings.h>

/* Where a scheme does not fit the port that is given (RFC 6409, RFC 8314). */
static const struct {
    int port;
    anonid_tls_t wrong;
    const char *spoken;
    const char *scheme;
} ports[] = {
    { 587, ANONID_TLS_FIRST, "STARTTLS is spoken", "submission" },
    { 25, ANONID_TLS_FIRST, "STARTTLS is spoken", "submission" },
    { 465, ANONID_TLS_START, "TLS begins with the first octet",
      "submissions" },
};

#define N_PORTS (sizeof(ports) / sizeof(ports[0]))

static void check_port(anonid_check_t *check, const anonid_service_t *service,
                       const anonid_mail_server_t *server)
{
    for (size_t i = 0; i < N_PORTS; i++) {
        if (server->protocol != ANONID_MAIL_SUBMISSION
            || server->port != ports[i].port || server->tls != ports[i].wrong)
            continue;
        anonid_check_warn(check, anonid_global_definition(service),
                          "AnonIDMailServer '%s': on port %d %s; write "
                          "%s://%s:%d",
                          server->url, server->port, ports[i].spoken,
                          ports[i].scheme, server->host, server->port);
    }
}

/* 1 if it is the name of this machine, short or full. */
static int is_own_name(const char *host, const char *own)
{
    size_t length = strcspn(own, ".");

    if (ap_cstr_casecmp(host, own) == 0)
        return 1;
    return strcspn(host, ".") == length
           && ap_cstr_casecmpn(host, own, length) == 0
           && (host[length] == '\0' || own[length] == '\0');
}

static void check_name(anonid_check_t *check, const anonid_service_t *service,
                       const anonid_mail_server_t *server, const char *own)
{
    if (server->loopback || !is_own_name(server->host, own))
        return;
    anonid_check_warn(check, anonid_global_definition(service),
                      "AnonIDMailServer '%s': that is this machine, but by "
                      "its name it counts as another one, to which no "
                      "synchronised account goes; write localhost in the "
                      "URL, and AnonIDMailTLS name=%s for its certificate",
                      server->url, server->host);
}

void anonid_check_mail_servers(anonid_check_t *check)
{
    const apr_array_header_t *services = anonid_global()->services;
    char own[APRMAXHOSTLEN + 1] = "";

    if (apr_gethostname(own, sizeof(own), check->p) != APR_SUCCESS)
        own[0] = '\0';
    for (int i = 0; i < services->nelts; i++) {
        const anonid_service_t *service =
            APR_ARRAY_IDX(services, i, const anonid_service_t *);

        for (int n = 0; n < service->servers->nelts; n++) {
            const anonid_mail_server_t *server =
                &APR_ARRAY_IDX(service->servers, n, anonid_mail_server_t);

            check_port(check, service, server);
            if (*own)
                check_name(check, service, server, own);
        }
    }
}
