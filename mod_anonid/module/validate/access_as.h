/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether another user could open a file: what root can open, the agent and
 * the workers may not get at.
 */
#ifndef ANONID_MODULE_VALIDATE_ACCESS_AS_H
#define ANONID_MODULE_VALIDATE_ACCESS_AS_H

#include <sys/types.h>

/* 1 if the user, without supplementary groups, could open the path with these
 * flags of open(2); O_PATH asks only for the way there. Who is not root asks
 * for itself. Changes the thread's file system identity and groups for the
 * moment, so that access control lists count as well. */
int anonid_access_as(uid_t uid, gid_t gid, const char *path, int flags);

/* 1 if a process here can become that user: a container may know but a few
 * (user_namespaces(7)). */
int anonid_access_exists(uid_t uid);

#endif
