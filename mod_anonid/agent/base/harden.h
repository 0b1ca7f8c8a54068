/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent denies itself and others before it does anything else: core
 * files and debuggers, new privileges, inherited descriptors, permissive file
 * modes, signals that are meant for httpd; and what confine.h names.
 */
#ifndef ANONID_AGENT_BASE_HARDEN_H
#define ANONID_AGENT_BASE_HARDEN_H

/* Before threads and secrets. Descriptors over last_fd are closed. NULL is
 * good, else what could not be done (errno says why): the agent must not go
 * on then. */
const char *anonid_harden(int last_fd);

#endif
