/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SCRAM servers say: a message that is taken lies inside of what was
 * sent, no number is negative, and it reads the same if it is read
 * again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sasl/scram_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const char *text, size_t length, const char *at,
                         size_t n)
{
    if (at < text || n > length || at + n > text + length)
        abort();
}

static void check_first(const char *text, size_t length)
{
    anonid_scram_first_t first, again;

    memset(&first, 0, sizeof(first));
    memset(&again, 0, sizeof(again));
    if (anonid_scram_first_parse(text, length, &first))
        return;
    check_inside(text, length, first.nonce, first.nonce_length);
    if (first.nonce_length == 0 || first.salt_length > sizeof(first.salt)
        || first.iterations < 0)
        abort();
    if (anonid_scram_first_parse(text, length, &again)
        || memcmp(&first, &again, sizeof(first)) != 0)
        abort();
}

static void check_final(const char *text, size_t length)
{
    anonid_scram_final_t final;

    memset(&final, 0, sizeof(final));
    if (anonid_scram_final_parse(text, length, &final))
        return;
    if (final.error)
        check_inside(text, length, final.error, final.error_length);
    else if (final.signature_length > sizeof(final.signature))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_first((const char *)data, size);
    check_final((const char *)data, size);
    return 0;
}
