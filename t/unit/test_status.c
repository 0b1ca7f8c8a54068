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

static void a_time_is_counted_below_its_bound(void **state)
{
    anonid_status_histogram_t *h = &writer->logons;

    (void)state;
    anonid_status_observe(h, -5);
    anonid_status_observe(h, 5000);
    anonid_status_observe(h, 5001);
    anonid_status_observe(h, apr_time_from_sec(31));
    assert_int_equal(reader->logons.counts[0], 2);
    assert_int_equal(reader->logons.counts[1], 1);
    assert_int_equal(reader->logons.counts[ANONID_STATUS_BUCKETS - 1], 1);
    assert_int_equal(reader->logons.microseconds, 10001 + 31000000);
}

static void a_text_is_cleaned_and_cut(void **state)
{
    char value[ANONID_STATUS_TEXT], longer[2 * ANONID_STATUS_TEXT];

    (void)state;
    anonid_status_read_text(&reader->pairs[7].reply, value);
    assert_string_equal(value, "");
    anonid_status_write_text(&writer->pairs[7].reply, "535 5.7.8\r\nno \033");
    anonid_status_read_text(&reader->pairs[7].reply, value);
    assert_string_equal(value, "535 5.7.8  no  ");
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    anonid_status_write_text(&writer->pairs[7].reply, longer);
    anonid_status_read_text(&reader->pairs[7].reply, value);
    assert_int_equal(strlen(value), ANONID_STATUS_TEXT - 1);
}

/* Another process writes all the time; what is read is one of its texts. */
static void a_text_is_never_read_half(void **state)
{
    static const char *const texts[] = {
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    };
    char value[ANONID_STATUS_TEXT];
    int seen[2] = { 0, 0 }, status;
    pid_t pid;

    (void)state;
    anonid_status_write_text(&writer->pairs[8].reply, texts[0]);
    pid = fork();
    if (pid == 0) {
        for (unsigned i = 0; i < 2000000; i++)
            anonid_status_write_text(&writer->pairs[8].reply, texts[i % 2]);
        _exit(0);
    }
    while (waitpid(pid, &status, WNOHANG) == 0) {
        anonid_status_read_text(&reader->pairs[8].reply, value);
        if (!*value) /* it was written all the time */
            continue;
        assert_true(strcmp(value, texts[0]) == 0
                    || strcmp(value, texts[1]) == 0);
        seen[*value == 'b']++;
    }
    assert_true(seen[0] > 0 && seen[1] > 0);
}

static void a_writer_that_died_is_not_waited_for(void **state)
{
    char value[ANONID_STATUS_TEXT];

    (void)state;
    anonid_status_write_text(&writer->pairs[9].reply, "before");
    atomic_fetch_add(&writer->pairs[9].reply.turn, 1);
    anonid_status_read_text(&reader->pairs[9].reply, value);
    assert_string_equal(value, "");
    anonid_status_write_text(&writer->pairs[9].reply, "after");
    anonid_status_read_text(&reader->pairs[9].reply, value);
    assert_string_equal(value, "after");
}

static void workers_count_in_a_page_of_their_own(void **state)
{
    anonid_worker_page_t *page;
    int status;
    pid_t pid;

    (void)state;
    assert_int_equal(anonid_worker_page_create(&page), APR_SUCCESS);
    pid = fork();
    if (pid == 0) {
        anonid_worker_page_count(page, 5);
        anonid_worker_page_count(page, 5);
        anonid_worker_page_count(page, -1);
        anonid_worker_page_count(page, ANONID_STATUS_SLOTS);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(page->mapped[5], 2);
    assert_int_equal(page->mapped[4], 0);
}

static void an_agent_is_there_while_it_says_so(void **state)
{
    (void)state;
    assert_int_equal(anonid_status_agent(reader), 0);
    atomic_store(&writer->header.agent_pid, (uint32_t)getpid());
    assert_int_equal(anonid_status_agent(reader), 0);
    atomic_store(&writer->header.agent_alive, anonid_monotonic_now());
    assert_int_equal(anonid_status_agent(reader), getpid());
    atomic_store(&writer->header.agent_alive,
                 anonid_monotonic_now()
                     - apr_time_from_sec(ANONID_STATUS_SILENCE + 1));
    assert_int_equal(anonid_status_agent(reader), 0);
    atomic_store(&writer->header.agent_alive, anonid_monotonic_now());
    atomic_store(&writer->header.agent_pid, 0x3fffffff); /* nobody's */
    assert_int_equal(anonid_status_agent(reader), 0);
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
        cmocka_unit_test(a_time_is_counted_below_its_bound),
        cmocka_unit_test(a_text_is_cleaned_and_cut),
        cmocka_unit_test(a_text_is_never_read_half),
        cmocka_unit_test(a_writer_that_died_is_not_waited_for),
        cmocka_unit_test(workers_count_in_a_page_of_their_own),
        cmocka_unit_test(an_agent_is_there_while_it_says_so),
        cmocka_unit_test(the_readers_mapping_stays_read_only),
        cmocka_unit_test(the_table_cannot_be_cut),
    };

    return cmocka_run_group_tests(tests, make_table, unit_teardown);
}
