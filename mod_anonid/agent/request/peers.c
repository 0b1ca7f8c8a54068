/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peer credentials; see peers.h.
 */
#include "agent/request/peers.h"
#include "agent/base/log.h"

#include "common/channel.h"
#include "common/lognos.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static uid_t workers[ANONID_WORKER_UIDS];
static int n_workers;
static gid_t control_group = (gid_t)-1;

int anonid_peers_add_worker(uid_t uid)
{
    if (n_workers == ANONID_WORKER_UIDS)
        return 0;
    workers[n_workers++] = uid;
    return 1;
}

void anonid_peers_set_group(gid_t gid)
{
    control_group = gid;
}

/* Always 0, after a line in the log. */
static int refuse(const char *what, const anonid_peer_t *peer)
{
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0043) "Process %ld of uid %ld was refused: it is "
                                  "no %s",
               (long)peer->pid, (long)peer->uid, what);
    return 0;
}

int anonid_peers_may_work(int fd)
{
    anonid_peer_t peer;

    if (anonid_channel_peer(fd, &peer) != APR_SUCCESS)
        return 0;
    for (int i = 0; i < n_workers; i++) {
        if (workers[i] == peer.uid)
            return 1;
    }
    return refuse("worker of httpd", &peer);
}

/* 1 if the group is among the peer's supplementary ones. */
static int has_group(int fd, gid_t gid)
{
    socklen_t size = 0;
    gid_t *groups;
    int found = 0;

    /* Asked with no room, the kernel says how much it takes (ERANGE). */
    (void)getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size);
    groups = size > 0 ? malloc(size) : NULL;
    if (groups
        && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0) {
        for (size_t i = 0; i < size / sizeof(*groups); i++)
            found |= groups[i] == gid;
    }
    free(groups);
    return found;
}

int anonid_peers_may_control(int fd)
{
    anonid_peer_t peer;

    if (anonid_channel_peer(fd, &peer) != APR_SUCCESS)
        return 0;
    if (peer.uid == 0 || peer.uid == geteuid())
        return 1;
    if (control_group != (gid_t)-1
        && (peer.gid == control_group || has_group(fd, control_group)))
        return 1;
    return refuse("member of the agent's group", &peer);
}
