/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libsasl2 is given once per program: memory that is wiped when it is
 * freed (its modules leave passwords and keys in theirs), locks, and a log.
 */
#include "agent/base/log.h"
#include "agent/base/wipe.h"
#include "agent/sasl/family.h"

#include <pthread.h>
#include <sasl/sasl.h>
#include <stdlib.h>
#include <string.h>

static void *mutex_make(void)
{
    pthread_mutex_t *mutex = malloc(sizeof(*mutex));

    if (mutex)
        pthread_mutex_init(mutex, NULL);
    return mutex;
}

static int mutex_lock(void *mutex)
{
    return pthread_mutex_lock(mutex) == 0 ? SASL_OK : SASL_FAIL;
}

static int mutex_unlock(void *mutex)
{
    return pthread_mutex_unlock(mutex) == 0 ? SASL_OK : SASL_FAIL;
}

static void mutex_drop(void *mutex)
{
    pthread_mutex_destroy(mutex);
    free(mutex);
}

/* libsasl2's words are details for whoever looks for one; its trace and
 * password levels are never passed on. */
static int log_line(void *context, int level, const char *message)
{
    (void)context;
    if (level != SASL_LOG_NONE && level <= SASL_LOG_NOTE)
        anonid_log(ANONID_LOG_DEBUG, "libsasl2: %s", message);
    return SASL_OK;
}

apr_status_t anonid_sasl_library_start(void)
{
    static const sasl_callback_t callbacks[] = {
        { SASL_CB_LOG, ANONID_SASL_CALLBACK(log_line), NULL },
        { SASL_CB_LIST_END, NULL, NULL }
    };

    anonid_sasl_ntlm_start();
    sasl_set_alloc(malloc, calloc, anonid_wipe_realloc, anonid_wipe_free);
    sasl_set_mutex(mutex_make, mutex_lock, mutex_unlock, mutex_drop);
    return sasl_client_init(callbacks) == SASL_OK ? APR_SUCCESS : APR_EGENERAL;
}

/* Those that cyrus.c can give a secret to; libsasl2 may well have more. */
static const char *const families[] = { "CRAM-MD5", "PLAIN" };

static int is_ours(const char *mechanism)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        if (strncmp(mechanism, families[i], strlen(families[i])) == 0)
            return 1;
    }
    return 0;
}

int anonid_sasl_library_has(const char *mechanism)
{
    const char **names = is_ours(mechanism) ? sasl_global_listmech() : NULL;

    for (; names && *names; names++) {
        if (strcmp(*names, mechanism) == 0)
            return 1;
    }
    return 0;
}
