/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logon machine as one step: what is known of an account and something
 * that happens to it come to what is known next and a list of effects.
 *
 *   events.c ---- event ----> step.c ---- effects ----> bootstrap.c
 *      ^                                                     |
 *      +---------- an attempt's end, a verifier made --------+
 *
 * A step reads no clock, asks nobody and does nothing but count references:
 * all it goes by is in its arguments, and all that has to be done is in its
 * effects. So a test needs no more than to call it and look. Which file of the
 * machine decides what is in machine.h.
 */
#ifndef ANONID_AGENT_LOGON_STEP_H
#define ANONID_AGENT_LOGON_STEP_H

#include "agent/logon/logon.h"

typedef enum {
    ANONID_EVENT_CONFIGURED,
    ANONID_EVENT_ENDED,           /* no longer configured */
    ANONID_EVENT_SECRET,          /* a new one */
    ANONID_EVENT_NO_SECRET,       /* and why */
    ANONID_EVENT_SAME_SECRET,     /* looked for, and known already */
    ANONID_EVENT_FILE,            /* the account file, changed or not */
    ANONID_EVENT_ASKED,           /* by an operator */
    ANONID_EVENT_ROTATE,          /* a new password is wanted */
    ANONID_EVENT_TIME,            /* that an ALARM was set for */
    ANONID_EVENT_HELPER_CHANGED,  /* it has logged on or failed */
    ANONID_EVENT_ATTEMPTED,       /* the end of an ATTEMPT */
    ANONID_EVENT_REFUSED,         /* the proof, by another one's logon */
    ANONID_EVENT_TOKEN_REFUSED,   /* by a service: version */
    ANONID_EVENT_VERIFIER_MADE,   /* the end of a MAKE_VERIFIER */
    ANONID_EVENT_VERIFIER_STORED, /* the supervisor's answer to a STORE */
    ANONID_EVENT_TOKEN_STORED,    /* ... and to a STORE_TOKEN */
    ANONID_EVENT_NEW_SUPERVISOR   /* which knows of no STORE */
} anonid_logon_event_kind_t;

/* What has happened. Whatever it points to is the caller's, and stays until
 * the effects are carried out. */
typedef struct {
    anonid_logon_event_kind_t kind;
    union {
        struct {
            anonid_config_t *config;
            const anonid_account_t *account; /* of that configuration */
            anonid_account_file_t *file;     /* NULL: has not come */
            apr_time_t failed_since; /* date; of an earlier agent; 0: it had
                                        not */
            anonid_expiry_t expiry;  /* what that has warned of */
        } configured;
        struct {
            anonid_secret_t *secret;
            const anonid_failed_t *failed; /* its version's record, or NULL */
        } secret;
        const anonid_outcome_t *no_secret;
        anonid_account_file_t *file;
        struct {
            anonid_waiter_t *waiter; /* may be NULL */
            int insistent;           /* an attempt is made in any case */
        } asked;                     /* ROTATE's, too */
        const char *helper;          /* its name */
        struct {
            unsigned long version;
            anonid_secret_t *secret;
            const anonid_attempt_t *attempt;
            const char *recorded; /* version of the source under which the
                                     failure is recorded; NULL: it is not */
        } attempted;
        struct {
            unsigned long version;
            const anonid_outcome_t *outcome;
            const char *recorded; /* as above */
        } refused;
        unsigned long version; /* of the token */
        struct {
            uint32_t number; /* of the MAKE_VERIFIER */
            anonid_secret_t *secret;
            const char *verifier;
            const char *error; /* NULL: it is made */
        } made;
        struct {
            uint32_t number;  /* of the STORE... that it answers */
            int error;        /* 0, or an errno ... */
            const char *text; /* ... and a sentence, or NULL */
        } stored;
    };
} anonid_logon_event_t;

/* In the order in which the effects of one step are carried out: what others
 * rely on comes first, and what may lead to a further step of this account
 * (ATTEMPT, MAKE_VERIFIER, ANSWER) last, so that nothing of an older step
 * follows on a newer one. */
typedef enum {
    ANONID_EFFECT_FORGET_FAILED, /* removes the record of a failed version */
    ANONID_EFFECT_RECORD_FAILED, /* writes it: failed */
    ANONID_EFFECT_PROVEN,        /* tells mail: version */
    ANONID_EFFECT_RECOVERED,     /* logs ANID0002: recovered */
    ANONID_EFFECT_PUBLISH,       /* into the status table: published */
    ANONID_EFFECT_WARN,          /* logs ANID0001: warning */
    ANONID_EFFECT_WARN_EXPIRY,   /* logs ANID0005: when, a date */
    ANONID_EFFECT_NOT_ROTATED,   /* logs that the old password stays: why */
    ANONID_EFFECT_NOT_STORED,    /* logs that a token is not: why; code 0:
                                    that it is at last */
    ANONID_EFFECT_TELL_OTHERS,   /* HELPER_CHANGED for those who need it */
    ANONID_EFFECT_LOOK,          /* the supervisor is to look at the sources */
    ANONID_EFFECT_STORE,         /* ... and to store that: store */
    ANONID_EFFECT_STORE_TOKEN,   /* ... or that: token */
    ANONID_EFFECT_ALARM,         /* TIME is due then: when; 0: never */
    ANONID_EFFECT_MAKE_VERIFIER, /* of a new password: number */
    ANONID_EFFECT_ATTEMPT,       /* with that secret: with */
    ANONID_EFFECT_ANSWER,        /* tells who waited: answer */
    ANONID_EFFECT_KINDS
} anonid_effect_kind_t;

typedef struct {
    anonid_effect_kind_t kind;
    union {
        struct {
            const char *version; /* of the secret's source */
            anonid_outcome_t outcome;
        } failed;
        unsigned long version; /* 0: none is proven any more */
        struct {
            unsigned failures, seconds;
        } recovered;
        struct {
            anonid_state_t state;
            anonid_failure_t code;
            apr_time_t expires, next_attempt; /* dates */
            anonid_expiry_t expiry;
        } published;
        struct {
            anonid_outcome_t outcome;
            int kept; /* an anonid_kept_t */
        } warning;
        anonid_outcome_t why;
        struct {
            uint32_t number;
            const char *verifier;
        } store;
        struct {
            const anonid_secret_t *secret;
            uint32_t number;
        } token;
        apr_time_t when; /* monotonic */
        uint32_t number;
        const anonid_versioned_t *with; /* of the logon */
        struct {
            anonid_waiter_t *waiters; /* no longer in the logon's list */
            anonid_outcome_t outcome;
        } answer;
    };
} anonid_effect_t;

/* More than any step has. */
#define ANONID_EFFECTS_MAX 24

typedef struct {
    /* In: all that a step goes by beside state and event. */
    apr_time_t now;  /* monotonic: what is waited for */
    apr_time_t date; /* the wall's: what is shown, or expires */
    uint32_t random;
    int helper_pending;    /* of the account that this one needs it is not
                              known yet whether it is logged on */
    unsigned long answers; /* VERIFIER_STORED, so far and of all accounts */
    /* In and out: versions are never used twice, in no account. */
    unsigned long last_version;
    /* Out. */
    anonid_effect_t effects[ANONID_EFFECTS_MAX];
    int n_effects;
} anonid_step_t;

/* The step. After ENDED an account changes no more; whoever asks is told. */
void anonid_logon_step(anonid_logon_t *logon,
                       const anonid_logon_event_t *event, anonid_step_t *step);

/* Carries the effects of a step out. */
typedef void (*anonid_logon_executor_t)(anonid_logon_t *logon,
                                        const anonid_step_t *step);

/* events.c: who does so; before the first event. */
void anonid_logon_execute_by(anonid_logon_executor_t executor);

#endif
