/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's words to the supervisor; see reports.h.
 *
 * A log line of the loop's thread is sent at once; one of another thread is
 * queued, and the loop is woken. Lines are dropped, and counted, when the
 * supervisor does not read them. While there is no supervisor frames are
 * kept for the next one.
 */
#include "agent/control/reports.h"
#include "agent/base/log.h"
#include "agent/base/waker.h"

#include "common/lognos.h"
#include "common/protocol.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define QUEUED_MAX 1000                  /* lines of other threads */
#define UNREAD_MAX ((size_t)1024 * 1024) /* octets that nobody has read */

typedef struct line_t {
    struct line_t *next;
    anonid_log_level_t level;
    char text[];
} line_t;

/* A frame that waits for a supervisor. */
typedef struct kept_t {
    struct kept_t *next;
    anonid_writer_t frame;
} kept_t;

static anonid_link_t *supervisor; /* NULL: there is none */
static kept_t *first_kept, **last_kept = &first_kept;
static size_t kept_octets;
static int is_stopping;
static anonid_waker_t *waker;
static pthread_t loop_thread;

/* Guarded by the lock: lines of other threads, in their order. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static line_t *first, **last = &first;
static unsigned n_queued, n_lost;

/* ---- frames ---- */

/* Takes the frame over, if there is room for it. */
static void keep(anonid_writer_t *w)
{
    kept_t *kept = NULL;

    if (!is_stopping && kept_octets + w->length <= UNREAD_MAX)
        kept = malloc(sizeof(*kept));
    if (!kept)
        return;
    kept->next = NULL;
    kept->frame = *w;
    kept_octets += w->length;
    *last_kept = kept;
    last_kept = &kept->next;
    *w = (anonid_writer_t)ANONID_WRITER_INIT;
}

/* 1 if there is a supervisor that could be sent the frame; one that has ended
 * may be known to have done so by the sending only. */
static int send_now(const anonid_writer_t *w)
{
    if (!supervisor || supervisor->ended)
        return 0;
    anonid_link_send(supervisor, w, NULL, 0);
    return !supervisor->ended;
}

static void send_frame(anonid_writer_t *w)
{
    if (anonid_writer_end(w) && !send_now(w))
        keep(w);
    anonid_writer_free(w);
}

/* Sends what was kept, or drops it if there is nobody. */
static void empty_kept(void)
{
    kept_t *kept = first_kept;

    first_kept = NULL;
    last_kept = &first_kept;
    kept_octets = 0;
    while (kept) {
        kept_t *next = kept->next;

        if (supervisor)
            anonid_link_send(supervisor, &kept->frame, NULL, 0);
        anonid_writer_free(&kept->frame);
        free(kept);
        kept = next;
    }
}

void anonid_report_ready(void)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_READY, 0, 0);
    send_frame(&w);
}

void anonid_report_config_done(uint32_t generation, const char *refused)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_CONFIG_DONE, 0, 0);
    anonid_writer_u32(&w, ANONID_TAG_GENERATION, generation);
    anonid_writer_text(&w, ANONID_TAG_TEXT, refused);
    send_frame(&w);
}

void anonid_report_warning(const char *account,
                           const anonid_outcome_t *outcome, int kept)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_LOGON_WARNING, 0, 0);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, account);
    anonid_writer_u32(&w, ANONID_TAG_CODE, (uint32_t)outcome->code);
    anonid_writer_text(&w, ANONID_TAG_DETAIL, outcome->detail);
    anonid_writer_u32(&w, ANONID_TAG_KEPT, (uint32_t)kept);
    send_frame(&w);
}

void anonid_report_recovered(const char *account, unsigned failures,
                             unsigned seconds)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_LOGON_RECOVERED, 0, 0);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, account);
    anonid_writer_u32(&w, ANONID_TAG_FAILURES, failures);
    anonid_writer_u32(&w, ANONID_TAG_SECONDS, seconds);
    send_frame(&w);
}

void anonid_report_expiry(const char *account, apr_time_t expires)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_EXPIRY_WARNING, 0, 0);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, account);
    anonid_writer_u64(&w, ANONID_TAG_EXPIRES, (uint64_t)expires);
    send_frame(&w);
}

void anonid_report_store(const char *account, uint32_t number,
                         const char *verifier)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_STORE_VERIFIER, 0, number);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, account);
    anonid_writer_text(&w, ANONID_TAG_VERIFIER, verifier);
    send_frame(&w);
}

void anonid_report_store_token(const char *account, const char *version,
                               int token, uint32_t number)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    /* One descriptor can wait to be sent; another account's turn comes. */
    if (!supervisor || supervisor->ended || supervisor->channel.out_nfds > 0)
        return;
    anonid_writer_begin(&w, ANONID_MSG_STORE_TOKEN, 1, number);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, account);
    anonid_writer_text(&w, ANONID_TAG_VERSION, version);
    if (anonid_writer_end(&w))
        anonid_link_send(supervisor, &w, &token, 1);
    anonid_writer_free(&w);
}

void anonid_report_add_line(const char *account)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_ADD_LINE, 0, 0);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, account);
    send_frame(&w);
}

void anonid_report_look(const char *account)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_LOOK, 0, 0);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, account);
    send_frame(&w);
}

void anonid_report_stranger(const char *listener,
                            const anonid_caller_t *caller)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_STRANGER, 0, 0);
    anonid_writer_text(&w, ANONID_TAG_LISTENER, listener);
    anonid_writer_u32(&w, ANONID_TAG_UID, (uint32_t)caller->uid);
    anonid_writer_u32(&w, ANONID_TAG_PID, (uint32_t)caller->pid);
    anonid_writer_u32(&w, ANONID_TAG_INODE, caller->inode);
    send_frame(&w);
}

/* ---- log lines ---- */

static void send_line(anonid_log_level_t level, const char *text)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_LOG, 0, 0);
    anonid_writer_u32(&w, ANONID_TAG_LEVEL, (uint32_t)level);
    anonid_writer_text(&w, ANONID_TAG_TEXT, text);
    send_frame(&w);
}

static int has_room(void)
{
    return supervisor ? supervisor->channel.out_length < UNREAD_MAX
                      : kept_octets < UNREAD_MAX / 2;
}

/* Takes what other threads have queued, and how many lines were lost. */
static line_t *take_queue(unsigned *lost)
{
    line_t *lines;

    pthread_mutex_lock(&lock);
    lines = first;
    first = NULL;
    last = &first;
    n_queued = 0;
    *lost = has_room() ? n_lost : 0;
    n_lost -= *lost;
    pthread_mutex_unlock(&lock);
    return lines;
}

static void count_lost(void)
{
    pthread_mutex_lock(&lock);
    n_lost++;
    pthread_mutex_unlock(&lock);
}

static void send_or_lose(anonid_log_level_t level, const char *text)
{
    if (has_room())
        send_line(level, text);
    else
        count_lost();
}

static void drain(void *unused)
{
    char note[64];
    unsigned lost;
    line_t *line = take_queue(&lost);

    (void)unused;
    if (lost > 0) {
        snprintf(note, sizeof(note),
                 ANONID_LOGNO(0040) "%u log lines were lost", lost);
        send_line(ANONID_LOG_WARNING, note);
    }
    while (line) {
        line_t *next = line->next;

        send_or_lose(line->level, line->text);
        free(line);
        line = next;
    }
}

static void enqueue(anonid_log_level_t level, const char *text)
{
    size_t length = strlen(text) + 1;
    line_t *line = NULL;

    pthread_mutex_lock(&lock);
    if (n_queued < QUEUED_MAX)
        line = malloc(sizeof(*line) + length);
    if (line) {
        line->next = NULL;
        line->level = level;
        memcpy(line->text, text, length);
        *last = line;
        last = &line->next;
        n_queued++;
    }
    else {
        n_lost++;
    }
    pthread_mutex_unlock(&lock);
}

static void sink(anonid_log_level_t level, const char *text)
{
    if (pthread_equal(pthread_self(), loop_thread)) {
        drain(NULL);
        send_or_lose(level, text);
        return;
    }
    enqueue(level, text);
    anonid_waker_wake(waker);
}

apr_status_t anonid_reports_start(struct event_base *base)
{
    waker = anonid_waker_make(base, drain, NULL);
    if (!waker)
        return APR_ENOMEM;
    loop_thread = pthread_self();
    anonid_log_set_sink(sink);
    return APR_SUCCESS;
}

void anonid_reports_attach(anonid_link_t *link)
{
    supervisor = link;
    empty_kept();
}

void anonid_reports_detach(void)
{
    supervisor = NULL;
}

void anonid_reports_stop(void)
{
    anonid_log_set_sink(NULL);
    drain(NULL);
    is_stopping = 1;
    supervisor = NULL;
    empty_kept();
    anonid_waker_free(waker);
    waker = NULL;
}
