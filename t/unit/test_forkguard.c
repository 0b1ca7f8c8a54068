/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fork waits for the thread that holds the guard, but not for one that
 * polls; a forked child has none of the parent's own descriptors.
 */
#include "unit.h"

#include <apr_tables.h>
#include <apr_time.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module/supervisor/forkguard.h"

static sem_t holding;
static atomic_int finished;
static int wake[2];

static int group_setup(void **state)
{
    anonid_forkguard_install();
    return unit_setup(state) == 0 && sem_init(&holding, 0, 0) == 0
                   && pipe(wake) == 0
               ? 0
               : -1;
}

/* What a forked child finds: its exit status. */
static int in_child(int (*look)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(look());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int is_finished(void)
{
    return finished;
}

static int guard_is_free(void)
{
    anonid_forkguard_lock();
    anonid_forkguard_unlock();
    return 42;
}

static void *work(void *unused)
{
    anonid_forkguard_lock();
    sem_post(&holding);
    apr_sleep(apr_time_from_msec(200)); /* long enough for a fork to come */
    finished = 1;
    anonid_forkguard_unlock();
    return unused;
}

static void a_fork_waits_for_the_holder(void **state)
{
    pthread_t thread;

    (void)state;
    finished = 0;
    assert_int_equal(pthread_create(&thread, NULL, work, NULL), 0);
    sem_wait(&holding);
    assert_int_equal(in_child(is_finished), 1);
    pthread_join(thread, NULL);
}

static void *wait_twice_locked(void *unused)
{
    struct pollfd p = { wake[0], POLLIN, 0 };

    anonid_forkguard_lock();
    anonid_forkguard_lock();
    sem_post(&holding);
    assert_int_equal(anonid_forkguard_poll(&p, 1, 10000), 1);
    finished = 1;
    anonid_forkguard_unlock();
    anonid_forkguard_unlock();
    return unused;
}

static void a_fork_does_not_wait_for_poll(void **state)
{
    pthread_t thread;

    (void)state;
    finished = 0;
    assert_int_equal(pthread_create(&thread, NULL, wait_twice_locked, NULL),
                     0);
    sem_wait(&holding);
    assert_int_equal(in_child(is_finished), 0);
    assert_int_equal(in_child(guard_is_free), 42);
    assert_int_equal(write(wake[1], "", 1), 1);
    pthread_join(thread, NULL);
    assert_int_equal(finished, 1);
}

static int fork_while_held(void)
{
    anonid_forkguard_lock();
    return in_child(guard_is_free);
}

static void the_holder_may_fork(void **state)
{
    (void)state;
    assert_int_equal(in_child(fork_while_held), 42);
}

static int descriptors[3];

static int are_closed(void)
{
    for (size_t i = 0; i < COUNT(descriptors); i++) {
        if (fcntl(descriptors[i], F_GETFD) >= 0)
            return 1;
    }
    return 0;
}

static void a_child_closes_what_is_the_parents(void **state)
{
    apr_array_header_t *watched = apr_array_make(pool, 3, sizeof(int));

    (void)state;
    for (size_t i = 0; i < COUNT(descriptors); i++)
        descriptors[i] = dup(0);
    APR_ARRAY_PUSH(watched, int) = descriptors[0];
    APR_ARRAY_PUSH(watched, int) = -1;
    APR_ARRAY_PUSH(watched, int) = descriptors[1];
    anonid_forkguard_watch(watched);
    assert_int_equal(anonid_forkguard_add(descriptors[2]), 1);
    assert_int_equal(in_child(are_closed), 0);
    for (size_t i = 0; i < COUNT(descriptors); i++)
        assert_true(fcntl(descriptors[i], F_GETFD) >= 0);
    anonid_forkguard_remove(descriptors[2]);
    assert_int_equal(in_child(are_closed), 1);
    anonid_forkguard_watch(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fork_waits_for_the_holder),
        cmocka_unit_test(a_fork_does_not_wait_for_poll),
        cmocka_unit_test(the_holder_may_fork),
        cmocka_unit_test(a_child_closes_what_is_the_parents),
    };

    return cmocka_run_group_tests(tests, group_setup, unit_teardown);
}
