/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many messages are on their way. A visitor's holds a thread or process of
 * httpd that waits for its outcome, so a mail server that is slow, or hangs,
 * would take all of them, and no page would be served. Those of applications
 * hold none, but wait in the same line. Event loop only.
 */
#ifndef ANONID_AGENT_MAIL_IN_FLIGHT_H
#define ANONID_AGENT_MAIL_IN_FLIGHT_H

/* What is never passed, however many workers httpd has. One service: eight
 * times the sessions that the pool has with a server, so that at 50 ms a
 * message the last in line waits for half a second; more would only wait. All:
 * half of the connections that workers may have. */
#define ANONID_IN_FLIGHT_SERVICE 64
#define ANONID_IN_FLIGHT_ALL 500

/* Where httpd has not said how many workers it has: Debian's. */
#define ANONID_IN_FLIGHT_WORKERS 150

/* How many there may be at once. */
typedef struct {
    int service; /* of one service */
    int all;
} anonid_in_flight_limit_t;

/* ... of that many workers (MaxRequestWorkers; 0: not known). One service has
 * half of them, and all have three quarters: a quarter is left to other
 * services while one hangs, and another one to pages when all do. At least 1,
 * and fewer than there are workers, unless there is just one. */
anonid_in_flight_limit_t anonid_in_flight_limit(unsigned workers);

/* Counts one message more of a service; NULL: there are too many for that many
 * workers, and it says so as a warning, once until half of them have gone. */
typedef struct anonid_in_flight_t anonid_in_flight_t;
anonid_in_flight_t *anonid_in_flight_enter(const char *service,
                                           unsigned workers);

/* One message less. NULL is fine. */
void anonid_in_flight_leave(anonid_in_flight_t *flight);

#endif
