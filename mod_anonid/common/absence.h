/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why there is no agent: httpd's side leaves its last message about it in a
 * file of the state folder (only its owner may read it), and anonidctl, whom
 * nobody answers then, repeats it.
 */
#ifndef ANONID_COMMON_ABSENCE_H
#define ANONID_COMMON_ABSENCE_H

#include <apr_pools.h>

/* Notes the reason with the time, in place of an older one; what cannot be
 * written is left out: the error log has it. Makes no folder. */
void anonid_absence_note(const char *state_dir, const char *text);

/* The agent is there (again). */
void anonid_absence_end(const char *state_dir);

/* "2026-01-31 23:59:59: reason" in the pool, printable; NULL if there is
 * none or it cannot be read. */
const char *anonid_absence_read(const char *state_dir, apr_pool_t *pool);

#endif
