/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting TLS up on the thread pool; see tls_setup.h.
 */
#include "agent/net/tls_setup.h"
#include "agent/base/thread_pool.h"
#include "agent/net/mail_error.h"
#include "agent/net/tls.h"

#include <stdlib.h>
#include <string.h>

struct anonid_tls_setup_t {
    char *ca_file; /* NULL: the system's */
    char *name;
    SSL *ssl; /* the thread's until finish, as why is */
    char why[ANONID_MAIL_ERROR_TEXT_MAX];
    anonid_tls_set_up_t set_up; /* NULL: cancelled; loop's thread only */
    void *context;
};

static void destroy(anonid_tls_setup_t *setup)
{
    free(setup->ca_file);
    free(setup->name);
    free(setup);
}

static void run(void *data)
{
    anonid_tls_setup_t *setup = data;

    setup->ssl = anonid_tls_new(setup->ca_file, setup->name, setup->why,
                                sizeof(setup->why));
}

static void finish(void *data)
{
    anonid_tls_setup_t *setup = data;

    if (setup->set_up)
        setup->set_up(setup->context, setup->ssl, setup->why);
    else
        SSL_free(setup->ssl);
    destroy(setup);
}

/* Those who need the same file share a queue. */
static int enqueue(anonid_tls_setup_t *setup)
{
    const char *queue = setup->ca_file ? setup->ca_file : "authorities";

    return anonid_thread_pool_add_to(queue, run, finish, setup) == APR_SUCCESS;
}

anonid_tls_setup_t *anonid_tls_setup(const char *ca_file, const char *name,
                                     anonid_tls_set_up_t set_up, void *context)
{
    anonid_tls_setup_t *setup = calloc(1, sizeof(*setup));

    if (!setup)
        return NULL;
    setup->ca_file = ca_file ? strdup(ca_file) : NULL;
    setup->name = strdup(name);
    setup->set_up = set_up;
    setup->context = context;
    strcpy(setup->why, "the agent ends");
    if ((setup->ca_file || !ca_file) && setup->name && enqueue(setup))
        return setup;
    destroy(setup);
    return NULL;
}

void anonid_tls_setup_cancel(anonid_tls_setup_t *setup)
{
    if (setup)
        setup->set_up = NULL;
}
