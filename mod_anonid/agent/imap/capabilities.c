/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and rewrites lists of capabilities; see capabilities.h.
 */
#include "agent/imap/capabilities.h"
#include "agent/imap/reply.h"
#include "agent/mail/capabilities.h"

#include <string.h>
#include <strings.h>

#define KEYWORD "CAPABILITY"
#define AUTH "AUTH="

/* "* CAPABILITY a b": the words behind it. */
static int list_of_line(const char *line, size_t length, const char **list,
                        size_t *octets)
{
    anonid_words_t words = { line, line + length };
    const char *word;
    size_t n;

    if (!anonid_words_next(&words, &word, &n) || *word != '*'
        || !anonid_words_next(&words, &word, &n)
        || !anonid_word_is(word, n, KEYWORD))
        return 0;
    *list = words.next;
    *octets = (size_t)(words.end - words.next);
    return 1;
}

/* "* OK [CAPABILITY a b] text", tagged or not: the words in the brackets. */
static int list_of_code(const char *line, size_t length, const char **list,
                        size_t *octets)
{
    anonid_words_t words = { line, line + length };
    const char *word, *end;
    size_t n;

    for (int i = 0; i < 3; i++) {
        if (!anonid_words_next(&words, &word, &n))
            return 0;
    }
    if (*word != '[' || !anonid_word_is(word + 1, n - 1, KEYWORD))
        return 0;
    end = memchr(words.next, ']', (size_t)(words.end - words.next));
    if (!end)
        return 0;
    *list = words.next;
    *octets = (size_t)(end - words.next);
    return 1;
}

int anonid_imap_capability_list(const anonid_mail_reply_t *reply,
                                const char **list, size_t *length)
{
    const char *line;
    size_t offset = 0, n;
    int found = 0;

    while (anonid_imap_reply_line(reply, &offset, &line, &n)) {
        if (list_of_line(line, n, list, length)
            || list_of_code(line, n, list, length))
            found = 1;
    }
    return found;
}

static void read_word(const char *word, size_t length,
                      anonid_capabilities_t *caps)
{
    const size_t prefix = strlen(AUTH);

    if (length > prefix && strncasecmp(word, AUTH, prefix) == 0)
        anonid_capabilities_add_mechanism(caps, word + prefix,
                                          length - prefix);
    else if (anonid_word_is(word, length, "STARTTLS"))
        caps->flags |= ANONID_CAP_STARTTLS;
    else if (anonid_word_is(word, length, "ID"))
        caps->flags |= ANONID_CAP_CLIENT;
    else if (anonid_word_is(word, length, "SASL-IR"))
        caps->flags |= ANONID_CAP_SASL_IR;
}

void anonid_imap_capabilities(const anonid_mail_reply_t *reply,
                              anonid_capabilities_t *caps)
{
    anonid_words_t words;
    const char *list, *word;
    size_t length;

    memset(caps, 0, sizeof(*caps));
    if (!anonid_imap_capability_list(reply, &list, &length))
        return;
    words = (anonid_words_t){ list, list + length };
    while (anonid_words_next(&words, &word, &length))
        read_word(word, length, caps);
}

static int is_shown(const char *word, size_t length)
{
    static const char *const hidden[] = { "STARTTLS", "LOGINDISABLED",
                                          "SASL-IR", "LOGIN-REFERRALS",
                                          "UNAUTHENTICATE" };

    if (length >= strlen(AUTH) && strncasecmp(word, AUTH, strlen(AUTH)) == 0)
        return 0;
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (anonid_word_is(word, length, hidden[i]))
            return 0;
    }
    return 1;
}

/* Of the characters of an atom; what is not one would end the response code
 * that it is put into. */
static int is_atom(const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (word[i] <= ' ' || word[i] >= 0x7f || strchr("(){%*\"\\]", word[i]))
            return 0;
    }
    return 1;
}

size_t anonid_imap_capabilities_strip(const char *list, size_t length,
                                      char out[ANONID_IMAP_LIST_MAX])
{
    anonid_words_t words = { list, list + length };
    const char *word;
    size_t n, used = 0;

    while (anonid_words_next(&words, &word, &n)) {
        if (!is_shown(word, n) || !is_atom(word, n)
            || used + n + 2 > ANONID_IMAP_LIST_MAX)
            continue;
        if (used > 0)
            out[used++] = ' ';
        memcpy(out + used, word, n);
        used += n;
    }
    out[used] = '\0';
    return used;
}
