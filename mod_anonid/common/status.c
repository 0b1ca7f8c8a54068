/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status table in shared memory; see status.h.
 */
#include "common/status.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATUS_MAGIC 0x414e4944u /* "ANID" */
#define STATUS_VERSION 4
#define STATUS_SIZE sizeof(anonid_status_table_t)

/* Where the room begins: pages are no larger than this. */
#define PAGE 65536
#define ROOM_OFFSET ((STATUS_SIZE + PAGE - 1) / PAGE * PAGE)
#define FILE_SIZE ((off_t)(ROOM_OFFSET + ANONID_STATUS_ROOM))

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
    if (ftruncate(fd, FILE_SIZE) != 0
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
    if (st.st_size != FILE_SIZE)
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

apr_status_t anonid_worker_page_create(anonid_worker_page_t **page)
{
    void *memory =
        mmap(NULL, sizeof(anonid_worker_page_t), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return errno;
    *page = memory;
    return APR_SUCCESS;
}

const char *anonid_robot_name(anonid_robot_t robot)
{
    static const char *const names[ANONID_ROBOTS] = { "honeypot", "age" };

    return names[robot];
}

apr_status_t anonid_status_map_room(void **room, int fd_write)
{
    void *mapped = mmap(NULL, ANONID_STATUS_ROOM, PROT_READ | PROT_WRITE,
                        MAP_SHARED, fd_write, (off_t)ROOM_OFFSET);

    if (mapped == MAP_FAILED)
        return errno;
    *room = mapped;
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

/* ---- times ---- */

const int64_t anonid_status_bounds[ANONID_STATUS_BUCKETS - 1] = {
    5000,   10000,   25000,   50000,   100000,   250000,
    500000, 1000000, 2500000, 5000000, 10000000, 30000000,
};

void anonid_status_observe(anonid_status_histogram_t *histogram,
                           apr_interval_time_t duration)
{
    int i = 0;

    if (duration < 0)
        duration = 0;
    while (i < ANONID_STATUS_BUCKETS - 1 && duration > anonid_status_bounds[i])
        i++;
    atomic_fetch_add_explicit(&histogram->microseconds, (uint64_t)duration,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->counts[i], 1, memory_order_relaxed);
}

/* ---- texts: the sequence lock of the Linux kernel's seqlock.h ---- */

#define TRIES 100 /* a writer that died in the middle is not waited for */

void anonid_status_write_text(anonid_status_text_t *text, const char *value)
{
    uint64_t words[ANONID_STATUS_TEXT / 8] = { 0 };
    uint32_t turn = atomic_load_explicit(&text->turn, memory_order_relaxed);

    (void)anonid_text_show((char *)words, sizeof(words), value, strlen(value));
    turn |= 1;
    atomic_store_explicit(&text->turn, turn, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (size_t i = 0; i < ANONID_STATUS_TEXT / 8; i++)
        atomic_store_explicit(&text->words[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&text->turn, turn + 1, memory_order_release);
}

void anonid_status_read_text(const anonid_status_text_t *text,
                             char value[ANONID_STATUS_TEXT])
{
    anonid_status_text_t *t = (anonid_status_text_t *)text;
    uint64_t words[ANONID_STATUS_TEXT / 8];

    for (int try = 0; try < TRIES; try++) {
        uint32_t turn = atomic_load_explicit(&t->turn, memory_order_acquire);

        for (size_t i = 0; i < ANONID_STATUS_TEXT / 8; i++)
            words[i] =
                atomic_load_explicit(&t->words[i], memory_order_relaxed);
        atomic_thread_fence(memory_order_acquire);
        if (turn & 1
            || turn != atomic_load_explicit(&t->turn, memory_order_relaxed))
            continue;
        memcpy(value, words, sizeof(words));
        value[ANONID_STATUS_TEXT - 1] = '\0';
        return;
    }
    *value = '\0';
}

/* ---- the agent ---- */

uint32_t anonid_status_agent(const anonid_status_table_t *table)
{
    anonid_status_header_t *header = &((anonid_status_table_t *)table)->header;
    uint32_t pid = atomic_load(&header->agent_pid);
    apr_time_t silent =
        anonid_monotonic_now() - atomic_load(&header->agent_alive);

    if (pid == 0 || (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
        || silent > apr_time_from_sec(ANONID_STATUS_SILENCE))
        return 0;
    return pid;
}
