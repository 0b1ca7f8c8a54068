/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status of accounts on the wire; see account_status.h.
 */
#include "common/account_status.h"
#include "common/protocol.h"

#include <stddef.h>
#include <string.h>

static const char *const state_names[] = { "pending", "logged on", "failed" };

#define N_STATES (sizeof(state_names) / sizeof(state_names[0]))

/* What is sent as one 64-bit number: a tag, and where the number is. */
static const struct {
    uint16_t tag;
    size_t offset;
} numbers[] = {
    { ANONID_TAG_SINCE, offsetof(anonid_account_status_t, since) },
    { ANONID_TAG_ATTEMPTS, offsetof(anonid_account_status_t, attempts) },
    { ANONID_TAG_NEXT_ATTEMPT,
      offsetof(anonid_account_status_t, next_attempt) },
    { ANONID_TAG_RENEWAL, offsetof(anonid_account_status_t, renewal) },
    { ANONID_TAG_EXPIRES, offsetof(anonid_account_status_t, expires) },
    { ANONID_TAG_SECRET_EXPIRES,
      offsetof(anonid_account_status_t, secret_expires) },
};

#define N_NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

const char *anonid_state_name(anonid_state_t state)
{
    return (size_t)state < N_STATES ? state_names[state] : "unknown";
}

int anonid_account_status_kept(const anonid_account_status_t *status)
{
    return status->state == ANONID_STATE_LOGGED_ON && status->attempted
           && status->code != ANONID_LOGON_OK;
}

void anonid_agent_status_encode(anonid_writer_t *w,
                                const anonid_agent_status_t *agent)
{
    anonid_writer_text(w, ANONID_TAG_VERSION, agent->version);
    anonid_writer_u32(w, ANONID_TAG_PID, agent->pid);
    anonid_writer_u64(w, ANONID_TAG_STARTED, (uint64_t)agent->started);
    anonid_writer_u32(w, ANONID_TAG_GENERATION, agent->generation);
}

void anonid_account_status_encode(anonid_writer_t *w,
                                  const anonid_account_status_t *status)
{
    anonid_writer_text(w, ANONID_TAG_ACCOUNT, status->name);
    anonid_writer_u32(w, ANONID_TAG_PROVIDER, status->provider);
    anonid_writer_u32(w, ANONID_TAG_SYNC, status->sync != 0);
    anonid_writer_u32(w, ANONID_TAG_STATE, status->state);
    anonid_writer_u32(w, ANONID_TAG_FAILURES, status->failures);
    for (size_t i = 0; i < N_NUMBERS; i++) {
        uint64_t number;

        memcpy(&number, (const char *)status + numbers[i].offset,
               sizeof(number));
        anonid_writer_u64(w, numbers[i].tag, number);
    }
    if (!status->attempted)
        return;
    anonid_writer_u32(w, ANONID_TAG_CODE, status->code);
    anonid_writer_text(w, ANONID_TAG_DETAIL, status->detail);
}

/* ---- back ---- */

static int agent_field(anonid_agent_status_t *agent,
                       const anonid_field_t *field, apr_pool_t *pool)
{
    uint64_t started;

    switch (field->tag) {
    case ANONID_TAG_VERSION:
        agent->version = anonid_field_text(field, pool);
        return agent->version != NULL;
    case ANONID_TAG_PID:
        return anonid_field_u32(field, &agent->pid);
    case ANONID_TAG_GENERATION:
        return anonid_field_u32(field, &agent->generation);
    case ANONID_TAG_STARTED:
        if (!anonid_field_u64(field, &started))
            return 0;
        agent->started = (apr_time_t)started;
    }
    return 1;
}

/* A 64-bit number of the table: 1, or 0 if it is malformed; what is not in
 * the table is fine. */
static int wide_field(anonid_account_status_t *status,
                      const anonid_field_t *field)
{
    for (size_t i = 0; i < N_NUMBERS; i++) {
        uint64_t number;

        if (numbers[i].tag != field->tag)
            continue;
        if (!anonid_field_u64(field, &number))
            return 0;
        memcpy((char *)status + numbers[i].offset, &number, sizeof(number));
    }
    return 1;
}

static int account_field(anonid_account_status_t *status,
                         const anonid_field_t *field, apr_pool_t *pool)
{
    uint32_t number = 0;
    int is_number = anonid_field_u32(field, &number);

    switch (field->tag) {
    case ANONID_TAG_PROVIDER:
        status->provider = (anonid_provider_t)number;
        return is_number;
    case ANONID_TAG_SYNC:
        status->sync = number == 1;
        return is_number;
    case ANONID_TAG_STATE:
        status->state = (anonid_state_t)number;
        return is_number && number < N_STATES;
    case ANONID_TAG_FAILURES:
        status->failures = number;
        return is_number;
    case ANONID_TAG_CODE:
        status->attempted = 1;
        status->code = (anonid_failure_t)number;
        return is_number;
    case ANONID_TAG_DETAIL:
        status->detail = anonid_field_text(field, pool);
        return status->detail != NULL;
    }
    return wide_field(status, field);
}

/* The account that begins with this field. */
static anonid_account_status_t *begin(apr_array_header_t *accounts,
                                      const anonid_field_t *field)
{
    anonid_account_status_t *status = apr_array_push(accounts);

    memset(status, 0, sizeof(*status));
    status->name = anonid_field_text(field, accounts->pool);
    return status;
}

int anonid_account_status_decode(const anonid_frame_t *frame,
                                 anonid_agent_status_t *agent,
                                 apr_array_header_t **accounts,
                                 apr_pool_t *pool)
{
    anonid_account_status_t *status = NULL;
    anonid_fields_t fields;
    anonid_field_t field;
    int good = 1;

    memset(agent, 0, sizeof(*agent));
    *accounts = apr_array_make(pool, 8, sizeof(anonid_account_status_t));
    anonid_fields_begin(&fields, frame);
    while (good && anonid_fields_next(&fields, &field)) {
        if (field.tag == ANONID_TAG_ACCOUNT) {
            status = begin(*accounts, &field);
            good = status->name != NULL;
        }
        else if (status) {
            good = account_field(status, &field, pool);
        }
        else {
            good = agent_field(agent, &field, pool);
        }
    }
    return good;
}
