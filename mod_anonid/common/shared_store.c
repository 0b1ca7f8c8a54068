/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared store as data; see shared_store.h.
 */
#include "common/shared_store.h"
#include "common/protocol.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#define PORT 6379
#define DB_MAX 65535

static const struct {
    const char *prefix;
    anonid_tls_t tls;
} schemes[] = {
    { "redis://", ANONID_TLS_NONE },
    { "rediss://", ANONID_TLS_FIRST },
};

#define N_SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

/* What follows the scheme, or NULL. */
static const char *read_scheme(anonid_shared_store_t *store, const char *url)
{
    for (size_t i = 0; i < N_SCHEMES; i++) {
        size_t length = strlen(schemes[i].prefix);

        if (strncasecmp(url, schemes[i].prefix, length) == 0) {
            store->server.tls = schemes[i].tls;
            return url + length;
        }
    }
    return NULL;
}

/* Takes "user@" off the front of *rest, if it is there. */
static const char *read_user(anonid_shared_store_t *store, const char **rest,
                             apr_pool_t *pool)
{
    const char *at = strrchr(*rest, '@');

    if (!at)
        return NULL;
    store->user = apr_pstrmemdup(pool, *rest, (apr_size_t)(at - *rest));
    *rest = at + 1;
    if (*store->user == '\0' || strpbrk(store->user, ":/@ \t"))
        return "what stands before the '@' is no user name (a password does "
               "not belong into the URL: name its place with "
               "AnonIDLimitStoreSecret)";
    return NULL;
}

static const char *read_db(anonid_shared_store_t *store, const char *rest)
{
    if (*rest == '/')
        rest++;
    if (*rest == '\0')
        return NULL;
    if (strspn(rest, "0123456789") != strlen(rest) || strlen(rest) > 5
        || atoi(rest) > DB_MAX)
        return "behind host and port only '/' and the number of a database "
               "can follow";
    store->db = (unsigned)atoi(rest);
    return NULL;
}

/* The password goes over the wire as it is. */
static const char *check_tls(const anonid_shared_store_t *store)
{
    if (store->server.tls == ANONID_TLS_FIRST || store->server.loopback)
        return NULL;
    return "redis:// is without TLS, and only for a store on this machine "
           "(localhost, 127.0.0.0/8 or [::1]); write rediss://, and have the "
           "store or a TLS proxy in front of it listen with TLS";
}

const char *anonid_shared_store_parse(anonid_shared_store_t *store,
                                      const char *url, apr_pool_t *pool)
{
    const char *rest, *wrong;

    memset(store, 0, sizeof(*store));
    rest = read_scheme(store, url);
    if (!rest)
        return "its scheme is neither redis:// nor rediss://";
    store->url = store->server.url = apr_pstrdup(pool, url);
    store->server.port = PORT;
    wrong = read_user(store, &rest, pool);
    if (!wrong)
        wrong = anonid_mail_server_parse_place(&store->server, &rest, pool);
    if (!wrong)
        wrong = read_db(store, rest);
    return wrong ? wrong : check_tls(store);
}

int anonid_shared_store_encode(anonid_writer_t *w,
                               const anonid_shared_store_t *store)
{
    anonid_writer_begin(w, ANONID_MSG_STORE, 0, 0);
    anonid_writer_text(w, ANONID_TAG_URL, store->url);
    anonid_writer_text(w, ANONID_TAG_CA_FILE, store->ca_file);
    anonid_writer_text(w, ANONID_TAG_TLS_NAME, store->tls_name);
    return anonid_writer_end(w);
}

anonid_shared_store_t *anonid_shared_store_decode(const anonid_frame_t *frame,
                                                  apr_pool_t *pool)
{
    anonid_shared_store_t *store = apr_pcalloc(pool, sizeof(*store));
    const char *url = anonid_frame_text(frame, ANONID_TAG_URL, pool);

    if (!url || anonid_shared_store_parse(store, url, pool))
        return NULL;
    store->ca_file = anonid_frame_text(frame, ANONID_TAG_CA_FILE, pool);
    store->tls_name = anonid_frame_text(frame, ANONID_TAG_TLS_NAME, pool);
    return store;
}
