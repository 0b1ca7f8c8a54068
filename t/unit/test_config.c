/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Staging of a configuration frame by frame: whole ones, and everything that
 * spoils one.
 */
#include "unit.h"

#include "agent/logon/config.h"
#include "common/protocol.h"

#include <string.h>

/* Hands an ended frame to a stage, and frees it. */
static void give(anonid_writer_t *w,
                 void (*stage)(const anonid_frame_t *frame))
{
    anonid_frame_t frame;
    size_t consumed;

    assert_int_equal(anonid_wire_decode(w->data, w->length, ANONID_CONTROL_MAX,
                                        &frame, &consumed),
                     ANONID_PARSE_OK);
    stage(&frame);
    anonid_writer_free(w);
}

static void begin(uint32_t generation)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_CONFIG_BEGIN, 0, 0);
    anonid_writer_u32(&w, ANONID_TAG_GENERATION, generation);
    assert_int_equal(anonid_writer_end(&w), 1);
    give(&w, anonid_staging_begin);
}

static anonid_config_t *result;
static const char *refused;

static void take_end(const anonid_frame_t *frame)
{
    result = anonid_staging_end(frame, &refused);
}

static void end(uint32_t generation)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_CONFIG_END, 0, 0);
    anonid_writer_u32(&w, ANONID_TAG_GENERATION, generation);
    assert_int_equal(anonid_writer_end(&w), 1);
    give(&w, take_end);
}

static void add(anonid_account_t *account)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    account->slot = 1;
    assert_int_equal(anonid_account_encode(&w, account), 1);
    give(&w, anonid_staging_account);
}

static void add_account(const char *name)
{
    anonid_account_t *account = anonid_account_make(pool, name);

    account->path = "/accounts";
    account->secret = "file:/secret";
    add(account);
}

static void add_service(const char *name)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_SERVICE, 0, 0);
    anonid_writer_text(&w, ANONID_TAG_SERVICE, name);
    anonid_writer_text(&w, ANONID_TAG_SERVER, "submission://localhost");
    anonid_writer_text(&w, ANONID_TAG_MAIL_FROM, "a@b.test");
    assert_int_equal(anonid_writer_end(&w), 1);
    give(&w, anonid_staging_service);
}

static void add_malformed(uint16_t type,
                          void (*stage)(const anonid_frame_t *frame))
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, type, 0, 0);
    assert_int_equal(anonid_writer_end(&w), 1);
    give(&w, stage);
}

static void assert_refused(const char *why)
{
    assert_null(result);
    assert_non_null(refused);
    assert_non_null(strstr(refused, why));
}

static void a_whole_configuration_is_handed_out(void **state)
{
    (void)state;
    begin(3);
    add_account("alice");
    add_account("DOMAIN\\alice");
    add_service("mail");
    end(3);
    assert_null(refused);
    assert_non_null(result);
    assert_int_equal(result->generation, 3);
    assert_string_equal(anonid_config_account(result, "DOMAIN\\alice")->user,
                        "alice");
    assert_non_null(anonid_config_service(result, "mail"));
    assert_null(anonid_config_service(result, "alice"));
    anonid_config_drop(result);
}

static void nothing_counts_outside_of_a_configuration(void **state)
{
    (void)state;
    add_account("alice");
    add_service("mail");
    end(0);
    assert_refused("no CONFIG_BEGIN");
}

static void a_second_beginning_starts_over(void **state)
{
    (void)state;
    begin(1);
    add_account("alice");
    begin(2);
    end(2);
    assert_non_null(result);
    assert_null(anonid_config_account(result, "alice"));
    anonid_config_drop(result);
}

static void what_comes_twice_is_refused(void **state)
{
    (void)state;
    begin(1);
    add_account("alice");
    add_account("alice");
    end(1);
    assert_refused("'alice' came twice");
    begin(1);
    add_service("mail");
    add_service("mail");
    end(1);
    assert_refused("'mail' came twice");
}

static void what_is_malformed_is_refused(void **state)
{
    (void)state;
    begin(1);
    add_malformed(ANONID_MSG_ACCOUNT, anonid_staging_account);
    add_account("alice");
    end(1);
    assert_refused("ACCOUNT is malformed");
    begin(1);
    add_malformed(ANONID_MSG_SERVICE, anonid_staging_service);
    end(1);
    assert_refused("SERVICE is malformed");
}

static void accounts_that_make_no_sense_are_refused(void **state)
{
    anonid_account_t *account = anonid_account_make(pool, "alice");

    (void)state;
    begin(1);
    add(account);
    end(1);
    assert_refused("ACCOUNT is malformed");
    account->path = "/accounts";
    begin(1);
    add(account);
    end(1);
    assert_refused("ACCOUNT is malformed");
    account->provider = ANONID_PROVIDER_KRB5;
    account->sync = 1;
    begin(1);
    add(account);
    end(1);
    assert_refused("ACCOUNT is malformed");
}

static void the_generation_must_be_the_same(void **state)
{
    (void)state;
    begin(1);
    end(2);
    assert_refused("another generation");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_configuration_is_handed_out),
        cmocka_unit_test(nothing_counts_outside_of_a_configuration),
        cmocka_unit_test(a_second_beginning_starts_over),
        cmocka_unit_test(what_comes_twice_is_refused),
        cmocka_unit_test(what_is_malformed_is_refused),
        cmocka_unit_test(accounts_that_make_no_sense_are_refused),
        cmocka_unit_test(the_generation_must_be_the_same),
    };

    return cmocka_run_group_tests_name("config", tests, unit_setup,
                                       unit_teardown);
}
