/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How mail stands comes out of the status table, and back from the wire as it
 * was sent; what cannot have been sent is refused.
 */
#include "unit.h"

#include <stdlib.h>

#include "common/mail_status.h"
#include "common/protocol.h"

static anonid_status_table_t *table;
static anonid_service_t *service;
static anonid_writer_t w = ANONID_WRITER_INIT;

static anonid_mail_server_t *add_server(const char *url, int slot)
{
    anonid_mail_server_t *server = apr_array_push(service->servers);

    assert_null(anonid_mail_server_parse(server, url, pool));
    server->slot = slot;
    return server;
}

static int make(void **state)
{
    if (unit_setup(state) != 0)
        return -1;
    table = calloc(1, sizeof(*table));
    service = anonid_service_make(pool, "office");
    add_server("submission://mail.example.test", 4);
    add_server("imap://mail.example.test", -1);
    atomic_store(&table->servers[4].logins, 7);
    atomic_store(&table->servers[4].down_since, 1700000000000000);
    anonid_status_write_text(&table->servers[4].problem, "Connection refused");
    atomic_store(&table->servers[4].idle, 3);
    atomic_store(&table->pairs[2].refused_since, 1700000001000000);
    atomic_store(&table->pairs[2].refused_by, 5);
    anonid_status_write_text(&table->pairs[2].reply, "535 5.7.8 no");
    return 0;
}

static const anonid_mail_server_t *server_at(int i)
{
    return &APR_ARRAY_IDX(service->servers, i, anonid_mail_server_t);
}

static void a_server_is_read_from_its_slot(void **state)
{
    anonid_server_status_t status;

    (void)state;
    anonid_server_status_read(table, service, server_at(0), &status, pool);
    assert_string_equal(status.service, "office");
    assert_string_equal(status.url, "submission://mail.example.test");
    assert_int_equal(status.logins, 7);
    assert_int_equal(status.down_since, 1700000000000000);
    assert_string_equal(status.problem, "Connection refused");
}

static void sessions_of_an_agent_that_is_gone_do_not_count(void **state)
{
    anonid_server_status_t status;

    (void)state;
    anonid_server_status_read(table, service, server_at(0), &status, pool);
    assert_int_equal(status.idle, 0);
    atomic_store(&table->header.agent_pid, (uint32_t)getpid());
    atomic_store(&table->header.agent_alive, anonid_monotonic_now());
    anonid_server_status_read(table, service, server_at(0), &status, pool);
    assert_int_equal(status.idle, 3);
}

static void what_has_no_slot_has_nothing_to_tell(void **state)
{
    anonid_server_status_t server;
    anonid_pair_status_t pair;

    (void)state;
    anonid_server_status_read(table, service, server_at(1), &server, pool);
    assert_int_equal(server.logins, 0);
    assert_string_equal(server.problem, "");
    anonid_server_status_read(NULL, service, server_at(0), &server, pool);
    assert_int_equal(server.logins, 0);
    anonid_pair_status_read(table, "web", service, ANONID_STATUS_PAIRS, &pair,
                            pool);
    assert_int_equal(pair.refused_since, 0);
}

static void a_pair_knows_who_refuses_it(void **state)
{
    anonid_pair_status_t pair;

    (void)state;
    anonid_pair_status_read(table, "web", service, 2, &pair, pool);
    assert_int_equal(pair.refused_since, 1700000001000000);
    assert_string_equal(pair.refused_by, "submission://mail.example.test");
    assert_string_equal(pair.reply, "535 5.7.8 no");
    atomic_store(&table->pairs[3].refused_by, 99);
    anonid_pair_status_read(table, "web", service, 3, &pair, pool);
    assert_null(pair.refused_by);
}

static int decode(anonid_mail_status_t *mail)
{
    anonid_frame_t frame;
    size_t used;

    assert_int_equal(anonid_writer_end(&w), 1);
    assert_int_equal(
        anonid_wire_decode(w.data, w.length, 65536, &frame, &used),
        ANONID_PARSE_OK);
    return anonid_mail_status_decode(&frame, mail, pool);
}

static void all_of_it_survives_the_wire(void **state)
{
    const anonid_listener_status_t listener = {
        .url = "imap://127.0.0.1:143",
        .account = "web",
        .service = "office",
        .clients = 2,
        .max = 100,
        .to_client = 5000000000,
    };
    anonid_server_status_t server;
    anonid_pair_status_t pair;
    anonid_mail_status_t mail;

    (void)state;
    anonid_server_status_read(table, service, server_at(0), &server, pool);
    anonid_pair_status_read(table, "web", service, 2, &pair, pool);
    anonid_writer_begin(&w, ANONID_MSG_MAIL_STATUS_REPLY, 0, 1);
    anonid_listener_status_encode(&w, &listener);
    anonid_server_status_encode(&w, &server);
    anonid_pair_status_encode(&w, &pair);
    anonid_listener_status_encode(&w, &listener);
    assert_int_equal(decode(&mail), 1);
    assert_int_equal(mail.servers->nelts, 1);
    assert_int_equal(mail.pairs->nelts, 1);
    assert_int_equal(mail.listeners->nelts, 2);
    server = APR_ARRAY_IDX(mail.servers, 0, anonid_server_status_t);
    assert_int_equal(server.logins, 7);
    assert_string_equal(server.problem, "Connection refused");
    pair = APR_ARRAY_IDX(mail.pairs, 0, anonid_pair_status_t);
    assert_string_equal(pair.account, "web");
    assert_string_equal(pair.refused_by, "submission://mail.example.test");
    assert_string_equal(
        APR_ARRAY_IDX(mail.listeners, 1, anonid_listener_status_t).account,
        "web");
    assert_int_equal(
        APR_ARRAY_IDX(mail.listeners, 1, anonid_listener_status_t).to_client,
        5000000000);
}

static void malformed_fields_are_refused(void **state)
{
    anonid_mail_status_t mail;

    (void)state;
    anonid_writer_begin(&w, ANONID_MSG_MAIL_STATUS_REPLY, 0, 1);
    anonid_writer_text(&w, ANONID_TAG_SERVER, "submission://x");
    anonid_writer_u32(&w, ANONID_TAG_LOGINS, 1); /* has to be 64 bits */
    assert_int_equal(decode(&mail), 0);
    anonid_writer_begin(&w, ANONID_MSG_MAIL_STATUS_REPLY, 0, 1);
    anonid_writer_bytes(&w, ANONID_TAG_SERVER, "a\0b", 3);
    assert_int_equal(decode(&mail), 0);
}

static void fields_without_a_run_are_passed_over(void **state)
{
    anonid_mail_status_t mail;

    (void)state;
    anonid_writer_begin(&w, ANONID_MSG_MAIL_STATUS_REPLY, 0, 1);
    anonid_writer_u64(&w, ANONID_TAG_LOGINS, 1);
    anonid_writer_text(&w, ANONID_TAG_LISTENER, "smtp://127.0.0.1:25");
    assert_int_equal(decode(&mail), 1);
    assert_int_equal(mail.servers->nelts, 0);
    assert_string_equal(
        APR_ARRAY_IDX(mail.listeners, 0, anonid_listener_status_t).account,
        "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_is_read_from_its_slot),
        cmocka_unit_test(sessions_of_an_agent_that_is_gone_do_not_count),
        cmocka_unit_test(what_has_no_slot_has_nothing_to_tell),
        cmocka_unit_test(a_pair_knows_who_refuses_it),
        cmocka_unit_test(all_of_it_survives_the_wire),
        cmocka_unit_test(malformed_fields_are_refused),
        cmocka_unit_test(fields_without_a_run_are_passed_over),
    };

    return cmocka_run_group_tests(tests, make, unit_teardown);
}
