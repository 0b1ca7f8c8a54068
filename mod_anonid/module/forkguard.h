/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fork guard: what makes a thread beside httpd's fork()s harmless.
 *
 * The keeper thread lives in a process that forks workers at any moment. A
 * worker forked while that thread is in the middle of something would
 * inherit a lock that nobody releases (localtime's, say), or a descriptor
 * that it must never have (an opened secret, the control socket). So the
 * thread does such things under this guard, which every fork() waits for;
 * and every forked child, whoever forked it, closes the descriptors that are
 * the parent's own before it does anything else.
 *
 * Hold the guard for short, and never while waiting for somebody. It may be
 * taken again by the thread that holds it.
 *
 * Knows nothing of what it guards, nor of httpd.
 */
#ifndef ANONID_MODULE_FORKGUARD_H
#define ANONID_MODULE_FORKGUARD_H

#include <apr_tables.h>

/* Sets the fork handlers up; once per load of the module (unloading it takes
 * them away), however often it is called. */
void anonid_forkguard_install(void);

void anonid_forkguard_lock(void);
void anonid_forkguard_unlock(void);

/* The descriptors (int; -1 is none) that forked children are to close. The
 * array stays the caller's, who changes it under the guard only. */
void anonid_forkguard_watch(const apr_array_header_t *descriptors);

#endif
