/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status table: written by one mapping, read by the other, and the
 * reader's cannot be made writable.
 */
#include "unit.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/status.h"

static const anonid_status_table_t *reader;
static anonid_status_table_t *writer;
static int fd;

static int make_table(void **state)
{
    if (unit_setup(state) != 0)
        return -1;
    if (anonid_status_create(&reader, &fd) != APR_SUCCESS)
        return -1;
    return anonid_status_map(&writer, fd) == APR_SUCCESS ? 0 : -1;
}

static void what_is_published_is_read(void **state)
{
    apr_time_t soon = apr_time_now() + apr_time_from_sec(30);
    int retry;

    (void)state;
    assert_int_equal(anonid_status_state(reader, 3), ANONID_STATE_PENDING);
    anonid_status_publish(writer, 3, ANONID_STATE_FAILED, ANONID_LOGON_FAILURE,
                          0, soon);
    assert_int_equal(anonid_status_state(reader, 3), ANONID_STATE_FAILED);
    assert_int_equal(reader->slots[3].code, 1326);
    retry = anonid_status_retry_after(reader, 3);
    assert_in_range(retry, 28, 30);
    assert_int_equal(anonid_status_state(reader, 4), ANONID_STATE_PENDING);
    anonid_status_publish(writer, 3, ANONID_STATE_LOGGED_ON, ANONID_LOGON_OK,
                          0, 0);
    assert_int_equal(anonid_status_state(reader, 3), ANONID_STATE_LOGGED_ON);
}

static void slots_out_of_range_are_failed(void **state)
{
    (void)state;
    assert_int_equal(anonid_status_state(reader, -1), ANONID_STATE_FAILED);
    assert_int_equal(anonid_status_state(reader, ANONID_STATUS_SLOTS),
                     ANONID_STATE_FAILED);
    anonid_status_publish(writer, ANONID_STATUS_SLOTS, ANONID_STATE_FAILED,
                          ANONID_LOGON_OK, 0, 0);
}

static void counters_have_names_and_are_seen(void **state)
{
    (void)state;
    assert_string_equal(anonid_counter_name(ANONID_COUNT_logon_attempts),
                        "logon_attempts");
    assert_string_equal(anonid_counter_name(ANONID_N_COUNTERS - 1),
                        "submissions_not_paired");
    assert_int_equal(anonid_status_count(reader, ANONID_COUNT_mail_logins), 0);
    atomic_fetch_add(&writer->counters[ANONID_COUNT_mail_logins], 2);
    assert_int_equal(anonid_status_count(reader, ANONID_COUNT_mail_logins), 2);
    assert_int_equal(anonid_status_count(reader, ANONID_COUNT_mail_logins + 1),
                     0);
}

static void the_readers_mapping_stays_read_only(void **state)
{
    (void)state;
    assert_int_equal(
        mprotect((void *)reader, sizeof(*reader), PROT_READ | PROT_WRITE), -1);
}

static void the_table_cannot_be_cut(void **state)
{
    (void)state;
    assert_int_equal(ftruncate(fd, 10), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_published_is_read),
        cmocka_unit_test(slots_out_of_range_are_failed),
        cmocka_unit_test(counters_have_names_and_are_seen),
        cmocka_unit_test(the_readers_mapping_stays_read_only),
        cmocka_unit_test(the_table_cannot_be_cut),
    };

    return cmocka_run_group_tests(tests, make_table, unit_teardown);
}
