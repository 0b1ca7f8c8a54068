/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a logon; see logon.h.
 */
#include "agent/logon/logon.h"

#include <apr_strings.h>
#include <stdio.h>
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
    anonid_secret_drop(logon->client.secret);
    anonid_secret_drop(logon->client.waiting);
    anonid_secret_drop(logon->refresh.filed);
    anonid_secret_drop(logon->refresh.unstored);
    anonid_credentials_drop(logon->credentials);
    anonid_account_file_drop(logon->file);
    anonid_config_drop(logon->config);
    free(logon->name);
    free(logon);
}

/* FNV-1a: two versions at full length are longer than one may be. */
static unsigned long long hash_of(const char *version)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *version; version++)
        hash = (hash ^ (unsigned char)*version) * 0x100000001b3u;
    return hash;
}

void anonid_logon_source_version(const anonid_logon_t *logon,
                                 char version[ANONID_VERSION_MAX])
{
    const char *client = logon->client.source.version;

    if (*client)
        snprintf(version, ANONID_VERSION_MAX, "%.100s+%llx",
                 logon->source.version, hash_of(client));
    else
        apr_cpystrn(version, logon->source.version, ANONID_VERSION_MAX);
}
