/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account file: whatever is in it, a verifier that is found lies inside
 * the text, and replacing it keeps all around it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/accountfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_replacement(const char *text, size_t size,
                              const anonid_verifier_span_t *span)
{
    size_t length, tail = size - span->offset - span->length;
    char *out = anonid_accountfile_replace(text, size, span, "new", &length);

    if (!out)
        return;
    if (length != size - span->length + 3
        || memcmp(out, text, span->offset) != 0
        || memcmp(out + length - tail, text + size - tail, tail) != 0)
        abort();
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    anonid_verifier_span_t span;

    if (anonid_accountfile_find(text, size, "IUSR_web1", &span)
        != ANONID_ACCOUNTFILE_OK)
        return 0;
    if (span.offset > size || span.length > size - span.offset)
        abort();
    check_replacement(text, size, &span);
    return 0;
}
