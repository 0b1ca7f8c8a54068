/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Account files are replaced as a whole, keep what is not the verifier, are
 * locked against other servers, and are whole after a crash at any moment.
 */
#include "unit.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module/supervisor/account_writer.h"

static char folder[] = "/tmp/anonid-unit-XXXXXX";
static const char *path;
static anonid_account_locks_t *locks;
static anonid_account_t *account;

static anonid_account_t *make_account(const char *name)
{
    anonid_account_t *made = anonid_account_make(pool, name);

    made->sync = 1;
    made->path = path;
    return made;
}

static anonid_account_locks_t *make_locks(void)
{
    return anonid_account_locks_make(apr_array_make(pool, 4, sizeof(int)));
}

static void spit(const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const char *slurp(const char *name)
{
    static char text[65536];
    FILE *file = fopen(name, "r");
    size_t n;

    assert_non_null(file);
    n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

static int group_setup(void **state)
{
    if (unit_setup(state) != 0 || !mkdtemp(folder))
        return -1;
    path = apr_pstrcat(pool, folder, "/accounts", NULL);
    return 0;
}

static int group_teardown(void **state)
{
    (void)!system(apr_pstrcat(pool, "rm -rf ", folder, NULL));
    return unit_teardown(state);
}

static int setup(void **state)
{
    (void)state;
    (void)unlink(path);
    locks = make_locks();
    account = make_account("IUSR_web");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    anonid_account_locks_release(locks);
    return 0;
}

static apr_status_t store(const char *verifier)
{
    const char *why;

    return anonid_account_writer_store(locks, account, verifier, &why, pool);
}

static apr_status_t add(const char **why)
{
    return anonid_account_writer_add(locks, account, why, pool);
}

static void adds_a_line_and_changes_nothing_else(void **state)
{
    struct stat st;
    const char *why;

    (void)state;
    spit("# c\r\nother:x:1:2\n\nlast:y");
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(add(&why), APR_SUCCESS);
    assert_string_equal(slurp(path),
                        "# c\r\nother:x:1:2\n\nlast:y\nIUSR_web:*\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(add(&why), EEXIST);
    assert_non_null(strstr(why, "has a line of the user 'IUSR_web'"));
}

static void adds_a_line_where_there_is_no_file(void **state)
{
    const char *why;

    (void)state;
    assert_int_equal(add(&why), APR_SUCCESS);
    assert_string_equal(slurp(path), "IUSR_web:*\n");
}

static void replaces_the_verifier_and_nothing_else(void **state)
{
    (void)state;
    spit("# c\r\nother:x:1:2\n\nIUSR_web:old:uid=1::/home\nlast:y");
    assert_int_equal(store("{S}new"), APR_SUCCESS);
    assert_string_equal(slurp(path), "# c\r\nother:x:1:2\n\n"
                                     "IUSR_web:{S}new:uid=1::/home\nlast:y");
}

/* What Dovecot sees of a file is its size and the second of its change. */
static void no_two_versions_are_of_one_second(void **state)
{
    struct stat first, second, third;

    (void)state;
    spit("IUSR_web:old\n");
    assert_int_equal(stat(path, &first), 0);
    assert_int_equal(store("new"), APR_SUCCESS);
    assert_int_equal(stat(path, &second), 0);
    assert_int_equal(store("odd"), APR_SUCCESS);
    assert_int_equal(stat(path, &third), 0);
    assert_int_equal(first.st_size, third.st_size);
    assert_true(first.st_mtime < second.st_mtime);
    assert_true(second.st_mtime < third.st_mtime);
}

/* Good ones and bad ones in one go; the file is written once. */
static void replaces_many_at_once(void **state)
{
    anonid_store_t made[] = {
        { make_account("a"), "{S}new-a", 0, 0, NULL },
        { make_account("b"), "not well formed", 0, 0, NULL },
        { make_account("c"), "{S}c", 0, 0, NULL },
        { make_account("twice"), "{S}t", 0, 0, NULL },
        { make_account("missing"), "{S}m", 0, 0, NULL },
        { make_account("last"), "x", 0, 0, NULL },
    };
    static const apr_status_t expected[] = {
        APR_SUCCESS, EINVAL, APR_SUCCESS, EEXIST, ENOENT, APR_SUCCESS
    };
    anonid_store_t *stores[COUNT(made)];

    (void)state;
    spit("twice:1\nlast:longer:uid=1\r\nb:old\n#a:x\na:\ntwice:2\nc:old");
    for (size_t i = 0; i < COUNT(made); i++)
        stores[i] = &made[i];
    anonid_account_writer_store_all(locks, stores, COUNT(made), pool);
    for (size_t i = 0; i < COUNT(made); i++) {
        assert_int_equal(made[i].rv, expected[i]);
        assert_true((made[i].why == NULL) == (expected[i] == APR_SUCCESS));
    }
    assert_string_equal(slurp(path),
                        "twice:1\nlast:x:uid=1\r\nb:old\n#a:x\na:{S}new-a\n"
                        "twice:2\nc:{S}c");
}

static void keeps_mode_owner_and_group(void **state)
{
    struct stat st;

    (void)state;
    spit("IUSR_web:old\n");
    assert_int_equal(chmod(path, 0640), 0);
    if (geteuid() == 0)
        assert_int_equal(chown(path, 12, 34), 0);
    assert_int_equal(store("new"), APR_SUCCESS);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    if (geteuid() == 0) {
        assert_int_equal(st.st_uid, 12);
        assert_int_equal(st.st_gid, 34);
    }
}

static void replaces_what_a_link_leads_to(void **state)
{
    const char *real = apr_pstrcat(pool, folder, "/real", NULL);
    struct stat st;

    (void)state;
    spit("IUSR_web:old\n");
    assert_int_equal(rename(path, real), 0);
    assert_int_equal(symlink("real", path), 0);
    assert_int_equal(store("new"), APR_SUCCESS);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_string_equal(slurp(real), "IUSR_web:new\n");
}

static void invents_no_account(void **state)
{
    const char *why = NULL;

    (void)state;
    spit("IUSR_other:old\n");
    assert_int_equal(
        anonid_account_writer_store(locks, account, "new", &why, pool),
        ENOENT);
    assert_non_null(strstr(why, "knows 'IUSR_other' and not 'IUSR_web': the "
                                "machine was renamed"));
    assert_string_equal(slurp(path), "IUSR_other:old\n");
    spit("other:old\n");
    assert_int_equal(
        anonid_account_writer_store(locks, account, "new", &why, pool),
        ENOENT);
    assert_non_null(strstr(why, "no line of 'IUSR_web'"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(store("new"), ENOENT);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void refuses_an_account_that_is_there_twice(void **state)
{
    (void)state;
    spit("IUSR_web:a\nIUSR_web:b\n");
    assert_int_equal(store("new"), EEXIST);
}

static void refuses_what_is_no_verifier(void **state)
{
    static const char *const bad[] = { "", "a:b", "a b", "a\nroot:x" };

    (void)state;
    spit("IUSR_web:old\n");
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(store(bad[i]), EINVAL);
    assert_string_equal(slurp(path), "IUSR_web:old\n");
}

static void one_server_controls_an_account(void **state)
{
    anonid_account_locks_t *others = make_locks();
    const char *why = NULL;

    (void)state;
    spit("IUSR_web:old\nIUSR_b:old\n");
    assert_int_equal(store("one"), APR_SUCCESS);
    assert_int_equal(
        anonid_account_writer_store(others, account, "two", &why, pool),
        EBUSY);
    assert_non_null(strstr(why, "another server controls"));
    assert_int_equal(anonid_account_writer_store(
                         others, make_account("IUSR_b"), "b", &why, pool),
                     APR_SUCCESS);
    assert_string_equal(slurp(path), "IUSR_web:one\nIUSR_b:b\n");
    anonid_account_locks_release(locks);
    assert_int_equal(
        anonid_account_writer_store(others, account, "two", &why, pool),
        APR_SUCCESS);
    anonid_account_locks_release(others);
}

static const char *handed_over;
static int handed_fd;

static void hand_over(void *context, const char *file, int fd)
{
    assert_ptr_equal(context, locks);
    handed_over = apr_pstrdup(pool, file);
    handed_fd = dup(fd);
}

/* Nobody comes between a server's supervisor and the next one. */
static void control_outlives_who_has_taken_it(void **state)
{
    anonid_account_locks_t *others = make_locks(), *next = make_locks();
    const char *why;

    (void)state;
    spit("IUSR_web:old\n");
    locks->opened = hand_over;
    locks->context = locks;
    assert_int_equal(store("one"), APR_SUCCESS);
    assert_string_equal(handed_over, path);
    assert_int_equal(anonid_account_lock_change(locks, path), APR_SUCCESS);
    anonid_account_locks_release(locks); /* it was killed in the middle */
    assert_int_equal(
        anonid_account_writer_store(others, account, "two", &why, pool),
        EBUSY);
    anonid_account_locks_inherit(next, path, handed_fd);
    anonid_account_locks_end_changes(next);
    assert_int_equal(
        anonid_account_writer_store(next, account, "two", &why, pool),
        APR_SUCCESS);
    assert_int_equal(anonid_account_lock_change(others, path), APR_SUCCESS);
    anonid_account_locks_release(others);
    anonid_account_locks_release(next);
}

/* Replaces as fast as it can until it is killed. */
static void write_for_ever(void)
{
    locks = make_locks();
    for (int i = 0;; i++) {
        const char *verifier = i % 2 ? "aaaaaaaaaaaaaaaaaaaa" : "b";

        (void)store(verifier);
    }
}

static void a_crash_leaves_one_whole_file(void **state)
{
    (void)state;
    for (int round = 0; round < 30; round++) {
        const char *text;
        pid_t child;

        spit("first:x\nIUSR_web:old\nlast:y\n");
        child = fork();
        if (child == 0)
            write_for_ever();
        apr_sleep(apr_time_from_msec(1 + round));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        text = slurp(path);
        assert_true(!strcmp(text, "first:x\nIUSR_web:old\nlast:y\n")
                    || !strcmp(text, "first:x\nIUSR_web:b\nlast:y\n")
                    || !strcmp(text, "first:x\nIUSR_web:aaaaaaaaaaaaaaaaaaaa\n"
                                     "last:y\n"));
    }
}

static apr_array_header_t *some_accounts(void)
{
    apr_array_header_t *accounts = apr_array_make(pool, 3, sizeof(void *));
    anonid_account_t *unsynced = make_account("IUSR_c");

    unsynced->sync = 0;
    APR_ARRAY_PUSH(accounts, anonid_account_t *) = make_account("IUSR_a");
    APR_ARRAY_PUSH(accounts, anonid_account_t *) = make_account("IUSR_b");
    APR_ARRAY_PUSH(accounts, anonid_account_t *) = unsynced;
    return accounts;
}

static void creates_a_file_that_is_not_there(void **state)
{
    apr_array_header_t *created = apr_array_make(pool, 1, sizeof(char *));
    struct stat st;

    (void)state;
    assert_null(anonid_account_writer_create(some_accounts(), created, pool));
    assert_int_equal(created->nelts, 1);
    assert_non_null(strstr(slurp(path), "\nIUSR_a:*\nIUSR_b:*\n"));
    assert_null(strstr(slurp(path), "IUSR_c"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void leaves_a_file_that_is_there(void **state)
{
    apr_array_header_t *created = apr_array_make(pool, 1, sizeof(char *));

    (void)state;
    spit("");
    assert_null(anonid_account_writer_create(some_accounts(), created, pool));
    assert_int_equal(created->nelts, 0);
    assert_string_equal(slurp(path), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(adds_a_line_and_changes_nothing_else),
        TEST(adds_a_line_where_there_is_no_file),
        TEST(replaces_the_verifier_and_nothing_else),
        TEST(no_two_versions_are_of_one_second),
        TEST(replaces_many_at_once),
        TEST(keeps_mode_owner_and_group),
        TEST(replaces_what_a_link_leads_to),
        TEST(invents_no_account),
        TEST(refuses_an_account_that_is_there_twice),
        TEST(refuses_what_is_no_verifier),
        TEST(one_server_controls_an_account),
        TEST(control_outlives_who_has_taken_it),
        TEST(a_crash_leaves_one_whole_file),
        TEST(creates_a_file_that_is_not_there),
        TEST(leaves_a_file_that_is_there),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
