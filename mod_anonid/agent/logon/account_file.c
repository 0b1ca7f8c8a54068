/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opened account files; see account_file.h.
 */
#include "agent/logon/account_file.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static anonid_account_file_t *make(const char *path, const char *version)
{
    anonid_account_file_t *file = calloc(1, sizeof(*file));

    if (!file)
        return NULL;
    file->holders = 1;
    file->path = strdup(path);
    apr_cpystrn(file->version, version, sizeof(file->version));
    if (file->path)
        return file;
    free(file);
    return NULL;
}

anonid_account_file_t *anonid_account_file_make(const char *path,
                                                const char *version, int fd)
{
    anonid_account_table_t *table = anonid_account_table_make(fd);
    anonid_account_file_t *file = table ? make(path, version) : NULL;

    if (file)
        file->table = table;
    else
        anonid_account_table_free(table);
    return file;
}

anonid_account_file_t *anonid_account_file_failed(const char *path, int error,
                                                  const char *text)
{
    anonid_account_file_t *file = make(path, "");

    if (!file)
        return NULL;
    anonid_outcome_set(&file->outcome, ANONID_ACCESS_DENIED, "%s", text);
    if (error == ENOENT)
        file->outcome.kind = ANONID_PERMANENT;
    return file;
}

anonid_account_file_t *anonid_account_file_hold(anonid_account_file_t *file)
{
    if (file)
        file->holders++;
    return file;
}

void anonid_account_file_drop(anonid_account_file_t *file)
{
    if (!file || --file->holders > 0)
        return;
    anonid_account_table_free(file->table);
    free(file->path);
    free(file);
}
