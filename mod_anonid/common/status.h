/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status table: the state of every account, in shared memory.
 *
 * The parent creates it (a memfd of fixed size, so that it outlives restarts
 * of httpd and of the agent), the agent alone writes it, workers read it:
 * one atomic load, no lock, no system call. It never holds anything secret.
 *
 *   +-----------+-----------+--------+--------+----
 *   | header    | counters  | slot 0 | slot 1 | ...  ANONID_STATUS_SLOTS of
 *   | 64 octets | 8 octets  |   64   |   64   |      them; pages never touched
 *   |           | each      |        |        |      take no memory
 *   +-----------+-----------+--------+--------+----
 *
 * The parent gives each account name a slot and keeps it for its own life.
 */
#ifndef ANONID_COMMON_STATUS_H
#define ANONID_COMMON_STATUS_H

#include "common/failure.h"
#include "common/monotonic.h"

#include <apr_errno.h>
#include <stdatomic.h>
#include <stdint.h>

#define ANONID_STATUS_SLOTS 65536

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
    unsigned char reserved[24];
} anonid_status_slot_t;

typedef struct {
    uint32_t magic;
    uint32_t version;
    _Atomic uint32_t agent_pid; /* 0: none is running */
    uint32_t unused;
    _Atomic int64_t check_until; /* monotonic: a token of `anonidctl check`
                                    may be shown to a worker until then */
    uint32_t reserved[10];
} anonid_status_header_t;

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

typedef struct {
    anonid_status_header_t header;
    _Atomic uint64_t counters[(ANONID_N_COUNTERS + 7) / 8 * 8];
    anonid_status_slot_t slots[ANONID_STATUS_SLOTS];
} anonid_status_table_t;

_Static_assert(sizeof(anonid_status_slot_t) == 64, "slot layout");
_Static_assert(sizeof(anonid_status_header_t) == 64, "header layout");

/* Creates the table (parent). *fd_write is a read-write descriptor for the
 * agent, close-on-exec; *table a mapping that cannot be made writable. */
apr_status_t anonid_status_create(const anonid_status_table_t **table,
                                  int *fd_write);

/* Maps it for writing (agent). APR_EINVAL if it is not such a table. */
apr_status_t anonid_status_map(anonid_status_table_t **table, int fd_write);

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

/* Seconds until the next attempt, at least 1, at most 3600: Retry-After. */
int anonid_status_retry_after(const anonid_status_table_t *table, int slot);

/* Publishes a state (agent only). `since` changes only with the state. */
void anonid_status_publish(anonid_status_table_t *table, int slot,
                           anonid_state_t state, anonid_failure_t code,
                           apr_time_t expires, apr_time_t next_attempt);

#endif
