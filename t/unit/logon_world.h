/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world for the logon machine: gives its step a time that a test turns, and
 * keeps the effects: what was said last, how often, and the jobs, which are
 * done when told and come to what they are told.
 */
#ifndef ANONID_T_LOGON_WORLD_H
#define ANONID_T_LOGON_WORLD_H

#include "agent/logon/step.h"

/* What the world has seen and what it does next. */
typedef struct {
    apr_time_t now;          /* monotonic */
    apr_interval_time_t set; /* by which the wall's clock is ahead of that */
    apr_time_t wake;         /* monotonic; 0: nobody wants to be woken */
    /* the provider */
    anonid_failure_t answer;  /* of the next attempts */
    int answer_kind;          /* -1: the table's */
    apr_time_t secret_ends;   /* a date; of the next good logon's secret */
    apr_time_t expires;       /* of the next good logon, a date ... */
    apr_interval_time_t life; /* ... or how long it lasts */
    const char *rotated;      /* refresh token given by the next one */
    char tried[64];           /* the secret of the last attempt */
    int attempts;
    /* what was said */
    anonid_state_t state;
    apr_time_t next_attempt; /* date */
    int warnings, kept;
    anonid_outcome_t warned_of;
    int recoveries;
    int expiry_warnings;      /* of a secret's end ... */
    apr_time_t warned_expiry; /* ... at that date */
    anonid_expiry_t expiry;   /* as published; the next agent inherits it */
    unsigned failures, seconds;
    int stores, looks;
    uint32_t store; /* the last one's number */
    char verifier[ANONID_DETAIL_MAX * 5];
    unsigned long version; /* the proven one; 0: none */
    int version_changes;
    int changes; /* that other accounts were told of */
    int not_rotated;
    int token_stores;
    uint32_t token_number; /* of the last one */
    char token[64];
    int not_stored, stored_again; /* that were told of */
    /* another account, which the one under test may need; NULL: none */
    anonid_logon_t *other;
    /* the record of a failed version; version "": none */
    anonid_failed_t failed;
    int records;          /* that were written */
    const char *recorded; /* by the next attempts themselves; NULL: nothing */
    /* what an earlier agent has left */
    anonid_state_t inherited;
} logon_world_t;

extern logon_world_t world;

/* Takes a step in this world. */
void world_handle(anonid_logon_t *logon, const anonid_logon_event_t *event);

/* Makes this world the one of the agent's own logons, as agent/bootstrap.c
 * does with the real one. */
void world_join(void);

/* A fresh world, and an account of that name in it, which is configured but
 * has neither secret nor file. */
anonid_logon_t *world_begin(const anonid_account_t *account);

/* ... and its end. */
void world_end(anonid_logon_t *logon);

/* Runs the oldest job to its end: 1, or 0 if there is none. */
int world_run(void);

/* Runs all jobs there are. */
void world_run_all(void);

/* Drops all jobs there are, as the agent does at its end. */
void world_drop_all(void);

/* The date. */
apr_time_t world_date(void);

/* Somebody sets the wall's clock, which the agent hears of. */
void world_set_clock(anonid_logon_t *logon, apr_interval_time_t by);

/* Time has come. */
void world_alarm(anonid_logon_t *logon);

/* Moves the clock on, ringing every alarm on the way and running the jobs
 * that follow. */
void world_turn(anonid_logon_t *logon, apr_interval_time_t by);

/* The account again, with a changed configuration or not. */
void world_configure(anonid_logon_t *logon, const anonid_account_t *account);

/* A secret, and an account file of that version. */
void world_secret(anonid_logon_t *logon, const char *text);
void world_file(anonid_logon_t *logon, const char *version);
void world_no_file(anonid_logon_t *logon, int error);

/* No secret, and the one that is known. */
void world_no_secret(anonid_logon_t *logon, const char *why);
void world_same_secret(anonid_logon_t *logon);

/* What an operator asks. The waiter may be NULL. */
void world_demand(anonid_logon_t *logon, anonid_waiter_t *waiter);
void world_rotate(anonid_logon_t *logon, anonid_waiter_t *waiter);

/* The supervisor has stored the verifier, or could not. */
void world_stored(anonid_logon_t *logon, int error, const char *text);

/* ... the one of an earlier STORE. */
void world_stored_of(anonid_logon_t *logon, uint32_t number, int error,
                     const char *text);

/* The account of that name has logged on or failed. */
void world_helper_changed(anonid_logon_t *logon, const char *name);

#endif
