/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an account stands, as the agent tells it to operators: plain data, and
 * its way over the wire. Times are 0 where there is none.
 *
 * In a STATUS_REPLY each account is a run of fields that begins with its
 * ACCOUNT; what stands before the first one is about the agent.
 */
#ifndef ANONID_COMMON_ACCOUNT_STATUS_H
#define ANONID_COMMON_ACCOUNT_STATUS_H

#include "common/account.h"
#include "common/failure.h"
#include "common/status.h"

#include <apr_time.h>

typedef struct {
    const char *name;
    anonid_provider_t provider;
    int sync; /* the server controls its password */
    anonid_state_t state;
    apr_time_t since;      /* in that state */
    int attempted;         /* code and detail have a meaning */
    anonid_failure_t code; /* of the last attempt */
    const char *detail;    /* may be NULL */
    uint32_t failures;     /* in a row */
    uint64_t attempts;     /* since httpd was started */
    apr_time_t next_attempt;
    apr_time_t renewal;
    apr_time_t expires;
    apr_time_t secret_expires; /* of the password or the token, if known */
} anonid_account_status_t;

typedef struct {
    const char *version; /* of the program; NULL: it does not say */
    uint32_t pid;
    apr_time_t started;
    uint32_t generation; /* of its configuration */
} anonid_agent_status_t;

/* "pending", "logged on", "failed". */
const char *anonid_state_name(anonid_state_t state);

/* 1 if the last good logon is in use although an attempt has failed since. */
int anonid_account_status_kept(const anonid_account_status_t *status);

/* Adds the fields to a STATUS_REPLY that has been begun; the agent first. */
void anonid_agent_status_encode(anonid_writer_t *w,
                                const anonid_agent_status_t *agent);
void anonid_account_status_encode(anonid_writer_t *w,
                                  const anonid_account_status_t *status);

/* Back: *accounts are anonid_account_status_t. 0 if a field is malformed or
 * a state, provider or name cannot be. Unknown fields are passed over. */
int anonid_account_status_decode(const anonid_frame_t *frame,
                                 anonid_agent_status_t *agent,
                                 apr_array_header_t **accounts,
                                 apr_pool_t *pool);

#endif
