/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate before logins: whom it lets in, when, and what it holds against
 * whom. The account's present version is the test's.
 */
#include "unit.h"

#include "agent/base/deadline.h"
#include "agent/mail/gate.h"

#include <event2/event.h>
#include <string.h>

/* Logins that are under way with one server. */
#define AT_ONCE 32

static struct event_base *base;
static unsigned long present = 1;
static anonid_account_t *account;
static anonid_service_t *service;
static anonid_mail_server_t here = { .url = "submission://here" };
static anonid_mail_server_t there = { .url = "submission://there" };

int __wrap_anonid_registry_proof(const char *name, anonid_proof_t *proof);

int __wrap_anonid_registry_proof(const char *name, anonid_proof_t *proof)
{
    (void)name;
    memset(proof, 0, sizeof(*proof));
    proof->version = present;
    return present > 0;
}

static int settling;

int __wrap_anonid_registry_settling(const char *name);

int __wrap_anonid_registry_settling(const char *name)
{
    (void)name;
    return settling;
}

/* One who wants to log on. */
typedef struct {
    anonid_login_t *login;
    anonid_gate_pass_t *pass;
    int answers; /* that let it go on */
    int refused;
    anonid_mail_error_t error;
} guest_t;

static void on_answer(void *context, const anonid_mail_error_t *error)
{
    guest_t *guest = context;

    if (!error) {
        guest->answers++;
        return;
    }
    guest->refused = 1;
    guest->error = *error;
    guest->pass = NULL;
}

static void run(void)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
}

static void enter(guest_t *guest, const anonid_mail_server_t *server,
                  unsigned long version)
{
    anonid_proof_t proof = { .version = version };

    memset(guest, 0, sizeof(*guest));
    guest->login = anonid_login_make(base, NULL, account, service, &proof);
    guest->pass = anonid_gate_enter(guest->login, server, on_answer, guest);
    anonid_login_drop(guest->login);
    assert_non_null(guest->pass);
    assert_int_equal(guest->answers, 0);
    run();
}

static void knock(guest_t *guest)
{
    anonid_gate_knock(guest->pass);
    run();
}

static void leave(guest_t *guest)
{
    anonid_gate_leave(guest->pass);
    guest->pass = NULL;
    run();
}

/* One who comes as far as being let in to authenticate. */
static void come_in(guest_t *guest, const anonid_mail_server_t *server)
{
    enter(guest, server, present);
    assert_int_equal(guest->answers, 1);
    knock(guest);
    assert_int_equal(guest->answers, 2);
}

static int seconds_held(const anonid_mail_server_t *server)
{
    guest_t guest;

    enter(&guest, server, present);
    if (!guest.refused) {
        leave(&guest);
        return 0;
    }
    assert_int_equal(guest.error.kind, ANONID_MAIL_ERROR_HELD);
    return guest.error.retry_after;
}

static int start(void **state)
{
    unit_setup(state);
    base = event_base_new();
    account = anonid_account_make(pool, "site");
    service = anonid_service_make(pool, "mail");
    return 0;
}

static int forget_all(void **state)
{
    (void)state;
    present = 1;
    settling = 0;
    anonid_gate_stop();
    return 0;
}

static int stop(void **state)
{
    event_base_free(base);
    return unit_teardown(state);
}

static void one_at_a_time_until_one_has_worked(void **state)
{
    guest_t guests[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        enter(&guests[i], &here, 1);
        assert_int_equal(guests[i].answers, 1);
        knock(&guests[i]);
        assert_int_equal(guests[i].answers, i == 0 ? 2 : 1);
    }
    leave(&guests[0]); /* the server was not there, say */
    assert_int_equal(guests[1].answers, 2);
    assert_int_equal(guests[2].answers, 1);
    anonid_gate_worked(guests[1].pass);
    run();
    assert_int_equal(guests[2].answers, 2);
    leave(&guests[2]);
    leave(&guests[1]);
}

static void a_gate_closes_with_its_last_session(void **state)
{
    guest_t first, second, third;

    (void)state;
    come_in(&first, &here);
    anonid_gate_worked(first.pass);
    come_in(&second, &here);
    leave(&first);
    enter(&third, &here, 1);
    knock(&third);
    assert_int_equal(third.answers, 1);
    leave(&second);
    assert_int_equal(third.answers, 2);
    leave(&third);
}

static void a_refusal_is_told_to_all_who_wait(void **state)
{
    guest_t first, others[100];

    (void)state;
    come_in(&first, &here);
    for (int i = 0; i < 100; i++) {
        enter(&others[i], &there, 1);
        if (others[i].answers > 0)
            knock(&others[i]);
    }
    assert_int_equal(anonid_gate_refused(first.pass, "535 no"), 60);
    leave(&first);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(others[i].answers, i < AT_ONCE);
        assert_true(others[i].refused);
    }
    assert_in_range(seconds_held(&here), 58, 60);
    assert_in_range(seconds_held(&there), 58, 60);
}

/* A server that comes back meets its clients one after the other; those of
 * another server do not wait for it. */
static void few_log_on_at_once(void **state)
{
    guest_t guests[AT_ONCE + 3], other;

    (void)state;
    for (int i = 0; i < AT_ONCE + 3; i++) {
        enter(&guests[i], &here, 1);
        assert_int_equal(guests[i].answers, i < AT_ONCE);
    }
    enter(&other, &there, 1);
    assert_int_equal(other.answers, 1);
    leave(&other);
    knock(&guests[0]);
    assert_int_equal(guests[AT_ONCE].answers, 0);
    anonid_gate_worked(guests[0].pass);
    run();
    assert_int_equal(guests[AT_ONCE].answers, 1);
    leave(&guests[1]);
    assert_int_equal(guests[AT_ONCE + 1].answers, 1);
    leave(&guests[0]); /* a session that ends is no login that does */
    assert_int_equal(guests[AT_ONCE + 2].answers, 0);
    for (int i = 2; i < AT_ONCE + 3; i++)
        leave(&guests[i]);
}

static void a_new_version_starts_afresh(void **state)
{
    guest_t guest, old, another;

    (void)state;
    come_in(&guest, &here);
    enter(&old, &here, 1);
    knock(&old);
    anonid_gate_refused(guest.pass, "535 no");
    present = 2;
    anonid_gate_version("site", 2);
    leave(&guest);
    assert_true(old.refused);
    assert_int_equal(old.error.kind, ANONID_MAIL_ERROR_STALE);
    come_in(&another, &here);
    leave(&another);
    enter(&old, &here, 1);
    assert_int_equal(old.error.kind, ANONID_MAIL_ERROR_STALE);
}

/* A server that has let others in has something against one more of them, and
 * nothing against their password. */
static void beside_sessions_a_refusal_is_no_verdict(void **state)
{
    guest_t first, second;

    (void)state;
    come_in(&first, &here);
    anonid_gate_worked(first.pass);
    come_in(&second, &here);
    assert_int_equal(anonid_gate_refused(second.pass, "535 no"), 0);
    leave(&second);
    assert_int_equal(seconds_held(&here), 0);
    leave(&first);
    assert_int_equal(seconds_held(&here), 0);
}

/* ... but another server's refusal is one, for that server. */
static void another_server_is_held_by_itself(void **state)
{
    guest_t first, second;

    (void)state;
    come_in(&first, &here);
    anonid_gate_worked(first.pass);
    come_in(&second, &there);
    assert_int_equal(anonid_gate_refused(second.pass, "535 no"), 60);
    leave(&second);
    assert_in_range(seconds_held(&there), 58, 60);
    assert_int_equal(seconds_held(&here), 0);
    leave(&first);
}

static void success_is_forgiveness(void **state)
{
    guest_t guest, waiting;

    (void)state;
    come_in(&guest, &here);
    enter(&waiting, &here, 1);
    assert_int_equal(anonid_gate_refused(guest.pass, "535 no"), 60);
    leave(&guest);
    anonid_gate_worked(waiting.pass);
    assert_int_equal(seconds_held(&here), 0);
    leave(&waiting);
    come_in(&guest, &here);
    assert_int_equal(anonid_gate_refused(guest.pass, "535 no"), 60);
    leave(&guest);
}

/* One who was refused comes again, and another one comes meanwhile. Returns
 * the milliseconds for which both had to wait. */
static int rest_of(guest_t *refused, guest_t *other)
{
    anonid_deadline_t start = anonid_deadline_in(0);

    leave(refused);
    enter(refused, &here, present);
    enter(other, &here, present);
    assert_int_equal(refused->answers, 0);
    assert_int_equal(other->answers, 0);
    event_base_loop(base, EVLOOP_ONCE);
    run();
    assert_int_equal(other->answers, 1);
    leave(other);
    assert_int_equal(refused->answers, 1);
    return anonid_deadline_since(start);
}

/* The mail server may not know the new password yet. */
static void a_password_that_settles_is_tried_again(void **state)
{
    const int seconds[] = { 1, 2, 4 };
    guest_t guest, other;

    (void)state;
    settling = 1;
    come_in(&guest, &here);
    settling = 0; /* while the server still thought */
    for (int i = 0; i < 3; i++) {
        assert_true(anonid_gate_excuses(guest.pass));
        assert_in_range(rest_of(&guest, &other), seconds[i] * 1000 - 50,
                        seconds[i] * 1000 + 900);
        leave(&guest);
        settling = 1;
        come_in(&guest, &here);
    }
    assert_false(anonid_gate_excuses(guest.pass));
    assert_int_equal(anonid_gate_refused(guest.pass, "535 no"), 60);
    leave(&guest);
}

static void one_that_has_settled_is_refused(void **state)
{
    guest_t guest;

    (void)state;
    come_in(&guest, &here);
    assert_false(anonid_gate_excuses(guest.pass));
    leave(&guest);
}

/* The old password was tried while the new one was stored. */
static void a_rest_ends_with_the_version(void **state)
{
    guest_t guest, old, next;

    (void)state;
    come_in(&guest, &here);
    settling = 1;
    assert_true(anonid_gate_excuses(guest.pass));
    leave(&guest);
    enter(&old, &here, 1);
    assert_false(old.refused);
    present = 2;
    anonid_gate_version("site", 2);
    run();
    assert_true(old.refused);
    assert_int_equal(old.error.kind, ANONID_MAIL_ERROR_STALE);
    come_in(&next, &here);
    leave(&next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(one_at_a_time_until_one_has_worked,
                                  forget_all),
        cmocka_unit_test_teardown(a_gate_closes_with_its_last_session,
                                  forget_all),
        cmocka_unit_test_teardown(a_refusal_is_told_to_all_who_wait,
                                  forget_all),
        cmocka_unit_test_teardown(few_log_on_at_once, forget_all),
        cmocka_unit_test_teardown(a_new_version_starts_afresh, forget_all),
        cmocka_unit_test_teardown(beside_sessions_a_refusal_is_no_verdict,
                                  forget_all),
        cmocka_unit_test_teardown(another_server_is_held_by_itself,
                                  forget_all),
        cmocka_unit_test_teardown(success_is_forgiveness, forget_all),
        cmocka_unit_test_teardown(a_password_that_settles_is_tried_again,
                                  forget_all),
        cmocka_unit_test_teardown(one_that_has_settled_is_refused, forget_all),
        cmocka_unit_test_teardown(a_rest_ends_with_the_version, forget_all),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
