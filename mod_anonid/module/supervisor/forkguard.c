/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard is one recursive mutex and three pthread_atfork handlers; see
 * forkguard.h.
 */
#include "module/supervisor/forkguard.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t guard;
static int depth; /* how often its holder has taken it */
static int installed;
static const apr_array_header_t *watched;

/* Beside the watched ones. */
static int added[8];
static int n_added;

static void make_guard(void)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&guard, &attr);
    pthread_mutexattr_destroy(&attr);
}

/* In the child the mutex has an owner that does not exist there, so it is
 * made anew. Nothing here may take a lock. */
static void in_child(void)
{
    make_guard();
    depth = 0;
    for (int i = 0; watched && i < watched->nelts; i++) {
        int fd = APR_ARRAY_IDX(watched, i, int);

        if (fd >= 0)
            close(fd);
    }
    for (int i = 0; i < n_added; i++)
        close(added[i]);
    watched = NULL;
    n_added = 0;
}

void anonid_forkguard_install(void)
{
    if (installed)
        return;
    installed = 1;
    make_guard();
    pthread_atfork(anonid_forkguard_lock, anonid_forkguard_unlock, in_child);
}

void anonid_forkguard_lock(void)
{
    pthread_mutex_lock(&guard);
    depth++;
}

void anonid_forkguard_unlock(void)
{
    depth--;
    pthread_mutex_unlock(&guard);
}

int anonid_forkguard_poll(struct pollfd *fds, nfds_t nfds, int milliseconds)
{
    int held, n, error;

    if (pthread_mutex_trylock(&guard) != 0) /* another thread has it */
        return poll(fds, nfds, milliseconds);
    held = depth;
    depth = 0;
    for (int i = 0; i <= held; i++)
        pthread_mutex_unlock(&guard);
    n = poll(fds, nfds, milliseconds);
    error = errno;
    for (int i = 0; i < held; i++)
        anonid_forkguard_lock();
    errno = error;
    return n;
}

void anonid_forkguard_watch(const apr_array_header_t *descriptors)
{
    anonid_forkguard_lock();
    watched = descriptors;
    anonid_forkguard_unlock();
}

int anonid_forkguard_add(int fd)
{
    int has_room = n_added < (int)(sizeof(added) / sizeof(added[0]));

    anonid_forkguard_lock();
    if (has_room)
        added[n_added++] = fd;
    anonid_forkguard_unlock();
    return has_room;
}

void anonid_forkguard_remove(int fd)
{
    int left = 0;

    anonid_forkguard_lock();
    for (int i = 0; i < n_added; i++) {
        if (added[i] != fd)
            added[left++] = added[i];
    }
    n_added = left;
    anonid_forkguard_unlock();
}
