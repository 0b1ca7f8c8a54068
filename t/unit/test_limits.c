/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits at work, on a clock of the test's: how many pass, who has to wait and
 * how long, what is given back, who is a client, and what outlives an agent.
 */
#include "unit.h"

#include "agent/base/log.h"
#include "agent/limit/gcra.h"
#include "agent/limit/limits.h"
#include "agent/limit/table.h"
#include "agent/status/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND APR_USEC_PER_SEC

static apr_time_t now = 1000 * SECOND;
static void *room;
static int warnings;
static char line[1024];

static void take_line(anonid_log_level_t level, const char *text)
{
    warnings += level == ANONID_LOG_WARNING;
    snprintf(line, sizeof(line), "%s", text);
}

static int begin(void **state)
{
    (void)state;
    if (!pool && unit_setup(state) != 0)
        return -1;
    room = calloc(1, ANONID_STATUS_ROOM);
    anonid_log_set_sink(take_line);
    warnings = 0;
    return anonid_limits_keep_in(room, now) == APR_SUCCESS ? 0 : -1;
}

/* The memory of the limits before it is given up. */
static int end(void **state)
{
    void *old = room;

    (void)state;
    room = calloc(1, ANONID_STATUS_ROOM);
    if (anonid_limits_keep_in(room, now) != APR_SUCCESS)
        return -1;
    free(old);
    anonid_log_set_sink(NULL);
    return 0;
}

static anonid_service_t *service_with(const char *name, const char *first,
                                      const char *second)
{
    anonid_service_t *service = anonid_service_make(pool, name);

    assert_null(
        anonid_limit_parse(apr_array_push(service->limits), first, pool));
    if (second)
        assert_null(
            anonid_limit_parse(apr_array_push(service->limits), second, pool));
    return service;
}

static anonid_limit_claim_t claim_of(const anonid_service_t *service,
                                     const char *client, unsigned messages,
                                     unsigned recipients)
{
    return (
        anonid_limit_claim_t){ service, client, { messages, recipients, 0 } };
}

/* Seconds to wait for a message, 0: it may be sent. */
static int take(const anonid_service_t *service, const char *client)
{
    anonid_limit_claim_t claim = claim_of(service, client, 1, 1);
    anonid_limit_verdict_t verdict;

    anonid_limits_take(&claim, now, &verdict);
    return verdict.limit ? verdict.retry_after : 0;
}

static void the_burst_passes_and_then_the_rate(void **state)
{
    anonid_service_t *service = service_with("a", "10/minute 3", NULL);
    int sent = 0;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(take(service, "x"), 0);
    assert_int_equal(take(service, "x"), 6);
    now += 6 * SECOND - 1;
    assert_int_equal(take(service, "x"), 1);
    now += 1;
    assert_int_equal(take(service, "x"), 0);
    assert_int_equal(take(service, "x"), 6);
    now += 600 * SECOND;
    for (apr_time_t end = now + 60 * SECOND; now < end; now += SECOND / 50)
        sent += take(service, "x") == 0;
    assert_int_equal(sent, 12); /* the burst, and nine in 54 s after it */
    now += 600 * SECOND;
}

static void waiting_as_long_as_it_says_is_enough(void **state)
{
    anonid_service_t *service = service_with("b", "7/second 2", NULL);

    (void)state;
    for (int i = 0; i < 100; i++) {
        int seconds = take(service, "x");

        now += seconds * SECOND;
        if (seconds)
            assert_int_equal(take(service, "x"), 0);
    }
}

/* A total that has no place left costs a client none of its own. */
static void all_limits_are_taken_or_none(void **state)
{
    anonid_service_t *service =
        service_with("c", "1/minute total", "2/hour per-client");

    (void)state;
    assert_int_equal(take(service, "x"), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(take(service, "y"), 60);
    now += 60 * SECOND;
    assert_int_equal(take(service, "y"), 0);
    now += 60 * SECOND;
    assert_int_equal(take(service, "y"), 0);
    now += 60 * SECOND;
    assert_int_equal(take(service, "y"), 1680);
    assert_int_equal(take(service, "x"), 0);
}

static void only_what_is_total_is_given_back(void **state)
{
    anonid_service_t *service =
        service_with("d", "3/hour total", "2/hour per-client");
    anonid_limit_claim_t claim = claim_of(service, "x", 1, 1);

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(take(service, "x"), 0);
        anonid_limits_give_back(&claim);
    }
    assert_int_equal(take(service, "x"), 1800);
    for (int i = 0; i < 2; i++)
        assert_int_equal(take(service, "y"), 0);
    assert_int_equal(take(service, "z"), 0);
    assert_int_equal(take(service, "z"), 1200);
}

/* Giving back what was never taken makes no credit. */
static void nothing_is_saved_up(void **state)
{
    anonid_service_t *service = service_with("e", "2/hour", NULL);
    anonid_limit_claim_t claim = claim_of(service, "x", 1, 1);

    (void)state;
    for (int i = 0; i < 9; i++)
        anonid_limits_give_back(&claim);
    assert_int_equal(take(service, "x"), 0);
    for (int i = 0; i < 9; i++)
        anonid_limits_give_back(&claim);
    assert_int_equal(take(service, "x"), 0);
    assert_int_equal(take(service, "x"), 0);
    assert_int_equal(take(service, "x"), 1800);
}

static void recipients_are_counted_each(void **state)
{
    anonid_service_t *service =
        service_with("f", "10/hour 5 recipients", NULL);
    anonid_limit_claim_t four = claim_of(service, "x", 1, 4);
    anonid_limit_claim_t six = claim_of(service, "x", 1, 6);
    anonid_limit_verdict_t verdict;

    (void)state;
    anonid_limits_take(&four, now, &verdict);
    assert_null(verdict.limit);
    anonid_limits_take(&four, now, &verdict);
    assert_string_equal(verdict.limit->text, "10/hour 5 total recipients");
    assert_int_equal(verdict.retry_after, 3 * 360);
    anonid_limits_take(&six, now, &verdict);
    assert_non_null(verdict.limit);
    assert_int_equal(verdict.retry_after, 0);
}

static void services_do_not_share(void **state)
{
    anonid_service_t *one = service_with("g", "1/hour", NULL);
    anonid_service_t *two = service_with("h", "1/hour", NULL);

    (void)state;
    assert_int_equal(take(one, "x"), 0);
    assert_int_equal(take(two, "x"), 0);
    assert_int_equal(take(one, "x"), 3600);
}

static const struct {
    const char *client, *name;
} clients[] = {
    { "192.0.2.7", "192.0.2.7" },
    { "::ffff:192.0.2.7", "192.0.2.7" },
    { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
    { "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64" },
    { "2001:DB8:1:3::1", "2001:db8:1:3::/64" },
    { "fe80::1%eth0", "fe80::/64" },
    { "::1", "::/64" },
    { "uid 33", "uid 33" },
    { "", "" },
    { NULL, "unknown" },
    { "an address that is far too long to be an address of anything at all",
      "an address that is far too long to be an address of anything at" },
};

static void a_client_is_an_address_or_a_64(void **state)
{
    char name[ANONID_LIMIT_CLIENT_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(clients); i++) {
        anonid_limit_client_name(name, clients[i].client);
        assert_string_equal(name, clients[i].name);
    }
}

static void clients_of_one_64_share(void **state)
{
    anonid_service_t *service = service_with("i", "1/hour per-client", NULL);

    (void)state;
    assert_int_equal(take(service, "2001:db8::1"), 0);
    assert_int_equal(take(service, "2001:db8::2"), 3600);
    assert_int_equal(take(service, "2001:db8:0:1::1"), 0);
    assert_int_equal(take(service, "192.0.2.1"), 0);
    assert_int_equal(take(service, "::ffff:192.0.2.1"), 3600);
}

/* The next agent has the same memory, and nothing else. */
static void limits_outlive_the_agent(void **state)
{
    anonid_service_t *service =
        service_with("j", "2/hour total", "1/hour per-client");
    unsigned char *before;

    (void)state;
    assert_int_equal(take(service, "x"), 0);
    assert_int_equal(anonid_limits_keep_in(room, now), APR_SUCCESS);
    assert_int_equal(take(service, "x"), 3600);
    assert_int_equal(take(service, "y"), 0);
    assert_int_equal(take(service, "z"), 1800);
    now += 1800 * SECOND;
    assert_int_equal(anonid_limits_keep_in(room, now), APR_SUCCESS);
    assert_int_equal(take(service, "x"), 1800);
    assert_int_equal(take(service, "z"), 0);

    /* What is no such memory is a beginning. */
    before = malloc(ANONID_STATUS_ROOM);
    memset(before, 0xa5, ANONID_STATUS_ROOM);
    assert_int_equal(anonid_limits_keep_in(before, now), APR_SUCCESS);
    assert_int_equal(take(service, "z"), 0);
    assert_int_equal(anonid_limits_keep_in(room, now), APR_SUCCESS);
    free(before);
}

/* A total is never pushed out, however many clients come. */
static void the_oldest_of_100000_clients_makes_room(void **state)
{
    anonid_service_t *service =
        service_with("k", "1/day per-client", "1000000/day 200000 total");
    anonid_service_t *total = service_with("l", "1/day total", NULL);
    char client[32];

    (void)state;
    assert_int_equal(take(total, "x"), 0);
    for (int i = 0; i < 100000; i++) {
        snprintf(client, sizeof(client), "10.%d.%d.%d", i >> 16, i >> 8 & 255,
                 i & 255);
        assert_int_equal(take(service, client), 0);
    }
    assert_int_equal(take(service, "10.0.0.0"), 86400);
    assert_int_equal(take(service, "10.0.0.1"), 86400);
    assert_int_equal(take(service, "192.0.2.1"), 0); /* and 10.0.0.0 went */
    assert_int_equal(take(service, "10.0.0.1"), 86400);
    assert_int_equal(take(service, "10.0.0.0"), 0); /* and 10.0.0.1 went */
    assert_int_equal(take(service, "10.0.0.2"), 86400);
    assert_int_equal(take(service, "192.0.2.1"), 86400);
    assert_int_equal(take(total, "x"), 86400);
}

/* Against a list of all that was set, in the order in which it was. */
static void the_table_is_right_under_chaos(void **state)
{
    enum {
        CAPACITY = 64,
        KEYS = 150,
        ROUNDS = 20000
    };
    static anonid_limit_entry_t entries[CAPACITY];
    anonid_limit_table_t *table =
        anonid_limit_table_make(entries, CAPACITY, 0);
    apr_time_t tats[KEYS] = { 0 };
    int ages[KEYS] = { 0 };
    unsigned random = 1;

    (void)state;
    for (int round = 1; round <= ROUNDS; round++) {
        unsigned char key[ANONID_LIMIT_KEY] = { 0 };
        int n, newer = 0;

        random = random * 1103515245u + 12345u;
        n = (int)(random >> 16) % KEYS;
        key[0] = (unsigned char)(n % 8); /* long chains */
        key[8] = (unsigned char)n;
        for (int i = 0; i < KEYS; i++)
            newer += ages[i] > ages[n];
        assert_int_equal(anonid_limit_table_get(table, key),
                         ages[n] && newer < CAPACITY ? tats[n] : 0);
        tats[n] = round;
        ages[n] = round;
        anonid_limit_table_set(table, key, round);
    }
    anonid_limit_table_free(table);
}

static void a_total_is_warned_of_once_an_hour(void **state)
{
    anonid_service_t *service =
        service_with("m", "1/day total", "1/day per-client");
    anonid_service_t *other = service_with("n", "1/day per-client", NULL);

    (void)state;
    assert_int_equal(take(service, "x"), 0);
    assert_int_equal(warnings, 0);
    for (int i = 0; i < 10; i++)
        take(service, "y");
    assert_int_equal(warnings, 1);
    assert_non_null(strstr(line, "ANID0250: mail service 'm': the limit "
                                 "1/day total is reached, and further "
                                 "messages are refused"));
    now += 3599 * SECOND;
    take(service, "y");
    assert_int_equal(warnings, 1);
    now += SECOND;
    take(service, "y");
    assert_int_equal(warnings, 2);
    assert_int_equal(take(other, "x"), 0);
    take(other, "x");
    assert_int_equal(warnings, 2);
}

static void refusals_are_counted_by_limit(void **state)
{
    anonid_service_t *service =
        service_with("o", "2/day total", "1/day per-client");
    const anonid_status_table_t *read_only;
    const anonid_status_service_t *counted;
    void *mapped;
    int fd;

    (void)state;
    assert_int_equal(anonid_status_create(&read_only, &fd), APR_SUCCESS);
    assert_int_equal(anonid_status_table_open(fd, &mapped), APR_SUCCESS);
    service->slot = 3;
    counted = &read_only->services[3];
    assert_int_equal(take(service, "x"), 0);
    for (int i = 0; i < 4; i++)
        take(service, "x");
    assert_int_equal(take(service, "y"), 0);
    take(service, "z");
    assert_int_equal(atomic_load(&counted->limited[0]), 1);
    assert_int_equal(atomic_load(&counted->limited[1]), 4);
    assert_int_equal(atomic_load(&counted->limited[2]), 0);
    anonid_status_table_close();
}

int main(void)
{
#define LIMITS_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        LIMITS_TEST(the_burst_passes_and_then_the_rate),
        LIMITS_TEST(waiting_as_long_as_it_says_is_enough),
        LIMITS_TEST(all_limits_are_taken_or_none),
        LIMITS_TEST(only_what_is_total_is_given_back),
        LIMITS_TEST(nothing_is_saved_up),
        LIMITS_TEST(recipients_are_counted_each),
        LIMITS_TEST(services_do_not_share),
        LIMITS_TEST(a_client_is_an_address_or_a_64),
        LIMITS_TEST(clients_of_one_64_share),
        LIMITS_TEST(limits_outlive_the_agent),
        LIMITS_TEST(the_oldest_of_100000_clients_makes_room),
        LIMITS_TEST(the_table_is_right_under_chaos),
        LIMITS_TEST(a_total_is_warned_of_once_an_hour),
        LIMITS_TEST(refusals_are_counted_by_limit),
    };

    return cmocka_run_group_tests_name("limits", tests, unit_setup,
                                       unit_teardown);
}
