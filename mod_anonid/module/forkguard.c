/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard is one recursive mutex and three pthread_atfork handlers; see
 * forkguard.h.
 */
#include "forkguard.h"

#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t guard;
static int installed;
static const apr_array_header_t *watched;

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
    for (int i = 0; watched && i < watched->nelts; i++) {
        int fd = APR_ARRAY_IDX(watched, i, int);

        if (fd >= 0)
            close(fd);
    }
    watched = NULL;
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
}

void anonid_forkguard_unlock(void)
{
    pthread_mutex_unlock(&guard);
}

void anonid_forkguard_watch(const apr_array_header_t *descriptors)
{
    anonid_forkguard_lock();
    watched = descriptors;
    anonid_forkguard_unlock();
}
