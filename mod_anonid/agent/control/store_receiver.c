/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared store's secret; see store_receiver.h. It is read on the pool,
 * where it may be slow.
 */
#include "agent/control/store_receiver.h"
#include "agent/base/thread_pool.h"
#include "agent/store/store.h"
#include "common/protocol.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_TIMEOUT apr_time_from_sec(10)

typedef struct {
    int fd;
    char *url; /* of the store that it is for */
    anonid_secret_t *secret;
    const char *why;
} job_t;

static void read_secret(void *data)
{
    job_t *job = data;

    job->secret = anonid_secret_read(job->fd, ANONID_SECRET_PASSWORD,
                                     READ_TIMEOUT, &job->why);
}

static void take_secret(void *data)
{
    job_t *job = data;

    if (anonid_store_is(job->url)) {
        if (job->secret)
            anonid_store_secret(job->secret);
        else
            anonid_store_no_secret(job->why);
    }
    anonid_secret_drop(job->secret);
    close(job->fd);
    free(job->url);
    free(job);
}

/* The URL of a frame: 1 if it is that of the store; malloc'ed. */
static int is_of_store(const anonid_frame_t *frame, char **url)
{
    anonid_field_t field;

    *url = NULL;
    if (anonid_frame_field(frame, ANONID_TAG_URL, &field))
        *url = strndup((const char *)field.value, field.length);
    if (*url && anonid_store_is(*url))
        return 1;
    free(*url);
    *url = NULL;
    return 0;
}

void anonid_store_receiver_secret(const anonid_frame_t *frame, int fd)
{
    job_t *job = fd >= 0 ? calloc(1, sizeof(*job)) : NULL;

    if (!job || !is_of_store(frame, &job->url)) {
        free(job);
        (void)(fd >= 0 && close(fd));
        return;
    }
    job->fd = fd;
    job->why = "it could not be read";
    if (anonid_thread_pool_add(read_secret, take_secret, job) != APR_SUCCESS)
        take_secret(job);
}

void anonid_store_receiver_error(const anonid_frame_t *frame)
{
    anonid_field_t text;
    char why[256] = "it cannot be opened";
    char *url;

    if (!is_of_store(frame, &url))
        return;
    free(url);
    if (anonid_frame_field(frame, ANONID_TAG_TEXT, &text)) {
        size_t n = text.length < sizeof(why) ? text.length : sizeof(why) - 1;

        memcpy(why, text.value, n);
        why[n] = '\0';
    }
    anonid_store_no_secret(why);
}
