/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listening sockets of AnonIDMailListen. httpd's parent opens them while
 * it may still use any port, and keeps them as long as the configuration has
 * them: whoever connects while supervisor or agent are replaced waits in a
 * socket's backlog, and is served by the next one.
 *
 * They are among the retained descriptors, which supervisors inherit and other
 * children close. Accepts nothing.
 */
#ifndef ANONID_MODULE_SUPERVISOR_LISTENING_H
#define ANONID_MODULE_SUPERVISOR_LISTENING_H

#include <httpd.h>

#include "module/supervisor/retained.h"

/* Opens the sockets of the configuration in force that are not open yet, and
 * closes those that it does not have any more. At httpd's start NULL, or what
 * is wrong, in the pool. A running httpd is not ended for it: it goes on
 * without that listener, and says so. */
const char *anonid_listening_open(anonid_retained_t *retained, server_rec *s,
                                  apr_pool_t *pool);

/* The socket of a listener, by its address; -1: it could not be opened. */
int anonid_listening_fd(const anonid_retained_t *retained,
                        const char *address);

/* Closes all of them, and removes those that have a path. */
void anonid_listening_close(anonid_retained_t *retained);

#endif
