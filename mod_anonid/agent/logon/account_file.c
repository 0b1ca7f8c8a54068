/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opened account files; see account_file.h.
 */
#include "agent/logon/account_file.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

anonid_account_file_t *anonid_account_file_make(const char *path,
                                                const char *version, int fd)
{
    anonid_account_file_t *file = calloc(1, sizeof(*file));

    if (file)
        file->path = strdup(path);
    if (!file || !file->path) {
        if (fd >= 0)
            close(fd);
        free(file);
        return NULL;
    }
    file->holders = 1;
    file->fd = fd;
    apr_cpystrn(file->version, version, sizeof(file->version));
    return file;
}

anonid_account_file_t *anonid_account_file_failed(const char *path, int error,
                                                  const char *text)
{
    anonid_account_file_t *file = anonid_account_file_make(path, "", -1);

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
    if (file->fd >= 0)
        close(file->fd);
    free(file->path);
    free(file);
}
