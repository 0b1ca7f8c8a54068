/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for libraries that leave passwords, tokens and keys in theirs: it is
 * wiped when it is freed.
 */
#ifndef ANONID_AGENT_BASE_WIPE_H
#define ANONID_AGENT_BASE_WIPE_H

#include <stddef.h>

/* As free(3), realloc(3): of what malloc(3) and its like have given. */
void anonid_wipe_free(void *memory);
void *anonid_wipe_realloc(void *memory, size_t size);

#endif
