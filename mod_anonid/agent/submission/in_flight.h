/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many messages are on their way. Each holds a thread or process of httpd
 * that waits for its outcome, so a mail server that is slow, or hangs, would
 * take all of them, and no page would be served. Event loop only.
 */
#ifndef ANONID_AGENT_SUBMISSION_IN_FLIGHT_H
#define ANONID_AGENT_SUBMISSION_IN_FLIGHT_H

/* Debian's httpd has 150 workers (MaxRequestWorkers), the fewest that are
 * usual. One service has 64 of them at most, eight times the sessions that the
 * pool has with a server: at 50 ms a message, the last in line waits for half
 * a second. All services have 96 together, so that 32 are left to others while
 * one hangs, and a third of httpd is left to pages when all do. */
#define ANONID_IN_FLIGHT_SERVICE 64
#define ANONID_IN_FLIGHT_ALL 96

/* Counts one message more of a service; NULL: there are too many, and it says
 * so as a warning, once until half of them have gone. */
typedef struct anonid_in_flight_t anonid_in_flight_t;
anonid_in_flight_t *anonid_in_flight_enter(const char *service);

/* One message less. NULL is fine. */
void anonid_in_flight_leave(anonid_in_flight_t *flight);

#endif
