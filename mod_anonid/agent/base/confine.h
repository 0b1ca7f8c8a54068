/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel takes away from the agent for good, so that whoever gets
 * to run code in it still has little: system calls that it never needs
 * (seccomp(2)), and writing anywhere but in its own folder (landlock(7)).
 */
#ifndef ANONID_AGENT_BASE_CONFINE_H
#define ANONID_AGENT_BASE_CONFINE_H

/* Before threads, after the last change of limits and ids, with
 * PR_SET_NO_NEW_PRIVS. The working directory, unless it is the root, is the
 * folder that stays writable. NULL is good, else what could not be done (errno
 * says why): the agent must not go on then. A kernel without Landlock is good
 * as well. */
const char *anonid_confine(void);

/* A line about it at level debug, once there is a log. */
void anonid_confine_log(void);

#endif
