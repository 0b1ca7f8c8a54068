/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent program as its parent sees it: start and end, accounts of an
 * account file, password synchronisation, what outlives a configuration and
 * what outlives an agent.
 */
#include "unit.h"

#include "agent_driver.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static agent_t *agent;

static int start(void **state)
{
    (void)state;
    agent = agent_start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    agent_free(agent);
    return 0;
}

static const char *verifier_of_password(void)
{
    /* openssl passwd -apr1 -salt saltsalt password */
    return "$apr1$saltsalt$yAAkm4libquA.ZWLHbSBq/";
}

static void pass_line(const char *user, const char *verifier)
{
    agent_account_file(agent,
                       apr_psprintf(agent->pool, "%s:%s\n", user, verifier));
}

static uint32_t warned_of(int *kept)
{
    anonid_frame_t frame;

    agent_expect(agent, ANONID_MSG_LOGON_WARNING, &frame);
    if (kept)
        *kept = (int)anonid_frame_u32(&frame, ANONID_TAG_KEPT, 9);
    return anonid_frame_u32(&frame, ANONID_TAG_CODE, 0);
}

/* An account that is logged on with "password". */
static anonid_account_t *logged_on(void)
{
    anonid_account_t *alice = agent_account(agent, "alice", 0);

    agent_configure(agent, alice, NULL);
    pass_line("alice", verifier_of_password());
    agent_secret(agent, "alice", "password\n");
    agent_await_state(agent, alice->slot, ANONID_STATE_LOGGED_ON);
    return alice;
}

/* ---- life ---- */

static void ends_with_its_parent(void **state)
{
    (void)state;
    agent_configure(agent, NULL);
    assert_int_equal(agent->table->header.agent_pid, agent->pid);
    assert_int_equal(agent_end(agent), 0);
    assert_int_equal(agent->table->header.agent_pid, 0);
}

static void denies_itself_core_files_and_privileges(void **state)
{
    char path[64], line[256];
    int no_new_privs = 0, no_core = 0;
    FILE *file;

    (void)state;
    agent_configure(agent, NULL);
    snprintf(path, sizeof(path), "/proc/%d/status", (int)agent->pid);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        no_new_privs |= strcmp(line, "NoNewPrivs:\t1\n") == 0;
    fclose(file);
    assert_true(no_new_privs);
    snprintf(path, sizeof(path), "/proc/%d/limits", (int)agent->pid);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        int soft, hard;

        if (sscanf(line, "Max core file size %d %d", &soft, &hard) == 2)
            no_core = soft == 0 && hard == 0;
    }
    fclose(file);
    assert_true(no_core);
}

static void refuses_a_configuration_and_keeps_the_old_one(void **state)
{
    anonid_account_t *alice = logged_on();
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_frame_t frame;

    (void)state;
    anonid_writer_begin(&w, ANONID_MSG_CONFIG_BEGIN, 0, 0);
    agent_send(agent, &w, NULL, 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(anonid_account_encode(&w, alice), 1);
        agent_send(agent, &w, NULL, 0);
    }
    anonid_writer_begin(&w, ANONID_MSG_CONFIG_END, 0, 0);
    agent_send(agent, &w, NULL, 0);
    agent_expect(agent, ANONID_MSG_CONFIG_DONE, &frame);
    assert_non_null(anonid_frame_text(&frame, ANONID_TAG_TEXT, pool));
    assert_true(agent_said(agent, "ANID0041"));
    assert_int_equal(agent_ask(agent, ANONID_MSG_STATUS, "alice", NULL), -1);
}

/* ---- file accounts ---- */

static void logs_a_file_account_on(void **state)
{
    anonid_account_t *alice = agent_account(agent, "alice", 0);

    (void)state;
    agent_configure(agent, alice, NULL);
    assert_int_equal(anonid_status_state(agent->table, alice->slot),
                     ANONID_STATE_PENDING);
    agent_secret(agent, "alice", "password\r\n");
    pass_line("alice", verifier_of_password());
    agent_await_state(agent, alice->slot, ANONID_STATE_LOGGED_ON);
    agent_expect_silence(agent);
}

static void warns_once_and_recovers_with_a_new_secret(void **state)
{
    anonid_account_t *alice = agent_account(agent, "alice", 0);
    anonid_frame_t frame;

    (void)state;
    agent_configure(agent, alice, NULL);
    pass_line("alice", verifier_of_password());
    agent_secret(agent, "alice", "wrong");
    assert_int_equal(warned_of(NULL), ANONID_LOGON_FAILURE);
    agent_await_state(agent, alice->slot, ANONID_STATE_FAILED);
    agent_configure(agent, alice, NULL);
    agent_expect_silence(agent);
    assert_int_equal(agent->table->slots[alice->slot].attempts, 1);
    agent_secret(agent, "alice", "password");
    agent_expect(agent, ANONID_MSG_LOGON_RECOVERED, &frame);
    assert_int_equal(anonid_frame_u32(&frame, ANONID_TAG_FAILURES, 0), 1);
    agent_await_state(agent, alice->slot, ANONID_STATE_LOGGED_ON);
}

static void keeps_the_old_secret_while_the_new_one_fails(void **state)
{
    anonid_account_t *alice = logged_on();
    int kept;

    (void)state;
    agent_secret(agent, "alice", "wrong");
    assert_int_equal(warned_of(&kept), ANONID_LOGON_FAILURE);
    assert_int_equal(kept, 1);
    agent_expect_silence(agent);
    agent_await_state(agent, alice->slot, ANONID_STATE_LOGGED_ON);
}

static void a_broken_account_file_ends_the_logon(void **state)
{
    anonid_account_t *alice = logged_on();
    anonid_frame_t frame;
    int kept;

    (void)state;
    pass_line("alice", "$apr1$saltsalt$yAAkm4libquA.ZWLHbSBq.");
    assert_int_equal(warned_of(&kept), ANONID_LOGON_FAILURE);
    assert_int_equal(kept, 0);
    agent_await_state(agent, alice->slot, ANONID_STATE_FAILED);
    pass_line("alice", verifier_of_password());
    agent_expect(agent, ANONID_MSG_LOGON_RECOVERED, &frame);
    agent_await_state(agent, alice->slot, ANONID_STATE_LOGGED_ON);
}

/* Another line changes: what was checked holds, good or bad. */
static void an_unchanged_line_is_not_checked_again(void **state)
{
    anonid_account_t *alice = logged_on();
    anonid_account_t *bob = agent_account(agent, "bob", 0);
    const char *line =
        apr_psprintf(agent->pool, "alice:%s\n", verifier_of_password());

    (void)state;
    agent_configure(agent, alice, bob, NULL);
    agent_secret(agent, "bob", "wrong");
    assert_int_equal(warned_of(NULL), ANONID_LOGON_FAILURE);
    for (int i = 0; i < 5; i++)
        agent_account_file(
            agent, apr_psprintf(agent->pool, "%sbob:!%d\n", line, i / 4));
    assert_int_equal(warned_of(NULL), ANONID_ACCOUNT_DISABLED);
    agent_expect_silence(agent);
    assert_int_equal(agent->table->slots[alice->slot].attempts, 1);
    assert_true(agent->table->slots[bob->slot].attempts <= 3);
    agent_await_state(agent, alice->slot, ANONID_STATE_LOGGED_ON);
}

static void says_why_a_secret_cannot_be_used(void **state)
{
    anonid_account_t *alice = agent_account(agent, "alice", 0);
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_frame_t frame;

    (void)state;
    agent_configure(agent, alice, NULL);
    pass_line("alice", verifier_of_password());
    agent_secret(agent, "alice", "two\nlines");
    assert_int_equal(warned_of(NULL), ANONID_ACCESS_DENIED);
    anonid_writer_begin(&w, ANONID_MSG_SECRET_ERROR, 0, 0);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, "alice");
    anonid_writer_u32(&w, ANONID_TAG_ERRNO, EACCES);
    anonid_writer_text(&w, ANONID_TAG_TEXT, "it is readable by others");
    agent_send(agent, &w, NULL, 0);
    agent_expect(agent, ANONID_MSG_LOGON_WARNING, &frame);
    assert_string_equal(anonid_frame_text(&frame, ANONID_TAG_DETAIL, pool),
                        "it is readable by others");
    agent_await_state(agent, alice->slot, ANONID_STATE_FAILED);
}

static void an_unchanged_account_is_not_logged_on_again(void **state)
{
    anonid_account_t *alice = logged_on();
    anonid_account_t *bob = agent_account(agent, "bob", 0);

    (void)state;
    agent_configure(agent, alice, bob, NULL);
    agent_expect_silence(agent);
    assert_int_equal(agent->table->slots[alice->slot].attempts, 1);
    agent_await_state(agent, alice->slot, ANONID_STATE_LOGGED_ON);
}

static void an_account_that_is_gone_is_pending_again(void **state)
{
    anonid_account_t *alice = logged_on();

    (void)state;
    agent_configure(agent, NULL);
    agent_await_state(agent, alice->slot, ANONID_STATE_PENDING);
    assert_int_equal(agent_ask(agent, ANONID_MSG_STATUS, "alice", NULL), 1317);
}

static void the_state_outlives_the_agent(void **state)
{
    anonid_account_t *alice = logged_on();

    (void)state;
    agent_end(agent);
    agent_respawn(agent);
    agent_configure(agent, alice, NULL);
    agent_expect_silence(agent);
    assert_int_equal(anonid_status_state(agent->table, alice->slot),
                     ANONID_STATE_LOGGED_ON);
    assert_int_equal(
        anonid_status_count(agent->table, ANONID_COUNT_logon_attempts), 1);
    pass_line("alice", verifier_of_password());
    agent_secret(agent, "alice", "wrong");
    assert_int_equal(warned_of(NULL), ANONID_LOGON_FAILURE);
    agent_await_state(agent, alice->slot, ANONID_STATE_FAILED);
    assert_int_equal(
        anonid_status_count(agent->table, ANONID_COUNT_logon_attempts), 2);
}

/* ---- password synchronisation ---- */

/* A synchronised account that is logged on. */
static anonid_account_t *synchronised(const char *scheme)
{
    anonid_account_t *bob = agent_account(agent, "bob", 1);

    bob->scheme = scheme;
    agent_configure(agent, bob, NULL);
    pass_line("bob", "!");
    agent_store(agent, "bob", 0);
    agent_await_state(agent, bob->slot, ANONID_STATE_LOGGED_ON);
    return bob;
}

static void synchronises_with_every_scheme(void **state)
{
    (void)state;
    synchronised(ANONID_SCHEME_SCRAM);
    synchronised(ANONID_SCHEME_BCRYPT);
    synchronised(ANONID_SCHEME_SHA512);
    agent_expect_silence(agent);
}

static void a_missing_account_is_reported_and_restored(void **state)
{
    anonid_account_t *bob = agent_account(agent, "bob", 1);
    anonid_frame_t frame;

    (void)state;
    agent_configure(agent, bob, NULL);
    agent_account_file(agent, "# nobody\n");
    agent_store(agent, "bob", ENOENT);
    agent_expect(agent, ANONID_MSG_LOGON_WARNING, &frame);
    assert_int_equal(anonid_frame_u32(&frame, ANONID_TAG_CODE, 0),
                     ANONID_LOGON_FAILURE);
    assert_non_null(strstr(anonid_frame_text(&frame, ANONID_TAG_DETAIL, pool),
                           strerror(ENOENT)));
    agent_await_state(agent, bob->slot, ANONID_STATE_FAILED);
    agent_expect_silence(agent);
    pass_line("bob", "!");
    agent_store(agent, "bob", 0);
    agent_expect(agent, ANONID_MSG_LOGON_RECOVERED, &frame);
    agent_await_state(agent, bob->slot, ANONID_STATE_LOGGED_ON);
}

static void takes_over_when_another_server_lets_go(void **state)
{
    anonid_account_t *bob = agent_account(agent, "bob", 1);
    anonid_frame_t frame;

    (void)state;
    agent_configure(agent, bob, NULL);
    pass_line("bob", "!");
    agent_store(agent, "bob", EBUSY);
    assert_int_equal(warned_of(NULL), ANONID_ACCESS_DENIED);
    agent_store(agent, "bob", 0);
    agent_expect(agent, ANONID_MSG_LOGON_RECOVERED, &frame);
    agent_await_state(agent, bob->slot, ANONID_STATE_LOGGED_ON);
}

static void a_new_agent_sets_a_new_password(void **state)
{
    anonid_account_t *bob = synchronised(ANONID_SCHEME_SCRAM);

    (void)state;
    agent_end(agent);
    agent_respawn(agent);
    agent_configure(agent, bob, NULL);
    pass_line("bob", "{SCRAM-SHA-256}of the former agent");
    agent_store(agent, "bob", 0);
    agent_await_state(agent, bob->slot, ANONID_STATE_LOGGED_ON);
    agent_expect_silence(agent);
}

static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
    TEST(ends_with_its_parent),
    TEST(denies_itself_core_files_and_privileges),
    TEST(refuses_a_configuration_and_keeps_the_old_one),
    TEST(logs_a_file_account_on),
    TEST(warns_once_and_recovers_with_a_new_secret),
    TEST(keeps_the_old_secret_while_the_new_one_fails),
    TEST(a_broken_account_file_ends_the_logon),
    TEST(an_unchanged_line_is_not_checked_again),
    TEST(says_why_a_secret_cannot_be_used),
    TEST(an_unchanged_account_is_not_logged_on_again),
    TEST(an_account_that_is_gone_is_pending_again),
    TEST(the_state_outlives_the_agent),
    TEST(synchronises_with_every_scheme),
    TEST(a_missing_account_is_reported_and_restored),
    TEST(takes_over_when_another_server_lets_go),
    TEST(a_new_agent_sets_a_new_password),
#undef TEST
};

int main(void)
{
    return cmocka_run_group_tests_name("agent", tests, unit_setup,
                                       unit_teardown);
}
