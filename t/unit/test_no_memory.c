/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logins to a mail server while there is no memory: each allocation in turn,
 * of ours and of the libraries where they bear it, fails, alone or with all
 * that follow it. Whatever becomes of the login, nothing is used or freed
 * twice, and every secret is given back, wiped.
 */
#include "faulty_memory.h"
#include "tls_server.h"
#include "unit.h"

#include "agent/base/log.h"
#include "agent/base/thread_pool.h"
#include "agent/mail/pool.h"
#include "agent/net/tls.h"
#include "agent/sasl/sasl.h"

#include <event2/event.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#define USER "IUSR_web1"
#define PASSWORD "correct horse battery staple"

/* The end of base64 of "\0" USER "\0" PASSWORD. */
#define PLAIN_END "cnNlIGJhdHRlcnkgc3RhcGxl"

static struct event_base *base;
static tls_server_t tls_server;
static anonid_account_t *account;
static anonid_service_t *service;
static anonid_mail_server_t server;

int __wrap_anonid_registry_proof(const char *name, anonid_proof_t *proof);

/* The account's version is the test's. */
int __wrap_anonid_registry_proof(const char *name, anonid_proof_t *proof)
{
    (void)name;
    memset(proof, 0, sizeof(*proof));
    proof->version = 1;
    return 1;
}

/* A line for each refused login would be thousands. */
static void no_log(anonid_log_level_t level, const char *line)
{
    (void)level;
    (void)line;
}

/* ---- one login ---- */

typedef struct {
    int done;
    anonid_session_t *session;
    anonid_mail_error_t error;
} answer_t;

static void on_ready(void *context, anonid_session_t *session,
                     const anonid_mail_error_t *error)
{
    answer_t *answer = context;

    answer->done = 1;
    answer->session = session;
    if (error)
        answer->error = *error;
}

static long ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Runs the loop, for which there may be no memory, until *done is set: 1, or
 * 0 when that takes too long. */
static int run_until(const int *done, long limit)
{
    const struct timespec pause = { 0, 100000 };
    long end = ms() + limit;

    while (!*done && ms() < end) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        nanosleep(&pause, NULL);
    }
    return *done;
}

static anonid_pool_request_t *ask(answer_t *answer)
{
    anonid_proof_t proof = { .version = 1 };
    anonid_pool_request_t *request;
    anonid_login_t *login;

    memset(answer, 0, sizeof(*answer));
    proof.secret =
        anonid_secret_make(ANONID_SECRET_PASSWORD, PASSWORD, strlen(PASSWORD));
    login = anonid_login_make(base, NULL, account, service, &proof);
    if (!login)
        return NULL;
    request = anonid_mail_pool_get(login, &server, 0, on_ready, answer);
    anonid_login_drop(login);
    return request;
}

/* Logs on, if it can be, and ends everything. */
static void log_on(answer_t *answer, long limit)
{
    if (ask(answer))
        run_until(&answer->done, limit);
    if (answer->session)
        anonid_mail_pool_put(answer->session, 1);
    anonid_mail_pool_stop();
    anonid_session_stop();
}

/* Threads may still compute for a login that was given up. */
static void assert_nothing_is_left(void)
{
    long end = ms() + 20000;

    while (faulty_memory_mappings() > 0 && ms() < end)
        event_base_loop(base, EVLOOP_NONBLOCK);
    assert_int_equal(faulty_memory_mappings(), 0);
    assert_int_equal(faulty_memory_spilled(), 0);
}

/* ---- tests ---- */

static void use_mechanism(const char *name)
{
    apr_array_clear(service->mechanisms);
    APR_ARRAY_PUSH(service->mechanisms, const char *) = name;
}

/* A login with all the memory in the world: how many pieces it takes. */
static unsigned long count_allocations(void)
{
    answer_t answer;
    unsigned long n;

    anonid_phase_scale(100);
    faulty_memory_arm(0, 0);
    log_on(&answer, 30000);
    n = faulty_memory_disarm();
    assert_true(answer.done);
    if (!answer.session)
        fail_msg("%s", answer.error.text);
    assert_nothing_is_left();
    return n;
}

static void fail_in_turn(const char *mechanism, int lasting)
{
    unsigned long n;
    answer_t answer;

    use_mechanism(mechanism);
    count_allocations(); /* what is kept for good is there now */
    n = count_allocations();
    anonid_phase_scale(1);
    for (unsigned long i = 1; i <= n; i++) {
        faulty_memory_arm(i, lasting);
        log_on(&answer, 1000);
        faulty_memory_disarm();
        assert_nothing_is_left();
    }
    count_allocations();
}

static void each_allocation_of_ours_may_fail(void **state)
{
    (void)state;
    faulty_memory_spare_openssl(1);
    fail_in_turn("PLAIN", 0);
    fail_in_turn("SCRAM-SHA-256", 0);
}

static void memory_may_be_gone_for_good(void **state)
{
    (void)state;
    faulty_memory_spare_openssl(1);
    fail_in_turn("PLAIN", 1);
    fail_in_turn("SCRAM-SHA-256", 1);
}

static void each_allocation_of_tls_may_fail(void **state)
{
    (void)state;
    faulty_memory_spare_openssl(0);
    fail_in_turn("PLAIN", 0);
}

/* ---- set-up ---- */

static int start(void **state)
{
    unit_setup(state);
    if (anonid_sasl_library_start() != APR_SUCCESS
        || !tls_server_start(&tls_server, USER, PASSWORD))
        return -1;
    base = event_base_new();
    account = anonid_account_make(pool, USER);
    account->user = USER;
    service = anonid_service_make(pool, "mail");
    service->ca_file = tls_server.ca_file;
    service->tls_name = "localhost";
    server.protocol = ANONID_MAIL_SUBMISSION;
    server.tls = ANONID_TLS_FIRST;
    server.host = "127.0.0.1";
    server.port = tls_server.port;
    server.url = "submissions://127.0.0.1";
    anonid_log_set_sink(no_log);
    faulty_memory_forbid(PASSWORD);
    faulty_memory_forbid(PLAIN_END);
    return anonid_thread_pool_start(base, 2, 1) != APR_SUCCESS;
}

static int stop(void **state)
{
    anonid_thread_pool_stop();
    anonid_tls_stop();
    event_base_free(base);
    tls_server_stop(&tls_server);
    return unit_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_of_ours_may_fail),
        cmocka_unit_test(memory_may_be_gone_for_good),
        cmocka_unit_test(each_allocation_of_tls_may_fail),
    };

    if (!faulty_memory_start())
        return 99; /* a library has memory already */
    return cmocka_run_group_tests(tests, start, stop);
}
