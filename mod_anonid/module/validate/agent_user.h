/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which user the agent runs as where no AnonIDAgentUser says so: `anonid`, or
 * a user that nothing else is.
 */
#ifndef ANONID_MODULE_VALIDATE_AGENT_USER_H
#define ANONID_MODULE_VALIDATE_AGENT_USER_H

#include <sys/types.h>

/* The user `anonid` and its group, if there is one that is neither root nor
 * httpd_uid; else a uid, and the gid of the same number, out of 61184 to
 * 65519 that no user or group has, and httpd_uid is not. It is the owner of
 * the agent's folder in the state folder, where it was chosen before, or else
 * follows from the state folder's path. 0 if none is free. Creates nothing. */
int anonid_agent_user_choose(const char *state_dir, uid_t httpd_uid,
                             uid_t *uid, gid_t *gid);

#endif
