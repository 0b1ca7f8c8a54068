/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status of accounts comes back from the wire as it was sent, and what
 * cannot have been sent is refused.
 */
#include "unit.h"

#include "common/account_status.h"
#include "common/protocol.h"

static const anonid_agent_status_t agent = { "1.2.3", 4711, 1700000000000000,
                                             3 };

static const anonid_account_status_t failed = {
    .name = "SHOP\\web",
    .provider = ANONID_PROVIDER_LDAP,
    .state = ANONID_STATE_FAILED,
    .since = 1700000001000000,
    .attempted = 1,
    .code = ANONID_LOGON_FAILURE,
    .detail = "data 52e",
    .failures = 2,
    .attempts = 5000000000,
    .next_attempt = 1700000002000000,
};

static const anonid_account_status_t pending = { .name = "IUSR_web1",
                                                 .sync = 1 };

static anonid_writer_t w = ANONID_WRITER_INIT;

static int decode(anonid_agent_status_t *to, apr_array_header_t **accounts)
{
    anonid_frame_t frame;
    size_t used;

    assert_int_equal(anonid_writer_end(&w), 1);
    assert_int_equal(
        anonid_wire_decode(w.data, w.length, 65536, &frame, &used),
        ANONID_PARSE_OK);
    return anonid_account_status_decode(&frame, to, accounts, pool);
}

static void begin(void)
{
    anonid_writer_begin(&w, ANONID_MSG_STATUS_REPLY, 0, 1);
    anonid_agent_status_encode(&w, &agent);
}

static void all_of_it_comes_back(void **state)
{
    const anonid_account_status_t *account;
    apr_array_header_t *accounts;
    anonid_agent_status_t to;

    (void)state;
    begin();
    anonid_account_status_encode(&w, &failed);
    anonid_account_status_encode(&w, &pending);
    assert_int_equal(decode(&to, &accounts), 1);
    assert_string_equal(to.version, "1.2.3");
    assert_int_equal(to.pid, 4711);
    assert_int_equal(to.started, agent.started);
    assert_int_equal(to.generation, 3);
    assert_int_equal(accounts->nelts, 2);
    account = &APR_ARRAY_IDX(accounts, 0, anonid_account_status_t);
    assert_string_equal(account->name, failed.name);
    assert_string_equal(account->detail, failed.detail);
    assert_int_equal(account->provider, failed.provider);
    assert_int_equal(account->state, failed.state);
    assert_int_equal(account->since, failed.since);
    assert_int_equal(account->code, failed.code);
    assert_int_equal(account->failures, 2);
    assert_int_equal(account->attempts, failed.attempts);
    assert_int_equal(account->next_attempt, failed.next_attempt);
    assert_int_equal(account->renewal, 0);
    assert_int_equal(account->sync, 0);
    account++;
    assert_string_equal(account->name, pending.name);
    assert_int_equal(account->sync, 1);
    assert_int_equal(account->attempted, 0);
    assert_null(account->detail);
}

/* A state that is none, a number of the wrong width, a name with a NUL. */
static void what_cannot_be_is_refused(void **state)
{
    apr_array_header_t *accounts;
    anonid_agent_status_t to;

    (void)state;
    begin();
    anonid_account_status_encode(&w, &pending);
    anonid_writer_u32(&w, ANONID_TAG_STATE, 3);
    assert_int_equal(decode(&to, &accounts), 0);
    begin();
    anonid_account_status_encode(&w, &pending);
    anonid_writer_u32(&w, ANONID_TAG_SINCE, 3);
    assert_int_equal(decode(&to, &accounts), 0);
    begin();
    anonid_writer_bytes(&w, ANONID_TAG_ACCOUNT, "a\0b", 3);
    assert_int_equal(decode(&to, &accounts), 0);
    begin();
    anonid_writer_u64(&w, ANONID_TAG_PID, 1);
    assert_int_equal(decode(&to, &accounts), 0);
}

static void unknown_fields_are_passed_over(void **state)
{
    apr_array_header_t *accounts;
    anonid_agent_status_t to;

    (void)state;
    begin();
    anonid_writer_text(&w, 9999, "news");
    anonid_account_status_encode(&w, &pending);
    anonid_writer_text(&w, 9999, "news");
    assert_int_equal(decode(&to, &accounts), 1);
    assert_int_equal(accounts->nelts, 1);
}

/* The last good logon is in use after a renewal has failed. */
static void a_kept_logon_is_seen(void **state)
{
    anonid_account_status_t status = failed;

    (void)state;
    assert_int_equal(anonid_account_status_kept(&status), 0);
    status.state = ANONID_STATE_LOGGED_ON;
    assert_int_equal(anonid_account_status_kept(&status), 1);
    status.code = ANONID_LOGON_OK;
    assert_int_equal(anonid_account_status_kept(&status), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_comes_back),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(unknown_fields_are_passed_over),
        cmocka_unit_test(a_kept_logon_is_seen),
    };
    int failures = cmocka_run_group_tests_name("account_status", tests,
                                               unit_setup, unit_teardown);

    anonid_writer_free(&w);
    return failures;
}
