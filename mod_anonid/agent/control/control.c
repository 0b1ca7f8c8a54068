/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's messages; see control.h and the start of
 * common/protocol.h. Each has a row in the table; what it means is done
 * elsewhere.
 */
#include "agent/control/control.h"
#include "agent/request/clients.h"
#include "agent/request/create.h"
#include "agent/logon/config.h"
#include "agent/logon/failed_store.h"
#include "agent/logon/logon.h"
#include "agent/control/lifeline.h"
#include "agent/limit/limits.h"
#include "agent/control/secret_receiver.h"
#include "agent/control/store_receiver.h"
#include "agent/base/link.h"
#include "agent/base/log.h"
#include "agent/relay/listeners.h"
#include "agent/request/peers.h"
#include "agent/control/reports.h"
#include "agent/status/table.h"
#include "agent/store/store.h"

#include "common/lognos.h"
#include "common/monotonic.h"
#include "common/protocol.h"

#include <unistd.h>

/* How long a supervisor may take for its first whole configuration. */
#define START_TIMEOUT apr_time_from_sec(30)
#define UNREAD_MAX ((size_t)16 * 1024 * 1024)

static anonid_link_t supervisor; /* while is_attached */
static int is_attached;
static struct event_base *loop;
static int said_hello; /* some supervisor did */
static int said_ready; /* to the supervisor that is attached */

/* ---- messages ---- */

/* The uids of workers. */
static void take_peers(const anonid_frame_t *frame)
{
    anonid_fields_t fields;
    anonid_field_t field;
    uint32_t id;

    anonid_fields_begin(&fields, frame);
    while (anonid_fields_next(&fields, &field)) {
        if (field.tag == ANONID_TAG_WORKER_UID
            && anonid_field_u32(&field, &id))
            anonid_peers_add_worker((uid_t)id);
    }
}

/* The status table, and with it the limits as an agent before has left
 * them. */
static const char *open_table(int fd)
{
    void *room;

    if (anonid_status_table_open(fd, &room) != APR_SUCCESS)
        return "its status table cannot be used";
    if (anonid_limits_keep_in(room, anonid_monotonic_now()) != APR_SUCCESS)
        return "there is no memory for limits";
    return NULL;
}

/* Each supervisor says HELLO, since it cannot know how far the one before it
 * came; what it says does not change in the life of an agent. */
static const char *hello(const anonid_frame_t *frame, anonid_take_fd_t take_fd)
{
    int table = take_fd(), workers = take_fd(), ctl = take_fd();
    int folder = take_fd();
    int is_whole = table >= 0 && workers >= 0 && ctl >= 0 && folder >= 0;

    if (said_hello || !is_whole) {
        (void)(table >= 0 && close(table));
        (void)(workers >= 0 && close(workers));
        (void)(ctl >= 0 && close(ctl));
        (void)(folder >= 0 && close(folder));
        return is_whole ? NULL : "its HELLO lacked descriptors";
    }
    said_hello = 1;
    take_peers(frame);
    anonid_failed_store_open(folder);
    if (anonid_clients_listen(loop, workers, ctl) != APR_SUCCESS) {
        close(table);
        return "its listening sockets cannot be used";
    }
    return open_table(table);
}

/* A supervisor that has gone will not answer. */
static void store_again(void *unused, anonid_logon_t *logon)
{
    (void)unused;
    anonid_logon_new_supervisor(logon);
}

/* The configuration is whole: accounts and services are what it says. */
static void config_end(const anonid_frame_t *frame)
{
    uint32_t generation = anonid_frame_u32(frame, ANONID_TAG_GENERATION, 0);
    const char *why;
    anonid_config_t *config = anonid_staging_end(frame, &why);

    if (config) {
        anonid_failed_store_prune(config);
        anonid_registry_apply(config);
        anonid_relay_apply(config);
        anonid_store_configure(config->store);
        if (!said_ready) {
            anonid_report_ready();
            anonid_registry_each(store_again, NULL);
        }
        said_ready = 1;
        anonid_link_deadline(&supervisor, 0);
    }
    else {
        anonid_log(ANONID_LOG_ERROR,
                   ANONID_LOGNO(0041) "Configuration %u was refused: %s",
                   (unsigned)generation, why);
    }
    anonid_report_config_done(generation, why);
}

/* A message either stands for itself or brings a descriptor (or -1). */
typedef struct {
    uint16_t type;
    void (*take)(const anonid_frame_t *frame);
    void (*take_with_fd)(const anonid_frame_t *frame, int fd);
} row_t;

static const row_t rows[] = {
    { ANONID_MSG_CONFIG_BEGIN, anonid_staging_begin, NULL },
    { ANONID_MSG_ACCOUNT, anonid_staging_account, NULL },
    { ANONID_MSG_SERVICE, anonid_staging_service, NULL },
    { ANONID_MSG_PAIR, anonid_staging_pair, NULL },
    { ANONID_MSG_LISTENER, NULL, anonid_staging_listener },
    { ANONID_MSG_STORE, anonid_staging_store, NULL },
    { ANONID_MSG_STORE_SECRET, NULL, anonid_store_receiver_secret },
    { ANONID_MSG_STORE_SECRET_ERROR, anonid_store_receiver_error, NULL },
    { ANONID_MSG_CONFIG_END, config_end, NULL },
    { ANONID_MSG_SECRET, NULL, anonid_secret_receiver_secret },
    { ANONID_MSG_SECRET_ERROR, NULL, anonid_secret_receiver_secret_error },
    { ANONID_MSG_ACCOUNT_FILE, NULL, anonid_secret_receiver_account_file },
    { ANONID_MSG_ACCOUNT_FILE_ERROR, NULL,
      anonid_secret_receiver_account_file_error },
    { ANONID_MSG_LINE_ADDED, anonid_create_line_added, NULL },
    { ANONID_MSG_VERIFIER_STORED, NULL,
      anonid_secret_receiver_verifier_stored },
    { ANONID_MSG_TOKEN_STORED, anonid_secret_receiver_token_stored, NULL },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static const row_t *find(uint16_t type)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if (rows[i].type == type)
            return &rows[i];
    }
    return NULL;
}

const char *anonid_control_dispatch(const anonid_frame_t *frame,
                                    anonid_take_fd_t take_fd)
{
    const row_t *row = find(frame->type);

    if (!anonid_message_allowed(frame, ANONID_FROM_PARENT))
        return "it sent a message that is not a supervisor's";
    if (frame->type == ANONID_MSG_HELLO)
        return hello(frame, take_fd);
    if (!said_hello || !row)
        return "it sent a message before HELLO";
    if (row->take)
        row->take(frame);
    else
        row->take_with_fd(frame, take_fd());
    return NULL;
}

/* ---- the socket ---- */

static int take_fd_of_link(void)
{
    return anonid_channel_take_fd(&supervisor.channel);
}

static const char *on_frame(anonid_link_t *unused, const anonid_frame_t *frame)
{
    (void)unused;
    return anonid_control_dispatch(frame, take_fd_of_link);
}

static void detach(void)
{
    if (!is_attached)
        return;
    is_attached = 0;
    anonid_reports_detach();
    anonid_link_close(&supervisor);
}

/* The supervisor is gone, perhaps killed within a frame. The next one comes
 * over the lifeline. */
static void on_ended(anonid_link_t *unused, const char *why)
{
    (void)unused;
    detach();
    if (why)
        anonid_log(ANONID_LOG_ERROR,
                   ANONID_LOGNO(0044) "The supervisor was left: %s", why);
}

static const anonid_link_ops_t link_ops = { on_frame, on_ended };

/* A new supervisor takes the place of the old one. */
static void attach(int fd)
{
    detach();
    said_ready = 0;
    if (anonid_link_open(&supervisor, loop, fd, ANONID_CONTROL_MAX, UNREAD_MAX,
                         &link_ops, NULL)
        != APR_SUCCESS) {
        anonid_log(ANONID_LOG_ERROR,
                   ANONID_LOGNO(0044) "The supervisor was left: there is no "
                                      "memory for it");
        return;
    }
    is_attached = 1;
    anonid_link_deadline(&supervisor, START_TIMEOUT);
    anonid_reports_attach(&supervisor);
}

void anonid_control_use(struct event_base *base)
{
    loop = base;
}

apr_status_t anonid_control_start(struct event_base *base, int fd)
{
    apr_status_t rv;

    anonid_control_use(base);
    rv = anonid_lifeline_start(base, fd, attach);
    return rv == APR_SUCCESS ? anonid_reports_start(base) : rv;
}

void anonid_control_stop(void)
{
    anonid_reports_stop();
    detach();
    anonid_lifeline_stop();
}
