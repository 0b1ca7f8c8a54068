/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logon of one account: what is known of it, and what may happen to it.
 *
 *   events: a new secret, a changed account file, a changed configuration,
 *           an operator's demand, time
 *   what follows: attempts on the pool, one at a time; the published state;
 *           warnings
 *
 * Rules (section 7 of the design): one attempt per credential version after a
 * permanent failure; transient ones again after growing delays; a new secret
 * is proven before it replaces one that works. The machine that keeps them is
 * step.h. Main thread only.
 *
 * Two clocks: waiting times are monotonic, and go on whoever sets the clock of
 * the wall; dates are for people, and for what ends on a date that somebody
 * else goes by, such as a ticket.
 */
#ifndef ANONID_AGENT_LOGON_LOGON_H
#define ANONID_AGENT_LOGON_LOGON_H

#include "agent/logon/account_file.h"
#include "agent/logon/failed_record.h"
#include "agent/provider/provider.h"
#include "agent/logon/registry.h"

typedef struct anonid_logon_t anonid_logon_t;

/* A secret and its credential version; version 0 means that there is none.
 * due: an attempt with it is wanted. checked, made, expires and asked: see
 * anonid_attempt_t. */
typedef struct {
    anonid_secret_t *secret; /* held */
    unsigned long version;
    int due;
    int insisted;     /* an operator wants the attempt, whoever was refused */
    apr_time_t since; /* date, when it was proven first; 0: it was not */
    apr_time_t expires; /* date; 0: never, or nobody knows */
    apr_time_t asked;
    unsigned char checked[ANONID_DIGEST_OCTETS];
    unsigned char made[ANONID_DIGEST_OCTETS];
} anonid_versioned_t;

/* Failures since the account was last logged on, and the last warning. */
typedef struct {
    unsigned failures;
    apr_time_t since;  /* monotonic, of the first failure */
    apr_time_t warned; /* monotonic; 0: not yet */
    unsigned long version;
    anonid_outcome_t outcome; /* that was warned of */
    int kept;
} anonid_streak_t;

/* What was warned of: a secret that ends then (0: of none), and how often. */
typedef struct {
    apr_time_t expires;
    int warnings;
} anonid_expiry_t;

/* What is known of the secret's source; control/secret_receiver.h's. */
typedef struct {
    char version[ANONID_VERSION_MAX]; /* that came last; "": none */
    char adopted[ANONID_VERSION_MAX]; /* of the candidate */
    unsigned long reading;            /* number of the reading; 0: none */
    int retry; /* it could be opened, but not be read: ask for it again */
    apr_time_t changed; /* the file that came last was; 0: not known */
} anonid_source_t;

/* The secret of a client that has a refresh token: it is no version of its
 * own, but goes with that; control/secret_receiver.h's. */
typedef struct {
    anonid_source_t source;
    anonid_secret_t *secret;  /* held; NULL: none has come */
    anonid_secret_t *waiting; /* held; the refresh token, until one has */
} anonid_client_secret_t;

/* The refresh token in its file, and one that is to take its place; see
 * refresh.c. */
typedef struct {
    anonid_secret_t *filed;    /* held; what the file is known to hold */
    anonid_secret_t *unstored; /* held; what it is to hold; NULL: the same */
    uint32_t number;           /* of the STORE_TOKEN */
    apr_time_t again;          /* the next one; 0: never */
    int warned;                /* it could not be stored */
} anonid_refresh_t;

typedef enum {
    ANONID_SYNC_IDLE,
    ANONID_SYNC_MAKING,  /* the verifier is made on the pool */
    ANONID_SYNC_STORING, /* the supervisor was asked to store it */
    ANONID_SYNC_READING  /* stored; it opens the file */
} anonid_sync_stage_t;

/* Password synchronisation of one account; see rotation.c. */
typedef struct {
    anonid_sync_stage_t stage;
    int wanted;              /* a new password, as soon as nothing runs */
    uint32_t number;         /* of the verifier that is made, then stored */
    anonid_secret_t *secret; /* the new password, held; until it is stored */
    unsigned char made[ANONID_DIGEST_OCTETS]; /* its verifier's digest */
    apr_time_t deadline;   /* monotonic, of the parent's answer; 0: none */
    unsigned long answers; /* of all that it had given by then */
    apr_time_t changed;    /* monotonic: the file began to change; 0: never */
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
    anonid_client_secret_t client;
    anonid_refresh_t refresh;
    anonid_versioned_t candidate; /* the newest secret */
    anonid_versioned_t proven;    /* what mail uses */
    unsigned long oldest; /* version that fits the account as configured */
    anonid_credentials_t *credentials; /* of the proven one, held */
    anonid_state_t known;     /* as last told to accounts that need this one */
    apr_time_t expires;       /* a date, of the logon's end; 0: never */
    apr_time_t ends;          /* monotonic: the end that we gave it; 0: none */
    apr_time_t renewal;       /* monotonic, at half its life; 0: never */
    unsigned long asked_anew; /* the version whose token was refused last, or
                                 the one that came for it */
    int running;              /* an attempt is on the pool */
    int attempted;            /* outcome says something */
    anonid_outcome_t outcome; /* of the newest secret */
    apr_time_t next_attempt;  /* monotonic: not before; 0: at once */
    anonid_streak_t streak;
    anonid_expiry_t expiry;
    anonid_sync_t sync;
    int looking;           /* ANONID_LOOK_...: what the parent still owes */
    int insistent;         /* ... and then the newest secret is tried */
    apr_time_t look_until; /* monotonic: an attempt is made then anyway */
    anonid_waiter_t *waiters;
    struct event *timer; /* schedule.c's */
};

enum {
    ANONID_LOOK_SECRET = 1,
    ANONID_LOOK_FILE = 2
};

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

/* What both sources have: the account's secret or refresh token, and what goes
 * with it. */
void anonid_logon_source_version(const anonid_logon_t *logon,
                                 char version[ANONID_VERSION_MAX]);

/* 1 if a refresh token that was read is what its file was known to hold, or
 * what it was to hold; 0: somebody has put another one there. */
int anonid_logon_refresh_known(anonid_logon_t *logon, anonid_secret_t *secret);

/* The supervisor's TOKEN_STORED: 0, or an errno and a sentence. */
void anonid_logon_token_stored(anonid_logon_t *logon, uint32_t number,
                               int error, const char *text);

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

/* Tells each of a list, which may be gone then. */
void anonid_waiters_tell(anonid_waiter_t *waiters,
                         const anonid_outcome_t *outcome);

/* A new password of our own, as soon as nothing else of the account is under
 * way. The waiter (may be NULL) is told when it is stored and proven, or
 * not. */
void anonid_logon_rotate(anonid_logon_t *logon, anonid_waiter_t *waiter);

/* The supervisor's VERIFIER_STORED for the STORE of that number: 0, or an
 * errno and a sentence. */
void anonid_logon_verifier_stored(anonid_logon_t *logon, uint32_t number,
                                  int error, const char *text);

/* Whoever was asked to store a verifier is gone, and there is somebody
 * else. */
void anonid_logon_new_supervisor(anonid_logon_t *logon);

/* That account has logged on or failed, which this one may have waited for.
 * What follows happens later, by an alarm. */
void anonid_logon_helper_changed(anonid_logon_t *logon, const char *name);

/* A service has refused the token of that version. */
void anonid_logon_token_refused(anonid_logon_t *logon, unsigned long version);

/* Time has come; see schedule.h. */
void anonid_logon_alarm(anonid_logon_t *logon);

/* 1 and a held proof if the account is logged on, else 0. */
int anonid_logon_proof(const anonid_logon_t *logon, anonid_proof_t *proof);

/* 1 while the server changes the password itself, and for some seconds after:
 * a mail server may still know the old one (Dovecot looks at a file once a
 * second), so that what it refuses now says nothing. now is monotonic. */
int anonid_logon_is_settling(const anonid_logon_t *logon, apr_time_t now);

/* When an attempt will be made, monotonic; 0: none is planned. */
apr_time_t anonid_logon_next_attempt(const anonid_logon_t *logon);

/* The state as it is published. */
anonid_state_t anonid_logon_state(const anonid_logon_t *logon);

#endif
