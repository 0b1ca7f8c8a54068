/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of secrets; see secret_source.h. It must not open one.
 */
#include "secret_source.h"

#include "../common/protocol.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_config.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEMES "file:PATH or credential:NAME"

typedef struct {
    const char *prefix;
    /* Checks what follows the prefix; NULL: the scheme is not there yet. */
    const char *(*parse)(apr_pool_t *p, const char *rest, const char **source);
    const char *(*path)(apr_pool_t *p, const char *rest);
    mode_t forbidden; /* permissions that others must not have */
} scheme_t;

static const char *parse_file(apr_pool_t *p, const char *rest,
                              const char **source)
{
    const char *path = ap_server_root_relative(p, rest);

    if (!path || *rest == '\0')
        return "AnonIDSecret file: names no file; write file:/path/of/secret";
    *source = apr_pstrcat(p, "file:", path, NULL);
    return NULL;
}

static const char *file_path(apr_pool_t *p, const char *rest)
{
    (void)p;
    return rest;
}

static const char *parse_credential(apr_pool_t *p, const char *rest,
                                    const char **source)
{
    if (*rest == '\0')
        return "AnonIDSecret credential: names no credential; write the name "
               "that LoadCredential= has in httpd's unit";
    if (strchr(rest, '/') || strcmp(rest, ".") == 0 || strcmp(rest, "..") == 0)
        return apr_psprintf(p,
                            "AnonIDSecret credential:%s: a credential's name "
                            "holds no slash and is not a path; for a path "
                            "write file:PATH",
                            rest);
    *source = apr_pstrcat(p, "credential:", rest, NULL);
    return NULL;
}

/* systemd.exec(5): the folder is told to the service in its environment. */
static const char *credential_path(apr_pool_t *p, const char *rest)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");

    if (!folder || *folder != '/')
        return NULL;
    return apr_pstrcat(p, folder, "/", rest, NULL);
}

/* systemd gives the service's user its credentials by an access control list,
 * whose mask stat() shows as the group's permissions. */
static const scheme_t schemes[] = {
    { "file:", parse_file, file_path, 077 },
    { "credential:", parse_credential, credential_path, 007 },
    { "keytab:", NULL, NULL, 0 },
    { "exec:", NULL, NULL, 0 },
};

#define N_SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

static const scheme_t *find_scheme(const char *source)
{
    size_t i;

    for (i = 0; i < N_SCHEMES; i++) {
        if (ap_cstr_casecmpn(source, schemes[i].prefix,
                             strlen(schemes[i].prefix))
            == 0)
            return &schemes[i];
    }
    return NULL;
}

const char *anonid_secret_source_parse(apr_pool_t *p, const char *argument,
                                       const char **source)
{
    const scheme_t *scheme = find_scheme(argument);

    if (!scheme)
        return "AnonIDSecret takes the place of a secret, never the secret "
               "itself: whoever reads the configuration, a backup or a log "
               "would read it as well. Put the password into a file that "
               "only its owner can read, and write " SCHEMES
               " (what was written here is not repeated)";
    if (!scheme->parse)
        return apr_psprintf(p,
                            "AnonIDSecret %s: this build cannot read secrets "
                            "from there yet; write " SCHEMES,
                            scheme->prefix);
    return scheme->parse(p, argument + strlen(scheme->prefix), source);
}

const char *anonid_secret_source_path(apr_pool_t *p, const char *source)
{
    const scheme_t *scheme = find_scheme(source);

    if (!scheme || !scheme->path)
        return NULL;
    return scheme->path(p, source + strlen(scheme->prefix));
}

/* What is wrong with a file that has been found; NULL if nothing is. */
static const char *check_status(apr_pool_t *p, const struct stat *st,
                                mode_t forbidden)
{
    if (S_ISDIR(st->st_mode))
        return "is a directory; name the file that holds the secret";
    if (!S_ISREG(st->st_mode))
        return "is not a regular file; name a file that holds the secret";
    if (st->st_mode & forbidden)
        return apr_psprintf(p,
                            "can be read or written by others (mode %04o); "
                            "run: chmod 600",
                            (unsigned)(st->st_mode & 07777));
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return apr_psprintf(p,
                            "belongs to another user (uid %lu), who could "
                            "read it; run: chown %lu",
                            (unsigned long)st->st_uid,
                            (unsigned long)geteuid());
    if (st->st_size == 0)
        return "is empty; put the account's password into it";
    if (st->st_size > ANONID_SECRET_MAX)
        return "is too long for a secret; name the file that holds the "
               "account's password and nothing else";
    return NULL;
}

static const char *cannot_look(apr_pool_t *p, int code)
{
    if (code == ENOENT || code == ENOTDIR)
        return "does not exist; create it with mode 600 and the account's "
               "password in it";
    if (code == EACCES)
        return "cannot be looked at by this user (Permission denied); run "
               "httpd -t as the user that starts httpd";
    return apr_psprintf(p, "cannot be looked at: %s", strerror(code));
}

const char *anonid_secret_source_check(apr_pool_t *p, const char *source)
{
    const char *path = anonid_secret_source_path(p, source);
    const char *wrong = NULL;
    struct stat st;

    if (!path)
        return NULL;
    if (stat(path, &st) != 0)
        wrong = cannot_look(p, errno);
    else
        wrong = check_status(p, &st, find_scheme(source)->forbidden);
    if (!wrong && access(path, R_OK) != 0)
        wrong = cannot_look(p, errno);
    if (!wrong)
        return NULL;
    return apr_psprintf(p, "AnonIDSecret %s: the file '%s' %s", source, path,
                        wrong);
}
