/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The httpd parent's hooks; see parent.h. What is to be done, and in which
 * order; how is in the files that are named for it.
 *
 *   register      a cleanup of this configuration (also of one that fails)
 *   post_config   what an agent needs (setup.h), the agent, the keeper
 *   ... httpd runs ...
 *   end of the configuration: the keeper stops. Is it httpd's end, too, the
 *   agent is ended; else it stays and the next post_config finds it.
 */
#include "module/supervisor/parent.h"
#include "module/supervisor/agent_process.h"
#include "module/supervisor/forkguard.h"
#include "module/supervisor/keeper.h"
#include "module/supervisor/report.h"
#include "module/supervisor/setup.h"
#include "module/supervisor/statedir.h"

#include "common/absence.h"
#include "common/lognos.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <unistd.h>

/* How long a start in one-process mode waits for them. */
#define FIRST_LOGONS apr_time_from_sec(5)

static anonid_control_channel_t talk;

/* While not NULL: the pools of the configuration and of its logs, with our
 * cleanups on them: pre-cleanups, since the keeper uses pools below them. */
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
    anonid_setup_undo(retained);
}

/* The end of a configuration, or of httpd. Never in a forked child. */
static void leave(void)
{
    anonid_retained_t *retained = anonid_retained_find();

    if (!retained || retained->owner != getpid())
        return;
    anonid_keeper_stop();
    anonid_sources_close(talk.sources);
    talk.sources = NULL;
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
static int one_process(void)
{
    return ap_exists_config_define("DEBUG")
           || ap_exists_config_define("ONE_PROCESS");
}

static apr_status_t at_end_of_child(void *unused)
{
    anonid_retained_t *retained = anonid_retained_find();

    (void)unused;
    anonid_keeper_stop();
    anonid_sources_close(talk.sources);
    talk.sources = NULL;
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
        anonid_report_absence(s, retained->settings.state_dir,
                              ANONID_LOGNO(0012) "The agent %s is not "
                                                 "running: %s. It is started "
                                                 "again.",
                              retained->settings.program, error);
    }
    error = anonid_agent_start(&talk, pool);
    return error ? error : anonid_agent_await(&talk, pool);
}

static int is_pending(const anonid_global_t *config)
{
    for (int i = 0; i < config->accounts->nelts; i++) {
        int slot =
            APR_ARRAY_IDX(config->accounts, i, const anonid_account_t *)->slot;

        if (anonid_status_state(table, slot) == ANONID_STATE_PENDING)
            return 1;
    }
    return 0;
}

/* A parent that is going to give root up lets the first logons end before,
 * because afterwards it can no longer write into account files. */
static void await_logons(const anonid_global_t *config)
{
    apr_time_t deadline = apr_time_now() + FIRST_LOGONS;

    while (is_pending(config) && apr_time_now() < deadline) {
        if (anonid_control_channel_step(&talk, -1, apr_time_from_msec(50))
            != APR_SUCCESS)
            return; /* the keeper sees to it */
    }
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
    if (!retained->was_ready) {
        anonid_absence_note(
            retained->settings.state_dir,
            apr_psprintf(pool,
                         ANONID_LOGNO(0010) "The agent %s did not start: %s",
                         program, error));
        return fail(s,
                    apr_psprintf(pool,
                                 "The agent %s (AnonIDAgentProgram) did not "
                                 "start",
                                 program),
                    error);
    }
    anonid_report_absence(s, retained->settings.state_dir,
                          ANONID_LOGNO(0012) "The agent %s is not running: "
                                             "%s. No mail is sent until it "
                                             "does; it is started again "
                                             "soon.",
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
    apr_pool_pre_cleanup_register(plog, NULL, at_end_of_logs);
    if (!anonid_setup_fits(retained))
        retire(retained, ptemp);
    error = anonid_setup(retained, s, ptemp);
    if (error)
        return fail(s, "mod_anonid cannot start", error);
    table = retained->table;
    agent_socket = apr_pstrcat(pconf, retained->settings.state_dir,
                               "/" ANONID_AGENT_SOCKET, NULL);
    anonid_control_channel_begin(&talk, retained, s, pconf);
    if (start_agent(retained, s, ptemp) != OK)
        return HTTP_INTERNAL_SERVER_ERROR;
    if (one_process() && geteuid() == 0)
        await_logons(config);
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
    apr_pool_pre_cleanup_register(p, NULL, at_end_of_config);
    ap_hook_post_config(hook_post_config, NULL, NULL, APR_HOOK_LAST);
    ap_hook_child_init(hook_child_init, NULL, NULL, APR_HOOK_MIDDLE);
}
