/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fork guard: what makes a thread beside httpd's fork()s harmless.
 *
 * The keeper thread lives in a process that forks workers at any moment. A
 * worker forked while that thread is in the middle of something would
 * inherit a lock that nobody releases (localtime's, or that of a memory
 * allocator), or a descriptor that it must never have (an opened secret, the
 * control socket). So the thread holds this guard, which every fork() waits
 * for, whenever it runs; it lets go of it only while it waits for something.
 * And every forked child, whoever forked it, closes the descriptors that are
 * the parent's own before it does anything else.
 *
 * Knows nothing of what it guards, nor of httpd.
 */
#ifndef ANONID_MODULE_SUPERVISOR_FORKGUARD_H
#define ANONID_MODULE_SUPERVISOR_FORKGUARD_H

#include <apr_tables.h>
#include <poll.h>

/* Sets the fork handlers up; once per load of the module (unloading it takes
 * them away), however often it is called. */
void anonid_forkguard_install(void);

/* The thread that holds the guard may take it again. */
void anonid_forkguard_lock(void);
void anonid_forkguard_unlock(void);

/* poll(), without the guard meanwhile if the caller holds it: what it has
 * open then must be watched (see below). The only way in which a thread that
 * holds the guard may wait. */
int anonid_forkguard_poll(struct pollfd *fds, nfds_t nfds, int milliseconds);

/* The descriptors (int; -1 is none) that forked children are to close. The
 * array stays the caller's, who changes it under the guard, or while there
 * is no other thread. */
void anonid_forkguard_watch(const apr_array_header_t *descriptors);

/* One more descriptor that forked children are to close: 1, or 0 if there is
 * no room for it; and not any more. */
int anonid_forkguard_add(int fd);
void anonid_forkguard_remove(int fd);

#endif
