/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of capabilities; see capabilities.h.
 */
#include "agent/mail/capabilities.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

int anonid_words_next(anonid_words_t *words, const char **word, size_t *length)
{
    while (words->next < words->end && *words->next == ' ')
        words->next++;
    *word = words->next;
    while (words->next < words->end && *words->next != ' ')
        words->next++;
    *length = (size_t)(words->next - *word);
    return *length > 0;
}

int anonid_word_is(const char *word, size_t length, const char *keyword)
{
    return length == strlen(keyword)
           && strncasecmp(word, keyword, length) == 0;
}

/* Mechanism names are 1 to 20 of A-Z 0-9 - _ (RFC 4422 section 3.1). */
static int is_mechanism(const char *word, size_t length)
{
    if (length == 0 || length > 20)
        return 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)word[i];

        if (!isalnum(c) && c != '-' && c != '_')
            return 0;
    }
    return 1;
}

void anonid_capabilities_add_mechanism(anonid_capabilities_t *caps,
                                       const char *name, size_t length)
{
    size_t used = strlen(caps->mechanisms);

    if (!is_mechanism(name, length)
        || used + length + 2 > sizeof(caps->mechanisms))
        return;
    if (used > 0)
        caps->mechanisms[used++] = ' ';
    for (size_t i = 0; i < length; i++)
        caps->mechanisms[used++] = (char)toupper((unsigned char)name[i]);
    caps->mechanisms[used] = '\0';
}
