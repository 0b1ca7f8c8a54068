/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of failed versions: whatever is in a file, what is taken from it is
 * whole, and is the same when it is written and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/logon/failed_record.h"

#define ACCOUNT "EXAMPLE\\web"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[ANONID_FAILED_MAX];
    anonid_failed_t failed, again;
    size_t length;

    if (!anonid_failed_parse((const char *)data, size, ACCOUNT, &failed))
        return 0;
    length = anonid_failed_write(text, ACCOUNT, &failed);
    if (length == 0 || !anonid_failed_parse(text, length, ACCOUNT, &again)
        || memcmp(&failed, &again, sizeof(failed)) != 0)
        abort();
    return 0;
}
