/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening sources; see source_open.h.
 */
#include "module/supervisor/source_open.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void anonid_source_fail(anonid_opened_t *opened, int code, const char *format,
                        ...)
{
    va_list args;

    if (opened->fd >= 0)
        close(opened->fd);
    opened->fd = -1;
    opened->code = code;
    va_start(args, format);
    vsnprintf(opened->why, sizeof(opened->why), format, args);
    va_end(args);
}

static void fail_errno(anonid_opened_t *opened, const char *path)
{
    int code = errno;
    char reason[128];

    anonid_source_fail(opened, code, "%s: %s", path,
                       apr_strerror(code, reason, sizeof(reason)));
}

/* 1 if nobody else could have a hand in it. */
static int is_ours(const anonid_source_kind_t *kind, const char *path,
                   const struct stat *st, anonid_opened_t *opened)
{
    if (!S_ISREG(st->st_mode))
        anonid_source_fail(opened, EINVAL, "%s is not a regular file", path);
    else if (st->st_mode & kind->forbidden)
        anonid_source_fail(opened, EACCES,
                           "%s can be %swritten by others (mode %04o): run "
                           "chmod %s",
                           path, kind->is_program ? "" : "read or ",
                           (unsigned)(st->st_mode & 07777),
                           kind->is_program ? "go-w" : "600");
    else if (kind->forbidden && st->st_uid != 0 && st->st_uid != geteuid())
        anonid_source_fail(opened, EACCES,
                           "%s belongs to user %lu, who is not httpd's", path,
                           (unsigned long)st->st_uid);
    else
        return 1;
    return 0;
}

void anonid_source_open(const anonid_source_kind_t *kind, const char *path,
                        const char *name, anonid_opened_t *opened)
{
    struct stat st;

    if (!path) {
        anonid_source_fail(opened, ENOENT,
                           "%s: CREDENTIALS_DIRECTORY is not set", name);
        return;
    }
    opened->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (opened->fd < 0 || fstat(opened->fd, &st) != 0) {
        fail_errno(opened, path);
        return;
    }
    anonid_source_version(opened->version, &st);
    (void)is_ours(kind, path, &st, opened);
}

int anonid_source_may_run(const anonid_source_kind_t *kind, const char *path,
                          anonid_opened_t *opened)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        fail_errno(opened, path);
        return 0;
    }
    anonid_source_version(opened->version, &st);
    return is_ours(kind, path, &st, opened);
}

/* ---- kinds ---- */

static const char *path_as_it_is(apr_pool_t *pool, const char *rest)
{
    return apr_pstrdup(pool, rest);
}

/* systemd.exec(5), Credentials. */
static const char *path_of_credential(apr_pool_t *pool, const char *rest)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");

    return folder ? apr_pstrcat(pool, folder, "/", rest, NULL) : NULL;
}

static const char *path_of_program(apr_pool_t *pool, const char *rest)
{
    char **argv;

    if (apr_tokenize_to_argv(rest, &argv, pool) != APR_SUCCESS)
        return NULL;
    return argv[0];
}

/* systemd lets its service's user read a credential by an access control
 * list, whose mask looks like permissions of the group. */
static const anonid_source_kind_t kinds[] = {
    { "file:", path_as_it_is, 077, 0 },
    { "keytab:", path_as_it_is, 077, 0 },
    { "credential:", path_of_credential, 007, 0 },
    { "exec:", path_of_program, 022, 1 },
};

const anonid_source_kind_t anonid_source_account_file = { "", path_as_it_is, 0,
                                                          0 };

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const anonid_source_kind_t *anonid_source_kind(const char *secret)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (strncmp(secret, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            return &kinds[i];
    }
    return NULL;
}
