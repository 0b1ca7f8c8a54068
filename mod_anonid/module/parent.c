/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The httpd parent's hooks; see parent.h. What is to be done, and in which
 * order; how is in the files that are named for it.
 *
 *   register      a cleanup of this configuration (also of one that fails)
 *   post_config   table, slots, state folder, account files; agent; keeper
 *   ... httpd runs ...
 *   end of the configuration: the keeper stops. Is it httpd's end, too, the
 *   agent is ended; else it stays and the next post_config finds it.
 */
#include "parent.h"
#include "account_writer.h"
#include "agent_process.h"
#include "forkguard.h"
#include "keeper.h"
#include "report.h"
#include "statedir.h"

#include "../common/lognos.h"

#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <string.h>
#include <unistd.h>
#include <unixd.h>

APLOG_USE_MODULE(anonid);

static anonid_talk_t talk;

/* While not NULL: the pools of the configuration and of its logs, with our
 * cleanups on them. */
static apr_pool_t *config_pool;
static apr_pool_t *log_pool;

/* What workers inherit. */
static const anonid_status_table_t *table;
static const char *agent_socket;

const anonid_status_table_t *anonid_parent_status(void)
{
    return table;
}

const char *anonid_parent_agent_socket(void)
{
    return agent_socket;
}

/* Ends the agent and gives everything back that others could find. */
static void retire(anonid_retained_t *retained, apr_pool_t *pool)
{
    talk.retained = retained;
    (void)anonid_agent_end(&talk, ANONID_AGENT_END_TIMEOUT, pool);
    if (!retained->settings.state_dir)
        return;
    anonid_statedir_leave(retained->settings.state_dir, pool);
    anonid_retained_close_fd(retained, ANONID_FD_AGENT_LISTENER);
    anonid_retained_close_fd(retained, ANONID_FD_CTL_LISTENER);
    anonid_account_locks_release(retained->locks);
    anonid_retained_close_fd(retained, ANONID_FD_STATE_LOCK);
    memset(&retained->settings, 0, sizeof(retained->settings));
}

/* The end of a configuration, or of httpd. Never in a forked child. */
static void leave(void)
{
    anonid_retained_t *retained = anonid_retained_find();

    if (!retained || retained->owner != getpid())
        return;
    anonid_keeper_stop();
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_EXITING)
        return;
    retire(retained, retained->pool);
    anonid_retained_destroy(retained);
}

/* httpd's end closes the logs before the configuration; whatever the keeper
 * or the agent still has to say comes before that. */
static apr_status_t at_end_of_logs(void *unused)
{
    (void)unused;
    log_pool = NULL;
    leave();
    talk.server = NULL;
    return APR_SUCCESS;
}

static apr_status_t at_end_of_config(void *unused)
{
    (void)unused;
    if (log_pool)
        apr_pool_cleanup_kill(log_pool, NULL, at_end_of_logs);
    log_pool = NULL;
    leave();
    return APR_SUCCESS;
}

/* In one-process mode (-X) the parent is the worker, and exits as one. */
static apr_status_t at_end_of_child(void *unused)
{
    anonid_retained_t *retained = anonid_retained_find();

    (void)unused;
    anonid_keeper_stop();
    if (retained)
        retire(retained, retained->pool);
    return APR_SUCCESS;
}

static void watch_agent(anonid_retained_t *retained);

/* httpd's main loop, which reaps every child, has reaped the agent. Its
 * record is spent and has to be made anew; the keeper notices the death by
 * itself. */
static void on_agent_reaped(int reason, void *data, int status)
{
    anonid_retained_t *retained = data;

    (void)status;
    if (reason != APR_OC_REASON_DEATH && reason != APR_OC_REASON_LOST)
        return;
    retained->process.proc.pid = getpid();
    apr_proc_other_child_unregister(retained);
    watch_agent(retained);
}

static void watch_agent(anonid_retained_t *retained)
{
    apr_proc_other_child_register(&retained->process.proc, on_agent_reaped,
                                  retained, NULL, config_pool);
}

static anonid_settings_t settings_of(const anonid_global_t *config)
{
    const int root = geteuid() == 0;
    anonid_settings_t settings;

    memset(&settings, 0, sizeof(settings));
    settings.program = config->agent_program;
    settings.state_dir = config->state_dir;
    settings.agent_uid = config->agent_uid;
    settings.agent_gid = config->agent_gid;
    settings.worker_uid = root ? ap_unixd_config.user_id : geteuid();
    return settings;
}

static int settings_equal(const anonid_settings_t *a,
                          const anonid_settings_t *b)
{
    return a->agent_uid == b->agent_uid && a->agent_gid == b->agent_gid
           && a->worker_uid == b->worker_uid
           && strcmp(a->program, b->program) == 0
           && strcmp(a->state_dir, b->state_dir) == 0;
}

static const char *open_listener(anonid_retained_t *retained,
                                 anonid_fd_t which,
                                 const anonid_socket_t *sock, apr_pool_t *pool)
{
    int fd;
    const char *error =
        anonid_statedir_listen(retained->settings.state_dir, sock, &fd, pool);

    anonid_retained_set_fd(retained, which, fd);
    return error;
}

/* Takes a state folder and opens the sockets in it. */
static const char *enter_state_dir(anonid_retained_t *retained,
                                   const anonid_settings_t *settings,
                                   apr_pool_t *pool)
{
    const int root = geteuid() == 0;
    const anonid_socket_t for_workers = {
        ANONID_AGENT_SOCKET, root ? settings->worker_uid : (uid_t)-1, (gid_t)-1
    };
    const anonid_socket_t for_ctl = { ANONID_CTL_SOCKET, (uid_t)-1,
                                      root ? settings->agent_gid : (gid_t)-1 };
    const char *error;
    int lock;

    error = anonid_statedir_enter(settings->state_dir, &lock, pool);
    if (error)
        return error;
    anonid_retained_set_fd(retained, ANONID_FD_STATE_LOCK, lock);
    retained->settings = *settings;
    retained->settings.program =
        apr_pstrdup(retained->pool, settings->program);
    retained->settings.state_dir =
        apr_pstrdup(retained->pool, settings->state_dir);
    error =
        open_listener(retained, ANONID_FD_AGENT_LISTENER, &for_workers, pool);
    if (!error)
        error =
            open_listener(retained, ANONID_FD_CTL_LISTENER, &for_ctl, pool);
    return error;
}

static const char *make_table(anonid_retained_t *retained, apr_pool_t *pool)
{
    char reason[128];
    apr_status_t rv;
    int fd;

    if (retained->table)
        return NULL;
    rv = anonid_status_create(&retained->table, &fd);
    if (rv != APR_SUCCESS)
        return apr_psprintf(pool, "cannot create the status table: %s",
                            apr_strerror(rv, reason, sizeof(reason)));
    anonid_retained_set_fd(retained, ANONID_FD_TABLE, fd);
    return NULL;
}

static const char *assign_slots(anonid_retained_t *retained,
                                const anonid_global_t *config,
                                apr_pool_t *pool)
{
    for (int i = 0; i < config->accounts->nelts; i++) {
        anonid_account_t *account =
            APR_ARRAY_IDX(config->accounts, i, anonid_account_t *);

        account->slot = anonid_retained_slot(retained, account->name);
        if (account->slot < 0)
            return apr_psprintf(pool,
                                "more than %d different accounts since httpd "
                                "was started: stop and start it",
                                ANONID_STATUS_SLOTS);
    }
    return NULL;
}

static const char *create_account_files(const anonid_global_t *config,
                                        server_rec *s, apr_pool_t *pool)
{
    apr_array_header_t *created = apr_array_make(pool, 1, sizeof(char *));
    const char *error =
        anonid_account_writer_create(config->accounts, created, pool);

    for (int i = 0; i < created->nelts; i++)
        anonid_report(s, APLOG_NOTICE,
                      ANONID_LOGNO(0015) "The account file %s was not there "
                                         "and has been created.",
                      APR_ARRAY_IDX(created, i, const char *));
    return error;
}

/* Everything that an agent needs; one that runs with other settings is
 * ended first. NULL, or what is wrong. */
static const char *prepare(anonid_retained_t *retained, server_rec *s,
                           apr_pool_t *pool)
{
    const anonid_global_t *config = anonid_global();
    const anonid_settings_t settings = settings_of(config);
    const char *error = make_table(retained, pool);

    if (!error)
        error = assign_slots(retained, config, pool);
    if (error)
        return error;
    if (retained->settings.state_dir
        && !settings_equal(&settings, &retained->settings))
        retire(retained, pool);
    if (!retained->settings.state_dir)
        error = enter_state_dir(retained, &settings, pool);
    return error ? error : create_account_files(config, s, pool);
}

/* Brings the agent up to this configuration: the one that runs, or a new
 * one. NULL, or why there is none. */
static const char *bring_up(anonid_retained_t *retained, server_rec *s,
                            apr_pool_t *pool)
{
    const char *error;

    if (anonid_agent_runs(retained)) {
        error = anonid_agent_renew(&talk, pool);
        if (!error)
            error = anonid_agent_await(&talk, pool);
        if (!error)
            return NULL;
        anonid_report(s, APLOG_ERR,
                      ANONID_LOGNO(0012) "The agent %s is not running: %s. It "
                                         "is started again.",
                      retained->settings.program, error);
    }
    error = anonid_agent_start(&talk, pool);
    return error ? error : anonid_agent_await(&talk, pool);
}

static int fail(server_rec *s, const char *what, const char *error)
{
    anonid_report(s, APLOG_EMERG, ANONID_LOGNO(0010) "%s: %s", what, error);
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* At the first start an agent that does not come up is an error; at a restart
 * a running web site is not ended for it. */
static int start_agent(anonid_retained_t *retained, server_rec *s,
                       apr_pool_t *pool)
{
    const char *error = bring_up(retained, s, pool);
    const char *program = retained->settings.program;

    if (!error) {
        retained->was_ready = 1;
        anonid_report(s, APLOG_INFO, "the agent %s is ready, pid %ld", program,
                      (long)retained->process.proc.pid);
        return OK;
    }
    if (!retained->was_ready)
        return fail(s,
                    apr_psprintf(pool,
                                 "The agent %s (AnonIDAgentProgram) did not "
                                 "start",
                                 program),
                    error);
    anonid_report(s, APLOG_ERR,
                  ANONID_LOGNO(0012) "The agent %s is not running: %s. No "
                                     "mail is sent until it does; it is "
                                     "started again soon.",
                  program, error);
    return OK;
}

static int hook_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                            apr_pool_t *ptemp, server_rec *s)
{
    const anonid_global_t *config = anonid_global();
    anonid_retained_t *retained;
    const char *error;

    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    retained = anonid_retained_find();
    if (config->accounts->nelts == 0 && config->services->nelts == 0) {
        if (retained)
            retire(retained, ptemp);
        return OK;
    }
    if (!retained)
        retained = anonid_retained_make();
    anonid_forkguard_watch(retained->descriptors);
    log_pool = plog;
    apr_pool_cleanup_register(plog, NULL, at_end_of_logs,
                              apr_pool_cleanup_null);
    error = prepare(retained, s, ptemp);
    if (error)
        return fail(s, "mod_anonid cannot start", error);
    table = retained->table;
    agent_socket = apr_pstrcat(pconf, retained->settings.state_dir,
                               "/" ANONID_AGENT_SOCKET, NULL);
    anonid_talk_begin(&talk, retained, s, pconf);
    if (start_agent(retained, s, ptemp) != OK)
        return HTTP_INTERNAL_SERVER_ERROR;
    watch_agent(retained);
    if (anonid_keeper_start(&talk) != APR_SUCCESS)
        return fail(s, "mod_anonid cannot start", "no thread");
    return OK;
}

/* A forked worker has nothing to drop: the fork guard has closed what is the
 * parent's before any hook could run. */
static void hook_child_init(apr_pool_t *pchild, server_rec *s)
{
    anonid_retained_t *retained = anonid_retained_find();

    (void)s;
    if (retained && retained->owner == getpid())
        apr_pool_cleanup_register(pchild, NULL, at_end_of_child,
                                  apr_pool_cleanup_null);
}

void anonid_parent_register(apr_pool_t *p)
{
    anonid_retained_t *retained = anonid_retained_find();

    anonid_forkguard_install();
    if (retained)
        anonid_forkguard_watch(retained->descriptors);
    config_pool = p;
    apr_pool_cleanup_register(p, NULL, at_end_of_config,
                              apr_pool_cleanup_null);
    ap_hook_post_config(hook_post_config, NULL, NULL, APR_HOOK_LAST);
    ap_hook_child_init(hook_child_init, NULL, NULL, APR_HOOK_MIDDLE);
}
