/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a request; see body.h.
 *
 * A body lives in a mapping of its own, not in the request's pool: it grows
 * without being copied, and the memory goes back to the system at the end
 * instead of staying with the thread's allocator.
 */
#include "module/submit/body.h"
#include "common/lognos.h"
#include "common/protocol.h"

#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

APLOG_USE_MODULE(anonid);

#define FIRST_CAPACITY ((apr_size_t)64 * 1024)
#define READ_OCTETS ((apr_off_t)64 * 1024)

/* Octets that all bodies of one process may take at the same time. */
#define TOTAL_MAX ((apr_size_t)4 * ANONID_MESSAGE_MAX)

static atomic_size_t total;

typedef struct {
    char *data;
    apr_size_t length;
    apr_size_t capacity;
    apr_size_t limit;
} buffer_t;

static int take_memory(apr_size_t octets)
{
    if (atomic_fetch_add(&total, octets) + octets <= TOTAL_MAX)
        return 1;
    atomic_fetch_sub(&total, octets);
    return 0;
}

static apr_status_t free_buffer(void *data)
{
    buffer_t *buffer = data;

    if (buffer->data)
        munmap(buffer->data, buffer->capacity);
    atomic_fetch_sub(&total, buffer->capacity);
    return APR_SUCCESS;
}

static int resize(buffer_t *buffer, apr_size_t capacity)
{
    void *data;

    if (!take_memory(capacity - buffer->capacity))
        return 0;
    if (buffer->data)
        data =
            mremap(buffer->data, buffer->capacity, capacity, MREMAP_MAYMOVE);
    else
        data = mmap(NULL, capacity, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) {
        atomic_fetch_sub(&total, capacity - buffer->capacity);
        return 0;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return 1;
}

static int append(buffer_t *buffer, const char *data, apr_size_t length)
{
    apr_size_t capacity =
        buffer->capacity > 0 ? buffer->capacity : FIRST_CAPACITY;

    if (length > buffer->limit - buffer->length)
        return HTTP_REQUEST_ENTITY_TOO_LARGE;
    while (capacity < buffer->length + length)
        capacity *= 2;
    if (capacity > buffer->capacity && !resize(buffer, capacity))
        return HTTP_SERVICE_UNAVAILABLE;
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
    return OK;
}

static int take_bucket(buffer_t *buffer, apr_bucket *bucket)
{
    const char *data;
    apr_size_t length;
    apr_status_t rv;

    if (APR_BUCKET_IS_METADATA(bucket))
        return OK;
    rv = apr_bucket_read(bucket, &data, &length, APR_BLOCK_READ);
    if (rv != APR_SUCCESS)
        return ap_map_http_request_error(rv, HTTP_BAD_REQUEST);
    return append(buffer, data, length);
}

/* Takes one brigade in; *done at the end of the body. */
static int take_brigade(buffer_t *buffer, apr_bucket_brigade *brigade,
                        int *done)
{
    apr_bucket *bucket;
    int status = OK;

    for (bucket = APR_BRIGADE_FIRST(brigade);
         bucket != APR_BRIGADE_SENTINEL(brigade) && status == OK && !*done;
         bucket = APR_BUCKET_NEXT(bucket)) {
        *done = APR_BUCKET_IS_EOS(bucket);
        status = take_bucket(buffer, bucket);
    }
    return status;
}

static int read_all(request_rec *r, buffer_t *buffer)
{
    apr_bucket_brigade *brigade =
        apr_brigade_create(r->pool, r->connection->bucket_alloc);
    int status = OK, done = 0;

    while (status == OK && !done) {
        apr_status_t rv =
            ap_get_brigade(r->input_filters, brigade, AP_MODE_READBYTES,
                           APR_BLOCK_READ, READ_OCTETS);

        if (rv == APR_SUCCESS)
            status = take_brigade(buffer, brigade, &done);
        else
            status = ap_map_http_request_error(rv, HTTP_BAD_REQUEST);
        apr_brigade_cleanup(brigade);
    }
    apr_brigade_destroy(brigade);
    return status;
}

/* LimitRequestBody counts where it is stricter; 0 is no limit. */
static apr_size_t body_limit(const request_rec *r)
{
    apr_off_t limit = ap_get_limit_req_body(r);

    if (limit <= 0 || limit > ANONID_MESSAGE_MAX)
        return ANONID_MESSAGE_MAX;
    return (apr_size_t)limit;
}

/* 1 if the request says itself that it is too long; then nothing is read, and
 * a visitor who waits for "100 Continue" sends nothing. */
static int announces_too_much(const request_rec *r, apr_size_t limit)
{
    const char *text = apr_table_get(r->headers_in, "Content-Length");
    apr_off_t length;

    return text && ap_parse_strict_length(&length, text)
           && length > (apr_off_t)limit;
}

int anonid_body_read(request_rec *r, anonid_body_t *body)
{
    buffer_t *buffer = apr_pcalloc(r->pool, sizeof(*buffer));
    int status;

    buffer->limit = body_limit(r);
    if (announces_too_much(r, buffer->limit))
        return HTTP_REQUEST_ENTITY_TOO_LARGE;
    apr_pool_cleanup_register(r->pool, buffer, free_buffer,
                              apr_pool_cleanup_null);
    status = read_all(r, buffer);
    if (status == HTTP_SERVICE_UNAVAILABLE)
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, r,
            ANONID_LOGNO(
                0310) "A message was refused because the bodies of requests "
                      "that this process is reading already take %lu MB; "
                      "LimitRequestBody and ThreadsPerChild bound them.",
            (unsigned long)(atomic_load(&total) >> 20));
    body->data = buffer->data ? buffer->data : "";
    body->length = buffer->length;
    return status;
}
