/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared store; see store.h.
 *
 *   (none) -> connecting -> up
 *                ^  \        |
 *                |   v       v
 *                +-- down <--+      after the breaker's delay
 */
#include "agent/store/store.h"
#include "agent/base/log.h"
#include "agent/status/mail.h"
#include "agent/store/breaker.h"
#include "common/lognos.h"
#include "common/monotonic.h"

#include <apr_strings.h>
#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keys and arguments of one script. */
#define ARGUMENTS_MAX 80

struct anonid_store_request_t {
    anonid_store_request_t *next, **prev;
    anonid_store_script_t *script;
    anonid_store_result_t done;
    void *context;
    int keys, argc;
    char *argv[]; /* copies, for the script may have to be sent */
};

static struct {
    struct event_base *base;
    struct event *timer;           /* the next try; or the end of one */
    apr_pool_t *pool;              /* of the configuration */
    anonid_shared_store_t *config; /* NULL: none */
    anonid_secret_t *secret;       /* NULL: none yet */
    anonid_store_connection_t *connection;
    anonid_store_request_t *requests; /* whose results are awaited */
    int is_up;
    int is_over;     /* the connection is, and waits to be closed */
    apr_time_t lost; /* since when it is down; 0: it is not */
    anonid_breaker_t breaker;
} store;

static void connect_to(void);

/* ---- up and down ---- */

static void publish(void)
{
    anonid_status_mail_limit_store(!store.config ? ANONID_LIMIT_STORE_NONE
                                   : store.is_up ? ANONID_LIMIT_STORE_UP
                                                 : ANONID_LIMIT_STORE_DOWN);
}

static void set_timer(apr_interval_time_t delay)
{
    const struct timeval wait = { (time_t)apr_time_sec(delay),
                                  (suseconds_t)apr_time_usec(delay) };

    (void)evtimer_add(store.timer, &wait);
}

static void drop_connection(void)
{
    anonid_store_connection_close(store.connection);
    store.connection = NULL;
    store.is_up = store.is_over = 0;
}

static void on_ready(void *context)
{
    apr_time_t now = anonid_monotonic_now();

    (void)context;
    store.is_up = 1;
    anonid_breaker_well(&store.breaker, now);
    publish();
    if (store.lost)
        anonid_log(ANONID_LOG_NOTICE,
                   ANONID_LOGNO(0253) "The store %s works again after %d s: "
                                      "limits are shared, and failed logons",
                   store.config->url, (int)apr_time_sec(now - store.lost));
    else
        anonid_log(ANONID_LOG_INFO,
                   "limits and failed logons are shared through the store %s",
                   store.config->url);
    store.lost = 0;
}

/* Said once, until it works again. */
static void report_loss(const char *why)
{
    if (store.lost) {
        anonid_log(ANONID_LOG_DEBUG, "the store %s is not there: %s",
                   store.config->url, why);
        return;
    }
    store.lost = anonid_monotonic_now();
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0252) "The store %s cannot be used: %s. Until it "
                                  "can, each machine keeps to its limits by "
                                  "itself, and tries an account by itself "
                                  "(see that the store runs and can be "
                                  "reached, its password, and its memory)",
               store.config->url, why);
}

static void on_lost(void *context, const char *why)
{
    (void)context;
    store.is_up = 0;
    store.is_over = 1;
    publish();
    report_loss(why);
    set_timer(0); /* what is lost is closed by the loop */
}

static const anonid_store_connection_events_t connection_events = { on_ready,
                                                                    on_lost };

/* Ends a connection that is lost, and later begins another. */
static void on_time(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
    if (!store.is_over) {
        connect_to();
        return;
    }
    drop_connection();
    set_timer(anonid_breaker_failed(&store.breaker, anonid_monotonic_now()));
}

static void connect_to(void)
{
    if (store.connection || !store.config || !store.secret)
        return;
    store.connection = anonid_store_connection_open(
        store.base, store.config, store.secret, &connection_events, NULL);
    if (!store.connection)
        set_timer(ANONID_BREAKER_FIRST);
}

int anonid_store_is_up(void)
{
    return store.is_up;
}

int anonid_store_is_settling(void)
{
    return store.config && !store.is_up && !store.lost;
}

/* ---- requests ---- */

/* The end of a request: its place in the list is free. */
static void finish(anonid_store_request_t *request, const redisReply *reply)
{
    *request->prev = request->next;
    if (request->next)
        request->next->prev = request->prev;
    if (request->done)
        request->done(request->context, reply);
    free(request);
}

static int say(anonid_store_request_t *request, int with_text);

/* An error is the store's: it is full, a replica, or does not let us. */
static void on_reply(void *context, const redisReply *reply)
{
    anonid_store_request_t *request = context;
    int is_error = reply && reply->type == REDIS_REPLY_ERROR;
    char why[200];

    if (is_error && strncmp(reply->str, "NOSCRIPT", 8) == 0 && say(request, 1))
        return;
    if (!is_error) {
        finish(request, reply);
        return;
    }
    snprintf(why, sizeof(why), "%.*s", (int)strnlen(reply->str, 150),
             reply->str);
    finish(request, NULL);
    anonid_store_connection_give_up(store.connection, why);
}

/* EVALSHA, or EVAL where the store does not know the script yet. */
static int say(anonid_store_request_t *request, int with_text)
{
    const char *argv[ARGUMENTS_MAX + 3];
    char keys[12];

    snprintf(keys, sizeof(keys), "%d", request->keys);
    argv[0] = with_text ? "EVAL" : "EVALSHA";
    argv[1] = with_text ? request->script->text : request->script->sha1;
    argv[2] = keys;
    memcpy(argv + 3, request->argv, sizeof(argv[0]) * (size_t)request->argc);
    return anonid_store_connection_say(store.connection, request->argc + 3,
                                       argv, NULL, on_reply, request);
}

/* 1 if the script has its name. */
static int name_script(anonid_store_script_t *script)
{
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned length;

    if (script->sha1[0])
        return 1;
    if (!EVP_Digest(script->text, strlen(script->text), octets, &length,
                    EVP_sha1(), NULL))
        return 0;
    for (unsigned i = 0; i < length; i++)
        snprintf(script->sha1 + (size_t)2 * i, 3, "%02x", octets[i]);
    return 1;
}

/* With copies of the arguments, in the same memory. */
static anonid_store_request_t *make_request(int argc, const char **argv)
{
    size_t size = 0;
    anonid_store_request_t *request;
    char *text;

    for (int i = 0; i < argc; i++)
        size += sizeof(char *) + strlen(argv[i]) + 1;
    request = calloc(1, sizeof(*request) + size);
    if (!request)
        return NULL;
    request->argc = argc;
    text = (char *)(request->argv + argc);
    for (int i = 0; i < argc; i++) {
        request->argv[i] = text;
        text = stpcpy(text, argv[i]) + 1;
    }
    return request;
}

anonid_store_request_t *anonid_store_run(anonid_store_script_t *script,
                                         int keys, int argc, const char **argv,
                                         anonid_store_result_t done,
                                         void *context)
{
    anonid_store_request_t *request =
        store.is_up && argc <= ARGUMENTS_MAX && name_script(script)
            ? make_request(argc, argv)
            : NULL;

    if (!request)
        return NULL;
    request->script = script;
    request->keys = keys;
    request->done = done;
    request->context = context;
    if (!say(request, 0)) {
        free(request);
        return NULL;
    }
    request->next = store.requests;
    if (request->next)
        request->next->prev = &request->next;
    request->prev = &store.requests;
    store.requests = request;
    return request;
}

/* Its reply is still awaited, as that of a request that nobody asks for. */
void anonid_store_cancel(anonid_store_request_t *request)
{
    if (request)
        request->done = NULL;
}

/* ---- configuration ---- */

/* Begins with what is known now: the old connection goes without a word. */
static void begin_anew(void)
{
    drop_connection();
    while (store.requests)
        finish(store.requests, NULL);
    store.breaker = (anonid_breaker_t){ 0, 0 };
    store.lost = 0;
    (void)evtimer_del(store.timer);
    publish();
    connect_to();
}

static int is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static int is_unchanged(const anonid_shared_store_t *config)
{
    if (!config || !store.config)
        return !config && !store.config;
    return is_same(config->url, store.config->url)
           && is_same(config->ca_file, store.config->ca_file)
           && is_same(config->tls_name, store.config->tls_name);
}

static anonid_shared_store_t *copy(const anonid_shared_store_t *config)
{
    anonid_shared_store_t *made = apr_pcalloc(store.pool, sizeof(*made));

    if (anonid_shared_store_parse(made, config->url, store.pool))
        return NULL;
    made->ca_file = apr_pstrdup(store.pool, config->ca_file);
    made->tls_name = apr_pstrdup(store.pool, config->tls_name);
    return made;
}

void anonid_store_configure(const anonid_shared_store_t *config)
{
    if (is_unchanged(config))
        return;
    drop_connection();
    store.config = NULL;
    if (store.pool)
        apr_pool_destroy(store.pool);
    store.pool = NULL;
    anonid_secret_drop(store.secret); /* of another store */
    store.secret = NULL;
    if (config && apr_pool_create(&store.pool, NULL) == APR_SUCCESS)
        store.config = copy(config);
    begin_anew();
}

void anonid_store_secret(anonid_secret_t *secret)
{
    if (!store.config || anonid_secret_is_same(store.secret, secret))
        return;
    anonid_secret_drop(store.secret);
    store.secret = anonid_secret_hold(secret);
    begin_anew();
}

/* What is in use stays so. */
void anonid_store_no_secret(const char *why)
{
    if (!store.config)
        return;
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0254) "The secret of the store %s cannot be read: "
                                  "%s. %s (AnonIDLimitStoreSecret)",
               store.config->url, why,
               store.secret ? "The old one stays in use"
                            : "Until it can, each machine keeps to its limits "
                              "by itself");
}

int anonid_store_is(const char *url)
{
    return store.config && is_same(store.config->url, url);
}

/* ---- keys ---- */

/* HMAC under a key that is itself an HMAC of the use, under the secret. */
int anonid_store_key(char key[ANONID_STORE_KEY], const char *use,
                     const void *octets, size_t length)
{
    unsigned char derived[EVP_MAX_MD_SIZE], hash[EVP_MAX_MD_SIZE];
    unsigned size;
    int made;

    if (!store.secret)
        return 0;
    made =
        HMAC(EVP_sha256(), anonid_secret_data(store.secret),
             (int)anonid_secret_length(store.secret),
             (const unsigned char *)use, strlen(use), derived, &size)
        && HMAC(EVP_sha256(), derived, (int)size, octets, length, hash, NULL);
    OPENSSL_cleanse(derived, sizeof(derived));
    if (!made)
        return 0;
    snprintf(key, ANONID_STORE_KEY, "anonid:%s:", use);
    for (size_t i = 0; i < 20; i++)
        snprintf(key + strlen(key), 3, "%02x", hash[i]);
    return 1;
}

/* ---- begin and end ---- */

void anonid_store_start(struct event_base *base)
{
    store.base = base;
    store.timer = evtimer_new(base, on_time, NULL);
}

void anonid_store_stop(void)
{
    anonid_store_configure(NULL);
    if (store.timer)
        event_free(store.timer);
    store.timer = NULL;
}
