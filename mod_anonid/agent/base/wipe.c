/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is wiped; see wipe.h.
 */
#include "agent/base/wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void anonid_wipe_free(void *memory)
{
    if (!memory)
        return;
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

void *anonid_wipe_realloc(void *memory, size_t size)
{
    size_t old = memory ? malloc_usable_size(memory) : 0;
    void *grown = malloc(size);

    if (!grown)
        return NULL;
    if (memory)
        memcpy(grown, memory, old < size ? old : size);
    anonid_wipe_free(memory);
    return grown;
}
