/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drafts: what every field may hold, and how forms, JSON and whole messages
 * become drafts.
 */
#include "unit.h"

#include <apr_strings.h>
#include <string.h>

#include "common/protocol.h"
#include "module/submit/compose.h"
#include "module/draft/form.h"
#include "module/draft/json.h"
#include "module/draft/rfc822.h"

#define FORM "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data; boundary=b"
#define JSON "application/json"
#define MESSAGE "message/rfc822"
#define PART "--b\r\nContent-Disposition: form-data; "
#define TO PART "name=to\r\n\r\ndesk\r\n"

static anonid_draft_t *draft;

static const anonid_problem_t *read_body(const char *type, const char *body,
                                         size_t length)
{
    const anonid_params_t *params =
        anonid_params_parse(pool, type, strlen(type));

    assert_non_null(params);
    draft = anonid_draft_make(pool);
    if (strcmp(params->value, FORM) == 0)
        return anonid_form_read_urlencoded(draft, params, body, length);
    if (strcmp(params->value, JSON) == 0)
        return anonid_json_read(draft, params, body, length);
    if (strcmp(params->value, MESSAGE) == 0)
        return anonid_rfc822_read(draft, params, body, length);
    return anonid_form_read_multipart(draft, params, body, length);
}

static const struct {
    const char *type;
    const char *body;
    int status;
    const char *field;
} bad[] = {
    /* Line ends and NUL in fields of the header, however they are written. */
    { FORM, "subject=a%0d%0aBcc:x", 400, "subject" },
    { FORM, "subject=a%0ab", 400, "subject" },
    { FORM, "subject=a%0db", 400, "subject" },
    { FORM, "subject=a%00b", 400, "subject" },
    { FORM, "subject=a\r\nBcc:x", 400, "subject" },
    { FORM, "subject==?utf-8?q?a=0D=0ABcc:x?=", 400, "subject" },
    { FORM, "subject==?utf-8?Q?a=0a?=", 400, "subject" },
    { FORM, "subject==?utf-8?q?a=00?=", 400, "subject" },
    { FORM, "subject==?utf-8?b?YQ0KQmNjOng%3D?=", 400, "subject" },
    { FORM, "subject==?utf-8?B?AA%3D%3D?=", 400, "subject" },
    { FORM, "subject==?utf-8*en?b?DQo%3D?=", 400, "subject" },
    { FORM, "reply-to=a@example.test%0d%0aBcc:x", 400, "reply-to" },
    { FORM, "to=desk%0aother", 400, "to" },
    { MULTIPART, TO PART "name=subject\r\n\r\na\r\nBcc: x\r\n--b--", 400,
      "subject" },
    { MULTIPART, PART "name=f; filename=\"a%0D%0Ab\"\r\n\r\nx\r\n--b--", 400,
      "f" },
    { MULTIPART, PART "name=f; filename=\"a\r\n b\"\r\n\r\nx\r\n--b--", 400,
      "f" },
    { MULTIPART, PART "name=f; filename*=utf-8''a%0ab\r\n\r\nx\r\n--b--", 400,
      "f" },
    { MULTIPART, PART "name=f; filename*=utf-8''a%00b\r\n\r\nx\r\n--b--", 400,
      "f" },
    { MULTIPART, PART "name=\"a%0Ab\"\r\n\r\nx\r\n--b--", 400, "name" },
    { MULTIPART, PART "name=f; filename=\"=?utf-8?q?=0a?=\"\r\n\r\nx\r\n--b--",
      400, "f" },
    { JSON, "{\"subject\":\"a\\r\\nBcc: x\"}", 400, "subject" },
    { JSON, "{\"subject\":\"a\\u0000b\"}", 400, "subject" },
    { JSON, "{\"reply-to\":\"a@example.test\\n\"}", 400, "reply-to" },
    { JSON, "{\"attachments\":[{\"name\":\"a\\nb\",\"content\":\"\"}]}", 400,
      "attachments[0]" },
    { JSON, "{\"attachments\":[{\"name\":\"a\\u0000\",\"content\":\"\"}]}",
      400, "attachments[0]" },
    { MESSAGE, "Subject: =?utf-8?q?a=0D=0ABcc:_x?=\r\n\r\nx\r\n", 400,
      "subject" },
    { MESSAGE, "Subject: a\rBcc: x\r\n\r\nx\r\n", 400, NULL },
    { MESSAGE, "Content-Type: text/plain; name*=utf-8''a%0db\r\n\r\n", 400,
      "content-type" },
    { MESSAGE, "From: =?utf-8?q?a=0a?= <a@example.test>\r\n\r\n", 400,
      "from" },

    /* Text that is none. */
    { FORM, "subject=%ff", 400, "subject" },
    { FORM, "subject=%c0%af", 400, "subject" },
    { FORM, "subject=%ed%a0%80", 400, "subject" },
    { FORM, "body=%e4", 400, "body" },
    { FORM, "body=a%00", 400, "body" },
    { FORM, "body=%2", 400, "body" },

    /* Fields that nobody asked for. */
    { FORM, "to=desk&subjekt=%00&body=x", 400, "subjekt" },
    { FORM, "x&body=y", 400, "x" },
    { MULTIPART, TO PART "name=Body\r\n\r\nx\r\n--b--", 400, "Body" },
    { JSON, "{\"to\":\"desk\",\"x\":{\"y\":1}}", 400, "x" },

    /* More text that is none. */
    { FORM "; charset=utf-7", "body=a", 415, NULL },
    { FORM "; charset=iso-2022-jp", "body=a", 415, NULL },
    { MULTIPART,
      PART "name=body\r\n"
           "Content-Type: text/plain; charset=x\r\n\r\na\r\n"
           "--b--",
      415, "body" },
    { MULTIPART,
      PART "name=body\r\n"
           "Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n"
           "--b--",
      400, "body" },
    { MULTIPART, "--b\r\n\r\nx\r\n--b--", 400, NULL },
    { MULTIPART,
      PART "filename=x\r\n"
           "\r\nx\r\n--b--",
      400, NULL },
    { "multipart/form-data", "--b--", 400, NULL },
    { JSON "; charset=iso-8859-1", "{}", 415, NULL },
    { JSON, "", 400, NULL },
    { JSON, "[]", 400, NULL },
    { JSON, "{\"body\":\"a\"} x", 400, NULL },
    { JSON, "{\"body\":\"a\",\"body\":\"b\"}", 400, NULL },
    { JSON, "{\"body\":\"\xff\"}", 400, NULL },
    { JSON, "{\"body\":\"\\ud800\"}", 400, NULL },
    { JSON, "{\"body\":1}", 400, "body" },
    { JSON, "{\"to\":[1]}", 400, "to" },
    { JSON, "{\"subject\":[\"a\"]}", 400, "subject" },
    { JSON, "{\"attachments\":{}}", 400, "attachments" },
    { JSON, "{\"attachments\":[1]}", 400, "attachments[0]" },
    { JSON, "{\"attachments\":[{\"content\":\"\"},{}]}", 400,
      "attachments[1]" },
    { JSON, "{\"attachments\":[{\"content\":\"a\"}]}", 400, "attachments[0]" },
    { JSON, "{\"attachments\":[{\"content\":\"\",\"type\":\"a b\"}]}", 400,
      "attachments[0]" },
    { JSON, "{\"x\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}", 400, NULL },
    { MESSAGE, "Subject: a\r\n\r\nx\n", 400, NULL },
    { MESSAGE, "Subject: a\r\n\r\nx\r", 400, NULL },
    { MESSAGE, "Subject: \xff\r\n\r\n", 400, "subject" },
    { MESSAGE, "Subject: \x1b[0m\r\n\r\n", 400, "subject" },
    { MESSAGE, "Subject: a\r\nSubject: b\r\n\r\n", 400, "subject" },
    { MESSAGE, "Reply-To: nobody\r\n\r\n", 400, "reply-to" },
    { MESSAGE, "Content-Type: text/pl\xc3\xa4in\r\n\r\n", 400,
      "content-type" },
    { MESSAGE, "From alice Mon Nov 21\r\n\r\n", 400, NULL },
    { MESSAGE, " folded: x\r\n\r\n", 400, NULL },
    { MESSAGE, "Sub ject: x\r\n\r\n", 400, NULL },

    /* What is said twice, or is no address. */
    { FORM, "subject=a&subject=b", 400, "subject" },
    { FORM, "body=a&body=b", 400, "body" },
    { FORM, "reply-to=nobody", 400, "reply-to" },
    { FORM, "reply-to=a@example.test,b@example.test", 400, "reply-to" },
    { FORM, "reply-to=<a@example.test", 400, "reply-to" },
    { FORM, "reply-to=a@b@example.test", 400, "reply-to" },
    { FORM, "reply-to=%22a b%22@example.test", 400, "reply-to" },
};

static void bad_input_names_its_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        const anonid_problem_t *problem =
            read_body(bad[i].type, bad[i].body, strlen(bad[i].body));

        if (!problem)
            fail_msg("taken: %s", bad[i].body);
        assert_int_equal(problem->status, bad[i].status);
        if (!bad[i].field)
            assert_null(problem->field);
        else
            assert_string_equal(problem->field, bad[i].field);
    }
}

static void take(const char *type, const char *body)
{
    const anonid_problem_t *problem = read_body(type, body, strlen(body));

    if (problem)
        fail_msg("%s: %s", body, problem->detail);
}

static void expect_to(int n, const char *first)
{
    assert_int_equal(draft->to->nelts, n);
    assert_string_equal(APR_ARRAY_IDX(draft->to, 0, const char *), first);
}

static void expect_reply_to(const char *name, const char *address)
{
    const anonid_mailbox_t *mailbox =
        &APR_ARRAY_IDX(draft->reply_to, 0, anonid_mailbox_t);

    assert_int_equal(draft->reply_to->nelts, 1);
    assert_string_equal(mailbox->address, address);
    if (name)
        assert_string_equal(mailbox->name, name);
    else
        assert_null(mailbox->name);
}

static void forms_become_drafts(void **state)
{
    (void)state;
    take(FORM, "to=desk&to=DESK,other%2C+third&subject=caf%C3%A9+%26+x&"
               "body=1%0D%0A2&reply-to=+a%40example.test+&&_charset_=x");
    expect_to(3, "desk");
    assert_string_equal(draft->subject, "caf\xc3\xa9 & x");
    assert_string_equal(draft->body, "1\r\n2");
    expect_reply_to(NULL, "a@example.test");

    take(FORM "; charset=ISO-8859-1", "to=desk&subject=caf%E9&body=x");
    assert_string_equal(draft->subject, "caf\xc3\xa9");
    take(FORM, "reply-to=%22J%C3%B6rg%2C+%5C%22x%22+%3Ca@example.test%3E");
    expect_reply_to("J\xc3\xb6rg, \"x", "a@example.test");
    take(FORM, "reply-to=++");
    assert_int_equal(draft->reply_to->nelts, 0);
}

static void expect_file(int i, const char *name, const char *type,
                        const char *content)
{
    const anonid_attachment_t *file =
        &APR_ARRAY_IDX(draft->attachments, i, anonid_attachment_t);

    if (name)
        assert_string_equal(file->name, name);
    else
        assert_null(file->name);
    assert_string_equal(file->type, type);
    assert_int_equal(file->length, strlen(content));
    assert_memory_equal(file->content, content, file->length);
}

static const char multipart[] = TO PART
    "name=\"body\"\r\n"
    "Content-Type: text/plain; charset=windows-1252\r\n\r\n\x80\r\n" PART
    "name=f; filename=\"C:\\\\d\\%22\xc3\xbc%22.txt\"\r\n"
    "Content-Type: text/csv; charset=utf-8\r\n\r\na\r\n\r\n" PART
    "name=empty; filename=\"\"\r\n"
    "Content-Type: application/octet-stream\r\n\r\n\r\n" PART
    "name=f; filename=m.eml\r\n"
    "Content-Type: message/rfc822\r\n\r\nFrom: a\r\n\r\nb\r\n" PART
    "name=\"subject\"; filename=x\r\n\r\n\r\n"
    "--b--\r\n";

static void multipart_forms_become_drafts(void **state)
{
    (void)state;
    take(MULTIPART, multipart);
    expect_to(1, "desk");
    assert_string_equal(draft->body, "\xe2\x82\xac");
    assert_null(draft->subject);
    assert_int_equal(draft->attachments->nelts, 3);
    expect_file(0, "\"\xc3\xbc\".txt", "text/csv", "a\r\n");
    expect_file(1, "m.eml", "application/octet-stream", "From: a\r\n\r\nb");
    expect_file(2, "x", "application/octet-stream", "");
}

static void json_becomes_a_draft(void **state)
{
    (void)state;
    take(JSON, "{\"to\":[\"desk\",\"other\"],\"subject\":\"\\u00fc\","
               "\"body\":\"\",\"reply-to\":\"a@example.test\","
               "\"attachments\":[{\"name\":\"../a.png\",\"type\":\"image/png\""
               ",\"content\":\"YWJj\"},{\"content\":\"\"}]}");
    expect_to(2, "desk");
    assert_string_equal(draft->subject, "\xc3\xbc");
    expect_reply_to(NULL, "a@example.test");
    assert_int_equal(draft->attachments->nelts, 2);
    expect_file(0, "a.png", "image/png", "abc");
    expect_file(1, NULL, "application/octet-stream", "");
    take(JSON, "{\"to\":\"desk, other\",\"body\":\"x\"}");
    expect_to(2, "desk");
}

static void messages_become_drafts(void **state)
{
    (void)state;
    take(MESSAGE, "From: =?utf-8?q?J=C3=B6rg?= <j@example.test>\nX-Spam: no\n"
                  "Bcc: x@example.test\nSubject: a\n  b\n"
                  "Message-ID: <1@a>\n\n.\nbody");
    assert_string_equal(draft->fields, "Subject: a  b\r\n");
    assert_int_equal(draft->entity_length, 9);
    assert_memory_equal(draft->entity, ".\r\nbody\r\n", 9);
    assert_int_equal(draft->entity_8bit, 0);
    expect_reply_to("J\xc3\xb6rg", "j@example.test");

    take(MESSAGE, "Reply-To: r@example.test\r\nFrom: f@example.test\r\n"
                  "Message-ID: <no id>\r\nDate: never\r\n\r\n\xc3\xbc\r\n");
    expect_reply_to(NULL, "r@example.test");
    assert_null(draft->date);
    assert_int_equal(draft->entity_8bit, 1);
    take(MESSAGE, "From: f@example.test\r\nReply-To: r@example.test");
    expect_reply_to(NULL, "r@example.test");
    assert_int_equal(draft->entity_length, 0);
}

/* A media type must not make a line too long. */
static void endless_types_are_not_kept(void **state)
{
    const char *type = apr_psprintf(pool, "a/%01000d", 0);

    (void)state;
    draft = anonid_draft_make(pool);
    assert_null(anonid_draft_attach(draft, "f", NULL, type, "", 0));
    type = apr_psprintf(pool, "text/a; charset=%01000d", 0);
    assert_null(anonid_draft_attach(draft, "f", NULL, type, "", 0));
    expect_file(0, NULL, "application/octet-stream", "");
    expect_file(1, NULL, "text/a", "");
    assert_null(
        APR_ARRAY_IDX(draft->attachments, 1, anonid_attachment_t).charset);
}

static void lines_that_are_too_long_are_refused(void **state)
{
    char message[ANONID_LINE_MAX + 16];

    (void)state;
    memset(message, 'x', sizeof(message));
    memcpy(message, "\r\n", 2);
    memcpy(message + 2 + ANONID_LINE_MAX, "\r\n", 2);
    assert_null(read_body(MESSAGE, message, ANONID_LINE_MAX + 4));
    memcpy(message + 2 + ANONID_LINE_MAX, "x\r\n", 3);
    assert_non_null(read_body(MESSAGE, message, ANONID_LINE_MAX + 5));
}

static void numbers_are_bounded(void **state)
{
    const char *text = "";
    const anonid_problem_t *problem = NULL;
    anonid_draft_t *many = anonid_draft_make(pool);
    char alias[16];

    (void)state;
    for (int i = 0; i <= ANONID_FIELDS_MAX; i++)
        text = apr_pstrcat(pool, text, "x=1&", NULL);
    assert_int_equal(read_body(FORM, text, strlen(text))->status, 400);
    for (int i = 0; i <= ANONID_ALIASES_MAX && !problem; i++) {
        apr_snprintf(alias, sizeof(alias), "a%d", i);
        problem = anonid_draft_set(many, "to", alias, strlen(alias));
    }
    assert_string_equal(problem->field, "to");
    problem = NULL;
    for (int i = 0; i <= ANONID_ATTACHMENTS_MAX && !problem; i++)
        problem = anonid_draft_attach(many, "f", NULL, NULL, "", 0);
    assert_string_equal(problem->field, "f");
    text = apr_psprintf(pool, "{\"x\":[%*s]}", ANONID_JSON_VALUES_MAX, "");
    for (char *c = strchr(text, ' '); *c == ' '; c++)
        *c = ',';
    assert_int_equal(read_body(JSON, text, strlen(text))->status, 400);
}

static void missing_fields_are_named(void **state)
{
    (void)state;
    take(FORM, "body=x");
    assert_string_equal(anonid_draft_check(draft)->field, "to");
    take(FORM, "to=+,&body=x");
    assert_string_equal(anonid_draft_check(draft)->field, "to");
    take(FORM, "to=desk&body=&subject=x");
    assert_string_equal(anonid_draft_check(draft)->field, "body");
    take(FORM, "to=desk&body=x");
    assert_null(anonid_draft_check(draft));
}

static int setup(void **state)
{
    anonid_compose_start();
    return unit_setup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_input_names_its_field),
        cmocka_unit_test(forms_become_drafts),
        cmocka_unit_test(multipart_forms_become_drafts),
        cmocka_unit_test(json_becomes_a_draft),
        cmocka_unit_test(messages_become_drafts),
        cmocka_unit_test(endless_types_are_not_kept),
        cmocka_unit_test(lines_that_are_too_long_are_refused),
        cmocka_unit_test(numbers_are_bounded),
        cmocka_unit_test(missing_fields_are_named),
    };

    return cmocka_run_group_tests_name("submit_draft", tests, setup,
                                       unit_teardown);
}
