/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Visitors' addresses, and where they are said: XCLIENT and ID.
 */
#include "unit.h"

#include <string.h>

#include "agent/imap/id.h"
#include "agent/mail/driver.h"
#include "agent/smtp/command.h"

static const struct {
    const char *text;
    const char *address; /* "": none */
    int is_v6;
} addresses[] = {
    { "192.0.2.1", "192.0.2.1", 0 },
    { "2001:DB8:0::1", "2001:db8::1", 1 },
    { "::ffff:192.0.2.1", "192.0.2.1", 0 },
    { "fe80::1", "fe80::1", 1 },
    { "10.0.0.1", "10.0.0.1", 0 },
    /* A server takes these for its own machine, or for nobody. */
    { "127.0.0.1", "", 0 },
    { "127.255.0.9", "", 0 },
    { "::1", "", 0 },
    { "::ffff:127.0.0.1", "", 0 },
    { "0.0.0.0", "", 0 },
    { "::", "", 0 },
    { "224.0.0.1", "", 0 },
    { "255.255.255.255", "", 0 },
    { "ff02::1", "", 0 },
    { "", "", 0 },
    { "192.0.2", "", 0 },
    { "192.0.2.1 ", "", 0 },
    { "192.0.2.1\r\nRSET", "", 0 },
    { "192.0.2.256", "", 0 },
    { "fe80::1%eth0", "", 0 },
    { "[192.0.2.1]", "", 0 },
    { "[UNAVAILABLE]", "", 0 },
    { "example.com", "", 0 },
    { "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa", "", 0 },
};

static void an_address_is_one_or_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        anonid_visitor_t visitor = { .address = "192.0.2.99", .is_v6 = 1 };
        int set = anonid_visitor_address(&visitor, addresses[i].text,
                                         strlen(addresses[i].text));

        assert_string_equal(visitor.address, addresses[i].address);
        assert_int_equal(visitor.is_v6, addresses[i].is_v6);
        assert_int_equal(set, *addresses[i].address != '\0');
    }
}

static const struct {
    const char *argument;
    const char *wrong; /* the reply's code; NULL: none */
    const char *address;
    int port;
} xclients[] = {
    { "ADDR=192.0.2.1", NULL, "192.0.2.1", 0 },
    { "addr=192.0.2.1  port=25", NULL, "192.0.2.1", 25 },
    { "ADDR=IPV6:2001:db8::1 NAME=x.example", NULL, "2001:db8::1", 0 },
    { "ADDR=ipv6:::ffff:192.0.2.1", NULL, "192.0.2.1", 0 },
    { "ADDR=2001:db8::1", NULL, "2001:db8::1", 0 },
    { "ADDR=[UNAVAILABLE] PORT=[UNAVAILABLE]", NULL, "", 0 },
    { "ADDR=127.0.0.1", NULL, "", 0 },
    { "ADDR=192.0.2.1 PORT=65536", NULL, "192.0.2.1", 0 },
    { "ADDR=192.0.2.1 PORT=-1", NULL, "192.0.2.1", 0 },
    { "ADDR= PORT= LOGIN=", NULL, "", 0 },
    { "ADDR=IPV6:", NULL, "", 0 },
    { "ADDRESS=192.0.2.1", NULL, "", 0 },
    { "LOGIN=root", NULL, "", 0 },
    { "=", NULL, "", 0 },
    { "", "501", "", 0 },
    { "ADDR", "501", "", 0 },
    { "ADDR=192.0.2.1 x", "501", NULL, 0 },
};

static void xclient_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(xclients); i++) {
        const anonid_smtp_command_t command = { ANONID_SMTP_XCLIENT,
                                                xclients[i].argument,
                                                strlen(xclients[i].argument) };
        anonid_visitor_t visitor;
        const char *wrong = anonid_smtp_xclient_parse(&command, &visitor);

        assert_int_equal(wrong == NULL, xclients[i].wrong == NULL);
        if (wrong) {
            assert_memory_equal(wrong, xclients[i].wrong, 3);
            continue;
        }
        assert_string_equal(visitor.address, xclients[i].address);
        assert_int_equal(visitor.port, xclients[i].port);
    }
}

#define IP "\"x-originating-ip\" "
#define TTL "\"x-proxy-ttl\" "

static const struct {
    const char *arguments;
    const char *address;
    int port;
    int hops;
} ids[] = {
    { "NIL", "", 0, 5 },
    { "", "", 0, 5 },
    { "()", "", 0, 5 },
    { "(" IP "\"192.0.2.1\")", "192.0.2.1", 0, 5 },
    { "(\"name\" \"x\" " IP "\"2001:db8::1\" \"X-Originating-Port\" "
      "\"1025\" " TTL "\"3\")",
      "2001:db8::1", 1025, 3 },
    { "(\"name\" NIL " IP "{9}\r\n192.0.2.1)", "192.0.2.1", 0, 5 },
    { "({16+}\r\nx-originating-ip \"192.0.2.1\")", "192.0.2.1", 0, 5 },
    { "(\"a\\\"b\" \"c\\\\\" " IP "\"192.0.2.1\")", "192.0.2.1", 0, 5 },
    { "(" IP "\"127.0.0.1\")", "", 0, 5 },
    { "(" IP "\"192.0.2.1\\\" \\\"x\")", "", 0, 5 },
    { "(" IP "192.0.2.1)", "", 0, 5 },
    { "(" IP "\"192.0.2.1", "", 0, 5 },
    { "(" IP "{99}\r\n192.0.2.1)", "", 0, 5 },
    { "(" IP ")", "", 0, 5 },
    { "(" TTL "\"0\")", "", 0, 0 },
    { "(" TTL "\"x\")", "", 0, 0 },
    { "(" TTL "\"99\")", "", 0, 5 },
    { "(" TTL "\"2\" " TTL "\"4\")", "", 0, 2 },
    { "(\"X-Originating-Port\" \"99999\")", "", 0, 5 },
};

static void an_id_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ids); i++) {
        anonid_visitor_t visitor = { .hops = ANONID_IMAP_HOPS };

        anonid_imap_id_read(ids[i].arguments, strlen(ids[i].arguments),
                            &visitor);
        assert_string_equal(visitor.address, ids[i].address);
        assert_int_equal(visitor.port, ids[i].port);
        assert_int_equal(visitor.hops, ids[i].hops);
    }
}

/* RFC 2971 section 3.3: not more than 30 fields. */
static void the_fields_of_an_id_are_counted(void **state)
{
    anonid_visitor_t visitor = { .hops = ANONID_IMAP_HOPS };
    char text[1024] = "(";

    (void)state;
    for (int i = 0; i < ANONID_IMAP_ID_FIELDS; i++)
        strcat(text, "\"n\" \"v\" ");
    strcat(text, IP "\"192.0.2.1\")");
    anonid_imap_id_read(text, strlen(text), &visitor);
    assert_string_equal(visitor.address, "");
}

static void servers_are_told_what_they_take(void **state)
{
    const anonid_mail_driver_t *smtp = &anonid_smtp_driver;
    const anonid_mail_driver_t *imap = &anonid_imap_driver;
    anonid_capabilities_t caps = { .flags = ANONID_CAP_CLIENT };
    anonid_visitor_t visitor = { "2001:db8::1", 1, 1025, 4 };
    char command[ANONID_COMMAND_MAX];

    (void)state;
    smtp->tell(&caps, &visitor, command);
    assert_string_equal(command, "XCLIENT ADDR=IPV6:2001:db8::1");
    caps.flags |= ANONID_CAP_XCLIENT_NAME | ANONID_CAP_XCLIENT_PORT;
    smtp->tell(&caps, &visitor, command);
    assert_string_equal(command, "XCLIENT NAME=[UNAVAILABLE] "
                                 "ADDR=IPV6:2001:db8::1 PORT=1025");
    imap->tell(&caps, &visitor, command);
    assert_string_equal(command,
                        "A5 ID (\"x-proxy-ttl\" \"3\" \"x-originating-ip\" "
                        "\"2001:db8::1\" \"x-originating-port\" \"1025\")");
    visitor = (anonid_visitor_t){ .hops = 5 };
    imap->tell(&caps, &visitor, command);
    assert_string_equal(command, "A5 ID (\"x-proxy-ttl\" \"4\")");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_one_or_none),
        cmocka_unit_test(xclient_is_read),
        cmocka_unit_test(an_id_is_read),
        cmocka_unit_test(the_fields_of_an_id_are_counted),
        cmocka_unit_test(servers_are_told_what_they_take),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
