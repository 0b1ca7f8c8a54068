/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells TLS and HTTP by their first octets; see foreign.h.
 */
#include "agent/relay/foreign.h"
#include "common/lognos.h"
#include "agent/base/log.h"

#include <string.h>

static const struct {
    const char *name;
    const char *remedy;
} languages[] = {
    [ANONID_FOREIGN_TLS] = { "TLS", "tell it to use no encryption: nothing of "
                                    "this connection leaves the machine, and "
                                    "the agent speaks TLS with the mail "
                                    "server" },
    [ANONID_FOREIGN_HTTP] = { "HTTP",
                              "this is no web server; if it was a browser, a "
                              "page that it shows has tried to misuse the "
                              "listener: a Unix socket cannot be reached by "
                              "pages" },
};

static const struct {
    const char *begin;
    anonid_foreign_t speaks;
} beginnings[] = {
    { "\x16\x03", ANONID_FOREIGN_TLS },
    { "GET ", ANONID_FOREIGN_HTTP },
    { "POST ", ANONID_FOREIGN_HTTP },
    { "HEAD ", ANONID_FOREIGN_HTTP },
    { "PUT ", ANONID_FOREIGN_HTTP },
    { "DELETE ", ANONID_FOREIGN_HTTP },
    { "OPTIONS ", ANONID_FOREIGN_HTTP },
    { "CONNECT ", ANONID_FOREIGN_HTTP },
    { "PATCH ", ANONID_FOREIGN_HTTP },
    { "TRACE ", ANONID_FOREIGN_HTTP },
    { "PRI * HTTP/", ANONID_FOREIGN_HTTP },
};

#define N_BEGINNINGS (sizeof(beginnings) / sizeof(beginnings[0]))

void anonid_relay_report_foreign(const anonid_relay_client_t *client,
                                 anonid_foreign_t speaks)
{
    const anonid_relay_origin_t *origin = anonid_relay_client_origin(client);

    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0231) "AnonIDMailListen '%s': a process of uid "
                                  "%lu speaks %s and was sent away (%s)",
               origin->listener->url, (unsigned long)origin->caller.uid,
               languages[speaks].name, languages[speaks].remedy);
}

int anonid_relay_is_foreign(const anonid_relay_client_t *client,
                            const char *data, size_t length)
{
    for (size_t i = 0; i < N_BEGINNINGS; i++) {
        size_t n = strlen(beginnings[i].begin);

        if (length < n || memcmp(data, beginnings[i].begin, n) != 0)
            continue;
        anonid_relay_report_foreign(client, beginnings[i].speaks);
        return 1;
    }
    return 0;
}
