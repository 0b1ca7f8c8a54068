/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The diagnostic text of an LDAP bind: any text gives an outcome with a
 * printable, bounded detail.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ldap/failure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    anonid_outcome_t outcome;

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    anonid_ldap_failure(&outcome, 49, -1, text);
    if (!memchr(outcome.detail, '\0', sizeof(outcome.detail))
        || strchr(outcome.detail, '\n'))
        abort();
    anonid_ldap_failure(&outcome, 53, -1, text);
    free(text);
    return 0;
}
