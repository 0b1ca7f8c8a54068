/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kerberos names of mail servers; see services.h.
 */
#include "agent/krb5/services.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <string.h>

static int holds(const apr_array_header_t *names, const char *name)
{
    for (int i = 0; i < names->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(names, i, const char *), name) == 0)
            return 1;
    }
    return 0;
}

static int is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, address) == 1
           || inet_pton(AF_INET6, host, address) == 1;
}

static void add_server(apr_array_header_t *names,
                       const anonid_mail_server_t *server)
{
    const char *name;

    if (is_address(server->host))
        return;
    name = apr_pstrcat(names->pool, anonid_mail_sasl_service(server->protocol),
                       "/", server->host, NULL);
    if (!holds(names, name))
        APR_ARRAY_PUSH(names, const char *) = name;
}

void anonid_krb5_services_add(apr_array_header_t *names,
                              const anonid_service_t *service)
{
    if (!holds(service->mechanisms, "GSSAPI"))
        return;
    for (int i = 0; i < service->servers->nelts; i++)
        add_server(names,
                   &APR_ARRAY_IDX(service->servers, i, anonid_mail_server_t));
}
