/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS towards servers; see tls.h.
 *
 * One lock for the table, which nobody holds for long, and one for each file:
 * a file system that hangs holds up only those who need that very file.
 */
#include "agent/net/tls.h"
#include "common/source.h"

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_strings.h>
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* The authorities of one file, as of one version of it. */
typedef struct {
    pthread_mutex_t lock;
    SSL_CTX *ctx;
    char version[ANONID_VERSION_MAX];
} trust_t;

static apr_pool_t *trusts_pool;
static pthread_mutex_t trusts_lock = PTHREAD_MUTEX_INITIALIZER;
static apr_hash_t *trusts; /* file name, "" for the system's -> trust_t */

static SSL_CTX *make_context(const char *ca_file, char *why, size_t size)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    int loaded;

    if (!ctx)
        return NULL;
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    ERR_clear_error();
    loaded = *ca_file ? SSL_CTX_load_verify_locations(ctx, ca_file, NULL)
                      : SSL_CTX_set_default_verify_paths(ctx);
    if (loaded == 1)
        return ctx;
    snprintf(why, size, "the authorities of '%s' cannot be read: %s", ca_file,
             ERR_reason_error_string(ERR_peek_last_error()));
    SSL_CTX_free(ctx);
    return NULL;
}

/* Under the table's lock. */
static trust_t *find_or_make(const char *ca_file)
{
    trust_t *trust;

    if (!trusts) {
        apr_pool_create(&trusts_pool, NULL);
        trusts = apr_hash_make(trusts_pool);
    }
    trust = apr_hash_get(trusts, ca_file, APR_HASH_KEY_STRING);
    if (!trust) {
        trust = apr_pcalloc(trusts_pool, sizeof(*trust));
        pthread_mutex_init(&trust->lock, NULL);
        apr_hash_set(trusts, apr_pstrdup(trusts_pool, ca_file),
                     APR_HASH_KEY_STRING, trust);
    }
    return trust;
}

static trust_t *find_trust(const char *ca_file)
{
    trust_t *trust;

    pthread_mutex_lock(&trusts_lock);
    trust = find_or_make(ca_file);
    pthread_mutex_unlock(&trusts_lock);
    return trust;
}

/* The version of the file: 1, or 0 and why it cannot be read. What is no file
 * may keep whoever opens it waiting for ever. */
static int look_at(const char *ca_file, char version[ANONID_VERSION_MAX],
                   char *why, size_t size)
{
    struct stat st;
    const char *fault = NULL;

    if (stat(ca_file, &st) != 0)
        fault = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        fault = "it is not a regular file";
    if (!fault) {
        anonid_source_version(version, &st);
        return 1;
    }
    snprintf(why, size, "the authorities of '%s' cannot be read: %s", ca_file,
             fault);
    return 0;
}

/* The context of a file, made anew when the file is another one now. Under
 * its lock. */
static SSL_CTX *context(trust_t *trust, const char *ca_file, char *why,
                        size_t size)
{
    char version[ANONID_VERSION_MAX] = "";
    SSL_CTX *ctx;

    if (*ca_file && !look_at(ca_file, version, why, size))
        return NULL;
    if (trust->ctx && strcmp(trust->version, version) == 0)
        return trust->ctx;
    ctx = make_context(ca_file, why, size);
    if (!ctx)
        return NULL;
    SSL_CTX_free(trust->ctx);
    trust->ctx = ctx;
    memcpy(trust->version, version, sizeof(version));
    return ctx;
}

static int is_address(const char *name)
{
    struct in6_addr addr;

    return inet_pton(AF_INET, name, &addr) == 1
           || inet_pton(AF_INET6, name, &addr) == 1;
}

/* Says which name the certificate must have. */
static int expect(SSL *ssl, const char *name)
{
    if (is_address(name))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) && SSL_set_tlsext_host_name(ssl, name);
}

SSL *anonid_tls_new(const char *ca_file, const char *name, char *why,
                    size_t size)
{
    const char *file = ca_file ? ca_file : "";
    trust_t *trust = find_trust(file);
    SSL_CTX *ctx;
    SSL *ssl;

    snprintf(why, size, "no memory for TLS");
    pthread_mutex_lock(&trust->lock);
    ctx = context(trust, file, why, size);
    ssl = ctx ? SSL_new(ctx) : NULL;
    pthread_mutex_unlock(&trust->lock);
    if (ssl && !expect(ssl, name)) {
        SSL_free(ssl);
        return NULL;
    }
    return ssl;
}

void anonid_tls_explain(SSL *ssl, unsigned long error, const char *name,
                        char *text, size_t size)
{
    long result = SSL_get_verify_result(ssl);
    const char *reason = error ? ERR_reason_error_string(error) : NULL;

    if (result != X509_V_OK)
        snprintf(text, size, "the certificate is not valid for %s: %s", name,
                 X509_verify_cert_error_string(result));
    else
        snprintf(text, size, "%s",
                 reason ? reason : "the server closed the connection");
}

int anonid_tls_is_plain(unsigned long error)
{
    return ERR_GET_LIB(error) == ERR_LIB_SSL
           && ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER;
}

void anonid_tls_binding(SSL *ssl, anonid_binding_t *binding)
{
    static const char label[] = "EXPORTER-Channel-Binding";
    static const unsigned char none[1] = "";

    memset(binding, 0, sizeof(*binding));
    if (SSL_version(ssl) >= TLS1_3_VERSION) {
        if (SSL_export_keying_material(ssl, binding->data, 32, label,
                                       strlen(label), none, 0, 1)
            != 1)
            return;
        binding->length = 32;
        binding->name = "tls-exporter";
        return;
    }
    /* The first Finished of a full handshake is the client's. */
    binding->length =
        SSL_get_finished(ssl, binding->data, sizeof(binding->data));
    if (binding->length > 0 && binding->length <= sizeof(binding->data))
        binding->name = "tls-unique";
}

apr_time_t anonid_tls_certificate_end(SSL *ssl)
{
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    const ASN1_TIME *end =
        certificate ? X509_get0_notAfter(certificate) : NULL;
    int days, seconds;

    /* From now on: ASN1_TIME_to_tm's time would be of no time zone. */
    if (!end || !ASN1_TIME_diff(&days, &seconds, NULL, end))
        return 0;
    return apr_time_now() + apr_time_from_sec(days * 86400L + seconds);
}

void anonid_tls_stop(void)
{
    pthread_mutex_lock(&trusts_lock);
    for (apr_hash_index_t *i = trusts ? apr_hash_first(trusts_pool, trusts)
                                      : NULL;
         i; i = apr_hash_next(i)) {
        void *trust;

        apr_hash_this(i, NULL, NULL, &trust);
        SSL_CTX_free(((trust_t *)trust)->ctx);
    }
    if (trusts)
        apr_pool_destroy(trusts_pool);
    trusts = NULL;
    pthread_mutex_unlock(&trusts_lock);
}
