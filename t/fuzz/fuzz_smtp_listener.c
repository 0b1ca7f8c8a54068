/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What applications say to an SMTP listener: commands, then a message. What
 * comes of the message is what a mail server may be sent, whatever it was:
 * lines that end in CRLF, with the service's From and no other.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/smtp/command.h"
#include "agent/smtp/intake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a server may get. */
static void check_parameters(const anonid_smtp_path_t *path)
{
    for (const char *c = path->dsn; *c; c++) {
        if (*c < ' ' || *c > '~')
            abort();
    }
    if (strlen(path->dsn) >= sizeof(path->dsn)
        || (path->dsn[0] && path->dsn[0] != ' '))
        abort();
}

static void parse_line(const char *line, size_t length)
{
    anonid_smtp_command_t command;
    anonid_smtp_path_t path;

    anonid_smtp_command_parse(line, length, &command);
    if (command.argument + command.length > line + length)
        abort();
    if (!anonid_smtp_mail_parse(&command, ~0U, &path))
        check_parameters(&path);
    if (!anonid_smtp_rcpt_parse(&command, ~0U, &path))
        check_parameters(&path);
    if (!anonid_smtp_rcpt_parse(&command, 0, &path) && path.dsn[0])
        abort();
}

/* The commands, as far as the one that says DATA; returns what follows. */
static size_t take_commands(const char *text, size_t size)
{
    size_t at = 0, line;
    int bare;

    while (at < size
           && anonid_smtp_line(text + at, size - at, &line, &bare) == 1) {
        parse_line(text + at, line - 1);
        at += line;
        if (line >= 5 && memcmp(text + at - line, "DATA", 4) == 0)
            break;
    }
    return at;
}

static void check_message(const anonid_intake_t *in)
{
    anonid_mail_message_t message = anonid_intake_message(in);
    anonid_message_traits_t traits;

    if (anonid_message_check(message.data, message.length, "a@b.test", &traits)
        && !memmem(message.data, message.length, "<a@b.test>", 10))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    size_t at = take_commands(text, size);
    anonid_intake_t in = { .strict = (int)(size & 1),
                           .limit = 4096,
                           .header = { .mail_from = "a@b.test",
                                       .received = "x",
                                       .date = "x",
                                       .message_id = "<x>" } };

    anonid_intake_begin(&in);
    while (at < size && !in.ended) {
        size_t piece = size - at < 5 ? size - at : 5;

        at += anonid_intake_feed(&in, text + at, piece);
    }
    if (in.ended && !in.wrong)
        check_message(&in);
    anonid_intake_free(&in);
    return 0;
}
