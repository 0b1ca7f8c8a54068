/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells TLS and HTTP by their first octets; see foreign.h.
 */
#include "agent/relay/foreign.h"
#include "common/lognos.h"
#include "agent/base/log.h"

#include <string.h>

typedef struct {
    const char *begin;
    const char *speaks;
    const char *remedy;
} language_t;

#define NO_TLS                                                                \
    "tell it to use no encryption: nothing of this connection leaves the "    \
    "machine, and the agent speaks TLS with the mail server"
#define NO_HTTP                                                               \
    "this is no web server; if it was a browser, a page that it shows has "   \
    "tried to misuse the listener: a Unix socket cannot be reached by pages"

static const language_t languages[] = {
    { "\x16\x03", "TLS", NO_TLS },      { "GET ", "HTTP", NO_HTTP },
    { "POST ", "HTTP", NO_HTTP },       { "HEAD ", "HTTP", NO_HTTP },
    { "PUT ", "HTTP", NO_HTTP },        { "DELETE ", "HTTP", NO_HTTP },
    { "OPTIONS ", "HTTP", NO_HTTP },    { "CONNECT ", "HTTP", NO_HTTP },
    { "PATCH ", "HTTP", NO_HTTP },      { "TRACE ", "HTTP", NO_HTTP },
    { "PRI * HTTP/", "HTTP", NO_HTTP },
};

#define N_LANGUAGES (sizeof(languages) / sizeof(languages[0]))

static const language_t *find(const char *data, size_t length)
{
    for (size_t i = 0; i < N_LANGUAGES; i++) {
        size_t n = strlen(languages[i].begin);

        if (length >= n && memcmp(data, languages[i].begin, n) == 0)
            return &languages[i];
    }
    return NULL;
}

int anonid_relay_is_foreign(const anonid_relay_client_t *client,
                            const char *data, size_t length)
{
    const anonid_relay_origin_t *origin = anonid_relay_client_origin(client);
    const language_t *language = find(data, length);

    if (!language)
        return 0;
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0231) "AnonIDMailListen '%s': a process of uid "
                                  "%lu speaks %s and was sent away (%s)",
               origin->listener->url, (unsigned long)origin->caller.uid,
               language->speaks, language->remedy);
    return 1;
}
