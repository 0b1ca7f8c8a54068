/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of secrets; see secret_source.h. It must not open one.
 */
#include "module/config/secret_source.h"
#include "module/config/config.h"

#include "common/protocol.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_config.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEMES "file:PATH, keytab:PATH, exec:COMMAND or credential:NAME"

typedef struct {
    const char *prefix;
    /* Checks what follows the prefix. */
    const char *(*parse)(apr_pool_t *p, const char *rest, const char **source);
    const char *(*path)(apr_pool_t *p, const char *rest);
    mode_t forbidden;   /* permissions that others must not have ... */
    const char *remedy; /* ... and how they are taken away */
    const char *what;   /* is to be named */
    const char *holds;  /* is in it */
    off_t size_max;     /* 0: a program, whose size is its own affair */
} scheme_t;

static const char *parse_path(apr_pool_t *p, const char *prefix,
                              const char *rest, const char **source)
{
    const char *path = ap_server_root_relative(p, rest);

    if (!path || *rest == '\0')
        return apr_psprintf(
            p, "AnonIDSecret %s names no file; write %s/path/of/%s", prefix,
            prefix, strcmp(prefix, "file:") == 0 ? "secret" : "keytab");
    *source = apr_pstrcat(p, prefix, path, NULL);
    return NULL;
}

static const char *parse_file(apr_pool_t *p, const char *rest,
                              const char **source)
{
    return parse_path(p, "file:", rest, source);
}

static const char *parse_keytab(apr_pool_t *p, const char *rest,
                                const char **source)
{
    return parse_path(p, "keytab:", rest, source);
}

static const char *file_path(apr_pool_t *p, const char *rest)
{
    (void)p;
    return rest;
}

/* Split like the command of a piped log, and never given to a shell. The
 * program has to be there: what is not may be a password. */
static const char *exec_path(apr_pool_t *p, const char *rest)
{
    char **argv;

    if (apr_tokenize_to_argv(rest, &argv, p) != APR_SUCCESS)
        return NULL;
    return argv[0];
}

static const char *parse_exec(apr_pool_t *p, const char *rest,
                              const char **source)
{
    const char *path = exec_path(p, rest);

    if (!path || *path != '/')
        return "AnonIDSecret exec: takes the absolute path of a program and "
               "its arguments, all in one pair of quotes; it is run without "
               "a shell. Write \"exec:/path/of/program argument...\" (what "
               "was written here is not repeated)";
    *source = apr_pstrcat(p, "exec:", rest, NULL);
    return NULL;
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
    { "file:", parse_file, file_path, 077, "600", "file that holds the secret",
      "password", ANONID_SECRET_MAX },
    { "keytab:", parse_keytab, file_path, 077, "600", "keytab", "keys",
      ANONID_SECRET_MAX },
    { "exec:", parse_exec, exec_path, 022, "go-w", "program", NULL, 0 },
    { "credential:", parse_credential, credential_path, 007, "600",
      "file that holds the secret", "password", ANONID_SECRET_MAX },
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
    return scheme->parse(p, argument + strlen(scheme->prefix), source);
}

const char *anonid_secret_source_path(apr_pool_t *p, const char *source)
{
    const scheme_t *scheme = find_scheme(source);

    if (!scheme)
        return NULL;
    return scheme->path(p, source + strlen(scheme->prefix));
}

/* What is wrong with a file or program that has been found; NULL if nothing
 * is. */
static const char *check_place(apr_pool_t *p, const struct stat *st,
                               const scheme_t *scheme)
{
    if (S_ISDIR(st->st_mode))
        return apr_psprintf(p, "is a directory; name the %s", scheme->what);
    if (!S_ISREG(st->st_mode))
        return apr_psprintf(p, "is not a regular file; name the %s",
                            scheme->what);
    if (st->st_mode & scheme->forbidden)
        return apr_psprintf(p,
                            "can be %swritten by others (mode %04o); run: "
                            "chmod %s",
                            scheme->forbidden & 0444 ? "read or " : "",
                            (unsigned)(st->st_mode & 07777), scheme->remedy);
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return apr_psprintf(p,
                            "belongs to another user (uid %lu), who could "
                            "%s it; run: chown %lu",
                            (unsigned long)st->st_uid,
                            scheme->size_max ? "read" : "change",
                            (unsigned long)geteuid());
    return NULL;
}

static const char *check_size(apr_pool_t *p, const struct stat *st,
                              const scheme_t *scheme)
{
    if (scheme->size_max == 0)
        return NULL;
    if (st->st_size == 0)
        return apr_psprintf(p, "is empty; put the account's %s into it",
                            scheme->holds);
    if (st->st_size > scheme->size_max)
        return apr_psprintf(p,
                            "is too long for a secret; name the file that "
                            "holds the account's %s and nothing else",
                            scheme->holds);
    return NULL;
}

static const char *cannot_look(apr_pool_t *p, const scheme_t *scheme, int code)
{
    if ((code == ENOENT || code == ENOTDIR) && scheme->size_max)
        return apr_psprintf(p,
                            "does not exist; create it with mode 600 and the "
                            "account's %s in it",
                            scheme->holds);
    if (code == ENOENT || code == ENOTDIR)
        return "does not exist; write the absolute path of a program";
    if (code == EACCES)
        return "cannot be looked at by this user (Permission denied); run "
               "httpd -t as the user that starts httpd";
    return apr_psprintf(p, "cannot be looked at: %s", strerror(code));
}

static const char *check_file(apr_pool_t *p, const scheme_t *scheme,
                              const char *path)
{
    const char *wrong;
    struct stat st;

    if (stat(path, &st) != 0)
        return cannot_look(p, scheme, errno);
    wrong = check_place(p, &st, scheme);
    if (!wrong)
        wrong = check_size(p, &st, scheme);
    if (wrong || access(path, scheme->size_max ? R_OK : X_OK) == 0)
        return wrong;
    if (scheme->size_max)
        return cannot_look(p, scheme, errno);
    return "cannot be executed; run: chmod +x";
}

const char *anonid_secret_source_check(apr_pool_t *p, const char *source)
{
    const scheme_t *scheme = find_scheme(source);
    const char *path = anonid_secret_source_path(p, source);
    const char *wrong = NULL;

    if (path && !anonid_config_is_restart())
        wrong = check_file(p, scheme, path);
    if (!wrong)
        return NULL;
    if (scheme->size_max == 0)
        return apr_psprintf(p, "AnonIDSecret exec: the program '%s' %s", path,
                            wrong);
    return apr_psprintf(p, "AnonIDSecret %s: the file '%s' %s", source, path,
                        wrong);
}
