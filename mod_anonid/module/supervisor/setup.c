/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an agent needs before it is started; see setup.h.
 */
#include "module/supervisor/setup.h"
#include "module/config/config.h"
#include "module/supervisor/listening.h"
#include "module/supervisor/report.h"
#include "module/supervisor/statedir.h"

#include "common/lognos.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_log.h>
#include <string.h>
#include <unistd.h>
#include <unixd.h>

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
    const char *error = anonid_statedir_listen(
        anonid_retained_fd(retained, ANONID_FD_STATE_DIR),
        retained->settings.state_dir, sock, &fd, pool);

    anonid_retained_set_fd(retained, which, fd);
    return error;
}

static const char *open_agent_folder(anonid_retained_t *retained,
                                     apr_pool_t *pool)
{
    const int root = geteuid() == 0;
    int fd;
    const char *error = anonid_statedir_agent_folder(
        anonid_retained_fd(retained, ANONID_FD_STATE_DIR),
        root ? retained->settings.agent_uid : (uid_t)-1,
        root ? retained->settings.agent_gid : (gid_t)-1, &fd, pool);

    anonid_retained_set_fd(retained, ANONID_FD_AGENT_FOLDER, fd);
    return error;
}

/* Opens the sockets: workers are httpd's User, anonidctl is root's and the
 * agent's. */
static const char *open_listeners(anonid_retained_t *retained,
                                  apr_pool_t *pool)
{
    const int root = geteuid() == 0;
    const anonid_settings_t *settings = &retained->settings;
    const anonid_socket_t for_workers = { ANONID_AGENT_SOCKET,
                                          root ? settings->worker_uid
                                               : (uid_t)-1 };
    const anonid_socket_t for_ctl = { ANONID_CTL_SOCKET,
                                      root ? settings->agent_uid : (uid_t)-1 };
    const char *error =
        open_listener(retained, ANONID_FD_AGENT_LISTENER, &for_workers, pool);

    return error ? error
                 : open_listener(retained, ANONID_FD_CTL_LISTENER, &for_ctl,
                                 pool);
}

/* Takes a state folder and opens the sockets in it, and the agent's own. */
static const char *enter_state_dir(anonid_retained_t *retained,
                                   const anonid_settings_t *settings,
                                   apr_pool_t *pool)
{
    const char *error;
    int folder, lock;

    error = anonid_statedir_enter(settings->state_dir, &folder, &lock, pool);
    if (error)
        return error;
    anonid_retained_set_fd(retained, ANONID_FD_STATE_DIR, folder);
    anonid_retained_set_fd(retained, ANONID_FD_STATE_LOCK, lock);
    retained->settings = *settings;
    retained->settings.program =
        apr_pstrdup(retained->pool, settings->program);
    retained->settings.state_dir =
        apr_pstrdup(retained->pool, settings->state_dir);
    error = open_listeners(retained, pool);
    return error ? error : open_agent_folder(retained, pool);
}

/* Where root does not start httpd there is no other user to be had. */
static void say_who_shares(server_rec *s)
{
    if (geteuid() != 0)
        anonid_report(s, APLOG_NOTICE,
                      ANONID_LOGNO(0016) "httpd was not started by root, so "
                                         "the agent runs as the same user "
                                         "(uid %ld), as do the programs of "
                                         "the sites (CGI), which can end it "
                                         "and ask it what anonidctl asks; "
                                         "start httpd as root to part them.",
                      (long)geteuid());
}

static const char *make_table(anonid_retained_t *retained, apr_pool_t *pool)
{
    char reason[128];
    apr_status_t rv;
    int fd;

    if (retained->table)
        return NULL;
    rv = anonid_worker_page_create(&retained->page);
    if (rv == APR_SUCCESS)
        rv = anonid_status_create(&retained->table, &fd);
    if (rv != APR_SUCCESS)
        return apr_psprintf(pool, "cannot create the status table: %s",
                            apr_strerror(rv, reason, sizeof(reason)));
    anonid_retained_set_fd(retained, ANONID_FD_TABLE, fd);
    return NULL;
}

/* What has no slot is counted nowhere, and works all the same. */
static void assign_service_slots(anonid_retained_t *retained,
                                 anonid_service_t *service, apr_pool_t *pool)
{
    service->slot =
        anonid_retained_slot(retained, ANONID_SLOT_SERVICE, service->name);
    for (int i = 0; i < service->servers->nelts; i++) {
        anonid_mail_server_t *server =
            &APR_ARRAY_IDX(service->servers, i, anonid_mail_server_t);

        server->slot = anonid_retained_slot(
            retained, ANONID_SLOT_SERVER,
            apr_pstrcat(pool, service->name, "\n", server->url, NULL));
    }
}

static void assign_mail_slots(anonid_retained_t *retained,
                              const anonid_global_t *config, apr_pool_t *pool)
{
    for (int i = 0; i < config->services->nelts; i++)
        assign_service_slots(
            retained, APR_ARRAY_IDX(config->services, i, anonid_service_t *),
            pool);
    for (int i = 0; i < config->pairs->nelts; i++) {
        anonid_pair_t *pair = &APR_ARRAY_IDX(config->pairs, i, anonid_pair_t);

        pair->slot = anonid_retained_slot(
            retained, ANONID_SLOT_PAIR,
            apr_pstrcat(pool, pair->account, "\n", pair->service, NULL));
    }
    for (int i = 0; i < config->listens->nelts; i++) {
        anonid_listener_t *listener =
            APR_ARRAY_IDX(config->listens, i, anonid_listen_t *)->listener;

        listener->slot = anonid_retained_slot(retained, ANONID_SLOT_LISTENER,
                                              listener->url);
    }
}

static const char *assign_slots(anonid_retained_t *retained,
                                const anonid_global_t *config,
                                apr_pool_t *pool)
{
    for (int i = 0; i < config->accounts->nelts; i++) {
        anonid_account_t *account =
            APR_ARRAY_IDX(config->accounts, i, anonid_account_t *);

        account->slot =
            anonid_retained_slot(retained, ANONID_SLOT_ACCOUNT, account->name);
        if (account->slot < 0)
            return apr_psprintf(pool,
                                "more than %d different accounts since httpd "
                                "was started: stop and start it",
                                ANONID_STATUS_SLOTS);
    }
    assign_mail_slots(retained, config, pool);
    return NULL;
}

int anonid_setup_fits(const anonid_retained_t *retained)
{
    const anonid_settings_t settings = settings_of(anonid_global());

    return !retained->settings.state_dir
           || settings_equal(&settings, &retained->settings);
}

const char *anonid_setup(anonid_retained_t *retained, server_rec *s,
                         apr_pool_t *pool)
{
    const anonid_global_t *config = anonid_global();
    const anonid_settings_t settings = settings_of(config);
    const char *error = make_table(retained, pool);

    if (!error)
        error = assign_slots(retained, config, pool);
    if (!error && !retained->settings.state_dir) {
        error = enter_state_dir(retained, &settings, pool);
        say_who_shares(s);
    }
    return error ? error : anonid_listening_open(retained, s, pool);
}

void anonid_setup_undo(anonid_retained_t *retained)
{
    if (!retained->settings.state_dir)
        return;
    anonid_statedir_leave(anonid_retained_fd(retained, ANONID_FD_STATE_DIR));
    anonid_retained_close_fd(retained, ANONID_FD_AGENT_LISTENER);
    anonid_retained_close_fd(retained, ANONID_FD_CTL_LISTENER);
    anonid_retained_close_fd(retained, ANONID_FD_AGENT_FOLDER);
    anonid_retained_close_fd(retained, ANONID_FD_STATE_DIR);
    anonid_account_locks_release(retained->locks);
    anonid_retained_close_fd(retained, ANONID_FD_STATE_LOCK);
    memset(&retained->settings, 0, sizeof(retained->settings));
}
