/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool's keys; see pool_key.h.
 */
#include "agent/mail/pool_key.h"
#include "agent/mail/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *anonid_pool_key_make(const anonid_account_t *account,
                           unsigned long version,
                           const anonid_service_t *service, const char *url)
{
    char mechanisms[ANONID_MECHANISMS_TEXT_MAX] = "", *key = NULL;
    size_t used = 0;

    for (int i = 0; i < service->mechanisms->nelts; i++) {
        snprintf(mechanisms + used, sizeof(mechanisms) - used, " %s",
                 APR_ARRAY_IDX(service->mechanisms, i, const char *));
        used = strlen(mechanisms);
    }
    if (asprintf(&key, "%s\n%s\n%lu\n%s\n%s\n%s\n%s\n%u\n%s", account->name,
                 account->user, version, service->name, url,
                 service->ca_file ? service->ca_file : "",
                 service->tls_name ? service->tls_name : "",
                 service->client_address, mechanisms)
        < 0)
        return NULL;
    return key;
}

int anonid_pool_key_is_configured(const char *key, const char *account,
                                  const char *service, unsigned long version,
                                  const anonid_config_t *config)
{
    const anonid_account_t *a = anonid_config_account(config, account);
    const anonid_service_t *s = anonid_config_service(config, service);
    int same = 0;

    for (int i = 0; a && s && !same && i < s->servers->nelts; i++) {
        char *other = anonid_pool_key_make(
            a, version, s,
            APR_ARRAY_IDX(s->servers, i, anonid_mail_server_t).url);

        same = other && strcmp(other, key) == 0;
        free(other);
    }
    return same;
}
