/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lookups of hosts: a name server that is silent about one host, which takes
 * every thread that its lookups may have, delays the lookup of no other.
 */
#include "unit.h"

#include "agent/base/thread_pool.h"
#include "agent/net/resolver.h"

#include <event2/event.h>
#include <netdb.h>
#include <semaphore.h>
#include <string.h>

#define THREADS 4
#define PER_QUEUE 2

static sem_t silence;
static struct event_base *base;

int __wrap_getaddrinfo(const char *host, const char *service,
                       const struct addrinfo *hints,
                       struct addrinfo **addresses);

/* The system's resolver, as seen from a machine whose name server does not
 * answer for "silent.test". */
int __wrap_getaddrinfo(const char *host, const char *service,
                       const struct addrinfo *hints,
                       struct addrinfo **addresses)
{
    (void)service;
    (void)hints;
    *addresses = NULL;
    if (strcmp(host, "silent.test") == 0)
        sem_wait(&silence);
    return EAI_NONAME;
}

static int answers;

static void on_answer(void *context, struct addrinfo *addresses,
                      const char *why)
{
    (void)context;
    assert_null(addresses);
    assert_string_equal(why, gai_strerror(EAI_NONAME));
    answers++;
    event_base_loopbreak(base);
}

/* Only at the end of the test: the lookup was given up. */
static void on_silence(void *context, struct addrinfo *addresses,
                       const char *why)
{
    (void)context;
    (void)why;
    assert_null(addresses);
}

static void on_deadline(evutil_socket_t fd, short what, void *late)
{
    (void)fd;
    (void)what;
    *(int *)late = 1;
    event_base_loopbreak(base);
}

static void a_silent_host_delays_no_other(void **state)
{
    const struct timeval deadline = { 10, 0 };
    int late = 0;

    (void)state;
    for (int i = 0; i < 8; i++)
        assert_non_null(anonid_resolve("silent.test", 25, on_silence, NULL));
    assert_non_null(anonid_resolve("mail.test", 25, on_answer, NULL));
    event_base_once(base, -1, EV_TIMEOUT, on_deadline, &late, &deadline);
    event_base_dispatch(base);
    assert_false(late);
    assert_int_equal(answers, 1);
}

static int start(void **state)
{
    unit_setup(state);
    base = event_base_new();
    sem_init(&silence, 0, 0);
    return anonid_thread_pool_start(base, THREADS, PER_QUEUE) != APR_SUCCESS;
}

static int stop(void **state)
{
    for (int i = 0; i < 8; i++)
        sem_post(&silence);
    anonid_thread_pool_stop();
    event_base_free(base);
    return unit_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_host_delays_no_other),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
