/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status table in shared memory; see status.h.
 */
#include "common/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATUS_MAGIC 0x414e4944u /* "ANID" */
#define STATUS_VERSION 2
#define STATUS_SIZE sizeof(anonid_status_table_t)

/* The parent's mapping comes from a second, read-only descriptor: one that
 * was mapped from a writable one could be made writable by mprotect. */
static apr_status_t map_read_only(const anonid_status_table_t **table, int fd)
{
    char path[64];
    void *memory;
    int fd_read;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    fd_read = open(path, O_RDONLY | O_CLOEXEC);
    if (fd_read < 0)
        return errno;
    memory = mmap(NULL, STATUS_SIZE, PROT_READ, MAP_SHARED, fd_read, 0);
    close(fd_read);
    if (memory == MAP_FAILED)
        return errno;
    *table = memory;
    return APR_SUCCESS;
}

apr_status_t anonid_status_create(const anonid_status_table_t **table,
                                  int *fd_write)
{
    anonid_status_header_t header;
    apr_status_t rv;
    int fd = memfd_create("anonid-status", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return errno;
    memset(&header, 0, sizeof(header));
    header.magic = STATUS_MAGIC;
    header.version = STATUS_VERSION;
    if (ftruncate(fd, (off_t)STATUS_SIZE) != 0
        || pwrite(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header)
        || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
               != 0) {
        rv = errno;
        close(fd);
        return rv;
    }
    rv = map_read_only(table, fd);
    if (rv != APR_SUCCESS) {
        close(fd);
        return rv;
    }
    *fd_write = fd;
    return APR_SUCCESS;
}

apr_status_t anonid_status_map(anonid_status_table_t **table, int fd_write)
{
    anonid_status_table_t *mapped;
    struct stat st;

    if (fstat(fd_write, &st) != 0)
        return errno;
    if (st.st_size != (off_t)STATUS_SIZE)
        return APR_EINVAL;
    mapped = mmap(NULL, STATUS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
                  fd_write, 0);
    if (mapped == MAP_FAILED)
        return errno;
    if (mapped->header.magic != STATUS_MAGIC
        || mapped->header.version != STATUS_VERSION) {
        munmap(mapped, STATUS_SIZE);
        return APR_EINVAL;
    }
    *table = mapped;
    return APR_SUCCESS;
}

const char *anonid_counter_name(anonid_counter_t counter)
{
    static const char *const names[] = {
#define X(name) #name,
        ANONID_COUNTERS(X)
#undef X
    };

    return names[counter];
}

int anonid_status_retry_after(const anonid_status_table_t *table, int slot)
{
    apr_interval_time_t left;

    if (slot < 0 || slot >= ANONID_STATUS_SLOTS)
        return 60;
    left = atomic_load_explicit(
        &((anonid_status_table_t *)table)->slots[slot].next_attempt,
        memory_order_relaxed);
    if (left == 0)
        return 60;
    left -= apr_time_now();
    if (left <= APR_USEC_PER_SEC)
        return 1;
    if (left > apr_time_from_sec(3600))
        return 3600;
    return (int)apr_time_sec(left);
}

void anonid_status_publish(anonid_status_table_t *table, int slot,
                           anonid_state_t state, anonid_failure_t code,
                           apr_time_t expires, apr_time_t next_attempt)
{
    anonid_status_slot_t *s;

    if (slot < 0 || slot >= ANONID_STATUS_SLOTS)
        return;
    s = &table->slots[slot];
    atomic_store_explicit(&s->code, (uint32_t)code, memory_order_relaxed);
    atomic_store_explicit(&s->expires, expires, memory_order_relaxed);
    atomic_store_explicit(&s->next_attempt, next_attempt,
                          memory_order_relaxed);
    if (atomic_load_explicit(&s->state, memory_order_relaxed) != state
        || atomic_load_explicit(&s->since, memory_order_relaxed) == 0)
        atomic_store_explicit(&s->since, apr_time_now(), memory_order_relaxed);
    atomic_store_explicit(&s->state, (uint32_t)state, memory_order_release);
}
