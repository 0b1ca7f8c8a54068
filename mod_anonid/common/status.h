/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status table: the state of every account, and the health of mail, in
 * shared memory.
 *
 * The parent creates it (a memfd of fixed size, so that it outlives restarts
 * of httpd and of the agent), the agent alone writes it, workers read it:
 * one atomic load, no lock, no system call. It never holds anything secret,
 * and nothing but what the status page shows: a worker that is hostile reads
 * no more than that.
 *
 *   +--------+----------+----------+----------+---------+-------+-----------+
 *   | header | counters | accounts | services | servers | pairs | listeners |
 *   +--------+----------+----------+----------+---------+-------+-----------+
 *
 * Pages that are never touched take no memory. The parent gives each name a
 * slot and keeps it for its own life, so that counters go on over restarts;
 * what is said of sessions and connections is of the agent that runs.
 *
 * What workers count is in a page of their own (anonid_worker_page_t), which
 * the agent never sees.
 *
 * Behind it, in the same memfd, is room that is the agent's own, and mapped by
 * nobody else: what lies there outlives an agent (agent/limit/limits.h).
 */
#ifndef ANONID_COMMON_STATUS_H
#define ANONID_COMMON_STATUS_H

#include "common/failure.h"
#include "common/monotonic.h"

#include <apr_errno.h>
#include <stdatomic.h>
#include <stdint.h>

#define ANONID_STATUS_SLOTS 65536 /* of accounts */
#define ANONID_STATUS_SERVICES 4096
#define ANONID_STATUS_SERVERS 4096
#define ANONID_STATUS_PAIRS 16384
#define ANONID_STATUS_LISTENERS 4096

/* What a slot has room for. */
#define ANONID_STATUS_TEXT 192      /* octets of a text, its NUL included */
#define ANONID_STATUS_BUCKETS 13    /* of a histogram; the last has no end */
#define ANONID_STATUS_RESULTS 16    /* of a submission */
#define ANONID_STATUS_LIMITS 16     /* of a service */
#define ANONID_STATUS_MECHANISMS 16 /* rows of common/mechanism.h */
#define ANONID_STATUS_PROTOCOLS 3   /* anonid_mail_protocol_t */

/* Octets of the agent's own room. */
#define ANONID_STATUS_ROOM (4 * 1024 * 1024)

typedef enum {
    ANONID_STATE_PENDING = 0, /* the first attempt has not ended */
    ANONID_STATE_LOGGED_ON = 1,
    ANONID_STATE_FAILED = 2
} anonid_state_t;

/* One account. `state` is written last (release) and read first (acquire);
 * the other fields may be a moment newer, never torn. */
typedef struct {
    _Atomic uint32_t state;
    _Atomic uint32_t code;        /* anonid_failure_t of the last attempt */
    _Atomic int64_t since;        /* apr_time_t of the last change of state */
    _Atomic int64_t next_attempt; /* apr_time_t; 0: none is planned */
    _Atomic int64_t expires;      /* apr_time_t of the logon's end; 0: never */
    _Atomic uint64_t attempts;    /* logons tried */
    _Atomic uint64_t results[3];  /* ... by anonid_logon_result_t */
    _Atomic uint64_t rotations[2];    /* of its password: done, failed */
    _Atomic int64_t password_expires; /* apr_time_t of the password's or the
                                         token's end; 0: never, or unknown */
    _Atomic int64_t secret_since;     /* apr_time_t: the secret in use is
                                          of then; 0: not known */
    _Atomic uint32_t expiry_warnings; /* that there were of that end */
    unsigned char reserved[28];
} anonid_status_slot_t;

/* How attempts to log on end. */
typedef enum {
    ANONID_LOGON_SUCCESS,
    ANONID_LOGON_PERMANENT, /* not tried again with that secret */
    ANONID_LOGON_TRANSIENT
} anonid_logon_result_t;

/* A text that one writes while others read. */
typedef struct {
    _Atomic uint32_t turn; /* odd while it is written */
    uint32_t unused;
    _Atomic uint64_t words[ANONID_STATUS_TEXT / 8];
} anonid_status_text_t;

/* How long something took: a count for each bound of
 * anonid_status_bounds, and one for what took longer than all of them. */
typedef struct {
    _Atomic uint64_t counts[ANONID_STATUS_BUCKETS];
    _Atomic uint64_t microseconds; /* in all */
} anonid_status_histogram_t;

/* A mail service. */
typedef struct {
    _Atomic uint64_t results[ANONID_STATUS_RESULTS]; /* of submissions, by
                                                        anonid_submit_result_t
                                                      */
    _Atomic uint64_t limited[ANONID_STATUS_LIMITS];  /* refusals, by the place
                                                       of the limit */
    anonid_status_histogram_t durations;             /* of submissions */
} anonid_status_service_t;

/* One of its servers. */
typedef struct {
    _Atomic uint64_t logins;
    _Atomic uint64_t refusals;           /* of an account */
    _Atomic uint64_t failures;           /* of the server itself */
    _Atomic int64_t last_login;          /* apr_time_t; 0: none yet */
    _Atomic int64_t down_since;          /* apr_time_t; 0: it is up */
    _Atomic int64_t certificate_expires; /* apr_time_t; 0: not known */
    _Atomic uint32_t idle, busy;         /* sessions of the pool */
    anonid_status_text_t problem;        /* why it is down, or was last */
} anonid_status_server_t;

/* An account with a service: what the service's servers say to it. */
typedef struct {
    _Atomic uint64_t logins;
    _Atomic uint64_t refusals;
    _Atomic int64_t last_login;    /* apr_time_t; 0: none yet */
    _Atomic int64_t last_refusal;  /* apr_time_t; 0: none yet */
    _Atomic int64_t refused_since; /* apr_time_t; 0: it is not refused */
    _Atomic int64_t held_until;    /* apr_time_t: nobody logs on until then */
    _Atomic uint32_t refused_by;   /* slot of the server, plus 1; 0: none */
    uint32_t unused;
    anonid_status_text_t reply; /* of the last refusal */
} anonid_status_pair_t;

/* A listener for applications. */
typedef struct {
    _Atomic uint64_t accepted; /* connections */
    _Atomic uint64_t refused;
    _Atomic uint64_t to_server; /* octets */
    _Atomic uint64_t to_client;
    _Atomic uint32_t clients; /* connected now */
    uint32_t unused[7];
} anonid_status_listener_t;

typedef struct {
    uint32_t magic;
    uint32_t version;
    _Atomic uint32_t agent_pid; /* 0: none is running */
    uint32_t unused;
    _Atomic int64_t check_until;   /* monotonic: a token of `anonidctl check`
                                    may be shown to a worker until then */
    _Atomic int64_t agent_started; /* apr_time_t */
    _Atomic int64_t agent_alive;   /* monotonic: it said so, every
                                      ANONID_STATUS_PULSE seconds */
    _Atomic uint64_t agent_starts;
    _Atomic uint32_t limit_store; /* anonid_limit_store_t */
    uint32_t reserved[3];
} anonid_status_header_t;

/* Seconds between an agent's signs of life, and after which one that gave none
 * is not there, whatever its process says. */
#define ANONID_STATUS_PULSE 5
#define ANONID_STATUS_SILENCE 20

/* The store that limits are shared in. */
typedef enum {
    ANONID_LIMIT_STORE_NONE, /* none is configured */
    ANONID_LIMIT_STORE_DOWN,
    ANONID_LIMIT_STORE_UP
} anonid_limit_store_t;

/*
 * What is counted, ever since httpd was started, over restarts of the agent:
 * X(name). One for each result of a submission, in their order.
 */
#define ANONID_COUNTERS(X)                                                    \
    X(logon_attempts)                                                         \
    X(mail_logins)                                                            \
    X(mail_logins_refused)                                                    \
    X(connections_refused)                                                    \
    X(listener_clients)                                                       \
    X(listener_clients_refused)                                               \
    X(submissions_accepted)                                                   \
    X(submissions_temporary)                                                  \
    X(submissions_permanent)                                                  \
    X(submissions_unknown_alias)                                              \
    X(submissions_too_large)                                                  \
    X(submissions_bad_message)                                                \
    X(submissions_not_logged_on)                                              \
    X(submissions_uncertain)                                                  \
    X(submissions_unknown)                                                    \
    X(submissions_limited)                                                    \
    X(submissions_not_paired)

typedef enum {
#define X(name) ANONID_COUNT_##name,
    ANONID_COUNTERS(X)
#undef X
    ANONID_N_COUNTERS
} anonid_counter_t;

/* Logins to mail servers: what became of those that have said AUTH. */
typedef enum {
    ANONID_LOGIN_SUCCESS,
    ANONID_LOGIN_REFUSED,
    ANONID_LOGIN_FAILED, /* the connection ended, or made no sense */
    ANONID_LOGIN_RESULTS
} anonid_login_result_t;

typedef struct {
    anonid_status_header_t header;
    _Atomic uint64_t counters[(ANONID_N_COUNTERS + 7) / 8 * 8];
    _Atomic uint64_t
        mail_logins[ANONID_STATUS_PROTOCOLS][ANONID_STATUS_MECHANISMS]
                   [ANONID_LOGIN_RESULTS];
    anonid_status_histogram_t logons; /* how long they took */
    anonid_status_slot_t slots[ANONID_STATUS_SLOTS];
    anonid_status_service_t services[ANONID_STATUS_SERVICES];
    anonid_status_server_t servers[ANONID_STATUS_SERVERS];
    anonid_status_pair_t pairs[ANONID_STATUS_PAIRS];
    anonid_status_listener_t listeners[ANONID_STATUS_LISTENERS];
} anonid_status_table_t;

_Static_assert(sizeof(anonid_status_slot_t) == 128, "slot layout");
_Static_assert(sizeof(anonid_status_header_t) == 64, "header layout");

/* What gave a robot away that wanted to send a form. */
typedef enum {
    ANONID_ROBOT_HONEYPOT, /* it filled in what no visitor sees */
    ANONID_ROBOT_AGE,      /* too soon, too late, or not from our page */
    ANONID_ROBOTS
} anonid_robot_t;

/* "honeypot", "age". */
const char *anonid_robot_name(anonid_robot_t robot);

/* What workers count, each in its own slot: shared memory that they write, so
 * that nobody decides anything by it. */
typedef struct {
    _Atomic uint64_t mapped[ANONID_STATUS_SLOTS]; /* requests, by account */
    _Atomic uint64_t robots[ANONID_ROBOTS];       /* forms */
} anonid_worker_page_t;

/* Creates the table (parent). *fd_write is a read-write descriptor for the
 * agent, close-on-exec; *table a mapping that cannot be made writable. */
apr_status_t anonid_status_create(const anonid_status_table_t **table,
                                  int *fd_write);

/* Creates the page that workers share with the parent that forks them. */
apr_status_t anonid_worker_page_create(anonid_worker_page_t **page);

/* A request was mapped to the account of that slot: one relaxed addition. */
static inline void anonid_worker_page_count(anonid_worker_page_t *page,
                                            int slot)
{
    if (slot >= 0 && slot < ANONID_STATUS_SLOTS)
        atomic_fetch_add_explicit(&page->mapped[slot], 1,
                                  memory_order_relaxed);
}

/* Maps it for writing (agent). APR_EINVAL if it is not such a table. */
apr_status_t anonid_status_map(anonid_status_table_t **table, int fd_write);

/* Maps the agent's own room (agent). It is full of zeroes at first. */
apr_status_t anonid_status_map_room(void **room, int fd_write);

/* The state of a slot: one load. Slots out of range are FAILED. */
static inline anonid_state_t
anonid_status_state(const anonid_status_table_t *table, int slot)
{
    if (slot < 0 || slot >= ANONID_STATUS_SLOTS)
        return ANONID_STATE_FAILED;
    return (anonid_state_t)atomic_load_explicit(
        &((anonid_status_table_t *)table)->slots[slot].state,
        memory_order_acquire);
}

/* Why the last attempt of a slot failed; ANONID_LOGON_OK if it did not. */
static inline anonid_failure_t
anonid_status_code(const anonid_status_table_t *table, int slot)
{
    if (slot < 0 || slot >= ANONID_STATUS_SLOTS)
        return ANONID_ACCESS_DENIED;
    return (anonid_failure_t)atomic_load_explicit(
        &((anonid_status_table_t *)table)->slots[slot].code,
        memory_order_relaxed);
}

/* Whether an operator's token may come now: see module/check.h. */
static inline int anonid_status_expects_check(const anonid_status_table_t *t)
{
    return atomic_load(&((anonid_status_table_t *)t)->header.check_until)
           > anonid_monotonic_now();
}

/* A counter: one load, and its name ("mail_logins"). */
static inline uint64_t anonid_status_count(const anonid_status_table_t *table,
                                           anonid_counter_t counter)
{
    return atomic_load_explicit(
        &((anonid_status_table_t *)table)->counters[counter],
        memory_order_relaxed);
}
const char *anonid_counter_name(anonid_counter_t counter);

/* The upper bounds of a histogram's counts but the last, in microseconds. */
extern const int64_t anonid_status_bounds[ANONID_STATUS_BUCKETS - 1];

/* Counts a time, in microseconds. */
void anonid_status_observe(anonid_status_histogram_t *histogram,
                           apr_interval_time_t duration);

/* A text: written (one writer, cut between characters to its room) and read,
 * whole, into a buffer of ANONID_STATUS_TEXT octets. */
void anonid_status_write_text(anonid_status_text_t *text, const char *value);
void anonid_status_read_text(const anonid_status_text_t *text,
                             char value[ANONID_STATUS_TEXT]);

/* The agent's process if it is there and has lately said so; 0: it is not. */
uint32_t anonid_status_agent(const anonid_status_table_t *table);

/* Seconds until the next attempt, at least 1, at most 3600: Retry-After. */
int anonid_status_retry_after(const anonid_status_table_t *table, int slot);

/* Publishes a state (agent only). `since` changes only with the state. */
void anonid_status_publish(anonid_status_table_t *table, int slot,
                           anonid_state_t state, anonid_failure_t code,
                           apr_time_t expires, apr_time_t next_attempt);

#endif
