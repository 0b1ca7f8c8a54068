/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peer credentials; see peers.h.
 */
#include "agent/request/peers.h"
#include "agent/base/log.h"

#include "common/channel.h"
#include "common/lognos.h"
#include "common/protocol.h"

#include <sys/socket.h>
#include <unistd.h>

static uid_t workers[ANONID_WORKER_UIDS];
static int n_workers;

int anonid_peers_add_worker(uid_t uid)
{
    if (n_workers == ANONID_WORKER_UIDS)
        return 0;
    workers[n_workers++] = uid;
    return 1;
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

int anonid_peers_may_control(int fd)
{
    anonid_peer_t peer;

    if (anonid_channel_peer(fd, &peer) != APR_SUCCESS)
        return 0;
    if (peer.uid == 0 || peer.uid == geteuid())
        return 1;
    return refuse("user who may control the agent", &peer);
}

int anonid_peers_is_operator(int fd)
{
    anonid_peer_t peer, parent;

    if (anonid_channel_peer(fd, &peer) != APR_SUCCESS)
        return 0;
    return peer.uid == 0
           || (anonid_channel_peer(ANONID_LIFELINE_FD, &parent) == APR_SUCCESS
               && peer.uid == parent.uid);
}
