/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading secrets from descriptors, random ones, and that a secret's memory
 * is locked away and gone after its last holder.
 */
#include "unit.h"

#include "agent/secret/secret.h"
#include "common/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SOON apr_time_from_sec(5)

/* Reads what a file of those octets holds. */
static anonid_secret_t *read_octets(const void *octets, size_t length,
                                    anonid_secret_kind_t kind,
                                    const char **why)
{
    int fd = memfd_create("secret", MFD_CLOEXEC);
    anonid_secret_t *secret;

    assert_int_equal(write(fd, octets, length), length);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    secret = anonid_secret_read(fd, kind, SOON, why);
    close(fd);
    return secret;
}

static void assert_reads(const char *text, const char *expected)
{
    const char *why;
    anonid_secret_t *secret =
        read_octets(text, strlen(text), ANONID_SECRET_PASSWORD, &why);

    assert_non_null(secret);
    assert_string_equal(anonid_secret_data(secret), expected);
    assert_int_equal(anonid_secret_length(secret), strlen(expected));
    anonid_secret_drop(secret);
}

static void assert_refused(const void *octets, size_t length,
                           const char *expected)
{
    const char *why = NULL;

    assert_null(read_octets(octets, length, ANONID_SECRET_PASSWORD, &why));
    assert_non_null(strstr(why, expected));
}

static void a_sealed_secret_can_be_read_and_not_changed(void **state)
{
    anonid_secret_t *secret =
        anonid_secret_make(ANONID_SECRET_REFRESH, "token", 5);
    int fd = anonid_secret_seal(secret);
    char octets[8];

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, octets, sizeof(octets), 0), 5);
    assert_memory_equal(octets, "token", 5);
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    close(fd);
    anonid_secret_drop(secret);
}

static void one_line_end_is_dropped(void **state)
{
    (void)state;
    assert_reads("password", "password");
    assert_reads("password\n", "password");
    assert_reads("password\r\n", "password");
    assert_reads(" pass word ", " pass word ");
}

static void what_is_no_password_is_refused(void **state)
{
    char *large = calloc(1, ANONID_SECRET_MAX + 1);

    (void)state;
    memset(large, 'x', ANONID_SECRET_MAX + 1);
    assert_refused("", 0, "empty");
    assert_refused("\n", 1, "empty");
    assert_refused("a\n\n", 3, "more than one line");
    assert_refused("a\nb", 3, "more than one line");
    assert_refused("a\r", 2, "more than one line");
    assert_refused("a\0b", 3, "NUL");
    assert_refused(large, ANONID_SECRET_MAX + 1, "too long");
    free(large);
}

static void a_keytab_keeps_every_octet(void **state)
{
    static const char octets[] = "\5\2\0\n\r\n";
    const char *why;
    anonid_secret_t *secret =
        read_octets(octets, sizeof(octets), ANONID_SECRET_KEYTAB, &why);

    (void)state;
    assert_non_null(secret);
    assert_int_equal(anonid_secret_length(secret), sizeof(octets));
    assert_memory_equal(anonid_secret_data(secret), octets, sizeof(octets));
    assert_int_equal(anonid_secret_kind(secret), ANONID_SECRET_KEYTAB);
    anonid_secret_drop(secret);
}

static void a_pipe_that_stays_open_is_not_awaited_for_ever(void **state)
{
    const char *why = NULL;
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "half", 4), 4);
    assert_null(anonid_secret_read(fds[0], ANONID_SECRET_PASSWORD,
                                   apr_time_from_msec(50), &why));
    assert_non_null(strstr(why, "in time"));
    close(fds[0]);
    close(fds[1]);
}

static void a_random_password_is_long_and_never_the_same(void **state)
{
    anonid_secret_t *one = anonid_secret_random();
    anonid_secret_t *other = anonid_secret_random();

    (void)state;
    assert_int_equal(anonid_secret_length(one), 32);
    assert_int_equal(strspn(anonid_secret_data(one),
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "abcdefghijklmnopqrstuvwxyz0123456789-_"),
                     32);
    assert_string_not_equal(anonid_secret_data(one),
                            anonid_secret_data(other));
    anonid_secret_drop(one);
    anonid_secret_drop(other);
}

/* 1 if a mapping of this process begins or lies at that address. */
static int is_mapped(const void *address)
{
    unsigned long at = (unsigned long)address, from, to;
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    int found = 0;

    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx", &from, &to) == 2)
            found |= at >= from && at < to;
    }
    fclose(maps);
    return found;
}

static void the_last_holder_unmaps_it(void **state)
{
    anonid_secret_t *secret =
        anonid_secret_make(ANONID_SECRET_PASSWORD, "password", 8);
    const char *octets = anonid_secret_data(secret);

    (void)state;
    assert_ptr_equal(anonid_secret_hold(secret), secret);
    anonid_secret_drop(secret);
    assert_string_equal(octets, "password");
    assert_true(is_mapped(octets));
    anonid_secret_drop(secret);
    assert_false(is_mapped(octets));
    assert_null(anonid_secret_make(ANONID_SECRET_PASSWORD, "", 0));
    anonid_secret_drop(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_secret_can_be_read_and_not_changed),
        cmocka_unit_test(one_line_end_is_dropped),
        cmocka_unit_test(what_is_no_password_is_refused),
        cmocka_unit_test(a_keytab_keeps_every_octet),
        cmocka_unit_test(a_pipe_that_stays_open_is_not_awaited_for_ever),
        cmocka_unit_test(a_random_password_is_long_and_never_the_same),
        cmocka_unit_test(the_last_holder_unmaps_it),
    };

    return cmocka_run_group_tests_name("secret", tests, unit_setup,
                                       unit_teardown);
}
