/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail services: URLs, addresses, aliases, and the way over the wire.
 */
#include "unit.h"

#include <string.h>

#include "common/protocol.h"
#include "common/service.h"

static const struct {
    const char *url;
    const char *host;
    int port;
    anonid_tls_t tls;
    int loopback;
} good[] = {
    { "submission://mail.example.com", "mail.example.com", 587,
      ANONID_TLS_START, 0 },
    { "submissions://mail.example.com/", "mail.example.com", 465,
      ANONID_TLS_FIRST, 0 },
    { "SUBMISSION://localhost:2587", "localhost", 2587, ANONID_TLS_START, 1 },
    { "submission://127.8.9.1:25?tls=none", "127.8.9.1", 25, ANONID_TLS_NONE,
      1 },
    { "submission://[::1]:25/?tls=none", "::1", 25, ANONID_TLS_NONE, 1 },
    { "imaps://[2001:db8::1]", "2001:db8::1", 993, ANONID_TLS_FIRST, 0 },
    { "pop3://pop.example.com", "pop.example.com", 110, ANONID_TLS_START, 0 },
};

static const char *const bad[] = {
    "",
    "mail.example.com",
    "smtp://mail.example.com",
    "submission:mail.example.com",
    "submission://",
    "submission://:587",
    "submission://user:password@mail.example.com",
    "submission://mail.example.com:0",
    "submission://mail.example.com:65536",
    "submission://mail.example.com:-1",
    "submission://mail.example.com:587x",
    "submission://mail.example.com:587/path",
    "submission://mail.example.com?tls=none",
    "submission://128.0.0.1?tls=none",
    "submissions://127.0.0.1?tls=none",
    "submission://127.0.0.1?tls=maybe",
    "submission://[::1",
    "submission://[mail]",
    "submission://mail..example.com",
    "submission://mail_example.com",
    "submission://mail.example.com#x",
    "submission://mail\r\n.example.com",
    "submission://127.0.0.1.example.com?tls=none",
};

static void good_urls_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        anonid_mail_server_t server;
        const char *error =
            anonid_mail_server_parse(&server, good[i].url, pool);

        if (error)
            fail_msg("%s: %s", good[i].url, error);
        assert_string_equal(server.host, good[i].host);
        assert_int_equal(server.port, good[i].port);
        assert_int_equal(server.tls, good[i].tls);
        assert_int_equal(server.loopback, good[i].loopback);
    }
}

static void bad_urls_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        anonid_mail_server_t server;

        if (!anonid_mail_server_parse(&server, bad[i], pool))
            fail_msg("taken: %s", bad[i]);
    }
}

static void addresses_are_checked(void **state)
{
    static const char *const fine[] = { "a@b",
                                        "first.last+tag@mail.example.com",
                                        "j\xc3\xbcrgen@ex\xc3\xa4mple.de",
                                        "!#$%&'*+-/=?^_`{|}~@x.y" };
    static const char *const wrong[] = { "",
                                         "a",
                                         "@b",
                                         "a@",
                                         "a b@c",
                                         "a@b c",
                                         "a@b\r\n",
                                         "<a@b>",
                                         "a@b>",
                                         "a@b@c",
                                         "a..b@c",
                                         ".a@b",
                                         "a@b..c",
                                         "\"a\"@b",
                                         "a@[1.2.3.4]",
                                         "a,b@c",
                                         "a@b,c",
                                         "a\xff@b",
                                         "a\xc0\x80@b",
                                         "a@b.",
                                         "a\xed\xa0\x80@b" };

    (void)state;
    for (size_t i = 0; i < COUNT(fine); i++) {
        if (anonid_address_error(fine[i]))
            fail_msg("refused: %s", fine[i]);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        if (!anonid_address_error(wrong[i]))
            fail_msg("taken: %s", wrong[i]);
    }
}

static void aliases_are_checked(void **state)
{
    (void)state;
    assert_null(anonid_alias_error("sales"));
    assert_null(anonid_alias_error("Web-master_2.x"));
    assert_non_null(anonid_alias_error(""));
    assert_non_null(anonid_alias_error("a@b"));
    assert_non_null(anonid_alias_error("a b"));
    assert_non_null(anonid_alias_error("<x>"));
}

static anonid_service_t *sample(void)
{
    anonid_service_t *service = anonid_service_make(pool, "exchange");
    anonid_mail_server_t *server = apr_array_push(service->servers);
    anonid_recipient_t *recipient = apr_array_push(service->recipients);

    assert_null(anonid_mail_server_parse(
        server, "submission://mail.example.com", pool));
    service->mail_from = "anon@example.com";
    service->ca_file = "/etc/ssl/ca.pem";
    recipient->alias = "sales";
    recipient->addresses = apr_array_make(pool, 2, sizeof(const char *));
    APR_ARRAY_PUSH(recipient->addresses, const char *) = "a@example.com";
    APR_ARRAY_PUSH(recipient->addresses, const char *) = "b@example.com";
    return service;
}

static anonid_service_t *over_the_wire(const anonid_service_t *service)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_service_t *back = NULL;
    anonid_frame_t frame;
    size_t consumed;

    assert_true(anonid_service_encode(&w, service));
    if (anonid_wire_decode(w.data, w.length, ANONID_CONTROL_MAX, &frame,
                           &consumed)
        == ANONID_PARSE_OK)
        back = anonid_service_decode(&frame, pool);
    anonid_writer_free(&w);
    return back;
}

static void a_service_survives_the_wire(void **state)
{
    anonid_service_t *back = over_the_wire(sample());
    const anonid_recipient_t *recipient;

    (void)state;
    assert_non_null(back);
    assert_string_equal(back->name, "exchange");
    assert_int_equal(back->mechanisms->nelts, 7);
    assert_string_equal(APR_ARRAY_IDX(back->mechanisms, 2, const char *),
                        "SCRAM-SHA-256");
    assert_int_equal(
        APR_ARRAY_IDX(back->servers, 0, anonid_mail_server_t).port, 587);
    assert_string_equal(back->mail_from, "anon@example.com");
    assert_string_equal(back->ca_file, "/etc/ssl/ca.pem");
    assert_null(back->tls_name);
    recipient = anonid_service_recipient(back, "SALES");
    assert_non_null(recipient);
    assert_int_equal(recipient->addresses->nelts, 2);
    assert_null(anonid_service_recipient(back, "nobody"));
}

static const struct {
    const char *pattern;
    const char *address;
    int fits;
} patterns[] = {
    { "*", "a@b", 1 },
    { "a@b.test", "a@B.TEST", 1 },
    { "a@b.test", "A@b.test", 0 },
    { "a@b.test", "a@b.tes", 0 },
    { "a@b.test", "a@b.test.evil", 0 },
    { "@b.test", "x@b.test", 1 },
    { "@b.test", "x@B.test", 1 },
    { "@b.test", "x@c.b.test", 0 },
    { "@b.test", "x@evilb.test", 0 },
    { "@.b.test", "x@b.test", 1 },
    { "@.b.test", "x@c.d.b.test", 1 },
    { "@.b.test", "x@evilb.test", 0 },
    { "@.b.test", "x@b.test.evil", 0 },
    { "@.b.test", "x@test", 0 },
};

static void patterns_fit_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(patterns); i++) {
        assert_null(anonid_pattern_error(patterns[i].pattern));
        if (anonid_pattern_fits(patterns[i].pattern, patterns[i].address)
            != patterns[i].fits)
            fail_msg("%s, %s", patterns[i].pattern, patterns[i].address);
    }
    assert_non_null(anonid_pattern_error(""));
    assert_non_null(anonid_pattern_error("@"));
    assert_non_null(anonid_pattern_error("@."));
}

static void applications_write_to_whom_they_may(void **state)
{
    anonid_service_t *service = sample(), *back;

    (void)state;
    APR_ARRAY_PUSH(service->allowed, const char *) = "@ok.test";
    service->strict_from = 1;
    back = over_the_wire(service);
    assert_non_null(back);
    assert_true(back->strict_from);
    assert_int_equal(back->client_address, 0);
    service->client_address = ANONID_CLIENT_XCLIENT | ANONID_CLIENT_ID;
    assert_int_equal(over_the_wire(service)->client_address,
                     service->client_address);
    assert_true(anonid_service_allows(back, "x@ok.test"));
    assert_false(anonid_service_allows(back, "x@other.test"));
    assert_true(anonid_service_allows(
        back, APR_ARRAY_IDX(anonid_service_recipient(back, "sales")->addresses,
                            0, const char *)));
}

static void a_service_for_mailboxes_has_no_sender(void **state)
{
    anonid_service_t *service = sample(), *back;

    (void)state;
    service->mail_from = NULL;
    apr_array_clear(service->recipients);
    back = over_the_wire(service);
    assert_non_null(back);
    assert_null(back->mail_from);
}

static void a_malformed_service_is_refused(void **state)
{
    anonid_service_t *service = sample();

    (void)state;
    service->mail_from = "a b@c";
    assert_null(over_the_wire(service));
    service = sample();
    APR_ARRAY_IDX(service->recipients, 0, anonid_recipient_t).alias = "a b";
    assert_null(over_the_wire(service));
    service = sample();
    APR_ARRAY_IDX(service->servers, 0, anonid_mail_server_t).url =
        "submission://far.example.com?tls=none";
    assert_null(over_the_wire(service));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_urls_are_taken),
        cmocka_unit_test(bad_urls_are_refused),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(aliases_are_checked),
        cmocka_unit_test(a_service_survives_the_wire),
        cmocka_unit_test(patterns_fit_what_they_say),
        cmocka_unit_test(applications_write_to_whom_they_may),
        cmocka_unit_test(a_service_for_mailboxes_has_no_sender),
        cmocka_unit_test(a_malformed_service_is_refused),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
