/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logon of one account: a state machine.
 *
 *   events: a new secret, a changed account file, a changed configuration,
 *           an operator's demand, time
 *   what it does: attempts on the pool, one at a time; publishes the state;
 *           says when a warning is due
 *
 * Rules (section 7 of the design): one attempt per credential version after a
 * permanent failure; transient ones again after growing delays; a new secret
 * is proven before it replaces one that works.
 *
 * Knows no provider, no event loop and no socket: all that is behind
 * anonid_logon_world_t, which a unit test replaces. Main thread only.
 */
#ifndef ANONID_AGENT_LOGON_LOGON_H
#define ANONID_AGENT_LOGON_LOGON_H

#include "agent/logon/account_file.h"
#include "agent/logon/failed_record.h"
#include "agent/provider/provider.h"
#include "agent/logon/registry.h"
#include "agent/base/thread_pool.h"

typedef struct anonid_logon_t anonid_logon_t;

/* What the machine needs of the world. */
typedef struct {
    apr_time_t (*now)(void);
    uint32_t (*random)(void);
    /* As anonid_thread_pool_add_to. */
    apr_status_t (*run)(const char *queue, anonid_work_t work,
                        anonid_work_t done, void *data);
    const anonid_provider_ops_t *(*provider)(anonid_provider_t id);
    /* Calls anonid_logon_alarm then, once; replaces an older wish. 0: not. */
    void (*wake)(anonid_logon_t *logon, apr_time_t when);
    /* Writes into the status table. */
    void (*publish)(int slot, anonid_state_t state, anonid_failure_t code,
                    apr_time_t expires, apr_time_t next_attempt);
    void (*count_attempt)(int slot);
    /* The state that the table has, from an earlier agent perhaps. */
    anonid_state_t (*published)(int slot, apr_time_t *since);
    /* To the parent. */
    void (*warn)(const char *account, const anonid_outcome_t *outcome,
                 int kept);
    void (*recovered)(const char *account, unsigned failures,
                      unsigned seconds);
    void (*store)(const char *account, const char *verifier);
    void (*look)(const char *account);
    /* The logon of an account; NULL if there is no such account. */
    anonid_logon_t *(*find)(const char *account);
    /* Calls anonid_logon_helper_changed of all accounts that need it. */
    void (*changed)(const char *account);
    /* To whoever uses proofs: an anonid_version_listener_t. */
    void (*proven)(const char *account, unsigned long version);
    /* Records of failed versions; see failed_store.h. */
    int (*recall)(const anonid_account_t *account, const char *version,
                  anonid_failed_t *failed);
    void (*remember)(const anonid_account_t *account, const char *version,
                     const anonid_outcome_t *outcome);
    void (*forget)(const anonid_account_t *account);
} anonid_logon_world_t;

/* A secret and its credential version; version 0 means that there is none.
 * due: an attempt with it is wanted. checked, made: see anonid_attempt_t. */
typedef struct {
    anonid_secret_t *secret; /* held */
    unsigned long version;
    int due;
    unsigned char checked[ANONID_DIGEST_OCTETS];
    unsigned char made[ANONID_DIGEST_OCTETS];
} anonid_versioned_t;

/* Failures since the account was last logged on, and the last warning. */
typedef struct {
    unsigned failures;
    apr_time_t since;  /* of the first failure */
    apr_time_t warned; /* 0: not yet */
    unsigned long version;
    anonid_outcome_t outcome; /* that was warned of */
    int kept;
} anonid_streak_t;

/* What is known of the secret's source; control/secret_receiver.h's. */
typedef struct {
    char version[ANONID_VERSION_MAX]; /* that came last; "": none */
    char adopted[ANONID_VERSION_MAX]; /* of the candidate */
    unsigned long reading;            /* number of the reading; 0: none */
    int retry; /* it could be opened, but not be read: ask for it again */
} anonid_source_t;

typedef enum {
    ANONID_SYNC_IDLE,
    ANONID_SYNC_MAKING,  /* the verifier is made on the pool */
    ANONID_SYNC_STORING, /* the parent was asked to store it */
    ANONID_SYNC_READING  /* stored; the parent opens the file */
} anonid_sync_stage_t;

/* Password synchronisation of one account; see sync.h. */
typedef struct {
    anonid_sync_stage_t stage;
    int wanted;              /* a new password, as soon as nothing runs */
    anonid_secret_t *secret; /* the new password, held; until it is stored */
    unsigned char made[ANONID_DIGEST_OCTETS]; /* its verifier's digest */
    apr_time_t deadline;   /* of the parent's answer; 0: none */
    unsigned long answers; /* of all that it had given by then */
    apr_time_t changed;    /* when the file began to change; 0: never */
} anonid_sync_t;

/* Somebody who waits for the outcome of what he asked for. */
typedef struct anonid_waiter_t anonid_waiter_t;
struct anonid_waiter_t {
    anonid_waiter_t *next;
    void (*done)(anonid_waiter_t *waiter, const anonid_outcome_t *outcome);
};

struct anonid_logon_t {
    char *name;
    unsigned holders;
    int gone; /* no longer configured: nothing is started any more */
    anonid_config_t *config;         /* held; account lives in it */
    const anonid_account_t *account; /* NULL before the first configuration */
    anonid_account_file_t *file;     /* held; NULL before it came */
    anonid_source_t source;
    anonid_versioned_t candidate; /* the newest secret */
    anonid_versioned_t proven;    /* what mail uses */
    unsigned long oldest; /* version that fits the account as configured */
    anonid_credentials_t *credentials; /* of the proven one, held */
    anonid_state_t known;     /* as last told to accounts that need this one */
    apr_time_t expires;       /* of the logon; 0: never */
    apr_time_t renewal;       /* at half its life; 0: never */
    unsigned long asked_anew; /* the version whose token was refused last, or
                                 the one that came for it */
    int running;              /* an attempt is on the pool */
    int attempted;            /* outcome says something */
    anonid_outcome_t outcome; /* of the newest secret */
    apr_time_t next_attempt;  /* not before; 0: at once */
    anonid_streak_t streak;
    anonid_sync_t sync;
    int looking;           /* ANONID_LOOK_...: what the parent still owes */
    int insistent;         /* ... and then the newest secret is tried */
    apr_time_t look_until; /* an attempt is made then anyway */
    anonid_waiter_t *waiters;
    struct event *timer; /* schedule.c's */
};

enum {
    ANONID_LOOK_SECRET = 1,
    ANONID_LOOK_FILE = 2
};

/* The world; before anything else. It must stay. */
void anonid_logon_set_world(const anonid_logon_world_t *world);

/* Held once. NULL if there is no memory. */
anonid_logon_t *anonid_logon_make(const char *name);
anonid_logon_t *anonid_logon_hold(anonid_logon_t *logon);
void anonid_logon_drop(anonid_logon_t *logon);

/* The account as configured now, and its file if that is here already. A
 * changed account forgets its logon, and its secret if that comes from
 * elsewhere now; the published state stays until an attempt has ended. */
void anonid_logon_configure(anonid_logon_t *logon, anonid_config_t *config,
                            const anonid_account_t *account,
                            anonid_account_file_t *file);

/* The account is no longer configured. Who waits is told. */
void anonid_logon_end(anonid_logon_t *logon);

/* A new secret (held by the caller), or why there is none. */
void anonid_logon_secret(anonid_logon_t *logon, anonid_secret_t *secret);
void anonid_logon_no_secret(anonid_logon_t *logon,
                            const anonid_outcome_t *why);

/* The parent looked and found the secret that is known already. */
void anonid_logon_same_secret(anonid_logon_t *logon);

/* The account file as it is now; the same version again is no change. */
void anonid_logon_file(anonid_logon_t *logon, anonid_account_file_t *file);

/* One attempt now, whatever failed before, after a look at the sources. The
 * waiter (may be NULL) is told the outcome of all that is under way; it must
 * stay until then, or until it is taken back. */
void anonid_logon_demand(anonid_logon_t *logon, anonid_waiter_t *waiter);

/* The same without an attempt of its own: a new secret is taken up, and what
 * has failed waits for its time, or for ever. */
void anonid_logon_inquire(anonid_logon_t *logon, anonid_waiter_t *waiter);
void anonid_logon_forget_waiter(anonid_logon_t *logon,
                                anonid_waiter_t *waiter);

/* That account has logged on or failed, which this one may have waited for.
 * What follows happens later, by world.wake. */
void anonid_logon_helper_changed(anonid_logon_t *logon, const char *name);

/* A service has refused the token of that version. */
void anonid_logon_token_refused(anonid_logon_t *logon, unsigned long version);

/* Time has come; see world.wake. */
void anonid_logon_alarm(anonid_logon_t *logon);

/* 1 and a held proof if the account is logged on, else 0. */
int anonid_logon_proof(const anonid_logon_t *logon, anonid_proof_t *proof);

/* When an attempt will be made; 0: none is planned. */
apr_time_t anonid_logon_next_attempt(const anonid_logon_t *logon);

/* The state as it is published. */
anonid_state_t anonid_logon_state(const anonid_logon_t *logon);

#endif
