/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state folder (AnonIDStateDir): who uses it, and the sockets in it.
 *
 *   lock          held (flock) by the httpd that uses the folder, with its
 *                 process id in it; the file stays, the lock ends with httpd
 *   agent.sock    where workers reach the agent
 *   control.sock  where anonidctl does
 *   agent/        the agent's own: what is to outlive it
 *
 * Nobody but its owner may write in the folder, or put another one in its
 * place (trusted.h), so what is found there is the owner's own: sockets that a
 * killed httpd left behind are replaced. The folder is found by its path
 * once; whatever is done in it is done from its descriptor. What is in agent/
 * is never looked at here, but given to the agent's user when that changes.
 * Knows no agent and nothing of httpd.
 */
#ifndef ANONID_MODULE_SUPERVISOR_STATEDIR_H
#define ANONID_MODULE_SUPERVISOR_STATEDIR_H

#include <apr_pools.h>
#include <sys/types.h>

#define ANONID_AGENT_SOCKET "agent.sock"
#define ANONID_CTL_SOCKET "control.sock"
#define ANONID_AGENT_FOLDER "agent"

/* All functions but leave return NULL, or what is wrong and what can be
 * done about it, in the pool. Descriptors are close-on-exec. */

/* Creates the folder (0711) where there is none, or makes one that is empty
 * and closed, or somebody else's, root's own; and takes it for this process:
 * *folder is its descriptor, *lock the one that holds it; or -1. */
const char *anonid_statedir_enter(const char *dir, int *folder, int *lock,
                                  apr_pool_t *pool);

/* 1 if the folder can be read and nothing is in it. */
int anonid_statedir_is_empty(const char *dir);

/* A socket in the folder: nobody but this user and root may connect. */
typedef struct {
    const char *name;
    uid_t uid; /* -1 as in chown: this process's */
} anonid_socket_t;

/* Binds a socket (0600), and listens. dir is the path of the folder. Not
 * while another thread creates files (it sets the umask). */
const char *anonid_statedir_listen(int folder, const char *dir,
                                   const anonid_socket_t *socket,
                                   int *listener, apr_pool_t *pool);

/* Makes the agent's folder (0700) if it is not there, gives it and what is
 * in it to that user (-1 as in chown), and opens it. */
const char *anonid_statedir_agent_folder(int folder, uid_t uid, gid_t gid,
                                         int *agent, apr_pool_t *pool);

/* Removes the sockets. The descriptors are closed by their owner. */
void anonid_statedir_leave(int folder);

#endif
