/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a request; see body.h.
 *
 * A body lives in a mapping of its own, not in the request's pool: it grows
 * without being copied, and the memory goes back to the system at the end
 * instead of staying with the thread's allocator.
 */
#include "module/submit/body.h"
#include "common/protocol.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <string.h>
#include <sys/mman.h>

#define FIRST_CAPACITY ((apr_size_t)64 * 1024)
#define READ_OCTETS ((apr_off_t)64 * 1024)

/* Of a message that is too large, where the fields before its files are. */
#define BEGINNING_OCTETS ((apr_size_t)256 * 1024)

/* A message's size where the operator says nothing: attachments of a form,
 * and no more than a default server can take from several visitors at once. */
#define DEFAULT_LIMIT ((apr_size_t)10 * 1024 * 1024)

/* What httpd has where LimitRequestBody is not given. */
#define LIMIT_UNSET ((apr_off_t)-1)

/* The capacity grows ahead of the length, but takes no memory before it is
 * written to: what counts is the length. */
typedef struct {
    anonid_memory_t *memory;
    char *data;
    apr_size_t length;
    apr_size_t capacity;
    apr_size_t limit;
} buffer_t;

static apr_status_t free_buffer(void *data)
{
    buffer_t *buffer = data;

    if (buffer->data)
        munmap(buffer->data, buffer->capacity);
    return APR_SUCCESS;
}

static int resize(buffer_t *buffer, apr_size_t capacity)
{
    void *data;

    if (buffer->data)
        data =
            mremap(buffer->data, buffer->capacity, capacity, MREMAP_MAYMOVE);
    else
        data = mmap(NULL, capacity, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED)
        return 0;
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
    if (!anonid_memory_take(buffer->memory, length))
        return HTTP_SERVICE_UNAVAILABLE;
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

/* The operator's LimitRequestBody counts, of which 0 is no limit; but not
 * httpd's own default of 1 GB. */
apr_size_t anonid_body_limit(const request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    apr_off_t limit = ap_get_limit_req_body(r);

    if (core->limit_req_body == LIMIT_UNSET)
        return DEFAULT_LIMIT;
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

static int read_up_to(request_rec *r, anonid_memory_t *memory,
                      apr_size_t limit, anonid_body_t *body)
{
    buffer_t *buffer = apr_pcalloc(r->pool, sizeof(*buffer));
    int status;

    buffer->memory = memory;
    buffer->limit = limit;
    apr_pool_cleanup_register(r->pool, buffer, free_buffer,
                              apr_pool_cleanup_null);
    status = read_all(r, buffer);
    body->data = buffer->data ? buffer->data : "";
    body->length = buffer->length;
    return status;
}

int anonid_body_read(request_rec *r, anonid_memory_t *memory,
                     anonid_body_t *body)
{
    apr_size_t limit = anonid_body_limit(r);

    body->data = "";
    body->length = 0;
    if (announces_too_much(r, limit))
        return HTTP_REQUEST_ENTITY_TOO_LARGE;
    return read_up_to(r, memory, limit, body);
}

/* The same configuration without LimitRequestBody, by which httpd would end a
 * request that announces more before any of it is read. */
static ap_conf_vector_t *without_limit(request_rec *r)
{
    ap_conf_vector_t *copy = ap_merge_per_dir_configs(
        r->pool, r->per_dir_config, ap_create_per_dir_config(r->pool));
    core_dir_config *core = apr_pmemdup(
        r->pool, ap_get_core_module_config(r->per_dir_config), sizeof(*core));

    core->limit_req_body = 0;
    ap_set_core_module_config(copy, core);
    return copy;
}

void anonid_body_read_beginning(request_rec *r, anonid_memory_t *memory,
                                anonid_body_t *body)
{
    ap_conf_vector_t *own = r->per_dir_config;

    if (r->expecting_100)
        return;
    r->per_dir_config = without_limit(r);
    (void)read_up_to(r, memory, BEGINNING_OCTETS, body);
    r->per_dir_config = own;
}
