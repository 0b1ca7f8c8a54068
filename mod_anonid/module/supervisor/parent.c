/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The httpd parent's hooks; see parent.h. What is to be done, and in which
 * order; how is in the files that are named for it.
 *
 *   register      a cleanup of this configuration (also of one that fails)
 *   post_config   what an agent needs (setup.h), the supervisor
 *   ... httpd runs ...
 *   end of the configuration: the supervisor ends. Is it httpd's end, too,
 *   it ends the agent; else that stays and the next supervisor finds it.
 */
#include "module/supervisor/parent.h"
#include "module/config/config.h"
#include "module/supervisor/listening.h"
#include "module/supervisor/report.h"
#include "module/supervisor/setup.h"
#include "module/supervisor/statedir.h"
#include "module/supervisor/supervisor.h"

#include "common/absence.h"
#include "common/lognos.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <mpm_common.h>
#include <unistd.h>

/* While not NULL: the pool of the logs, with our cleanup on it. */
static apr_pool_t *log_pool;

/* What workers inherit. */
static const anonid_status_table_t *table;
static anonid_worker_page_t *page;
static const char *agent_socket;

const anonid_status_table_t *anonid_parent_status(void)
{
    return table;
}

anonid_worker_page_t *anonid_parent_page(void)
{
    return page;
}

const char *anonid_parent_agent_socket(void)
{
    return agent_socket;
}

/* Ends the agent; another one follows, under other settings. Listeners stay
 * open. */
static void replace(anonid_retained_t *retained)
{
    anonid_supervisor_end(retained);
    anonid_setup_undo(retained);
}

/* Ends the agent and gives everything back that others could find. */
static void retire(anonid_retained_t *retained)
{
    replace(retained);
    anonid_listening_close(retained);
}

/* The end of a configuration, or of httpd. Never in a forked child. */
static void leave(void)
{
    anonid_retained_t *retained = anonid_retained_find();

    if (!retained || retained->owner != getpid())
        return;
    if (ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_EXITING) {
        anonid_supervisor_leave(retained);
        return;
    }
    retire(retained);
    anonid_retained_destroy(retained);
}

/* httpd's end closes the logs before the configuration; whatever is still to
 * be said comes before that. */
static apr_status_t at_end_of_logs(void *unused)
{
    (void)unused;
    log_pool = NULL;
    leave();
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
    if (retained)
        retire(retained);
    return APR_SUCCESS;
}

static int fail(server_rec *s, const char *what, const char *error)
{
    anonid_report(s, APLOG_EMERG, ANONID_LOGNO(0010) "%s: %s", what, error);
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* At the first start an agent that does not come up is an error; at a restart
 * a running web site is not ended for it, and the supervisor says why. */
static int start_agent(anonid_retained_t *retained, server_rec *s,
                       apr_pool_t *pconf, apr_pool_t *pool)
{
    const char *error = anonid_supervisor_start(retained, s, pconf, pool);
    const char *program = retained->settings.program;

    if (error && !retained->was_ready) {
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
    retained->was_ready = 1;
    if (retained->process.pid > 0)
        anonid_report(s, APLOG_INFO, "the agent %s is ready, pid %ld", program,
                      (long)retained->process.pid);
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
            retire(retained);
        return OK;
    }
    if (!retained)
        retained = anonid_retained_make();
    log_pool = plog;
    apr_pool_pre_cleanup_register(plog, NULL, at_end_of_logs);
    if (!anonid_setup_fits(retained))
        replace(retained);
    error = anonid_setup(retained, s, ptemp);
    if (error)
        return fail(s, "mod_anonid cannot start", error);
    table = retained->table;
    page = retained->page;
    agent_socket = apr_pstrcat(pconf, retained->settings.state_dir,
                               "/" ANONID_AGENT_SOCKET, NULL);
    return start_agent(retained, s, pconf, ptemp);
}

/* Called every few seconds by httpd's main loop. */
static int hook_monitor(apr_pool_t *p, server_rec *s)
{
    anonid_retained_t *retained = anonid_retained_find();

    (void)p;
    (void)s;
    if (retained)
        anonid_supervisor_collect(retained);
    return OK;
}

/* A forked worker has nothing to drop: what is the parent's was closed before
 * any hook could run (retained.h). */
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

    if (retained)
        anonid_retained_guard(retained);
    apr_pool_pre_cleanup_register(p, NULL, at_end_of_config);
    ap_hook_post_config(hook_post_config, NULL, NULL, APR_HOOK_LAST);
    ap_hook_monitor(hook_monitor, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(hook_child_init, NULL, NULL, APR_HOOK_MIDDLE);
}
