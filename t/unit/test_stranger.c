/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of a process by the inode of its socket.
 */
#include "unit.h"

#include "module/supervisor/stranger.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

static const char *text(uid_t uid, pid_t pid, unsigned long inode)
{
    const anonid_stranger_t stranger = { uid, pid, inode };

    return anonid_stranger_text(&stranger, pool);
}

static void a_socket_leads_to_its_process(void **state)
{
    char expected[128];
    struct stat st;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(fstat(fd, &st), 0);
    snprintf(expected, sizeof(expected), "Process %ld (", (long)getpid());
    assert_memory_equal(text(geteuid(), 0, st.st_ino), expected,
                        strlen(expected));
    close(fd);
}

static void users_are_named(void **state)
{
    (void)state;
    assert_non_null(strstr(text(0, getpid(), 0), "of user 'root'"));
    assert_null(getpwuid(64123));
    assert_string_equal(text(64123, 0, 0), "A process of uid 64123");
}

static void what_is_gone_is_not_named(void **state)
{
    (void)state;
    assert_string_equal(text(0, 0, 1), "A process of user 'root'");
    assert_non_null(strstr(text(0, 0x7ffffff0, 0), "(which has ended)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socket_leads_to_its_process),
        cmocka_unit_test(users_are_named),
        cmocka_unit_test(what_is_gone_is_not_named),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
