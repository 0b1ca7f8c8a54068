/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening sources for the agent and watching them; see sources.h.
 *
 * Two tables of functions keep apart what is different: the kinds of sources
 * (how one is opened) and the two uses of one (how the agent is told).
 */
#include "sources.h"
#include "forkguard.h"
#include "push.h"

#include "../common/protocol.h"
#include "../common/source.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Octets of "why there is none", its NUL included. */
#define WHY_MAX 512

typedef struct source_t source_t;

/* A source that was opened, or not. */
typedef struct {
    int fd; /* -1: see code and why */
    int code;
    char why[WHY_MAX];
    char version[ANONID_VERSION_MAX];
} opened_t;

/* A kind of source: "file:", ... The path is found once. */
typedef struct {
    const char *prefix;
    const char *(*path)(apr_pool_t *pool, const char *rest);
    void (*open)(const source_t *source, opened_t *opened);
    mode_t forbidden; /* permissions that a secret's file must not give */
} kind_t;

/* What the agent is told of a source. */
typedef struct {
    uint16_t opened; /* message with the descriptor */
    uint16_t failed; /* message without */
    uint16_t tag;    /* of the field that says which source it is */
} use_t;

struct source_t {
    const kind_t *kind;
    const use_t *use;
    const char *name;                /* account, or path of an account file */
    const char *path;                /* NULL: there is none now */
    char passed[ANONID_VERSION_MAX]; /* the version passed last; "": none */
    char why[WHY_MAX];               /* the failure told last; "": none */
};

struct anonid_sources_t {
    apr_array_header_t *all; /* source_t * */
    apr_hash_t *secrets;     /* account name -> source_t */
    apr_hash_t *files;       /* path -> source_t */
};

static const use_t use_secret = { ANONID_MSG_SECRET, ANONID_MSG_SECRET_ERROR,
                                  ANONID_TAG_ACCOUNT };
static const use_t use_file = { ANONID_MSG_ACCOUNT_FILE,
                                ANONID_MSG_ACCOUNT_FILE_ERROR,
                                ANONID_TAG_PATH };

static void fail(opened_t *opened, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fail(opened_t *opened, int code, const char *format, ...)
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

static void fail_errno(opened_t *opened, const char *path)
{
    int code = errno;
    char reason[128];

    fail(opened, code, "%s: %s", path,
         apr_strerror(code, reason, sizeof(reason)));
}

/* A file. Never waits: a named pipe is opened as it is, and refused. */
static void open_file(const source_t *source, opened_t *opened)
{
    mode_t forbidden = source->kind->forbidden;
    const char *path = source->path;
    struct stat st;

    if (!path) {
        fail(opened, ENOENT, "%s: CREDENTIALS_DIRECTORY is not set",
             source->name);
        return;
    }
    opened->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (opened->fd < 0 || fstat(opened->fd, &st) != 0) {
        fail_errno(opened, path);
        return;
    }
    anonid_source_version(opened->version, &st);
    if (!S_ISREG(st.st_mode))
        fail(opened, EINVAL, "%s is not a regular file", path);
    else if (st.st_mode & forbidden)
        fail(opened, EACCES,
             "%s can be read or written by others (mode %04o): run chmod 600",
             path, (unsigned)(st.st_mode & 07777));
    else if (forbidden && st.st_uid != 0 && st.st_uid != geteuid())
        fail(opened, EACCES, "%s belongs to user %lu, who is not httpd's",
             path, (unsigned long)st.st_uid);
}

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

/* systemd lets its service's user read a credential by an access control
 * list, whose mask looks like permissions of the group. */
static const kind_t kinds[] = {
    { "file:", path_as_it_is, open_file, 077 },
    { "credential:", path_of_credential, open_file, 007 },
};

static const kind_t account_file = { "", path_as_it_is, open_file, 0 };

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const kind_t *find_kind(const char *secret)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (strncmp(secret, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            return &kinds[i];
    }
    return NULL;
}

static source_t *add(anonid_sources_t *sources, const kind_t *kind,
                     const use_t *use, const char *name, const char *where)
{
    apr_pool_t *pool = sources->all->pool;
    source_t *source = apr_pcalloc(pool, sizeof(*source));

    source->kind = kind;
    source->use = use;
    source->name = name;
    source->path = kind->path(pool, where + strlen(kind->prefix));
    APR_ARRAY_PUSH(sources->all, source_t *) = source;
    return source;
}

static void add_account(anonid_sources_t *sources,
                        const anonid_account_t *account)
{
    const kind_t *kind = account->secret ? find_kind(account->secret) : NULL;

    if (kind)
        apr_hash_set(
            sources->secrets, account->name, APR_HASH_KEY_STRING,
            add(sources, kind, &use_secret, account->name, account->secret));
    if (account->path
        && !apr_hash_get(sources->files, account->path, APR_HASH_KEY_STRING))
        apr_hash_set(sources->files, account->path, APR_HASH_KEY_STRING,
                     add(sources, &account_file, &use_file, account->path,
                         account->path));
}

anonid_sources_t *anonid_sources_make(apr_pool_t *pool,
                                      const apr_array_header_t *accounts)
{
    anonid_sources_t *sources = apr_palloc(pool, sizeof(*sources));

    sources->all = apr_array_make(pool, 4, sizeof(source_t *));
    sources->secrets = apr_hash_make(pool);
    sources->files = apr_hash_make(pool);
    for (int i = 0; i < accounts->nelts; i++)
        add_account(sources,
                    APR_ARRAY_IDX(accounts, i, const anonid_account_t *));
    return sources;
}

static apr_status_t tell_opened(source_t *source, const opened_t *opened,
                                anonid_channel_t *agent)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    source->why[0] = '\0';
    memcpy(source->passed, opened->version, sizeof(source->passed));
    anonid_writer_begin(&w, source->use->opened, 1, 0);
    anonid_writer_text(&w, source->use->tag, source->name);
    anonid_writer_text(&w, ANONID_TAG_VERSION, opened->version);
    return anonid_push_frame(agent, &w, &opened->fd, 1);
}

static apr_status_t tell_failed(source_t *source, const opened_t *opened,
                                anonid_channel_t *agent)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    source->passed[0] = '\0';
    memcpy(source->why, opened->why, sizeof(source->why));
    anonid_writer_begin(&w, source->use->failed, 0, 0);
    anonid_writer_text(&w, source->use->tag, source->name);
    anonid_writer_u32(&w, ANONID_TAG_ERRNO, (uint32_t)opened->code);
    anonid_writer_text(&w, ANONID_TAG_TEXT, opened->why);
    return anonid_push_frame(agent, &w, NULL, 0);
}

/* Under the fork guard. */
static apr_status_t open_and_tell(source_t *source, anonid_channel_t *agent,
                                  int always)
{
    opened_t opened = { -1, 0, "", "" };
    apr_status_t rv = APR_SUCCESS;

    source->kind->open(source, &opened);
    if (opened.fd >= 0) {
        rv = tell_opened(source, &opened, agent);
        close(opened.fd);
    }
    else if (always || strcmp(source->why, opened.why) != 0) {
        rv = tell_failed(source, &opened, agent);
    }
    return rv;
}

/* 1 if what is there now was passed already. */
static int is_passed(const source_t *source)
{
    char version[ANONID_VERSION_MAX];
    struct stat st;

    if (!source->path || stat(source->path, &st) != 0)
        return 0;
    anonid_source_version(version, &st);
    return strcmp(source->passed, version) == 0;
}

static apr_status_t pass(source_t *source, anonid_channel_t *agent, int always)
{
    apr_status_t rv;

    if (!always && is_passed(source))
        return APR_SUCCESS;
    rv = anonid_push_wait(agent);
    if (rv != APR_SUCCESS)
        return rv;
    anonid_forkguard_lock();
    rv = open_and_tell(source, agent, always);
    anonid_forkguard_unlock();
    return rv;
}

static apr_status_t pass_each(anonid_sources_t *sources,
                              anonid_channel_t *agent, int always)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; i < sources->all->nelts && rv == APR_SUCCESS; i++)
        rv = pass(APR_ARRAY_IDX(sources->all, i, source_t *), agent, always);
    return rv;
}

apr_status_t anonid_sources_pass_all(anonid_sources_t *sources,
                                     anonid_channel_t *agent)
{
    return pass_each(sources, agent, 1);
}

apr_status_t anonid_sources_pass_changed(anonid_sources_t *sources,
                                         anonid_channel_t *agent)
{
    return pass_each(sources, agent, 0);
}

apr_status_t anonid_sources_pass_account(anonid_sources_t *sources,
                                         const anonid_account_t *account,
                                         anonid_channel_t *agent)
{
    source_t *secret =
        apr_hash_get(sources->secrets, account->name, APR_HASH_KEY_STRING);
    source_t *file = NULL;
    apr_status_t rv = APR_SUCCESS;

    if (account->path)
        file =
            apr_hash_get(sources->files, account->path, APR_HASH_KEY_STRING);
    if (secret)
        rv = pass(secret, agent, 1);
    if (file && rv == APR_SUCCESS)
        rv = pass(file, agent, 1);
    return rv;
}
