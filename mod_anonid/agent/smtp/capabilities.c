/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the EHLO reply; see capabilities.h.
 */
#include "agent/smtp/capabilities.h"
#include "agent/mail/capabilities.h"
#include "agent/smtp/reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef struct {
    const char *keyword;
    unsigned flag; /* 0: the keyword is none */
    void (*read)(anonid_words_t *params, anonid_capabilities_t *caps);
} extension_t;

static void read_auth(anonid_words_t *params, anonid_capabilities_t *caps)
{
    const char *word;
    size_t length;

    while (anonid_words_next(params, &word, &length))
        anonid_capabilities_add_mechanism(caps, word, length);
}

/* SIZE without a number, or with 0, sets no limit (RFC 1870 section 4). */
static void read_size(anonid_words_t *params, anonid_capabilities_t *caps)
{
    const char *word;
    size_t length;
    uint64_t size = 0;

    if (!anonid_words_next(params, &word, &length) || length > 18)
        return;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)word[i]))
            return;
        size = size * 10 + (uint64_t)(word[i] - '0');
    }
    caps->size = size;
}

/* The attributes that the server takes; without ADDR it is of no use. */
static void read_xclient(anonid_words_t *params, anonid_capabilities_t *caps)
{
    const char *word;
    size_t length;

    while (anonid_words_next(params, &word, &length)) {
        if (anonid_word_is(word, length, "ADDR"))
            caps->flags |= ANONID_CAP_CLIENT;
        else if (anonid_word_is(word, length, "NAME"))
            caps->flags |= ANONID_CAP_XCLIENT_NAME;
        else if (anonid_word_is(word, length, "PORT"))
            caps->flags |= ANONID_CAP_XCLIENT_PORT;
    }
}

static const extension_t extensions[] = {
    { "STARTTLS", ANONID_CAP_STARTTLS, NULL },
    { "PIPELINING", ANONID_CAP_PIPELINING, NULL },
    { "8BITMIME", ANONID_CAP_8BITMIME, NULL },
    { "SMTPUTF8", ANONID_CAP_SMTPUTF8, NULL },
    { "SIZE", ANONID_CAP_SIZE, read_size },
    { "DSN", ANONID_CAP_DSN, NULL },
    { "AUTH", 0, read_auth },
    { "XCLIENT", 0, read_xclient },
};

static void read_extension(const char *text, size_t length,
                           anonid_capabilities_t *caps)
{
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        const extension_t *ext = &extensions[i];
        size_t n = strlen(ext->keyword);
        anonid_words_t params = { text + n, text + length };

        if (length < n || strncasecmp(text, ext->keyword, n) != 0)
            continue;
        if (length > n && text[n] == '=' && ext->read)
            params.next++;
        else if (length > n && text[n] != ' ')
            continue;
        caps->flags |= ext->flag;
        if (ext->read)
            ext->read(&params, caps);
        return;
    }
}

void anonid_smtp_capabilities(const anonid_mail_reply_t *reply,
                              anonid_capabilities_t *caps)
{
    const char *text;
    size_t offset = 0, length;

    memset(caps, 0, sizeof(*caps));
    /* The first line is the server's name. */
    if (!anonid_smtp_reply_line(reply, &offset, &text, &length))
        return;
    while (anonid_smtp_reply_line(reply, &offset, &text, &length))
        read_extension(text, length, caps);
}
