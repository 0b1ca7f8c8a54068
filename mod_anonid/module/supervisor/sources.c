/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening sources for the agent and watching them; see sources.h.
 *
 * How each kind of source is opened is in source_open.h; here is when, and how
 * the agent is told, which differs for the two uses of a source.
 */
#include "module/supervisor/sources.h"
#include "module/supervisor/program_queue.h"
#include "module/supervisor/push.h"
#include "module/supervisor/source_open.h"

#include "common/monotonic.h"
#include "common/protocol.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the agent is told of a source. */
typedef struct {
    uint16_t opened; /* message with the descriptor */
    uint16_t failed; /* message without */
    uint16_t tag;    /* of the field that says which source it is */
    int of_client;   /* CLIENT_SECRET goes with it */
} use_t;

typedef struct {
    const anonid_source_kind_t *kind;
    const use_t *use;
    const char *name;                /* account, path of an account file, or
                                        URL of the store */
    const char *path;                /* NULL: there is none now */
    char passed[ANONID_VERSION_MAX]; /* the version passed last; "": none */
    char why[ANONID_SOURCE_WHY];     /* the failure told last; "": none */
    anonid_queued_t *program;        /* NULL: it is no program ... */
    char tried[ANONID_VERSION_MAX];  /* ... the version of it run last */
    int is_refresh;                  /* a refresh token, for us alone */
    int always;                      /* its next outcome is told, whether it
                                        is news or not */
} source_t;

struct anonid_sources_t {
    apr_array_header_t *all;          /* source_t * */
    apr_hash_t *secrets;              /* account name -> source_t */
    apr_hash_t *clients;              /* the same, of clients' secrets */
    apr_hash_t *files;                /* path -> source_t */
    anonid_program_queue_t *programs; /* their owners are source_t */
    anonid_sources_hear_t hear;       /* NULL: nobody does */
    void *context;                    /* hear's */
    anonid_account_locks_t *locks;    /* of refresh tokens; may be NULL */
};

static const use_t use_secret = { ANONID_MSG_SECRET, ANONID_MSG_SECRET_ERROR,
                                  ANONID_TAG_ACCOUNT, 0 };
static const use_t use_client = { ANONID_MSG_SECRET, ANONID_MSG_SECRET_ERROR,
                                  ANONID_TAG_ACCOUNT, 1 };
static const use_t use_store = { ANONID_MSG_STORE_SECRET,
                                 ANONID_MSG_STORE_SECRET_ERROR, ANONID_TAG_URL,
                                 0 };
static const use_t use_file = { ANONID_MSG_ACCOUNT_FILE,
                                ANONID_MSG_ACCOUNT_FILE_ERROR, ANONID_TAG_PATH,
                                0 };

static source_t *add(anonid_sources_t *sources,
                     const anonid_source_kind_t *kind, const use_t *use,
                     const char *name, const char *where)
{
    apr_pool_t *pool = sources->all->pool;
    const char *rest = where + strlen(kind->prefix);
    source_t *source = apr_pcalloc(pool, sizeof(*source));

    source->kind = kind;
    source->use = use;
    source->name = name;
    source->path = kind->path(pool, rest);
    if (kind->is_program && source->path)
        source->program =
            anonid_program_queue_add(sources->programs, rest, name, source);
    APR_ARRAY_PUSH(sources->all, source_t *) = source;
    return source;
}

/* Of that account, at `where` (may be NULL). */
static source_t *add_secret(anonid_sources_t *sources, apr_hash_t *to,
                            const use_t *use, const char *account,
                            const char *where)
{
    const anonid_source_kind_t *kind =
        where ? anonid_source_kind(where) : NULL;
    source_t *source = kind ? add(sources, kind, use, account, where) : NULL;

    apr_hash_set(to, account, APR_HASH_KEY_STRING, source);
    return source;
}

/* The client's secret comes first: with the token the account is whole. */
static void add_account(anonid_sources_t *sources,
                        const anonid_account_t *account)
{
    source_t *source;

    (void)add_secret(sources, sources->clients, &use_client, account->name,
                     anonid_account_client_source(account));
    source = add_secret(sources, sources->secrets, &use_secret, account->name,
                        anonid_account_source(account));
    if (source)
        source->is_refresh = account->refresh != NULL;
    if (account->path
        && !apr_hash_get(sources->files, account->path, APR_HASH_KEY_STRING))
        apr_hash_set(sources->files, account->path, APR_HASH_KEY_STRING,
                     add(sources, &anonid_source_account_file, &use_file,
                         account->path, account->path));
}

anonid_sources_t *anonid_sources_make(apr_pool_t *pool,
                                      const apr_array_header_t *accounts)
{
    anonid_sources_t *sources = apr_palloc(pool, sizeof(*sources));

    sources->all = apr_array_make(pool, 4, sizeof(source_t *));
    sources->secrets = apr_hash_make(pool);
    sources->clients = apr_hash_make(pool);
    sources->files = apr_hash_make(pool);
    sources->programs = anonid_program_queue_make(pool);
    sources->hear = NULL;
    sources->locks = NULL;
    for (int i = 0; i < accounts->nelts; i++)
        add_account(sources,
                    APR_ARRAY_IDX(accounts, i, const anonid_account_t *));
    return sources;
}

void anonid_sources_add_store(anonid_sources_t *sources,
                              const anonid_shared_store_t *store)
{
    const anonid_source_kind_t *kind = anonid_source_kind(store->secret);

    if (kind)
        (void)add(sources, kind, &use_store, store->url, store->secret);
}

static void write_name(anonid_writer_t *w, const source_t *source)
{
    anonid_writer_text(w, source->use->tag, source->name);
    if (source->use->of_client)
        anonid_writer_u32(w, ANONID_TAG_CLIENT_SECRET, 1);
}

static apr_status_t tell_opened(source_t *source,
                                const anonid_opened_t *opened,
                                anonid_channel_t *agent)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    source->why[0] = '\0';
    memcpy(source->passed, opened->version, sizeof(source->passed));
    anonid_writer_begin(&w, source->use->opened, 1, 0);
    write_name(&w, source);
    anonid_writer_text(&w, ANONID_TAG_VERSION, opened->version);
    return anonid_push_frame(agent, &w, &opened->fd, 1);
}

static apr_status_t tell_failed(source_t *source,
                                const anonid_opened_t *opened,
                                anonid_channel_t *agent)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    source->passed[0] = '\0';
    memcpy(source->why, opened->why, sizeof(source->why));
    anonid_writer_begin(&w, source->use->failed, 0, 0);
    write_name(&w, source);
    anonid_writer_u32(&w, ANONID_TAG_ERRNO, (uint32_t)opened->code);
    anonid_writer_text(&w, ANONID_TAG_TEXT, opened->why);
    return anonid_push_frame(agent, &w, NULL, 0);
}

/* Closes what was opened. */
static apr_status_t tell(source_t *source, anonid_opened_t *opened,
                         anonid_channel_t *agent, int always)
{
    apr_status_t rv = APR_SUCCESS;

    if (opened->fd >= 0) {
        rv = tell_opened(source, opened, agent);
        close(opened->fd);
    }
    else if (always || strcmp(source->why, opened->why) != 0) {
        rv = tell_failed(source, opened, agent);
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

void anonid_sources_use_locks(anonid_sources_t *sources,
                              anonid_account_locks_t *locks)
{
    sources->locks = locks;
}

/* 1 if nobody else has the control of a refresh token, or why it cannot be
 * had. */
static int take_control(const anonid_sources_t *sources,
                        const source_t *source, anonid_opened_t *opened)
{
    char *real = realpath(source->path, NULL);
    apr_status_t rv = real ? anonid_account_lock_control(sources->locks, real,
                                                         "refresh token")
                           : errno;
    char reason[128];

    free(real);
    if (rv == EBUSY)
        anonid_source_fail(opened, rv,
                           "another server uses the refresh token in %s: get "
                           "one for each, or let one send for all",
                           source->path);
    else if (rv != APR_SUCCESS)
        anonid_source_fail(opened, rv, "%s cannot be locked: %s", source->path,
                           apr_strerror(rv, reason, sizeof(reason)));
    return rv == APR_SUCCESS;
}

static apr_status_t pass_file(const anonid_sources_t *sources,
                              source_t *source, anonid_channel_t *agent,
                              int always)
{
    anonid_opened_t opened = ANONID_OPENED_INIT;
    apr_status_t rv;

    if (!always && is_passed(source))
        return APR_SUCCESS;
    rv = anonid_push_wait(agent);
    if (rv != APR_SUCCESS)
        return rv;
    if (!source->is_refresh || !sources->locks
        || take_control(sources, source, &opened))
        anonid_source_open(source->kind, source->path, source->name, &opened);
    return tell(source, &opened, agent, always);
}

/* ---- programs ---- */

/* A program is run whenever somebody asks, when it is time, and when it is
 * another one. One that must not be run has failed. */
static apr_status_t pass_program(source_t *source, anonid_channel_t *agent,
                                 int always)
{
    anonid_opened_t opened = ANONID_OPENED_INIT;
    apr_status_t rv;

    source->always |= always;
    if (anonid_source_may_run(source->kind, source->path, &opened)) {
        if (always
            || anonid_program_queue_due(source->program,
                                        anonid_monotonic_now())
            || strcmp(source->tried, opened.version) != 0)
            anonid_program_queue_want(source->program);
        memcpy(source->tried, opened.version, sizeof(source->tried));
        return APR_SUCCESS;
    }
    rv = anonid_push_wait(agent);
    if (rv == APR_SUCCESS)
        rv = tell(source, &opened, agent, always);
    source->always = 0;
    return rv;
}

void anonid_sources_hear(anonid_sources_t *sources, anonid_sources_hear_t hear,
                         void *context)
{
    sources->hear = hear;
    sources->context = context;
}

/* What is said by whom. */
typedef struct {
    const anonid_sources_t *sources;
    const char *account;
    int is_bad;
} words_t;

static void pass_words(void *context, const char *line)
{
    const words_t *words = context;

    if (words->sources->hear)
        words->sources->hear(words->sources->context, words->account,
                             words->is_bad, line);
}

static void judge(const source_t *source,
                  const anonid_program_report_t *report,
                  anonid_opened_t *opened)
{
    char why[ANONID_PROGRAM_WHY];

    if (report->end != ANONID_PROGRAM_PRINTED) {
        anonid_program_explain(report, why);
        anonid_source_fail(opened, EIO, "%s: %s", source->path, why);
    }
}

/* Takes one run that has ended, and tells of it unless rv says that nobody
 * listens. 0 if there is none. */
static int take_run(anonid_sources_t *sources, anonid_channel_t *agent,
                    apr_status_t *rv)
{
    anonid_opened_t opened = ANONID_OPENED_INIT;
    anonid_program_report_t report;
    source_t *source;
    words_t words;

    source = anonid_program_queue_next(
        sources->programs, anonid_monotonic_now(), &report, &opened.fd);
    if (!source)
        return 0;
    (void)anonid_source_may_run(source->kind, source->path, &opened);
    judge(source, &report, &opened);
    words = (words_t){ sources, source->name,
                       report.end != ANONID_PROGRAM_PRINTED };
    anonid_program_each_line(&report, pass_words, &words);
    if (*rv == APR_SUCCESS)
        *rv = tell(source, &opened, agent, source->always);
    else if (opened.fd >= 0)
        close(opened.fd);
    source->always = 0;
    return 1;
}

apr_status_t anonid_sources_collect(anonid_sources_t *sources,
                                    anonid_channel_t *agent)
{
    apr_status_t rv = APR_SUCCESS;
    int got = 1;

    while (got && anonid_program_queue_runs(sources->programs)) {
        if (rv == APR_SUCCESS)
            rv = anonid_push_wait(agent);
        got = take_run(sources, agent, &rv);
    }
    anonid_program_queue_start(sources->programs, anonid_monotonic_now());
    return rv;
}

void anonid_sources_close(anonid_sources_t *sources)
{
    if (sources)
        anonid_program_queue_close(sources->programs);
}

/* ---- what is asked for ---- */

static apr_status_t pass(const anonid_sources_t *sources, source_t *source,
                         anonid_channel_t *agent, int always)
{
    return source->program ? pass_program(source, agent, always)
                           : pass_file(sources, source, agent, always);
}

static apr_status_t pass_each(anonid_sources_t *sources,
                              anonid_channel_t *agent, int always)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; i < sources->all->nelts && rv == APR_SUCCESS; i++)
        rv = pass(sources, APR_ARRAY_IDX(sources->all, i, source_t *), agent,
                  always);
    return rv == APR_SUCCESS ? anonid_sources_collect(sources, agent) : rv;
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
    source_t *const wanted[] = {
        apr_hash_get(sources->clients, account->name, APR_HASH_KEY_STRING),
        apr_hash_get(sources->secrets, account->name, APR_HASH_KEY_STRING),
        account->path
            ? apr_hash_get(sources->files, account->path, APR_HASH_KEY_STRING)
            : NULL,
    };
    apr_status_t rv = APR_SUCCESS;

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (wanted[i] && rv == APR_SUCCESS)
            rv = pass(sources, wanted[i], agent, 1);
    }
    return rv == APR_SUCCESS ? anonid_sources_collect(sources, agent) : rv;
}
