/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages on their way, by service; see in_flight.h. There are few
 * services, and each stays on the list.
 */
#include "agent/mail/in_flight.h"
#include "agent/base/log.h"
#include "common/lognos.h"

#include <stdlib.h>
#include <string.h>

struct anonid_in_flight_t {
    struct anonid_in_flight_t *next;
    int count;
    int calm; /* a warning was given; none more until there are so few; 0: none
                 was */
    char service[];
};

static anonid_in_flight_t *flights;
static int all;

static anonid_in_flight_t *find_or_make(const char *service)
{
    size_t size = strlen(service) + 1;
    anonid_in_flight_t *flight = flights;

    while (flight && strcmp(flight->service, service) != 0)
        flight = flight->next;
    if (flight)
        return flight;
    flight = calloc(1, sizeof(*flight) + size);
    if (!flight)
        return NULL;
    memcpy(flight->service, service, size);
    flight->next = flights;
    flights = flight;
    return flight;
}

static int at_least_1(unsigned n)
{
    return n > 0 ? (int)n : 1;
}

anonid_in_flight_limit_t anonid_in_flight_limit(unsigned workers)
{
    anonid_in_flight_limit_t limit;

    if (workers == 0)
        workers = ANONID_IN_FLIGHT_WORKERS;
    limit.service = at_least_1(workers / 2);
    if (limit.service > ANONID_IN_FLIGHT_SERVICE)
        limit.service = ANONID_IN_FLIGHT_SERVICE;
    limit.all = at_least_1(workers - (workers + 3) / 4);
    if (limit.all > ANONID_IN_FLIGHT_ALL)
        limit.all = ANONID_IN_FLIGHT_ALL;
    return limit;
}

static void warn(anonid_in_flight_t *flight)
{
    if (flight->calm)
        return;
    flight->calm = at_least_1((unsigned)flight->count / 2);
    anonid_log(ANONID_LOG_WARNING,
               "%smail service '%s': %d messages are on their way (%d of all "
               "services), and further ones are refused for now (the mail "
               "server is slow, see its own log; or it takes too few "
               "sessions, see ANID0227)",
               ANONID_LOGNO(0229), flight->service, flight->count, all);
}

anonid_in_flight_t *anonid_in_flight_enter(const char *service,
                                           unsigned workers)
{
    const anonid_in_flight_limit_t limit = anonid_in_flight_limit(workers);
    anonid_in_flight_t *flight = find_or_make(service);

    if (!flight)
        return NULL;
    if (flight->count < limit.service && all < limit.all) {
        flight->count++;
        all++;
        return flight;
    }
    warn(flight);
    return NULL;
}

void anonid_in_flight_leave(anonid_in_flight_t *flight)
{
    if (!flight)
        return;
    all--;
    flight->count--;
    if (flight->count < flight->calm)
        flight->calm = 0;
}
