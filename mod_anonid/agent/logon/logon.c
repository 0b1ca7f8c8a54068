/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a logon; see logon.h.
 */
#include "agent/logon/logon.h"

#include <stdlib.h>
#include <string.h>

anonid_logon_t *anonid_logon_make(const char *name)
{
    anonid_logon_t *logon = calloc(1, sizeof(*logon));

    if (!logon)
        return NULL;
    logon->holders = 1;
    logon->name = strdup(name);
    if (!logon->name) {
        free(logon);
        return NULL;
    }
    return logon;
}

anonid_logon_t *anonid_logon_hold(anonid_logon_t *logon)
{
    logon->holders++;
    return logon;
}

void anonid_logon_drop(anonid_logon_t *logon)
{
    if (--logon->holders > 0)
        return;
    anonid_secret_drop(logon->candidate.secret);
    anonid_secret_drop(logon->proven.secret);
    anonid_secret_drop(logon->sync.secret);
    anonid_credentials_drop(logon->credentials);
    anonid_account_file_drop(logon->file);
    anonid_config_drop(logon->config);
    free(logon->name);
    free(logon);
}
