/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters: the header, its encoded words, the MIME structure, the seals.
 */
#include "unit.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/protocol.h"
#include "module/submit/compose.h"
#include "module/text/word.h"

static anonid_draft_t *draft;
static anonid_letter_t letter;
static anonid_submit_message_t message;
static unsigned flags;

static void add_recipient(apr_array_header_t *recipients, const char *alias,
                          const char *address)
{
    anonid_recipient_t *recipient = apr_pcalloc(pool, sizeof(*recipient));

    recipient->alias = alias;
    recipient->addresses = apr_array_make(pool, 2, sizeof(const char *));
    APR_ARRAY_PUSH(recipient->addresses, const char *) = address;
    APR_ARRAY_PUSH(recipient->addresses, const char *) = "b@example.test";
    APR_ARRAY_PUSH(recipients, const anonid_recipient_t *) = recipient;
}

static void begin(const char *address)
{
    apr_array_header_t *recipients =
        apr_array_make(pool, 1, sizeof(const anonid_recipient_t *));

    add_recipient(recipients, "desk.1", address);
    draft = anonid_draft_make(pool);
    letter.draft = draft;
    letter.recipients = recipients;
    letter.mail_from = "svc@example.test";
    letter.client = "2001:db8::1";
    letter.host = "www.example.test";
    letter.now = 0;
    letter.id = "<1@www.example.test>";
}

/* The whole composed message. */
static const char *compose(void)
{
    char *text;

    assert_int_equal(anonid_compose_write(pool, &letter, &message, &flags), 0);
    text = apr_pcalloc(pool, message.size + 1);
    assert_int_equal(pread(message.fd, text, message.size, 0),
                     (int)message.size);
    return text;
}

static void expect_line(const char *text, const char *line)
{
    if (!strstr(text, apr_pstrcat(pool, "\r\n", line, "\r\n", NULL)))
        fail_msg("'%s' is not in:\n%s", line, text);
}

static void a_text_is_composed(void **state)
{
    (void)state;
    begin("a@example.test");
    anonid_draft_set(draft, "subject", "hello", 5);
    anonid_draft_set(draft, "body", "one\ntwo\rthree\r\n.", 16);
    anonid_draft_set(draft, "reply-to", "v@example.test", 14);
    assert_string_equal(
        compose(), "Received: from [IPv6:2001:db8::1] ([IPv6:2001:db8::1])\r\n"
                   "\tby www.example.test (mod_anonid) with HTTP\r\n"
                   "\tid 1; Thu, 01 Jan 1970 00:00:00 +0000\r\n"
                   "From: svc@example.test\r\n"
                   "To: \"desk.1\" <a@example.test>,\r\n"
                   " \"desk.1\" <b@example.test>\r\n"
                   "Reply-To: v@example.test\r\n"
                   "Subject: hello\r\n"
                   "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"
                   "Message-ID: <1@www.example.test>\r\n"
                   "Auto-Submitted: auto-generated\r\n"
                   "MIME-Version: 1.0\r\n"
                   "Content-Type: text/plain; charset=utf-8\r\n"
                   "\r\n"
                   "one\r\ntwo\r\nthree\r\n.\r\n");
    assert_int_equal(flags, 0);
}

static void attachments_are_base64(void **state)
{
    const char *text;

    (void)state;
    begin("a@example.test");
    anonid_draft_attach(draft, "f", "\xc3\xbc.txt", "text/plain; charset=x",
                        "a\nb\r\n\0\xff", 7);
    anonid_draft_attach(draft, "f", "a\"b", "multipart/mixed; boundary=x",
                        "--x", 3);
    text = compose();
    expect_line(text, "Content-Type: text/plain; charset=x; "
                      "name*=UTF-8''%C3%BC.txt");
    expect_line(text, "Content-Disposition: attachment; "
                      "filename*=UTF-8''%C3%BC.txt");
    expect_line(text, "Content-Transfer-Encoding: base64");
    expect_line(text, "YQpiDQoA/w==");
    expect_line(text, "Content-Disposition: attachment; filename=\"a\\\"b\"");
    expect_line(text, "LS14");
    assert_int_equal(flags, 0);
}

static void other_addresses_need_utf8(void **state)
{
    (void)state;
    begin("\xc3\xbc@example.test");
    anonid_draft_set(draft, "body", "x", 1);
    expect_line(compose(), "To: \"desk.1\" <\xc3\xbc@example.test>,");
    assert_int_equal(flags, ANONID_SUBMIT_UTF8 | ANONID_SUBMIT_8BIT);
}

static void messages_are_sealed(void **state)
{
    (void)state;
    begin("a@example.test");
    anonid_draft_set(draft, "body", "x", 1);
    compose();
    assert_int_equal(fcntl(message.fd, F_GET_SEALS),
                     F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    assert_int_equal(fcntl(message.fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(write(message.fd, "x", 1), -1);
}

static void hosts_are_domains_or_literals(void **state)
{
    static const char *const hosts[][2] = {
        { "www.example.test", "@www.example.test>" },
        { "127.0.0.1", "@[127.0.0.1]>" },
        { "::1", "@[IPv6:::1]>" },
        { "a b", "@localhost>" },
        { "", "@localhost>" },
        { "a\r\nb", "@localhost>" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(hosts); i++) {
        const char *id = anonid_header_message_id(pool, hosts[i][0]);

        assert_int_equal(strcspn(id, "@"), 33);
        assert_string_equal(strchr(id, '@'), hosts[i][1]);
    }
    assert_string_not_equal(anonid_header_message_id(pool, "a"),
                            anonid_header_message_id(pool, "a"));
}

static const char *const plain[] = { "", "hello", "a, b <c@d> \"e\"" };

static const struct {
    const char *text;
    const char *encoded;
} encoded[] = {
    { "\xc3\xbc", "=?UTF-8?B?w7w=?=" },
    { "=?utf-8?q?x?=", "=?UTF-8?B?PT91dGYtOD9xP3g/PQ==?=" },
    { " a", "=?UTF-8?B?IGE=?=" },
    { "a  b", "=?UTF-8?B?YSAgYg==?=" },
    { "a\tb", "=?UTF-8?B?YQli?=" },
};

static void texts_are_encoded_where_they_must(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(plain); i++)
        assert_string_equal(anonid_word_text(pool, plain[i], 9), plain[i]);
    for (size_t i = 0; i < COUNT(encoded); i++)
        assert_string_equal(anonid_word_text(pool, encoded[i].text, 9),
                            encoded[i].encoded);
    assert_string_equal(anonid_word_phrase(pool, "a, b", 9), "\"a, b\"");
    assert_string_equal(anonid_word_phrase(pool, "a\"b", 9),
                        "=?UTF-8?B?YSJi?=");
}

/* Lines of at most 76 columns, and no character is cut in two. */
static void long_texts_are_folded(void **state)
{
    const char *text = "", *line;

    (void)state;
    for (int i = 0; i < 100; i++)
        text = apr_pstrcat(pool, text, "\xe2\x82\xac", NULL);
    line = anonid_word_text(pool, text, 9);
    for (size_t column = 9; *line;) {
        size_t length = strcspn(line, "\r");

        assert_true(column + length <= 76);
        assert_memory_equal(line + (column == 0), "=?UTF-8?B?", 10);
        assert_int_equal(strcspn(line, "=") % 4, column == 0 ? 1 : 0);
        line += length + (line[length] ? 2 : 0);
        column = 0;
    }
    text = apr_psprintf(pool, "%0*d %0*d  %0*d", 40, 0, 40, 0, 40, 0);
    assert_string_equal(
        anonid_word_fold(pool, text, 9),
        apr_psprintf(pool, "%0*d\r\n %0*d \r\n %0*d", 40, 0, 40, 0, 40, 0));
    assert_null(
        anonid_word_fold(pool, apr_psprintf(pool, "a %0*d", 1000, 0), 9));
}

static int setup(void **state)
{
    anonid_compose_start();
    return unit_setup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_composed),
        cmocka_unit_test(attachments_are_base64),
        cmocka_unit_test(other_addresses_need_utf8),
        cmocka_unit_test(messages_are_sealed),
        cmocka_unit_test(hosts_are_domains_or_literals),
        cmocka_unit_test(texts_are_encoded_where_they_must),
        cmocka_unit_test(long_texts_are_folded),
    };

    return cmocka_run_group_tests_name("submit_compose", tests, setup,
                                       unit_teardown);
}
