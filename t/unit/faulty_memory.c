/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out; see faulty_memory.h.
 */
#include "faulty_memory.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <limits.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <sasl/sasl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define POISON 0xdb

static atomic_ulong asked;
static atomic_ulong failing; /* 0: none */
static atomic_int lasts;
static atomic_int spared;
static atomic_int mappings;
static atomic_int spilled;
static char forbidden[4][64];

void *__real_malloc(size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__real_mmap(void *address, size_t length, int prot, int flags, int fd,
                  off_t offset);
int __real_munmap(void *address, size_t length);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *memory);
void *__wrap_mmap(void *address, size_t length, int prot, int flags, int fd,
                  off_t offset);
int __wrap_munmap(void *address, size_t length);

static int fails(void)
{
    unsigned long number = atomic_fetch_add(&asked, 1) + 1;
    unsigned long nth = atomic_load(&failing);

    return nth > 0 && (number == nth || (number > nth && atomic_load(&lasts)));
}

static void search(const void *memory, size_t size)
{
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        size_t length = strlen(forbidden[i]);

        if (length > 0 && memmem(memory, size, forbidden[i], length))
            spilled++;
    }
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    void *memory = fails() ? NULL : __real_malloc(n * size);

    if (memory)
        memset(memory, 0, n * size);
    return memory;
}

static void poison_and_free(void *memory)
{
    if (memory)
        memset(memory, POISON, malloc_usable_size(memory));
    __real_free(memory);
}

void __wrap_free(void *memory)
{
    if (memory)
        search(memory, malloc_usable_size(memory));
    poison_and_free(memory);
}

/* Always elsewhere, so that what was there is freed, too. */
void *__wrap_realloc(void *memory, size_t size)
{
    size_t old = memory ? malloc_usable_size(memory) : 0;
    void *other = size == 0 || fails() ? NULL : __real_malloc(size);

    if (other && memory)
        memcpy(other, memory, old < size ? old : size);
    if (other || size == 0)
        __wrap_free(memory);
    return other;
}

char *__wrap_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = __wrap_malloc(size);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void *__wrap_mmap(void *address, size_t length, int prot, int flags, int fd,
                  off_t offset)
{
    void *memory = fails()
                       ? MAP_FAILED
                       : __real_mmap(address, length, prot, flags, fd, offset);

    if (memory != MAP_FAILED)
        mappings++;
    return memory;
}

int __wrap_munmap(void *address, size_t length)
{
    search(address, length);
    mappings--;
    return __real_munmap(address, length);
}

/* ---- libevent ---- */

struct bufferevent *__real_bufferevent_socket_new(struct event_base *base,
                                                  evutil_socket_t fd,
                                                  int options);
struct bufferevent *__wrap_bufferevent_socket_new(struct event_base *base,
                                                  evutil_socket_t fd,
                                                  int options);
struct bufferevent *__real_bufferevent_openssl_socket_new(
    struct event_base *base, evutil_socket_t fd, SSL *ssl,
    enum bufferevent_ssl_state state, int options);
struct bufferevent *__wrap_bufferevent_openssl_socket_new(
    struct event_base *base, evutil_socket_t fd, SSL *ssl,
    enum bufferevent_ssl_state state, int options);
int __real_evbuffer_add_reference(struct evbuffer *buffer, const void *data,
                                  size_t length,
                                  evbuffer_ref_cleanup_cb cleanup,
                                  void *context);
int __wrap_evbuffer_add_reference(struct evbuffer *buffer, const void *data,
                                  size_t length,
                                  evbuffer_ref_cleanup_cb cleanup,
                                  void *context);
unsigned char *__real_evbuffer_pullup(struct evbuffer *buffer,
                                      ev_ssize_t size);
unsigned char *__wrap_evbuffer_pullup(struct evbuffer *buffer,
                                      ev_ssize_t size);

/* How many allocations of the present call it looks at. */
static _Thread_local int looks;

struct bufferevent *__wrap_bufferevent_socket_new(struct event_base *base,
                                                  evutil_socket_t fd,
                                                  int options)
{
    struct bufferevent *bev;

    looks = INT_MAX;
    bev = __real_bufferevent_socket_new(base, fd, options);
    looks = 0;
    return bev;
}

/* Of libevent 2.1's, only the first: after that it calls functions of a
 * bufferevent that is not whole. */
struct bufferevent *__wrap_bufferevent_openssl_socket_new(
    struct event_base *base, evutil_socket_t fd, SSL *ssl,
    enum bufferevent_ssl_state state, int options)
{
    struct bufferevent *bev;

    looks = 1;
    bev = __real_bufferevent_openssl_socket_new(base, fd, ssl, state, options);
    looks = 0;
    return bev;
}

int __wrap_evbuffer_add_reference(struct evbuffer *buffer, const void *data,
                                  size_t length,
                                  evbuffer_ref_cleanup_cb cleanup,
                                  void *context)
{
    int result;

    looks = INT_MAX;
    result =
        __real_evbuffer_add_reference(buffer, data, length, cleanup, context);
    looks = 0;
    return result;
}

unsigned char *__wrap_evbuffer_pullup(struct evbuffer *buffer, ev_ssize_t size)
{
    unsigned char *data;

    looks = INT_MAX;
    data = __real_evbuffer_pullup(buffer, size);
    looks = 0;
    return data;
}

static void *libevent_malloc(size_t size)
{
    return looks > 0 && looks-- ? __wrap_malloc(size) : __real_malloc(size);
}

static void *libevent_realloc(void *memory, size_t size)
{
    return looks > 0 && looks-- ? __wrap_realloc(memory, size)
                                : __real_realloc(memory, size);
}

/* ---- OpenSSL ---- */

static int openssl_fails(void)
{
    return !spared && fails();
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return openssl_fails() ? NULL : __real_malloc(size);
}

static void *openssl_realloc(void *memory, size_t size, const char *file,
                             int line)
{
    (void)file;
    (void)line;
    return openssl_fails() ? NULL : __real_realloc(memory, size);
}

/* Not searched: a record that could not be encrypted is OpenSSL's own. */
static void openssl_free(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    poison_and_free(memory);
}

/* ---- libsasl2, which does not look when it begins a login ---- */

void __real_sasl_set_alloc(sasl_malloc_t *, sasl_calloc_t *, sasl_realloc_t *,
                           sasl_free_t *);
void __wrap_sasl_set_alloc(sasl_malloc_t *allocate, sasl_calloc_t *clear,
                           sasl_realloc_t *grow, sasl_free_t *release);

static void *sasl_calloc(size_t n, size_t size)
{
    void *memory = __real_malloc(n * size);

    if (memory)
        memset(memory, 0, n * size);
    return memory;
}

void __wrap_sasl_set_alloc(sasl_malloc_t *allocate, sasl_calloc_t *clear,
                           sasl_realloc_t *grow, sasl_free_t *release)
{
    (void)allocate;
    (void)clear;
    __real_sasl_set_alloc(__real_malloc, sasl_calloc, grow, release);
}

int faulty_memory_start(void)
{
    event_set_mem_functions(libevent_malloc, libevent_realloc, __wrap_free);
    return CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc,
                                    openssl_free);
}

void faulty_memory_forbid(const char *text)
{
    size_t i = 0;

    while (*forbidden[i])
        i++;
    memcpy(forbidden[i], text, strlen(text) + 1);
}

void faulty_memory_arm(unsigned long nth, int lasting)
{
    asked = 0;
    lasts = lasting;
    failing = nth;
}

void faulty_memory_spare_openssl(int spare)
{
    spared = spare;
}

unsigned long faulty_memory_disarm(void)
{
    failing = 0;
    return asked;
}

int faulty_memory_mappings(void)
{
    return mappings;
}

int faulty_memory_spilled(void)
{
    return spilled;
}
