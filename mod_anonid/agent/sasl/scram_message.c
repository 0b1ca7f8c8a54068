/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads what a SCRAM server says; see scram_message.h.
 */
#include "agent/sasl/scram_message.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <string.h>

#define DIGITS_MAX 9

/* The value of the attribute that begins the message; moves on behind it and
 * its comma. 1, or 0 if it is another one, or empty. */
static int take(const char **message, const char *end, char name,
                const char **value, size_t *length)
{
    const char *p = *message;
    const char *comma;

    if (end - p < 3 || p[0] != name || p[1] != '=')
        return 0;
    p += 2;
    comma = memchr(p, ',', (size_t)(end - p));
    *value = p;
    *length = (size_t)((comma ? comma : end) - p);
    *message = comma ? comma + 1 : end;
    return *length > 0 && !memchr(p, '\0', *length);
}

/* Base64 with its padding (RFC 4648 section 4) and nothing beside it. OpenSSL
 * would pass blanks over, and counts the padding. 1 or 0. */
static int decode(const char *text, size_t length,
                  unsigned char out[ANONID_SCRAM_OCTETS_MAX], size_t *n)
{
    size_t padding = 0;
    int decoded;

    if (length == 0 || length % 4 != 0
        || length / 4 * 3 > ANONID_SCRAM_OCTETS_MAX)
        return 0;
    while (padding < 2 && text[length - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < length - padding; i++) {
        if (!isalnum((unsigned char)text[i]) && text[i] != '+'
            && text[i] != '/')
            return 0;
    }
    decoded = EVP_DecodeBlock(out, (const unsigned char *)text, (int)length);
    if (decoded < 0)
        return 0;
    *n = (size_t)decoded - padding;
    return 1;
}

/* A number of 1 to 9 digits, or -1. */
static long number(const char *text, size_t length)
{
    long value = 0;

    if (length == 0 || length > DIGITS_MAX)
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)text[i]))
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

const char *anonid_scram_first_parse(const char *message, size_t length,
                                     anonid_scram_first_t *first)
{
    const char *end = message + length, *value;
    size_t n;

    if (!take(&message, end, 'r', &first->nonce, &first->nonce_length))
        return "no nonce";
    if (!take(&message, end, 's', &value, &n)
        || !decode(value, n, first->salt, &first->salt_length))
        return "no salt";
    first->iterations =
        take(&message, end, 'i', &value, &n) ? number(value, n) : -1;
    return first->iterations < 0 ? "no iteration count" : NULL;
}

const char *anonid_scram_final_parse(const char *message, size_t length,
                                     anonid_scram_final_t *final)
{
    const char *end = message + length, *value;
    size_t n;

    final->error = NULL;
    if (take(&message, end, 'e', &final->error, &final->error_length))
        return NULL;
    final->error = NULL;
    if (!take(&message, end, 'v', &value, &n)
        || !decode(value, n, final->signature, &final->signature_length))
        return "no signature";
    return NULL;
}
