/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a visitor posts, to the message that leaves. The input is a
 * Content-Type, a line end, and a body. Whatever they are, what comes out can
 * stand on the wire, and its header is ours.
 */
#include <apr_general.h>
#include <fcntl.h>
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "common/protocol.h"
#include "module/submit/compose.h"
#include "module/draft/form.h"
#include "module/draft/json.h"
#include "module/draft/rfc822.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef const anonid_problem_t *reader_fn(anonid_draft_t *draft,
                                          const anonid_params_t *type,
                                          const char *body, apr_size_t length);

static const struct {
    const char *type;
    reader_fn *read;
} readers[] = {
    { "application/x-www-form-urlencoded", anonid_form_read_urlencoded },
    { "multipart/form-data", anonid_form_read_multipart },
    { "application/json", anonid_json_read },
    { "message/rfc822", anonid_rfc822_read },
};

/* Ends the program unless it holds. */
static void require(int holds)
{
    if (!holds)
        abort();
}

/* CRLF and nothing else ends a line, and no line is too long. */
static void check_lines(const char *text, size_t length)
{
    size_t column = 0;

    require(length >= 2 && memcmp(text + length - 2, "\r\n", 2) == 0);
    for (size_t i = 0; i < length; i++, column++) {
        require(text[i] != '\0' && text[i] != '\n');
        if (text[i] == '\r') {
            require(i + 1 < length && text[i + 1] == '\n');
            i++;
            column = (size_t)-1;
        }
        require(column == (size_t)-1 || column < ANONID_LINE_MAX);
    }
}

static size_t count_field(const char *header, const char *end,
                          const char *name)
{
    size_t count = 0, octets = strlen(name);

    while (header < end) {
        count += strncasecmp(header, name, octets) == 0;
        header =
            (const char *)memmem(header, (size_t)(end - header), "\r\n", 2)
            + 2;
    }
    return count;
}

/* The sender is the service, and there is one of everything. */
static void check_header(const char *text, size_t length)
{
    const char *end = memmem(text, length, "\r\n\r\n", 4);

    require(end != NULL);
    end += 2;
    require(count_field(text, end, "From: svc@example.test\r\n") == 1);
    require(count_field(text, end, "From:") == 1);
    require(count_field(text, end, "To: \"desk\" <desk@example.test>\r\n")
            == 1);
    require(count_field(text, end, "To:") == 1);
    require(count_field(text, end, "Received:") == 1);
    require(count_field(text, end, "Message-ID:") == 1);
    require(count_field(text, end, "Auto-Submitted: auto-generated\r\n") == 1);
    require(count_field(text, end, "Auto-Submitted:") == 1);
    require(count_field(text, end, "Date:") == 1);
    require(count_field(text, end, "Subject:") <= 1);
    require(count_field(text, end, "Reply-To:") <= 1);
    require(count_field(text, end, "MIME-Version:") <= 1);
    require(count_field(text, end, "Content-Type:") <= 1);
    require(count_field(text, end, "Bcc:") == 0);
    require(count_field(text, end, "Cc:") == 0);
    require(count_field(text, end, "Sender:") == 0);
}

static void check_ascii(const char *text, size_t length, unsigned flags)
{
    for (size_t i = 0; i < length && !flags; i++)
        require((unsigned char)text[i] < 0x80);
}

static void check_message(const anonid_submit_message_t *message,
                          unsigned flags)
{
    char *text =
        mmap(NULL, message->size, PROT_READ, MAP_PRIVATE, message->fd, 0);

    require(text != MAP_FAILED);
    check_lines(text, message->size);
    check_header(text, message->size);
    check_ascii(text, message->size, flags);
    munmap(text, message->size);
}

static const anonid_service_t *make_service(apr_pool_t *pool)
{
    anonid_service_t *service = anonid_service_make(pool, "fuzz");
    anonid_recipient_t *desk = apr_array_push(service->recipients);

    desk->alias = "desk";
    desk->addresses = apr_array_make(pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(desk->addresses, const char *) = "desk@example.test";
    return service;
}

static void compose(apr_pool_t *pool, anonid_draft_t *draft)
{
    anonid_submit_message_t message;
    apr_array_header_t *recipients;
    anonid_letter_t letter = { .draft = draft,
                               .mail_from = "svc@example.test",
                               .client = "192.0.2.1",
                               .host = "www.example.test" };
    unsigned flags = 0;

    if (draft->entity)
        anonid_draft_set(draft, "to", "desk", 4);
    if (anonid_draft_check(draft)
        || anonid_draft_recipients(draft, make_service(pool), &recipients))
        return;
    letter.recipients = recipients;
    letter.id = anonid_header_message_id(pool, letter.host);
    require(anonid_compose_write(pool, &letter, &message, &flags) == 0);
    check_message(&message, flags);
}

static void run(apr_pool_t *pool, const char *type, size_t type_length,
                const char *body, size_t length)
{
    const anonid_params_t *params =
        anonid_params_parse(pool, type, type_length);
    anonid_draft_t *draft = anonid_draft_make(pool);

    for (size_t i = 0; params && i < sizeof(readers) / sizeof(readers[0]); i++)
        if (strcmp(params->value, readers[i].type) == 0
            && !readers[i].read(draft, params, body, length))
            compose(pool, draft);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int started;
    const char *text = (const char *)data;
    const char *line = size > 0 ? memchr(text, '\n', size) : NULL;
    apr_pool_t *pool;

    if (!started++) {
        apr_initialize();
        anonid_compose_start();
        /* What GLib complains of would stand in httpd's error log. */
        g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
    }
    if (!line)
        return 0;
    apr_pool_create(&pool, NULL);
    run(pool, text, (size_t)(line - text), line + 1,
        size - (size_t)(line + 1 - text));
    apr_pool_destroy(pool);
    return 0;
}
