/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A state folder belongs to one httpd at a time; what a killed one left
 * behind is replaced.
 */
#include "unit.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module/supervisor/statedir.h"

static char folder[] = "/tmp/anonid-unit-XXXXXX";
static const char *dir;

static int group_setup(void **state)
{
    return unit_setup(state) == 0 && mkdtemp(folder) ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)!system(apr_pstrcat(pool, "rm -rf ", folder, NULL));
    return unit_teardown(state);
}

static int setup(void **state)
{
    static int n;

    (void)state;
    dir = apr_psprintf(pool, "%s/%d", folder, n++);
    return 0;
}

static void creates_the_folder_whatever_the_umask(void **state)
{
    mode_t mask = umask(0077);
    struct stat st;
    int lock;

    (void)state;
    assert_null(anonid_statedir_enter(dir, &lock, pool));
    umask(mask);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0711);
    close(lock);
}

static void refuses_a_second_user(void **state)
{
    const char *error;
    int lock, second;

    (void)state;
    assert_null(anonid_statedir_enter(dir, &lock, pool));
    error = anonid_statedir_enter(dir, &second, pool);
    assert_non_null(strstr(error, "in use by another httpd"));
    assert_non_null(
        strstr(error, apr_psprintf(pool, "process %ld", (long)getpid())));
    assert_int_equal(second, -1);
    close(lock);
    assert_null(anonid_statedir_enter(dir, &lock, pool));
    close(lock);
}

static void refuses_what_others_can_write(void **state)
{
    int lock;

    (void)state;
    assert_int_equal(mkdir(dir, 0755), 0);
    assert_int_equal(chmod(dir, 0777), 0);
    assert_non_null(strstr(anonid_statedir_enter(dir, &lock, pool),
                           "can be written by others"));
}

/* What an operator has made for httpd's User, say. */
static void makes_an_empty_folder_roots_own(void **state)
{
    struct stat st;
    int lock;

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(chown(dir, 65534, (gid_t)-1), 0);
    assert_null(anonid_statedir_enter(dir, &lock, pool));
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(st.st_mode & 07777, 0711);
    close(lock);
}

static void refuses_what_somebody_else_has_filled(void **state)
{
    int lock;

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(mkdir(dir, 0755), 0);
    assert_int_equal(chown(dir, 65534, (gid_t)-1), 0);
    assert_int_equal(symlink("/etc", apr_pstrcat(pool, dir, "/lock", NULL)),
                     0);
    assert_non_null(strstr(anonid_statedir_enter(dir, &lock, pool),
                           "can be written by others"));
}

static void refuses_what_is_no_folder(void **state)
{
    int lock;

    (void)state;
    assert_int_equal(symlink("/tmp", dir), 0);
    assert_non_null(
        strstr(anonid_statedir_enter(dir, &lock, pool), "not a folder"));
}

static int can_connect(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int rv;

    strcpy(address.sun_path, apr_pstrcat(pool, dir, "/", name, NULL));
    rv = connect(fd, (struct sockaddr *)&address, sizeof(address));
    close(fd);
    return rv == 0;
}

static void replaces_a_stale_socket(void **state)
{
    const anonid_socket_t sock = { ANONID_AGENT_SOCKET, (uid_t)-1, (gid_t)-1 };
    struct stat st;
    int lock, listener;

    (void)state;
    assert_null(anonid_statedir_enter(dir, &lock, pool));
    assert_null(anonid_statedir_listen(dir, &sock, &listener, pool));
    close(listener);
    assert_false(can_connect(ANONID_AGENT_SOCKET));
    assert_null(anonid_statedir_listen(dir, &sock, &listener, pool));
    assert_true(can_connect(ANONID_AGENT_SOCKET));
    assert_int_equal(
        stat(apr_pstrcat(pool, dir, "/" ANONID_AGENT_SOCKET, NULL), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0660);
    anonid_statedir_leave(dir, pool);
    assert_false(can_connect(ANONID_AGENT_SOCKET));
    close(listener);
    close(lock);
}

static void refuses_a_path_too_long_for_a_socket(void **state)
{
    const anonid_socket_t sock = { ANONID_CTL_SOCKET, (uid_t)-1, (gid_t)-1 };
    char name[100];
    int listener;

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    dir = apr_pstrcat(pool, folder, "/", name, NULL);
    assert_non_null(strstr(anonid_statedir_listen(dir, &sock, &listener, pool),
                           "choose a shorter AnonIDStateDir"));
}

static void makes_the_agents_folder(void **state)
{
    const char *path = apr_pstrcat(pool, dir, "/" ANONID_AGENT_FOLDER, NULL);
    struct stat st;
    int lock, fd;

    (void)state;
    assert_null(anonid_statedir_enter(dir, &lock, pool));
    for (int i = 0; i < 2; i++) {
        assert_null(anonid_statedir_agent_folder(dir, (uid_t)-1, (gid_t)-1,
                                                 &fd, pool));
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
        assert_int_equal(chmod(path, 0755), 0);
        close(fd);
    }
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("/tmp", path), 0);
    assert_non_null(strstr(
        anonid_statedir_agent_folder(dir, (uid_t)-1, (gid_t)-1, &fd, pool),
        "cannot open"));
    close(lock);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(creates_the_folder_whatever_the_umask),
        TEST(refuses_a_second_user),
        TEST(refuses_what_others_can_write),
        TEST(makes_an_empty_folder_roots_own),
        TEST(refuses_what_somebody_else_has_filled),
        TEST(refuses_what_is_no_folder),
        TEST(replaces_a_stale_socket),
        TEST(refuses_a_path_too_long_for_a_socket),
        TEST(makes_the_agents_folder),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
