/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AnonIDMailListen: where local applications find their mail without a
 * password. Which account and mail service it stands for, and whether these
 * will do, is validate/listen.c's.
 */
#include "module/config/config.h"
#include "module/config/directives.h"

#include <apr_strings.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

/* ---- options: each gets its value; NULL, or what is wrong ---- */

static const char *add_user(anonid_listen_t *listen, const char *name,
                            apr_pool_t *p)
{
    const struct passwd *user;

    if (strcmp(name, "*") == 0) {
        listen->listener->flags |= ANONID_LISTENER_ANYBODY;
        return NULL;
    }
    user = getpwnam(name);
    if (!user)
        return apr_psprintf(p,
                            "there is no user '%s'; name users of this "
                            "machine, or write users=* for everybody",
                            name);
    APR_ARRAY_PUSH(listen->listener->uids, uint32_t) = (uint32_t)user->pw_uid;
    return NULL;
}

static const char *set_users(anonid_listen_t *listen, const char *value,
                             apr_pool_t *p)
{
    char *last, *name;
    const char *error = NULL;

    listen->has_users = 1;
    name = apr_strtok(apr_pstrdup(p, value), ",", &last);
    if (!name)
        return "it names nobody; write users=NAME,... or leave it out for "
               "httpd's User and root";
    for (; name && !error; name = apr_strtok(NULL, ",", &last))
        error = add_user(listen, name, p);
    return error;
}

static const char *set_mode(anonid_listen_t *listen, const char *value,
                            apr_pool_t *p)
{
    char *end;
    const long mode = strtol(value, &end, 8);

    (void)p;
    if (value[0] < '0' || value[0] > '7' || *end || mode > 0777)
        return "it is no mode of a file; write it as in mode=0660";
    listen->mode = (int)mode;
    return NULL;
}

static const char *set_group(anonid_listen_t *listen, const char *value,
                             apr_pool_t *p)
{
    const struct group *group = getgrnam(value);

    if (!group)
        return apr_psprintf(p,
                            "there is no group '%s'; name one of this "
                            "machine",
                            value);
    listen->group = group->gr_gid;
    return NULL;
}

static const char *set_max(anonid_listen_t *listen, const char *value,
                           apr_pool_t *p)
{
    char *end;
    const long max = strtol(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end || max < 1
        || max > ANONID_LISTENER_MAX_HIGHEST)
        return apr_psprintf(p,
                            "it is not a number of connections; write one "
                            "from 1 to %d",
                            ANONID_LISTENER_MAX_HIGHEST);
    listen->listener->max = (unsigned)max;
    return NULL;
}

static const char *set_newlines(anonid_listen_t *listen, const char *value,
                                apr_pool_t *p)
{
    (void)p;
    if (strcmp(value, "strict") == 0)
        listen->listener->flags |= ANONID_LISTENER_STRICT;
    else if (strcmp(value, "normalize") != 0)
        return "write newlines=normalize (a bare LF ends a line) or "
               "newlines=strict (it is refused)";
    return NULL;
}

static const char *set_preauth(anonid_listen_t *listen, const char *value,
                               apr_pool_t *p)
{
    (void)value;
    (void)p;
    listen->listener->flags |= ANONID_LISTENER_PREAUTH;
    return NULL;
}

/* Where an option makes sense. */
enum {
    ANYWHERE,
    WITH_PATH,
    WITH_SMTP,
    WITH_IMAP
};

static const char *const places[] = {
    [WITH_PATH] = "a Unix socket (smtp+unix:/path)",
    [WITH_SMTP] = "SMTP",
    [WITH_IMAP] = "IMAP",
};

static const struct {
    const char *name; /* with its '=' if a value follows */
    int place;
    const char *(*set)(anonid_listen_t *listen, const char *value,
                       apr_pool_t *p);
} options[] = {
    { "users=", ANYWHERE, set_users },
    { "max=", ANYWHERE, set_max },
    { "mode=", WITH_PATH, set_mode },
    { "group=", WITH_PATH, set_group },
    { "newlines=", WITH_SMTP, set_newlines },
    { "preauth", WITH_IMAP, set_preauth },
};

#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

static int fits(const anonid_listener_t *listener, int place)
{
    if (place == WITH_PATH)
        return anonid_listener_is_unix(listener);
    if (place == WITH_SMTP)
        return listener->protocol == ANONID_MAIL_SUBMISSION;
    return place != WITH_IMAP || listener->protocol == ANONID_MAIL_IMAP;
}

static const char *set_option(anonid_listen_t *listen, const char *word,
                              apr_pool_t *p)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const size_t length = strlen(options[i].name);
        const int has_value = options[i].name[length - 1] == '=';

        if (strncmp(word, options[i].name, length) != 0
            || (!has_value && word[length] != '\0'))
            continue;
        if (!fits(listen->listener, options[i].place))
            return apr_psprintf(p, "that is for %s only; remove it",
                                places[options[i].place]);
        return options[i].set(listen, word + length, p);
    }
    return "there is no such option; write users=, max=, mode=, group=, "
           "newlines= or preauth";
}

/* ---- the directive ---- */

static anonid_listen_t *make_listen(cmd_parms *cmd)
{
    anonid_listen_t *listen = apr_pcalloc(cmd->pool, sizeof(*listen));

    listen->listener = anonid_listener_make(cmd->pool);
    listen->server = cmd->server;
    listen->directive = cmd->directive;
    listen->mode = -1;
    listen->group = (gid_t)-1;
    return listen;
}

const char *anonid_set_mail_listen(cmd_parms *cmd, void *dir, int argc,
                                   char *const argv[])
{
    const char *error = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    anonid_listen_t *listen;

    (void)dir;
    if (error)
        return error;
    if (argc == 0)
        return "AnonIDMailListen takes a URL, as smtp://127.0.0.1:2525 or "
               "imap+unix:/run/anonid/imap, and options";
    listen = make_listen(cmd);
    error = anonid_listener_parse(listen->listener, argv[0], cmd->pool);
    if (error)
        return apr_psprintf(cmd->pool, "AnonIDMailListen '%s': %s", argv[0],
                            error);
    for (int i = 1; i < argc; i++) {
        error = set_option(listen, argv[i], cmd->pool);
        if (error)
            return apr_psprintf(cmd->pool, "AnonIDMailListen %s '%s': %s",
                                argv[0], argv[i], error);
    }
    APR_ARRAY_PUSH(anonid_global()->listens, anonid_listen_t *) = listen;
    return NULL;
}
