/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as workers hand them over: sealed, or not taken.
 */
#include "unit.h"

#include "agent/message/message.h"
#include "common/protocol.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEALED (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

static int make_memfd(const char *text, int seals)
{
    int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static void assert_not_taken(int fd, anonid_message_open_t expected,
                             const char *expected_why)
{
    anonid_mail_message_t message;
    const char *why = "";

    assert_int_equal(anonid_message_open(&message, fd, &why), expected);
    assert_non_null(strstr(why, expected_why));
    assert_null(message.data);
    anonid_message_close(&message);
    assert_int_equal(fcntl(fd, F_GETFD), -1); /* it is closed */
}

static void a_sealed_memfd_is_mapped(void **state)
{
    anonid_mail_message_t message;
    int fd = make_memfd("Hello", SEALED);
    const char *why;

    (void)state;
    assert_int_equal(anonid_message_open(&message, fd, &why),
                     ANONID_MESSAGE_OK);
    assert_int_equal(message.length, 5);
    assert_memory_equal(message.data, "Hello", 5);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    anonid_message_close(&message);
    assert_null(message.data);
}

static void what_could_change_is_not_taken(void **state)
{
    int ends[2];

    (void)state;
    assert_not_taken(make_memfd("x", 0), ANONID_MESSAGE_BAD, "sealed");
    assert_not_taken(make_memfd("x", F_SEAL_WRITE | F_SEAL_GROW),
                     ANONID_MESSAGE_BAD, "sealed");
    assert_not_taken(make_memfd("x", F_SEAL_SHRINK | F_SEAL_GROW),
                     ANONID_MESSAGE_BAD, "sealed");
    assert_not_taken(open("/dev/null", O_RDONLY | O_CLOEXEC),
                     ANONID_MESSAGE_BAD, "sealed");
    assert_not_taken(open("/proc/self/exe", O_RDONLY | O_CLOEXEC),
                     ANONID_MESSAGE_BAD, "sealed");
    assert_int_equal(pipe(ends), 0);
    assert_not_taken(ends[0], ANONID_MESSAGE_BAD, "sealed");
    close(ends[1]);
    assert_not_taken(-1, ANONID_MESSAGE_BAD, "sealed");
}

static void size_is_bounded(void **state)
{
    int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    (void)state;
    assert_not_taken(make_memfd("", SEALED), ANONID_MESSAGE_BAD, "empty");
    assert_int_equal(ftruncate(fd, ANONID_MESSAGE_MAX + 1), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, SEALED), 0);
    assert_not_taken(fd, ANONID_MESSAGE_TOO_LARGE, "larger");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_memfd_is_mapped),
        cmocka_unit_test(what_could_change_is_not_taken),
        cmocka_unit_test(size_is_bounded),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
