/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A state folder belongs to one httpd at a time; what a killed one left
 * behind is replaced.
 */
#include "unit.h"

#include <apr_strings.h>
#include <fcntl.h>
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
static int entered, none; /* descriptors of the folder */

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

static void leave(int lock)
{
    assert_int_equal(close(lock), 0);
    assert_int_equal(close(entered), 0);
}

static void make_file(const char *path, uid_t owner)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    assert_int_equal(fchown(fd, owner, (gid_t)-1), 0);
    close(fd);
}

static void creates_the_folder_whatever_the_umask(void **state)
{
    mode_t mask = umask(0077);
    struct stat st;
    int lock;

    (void)state;
    assert_null(anonid_statedir_enter(dir, &entered, &lock, pool));
    umask(mask);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0711);
    leave(lock);
}

static void refuses_a_second_user(void **state)
{
    const char *error;
    int lock, second;

    (void)state;
    assert_null(anonid_statedir_enter(dir, &entered, &lock, pool));
    error = anonid_statedir_enter(dir, &none, &second, pool);
    assert_non_null(strstr(error, "in use by another httpd"));
    assert_non_null(
        strstr(error, apr_psprintf(pool, "process %ld", (long)getpid())));
    assert_int_equal(second, -1);
    assert_int_equal(none, -1);
    leave(lock);
    assert_null(anonid_statedir_enter(dir, &entered, &lock, pool));
    leave(lock);
}

static void refuses_what_others_can_write(void **state)
{
    int lock;

    (void)state;
    assert_int_equal(mkdir(dir, 0755), 0);
    assert_int_equal(chmod(dir, 0777), 0);
    assert_non_null(strstr(anonid_statedir_enter(dir, &entered, &lock, pool),
                           "can be written by others"));
}

/* What an operator has made for httpd's User, say. */
static void makes_an_empty_folder_roots_own(void **state)
{
    struct stat st;
    int lock;

    (void)state;
    RETURN_UNLESS_ROOT();
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(chown(dir, 65534, (gid_t)-1), 0);
    assert_null(anonid_statedir_enter(dir, &entered, &lock, pool));
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(st.st_mode & 07777, 0711);
    leave(lock);
}

static void refuses_what_somebody_else_has_filled(void **state)
{
    int lock;

    (void)state;
    RETURN_UNLESS_ROOT();
    assert_int_equal(mkdir(dir, 0755), 0);
    assert_int_equal(chown(dir, 65534, (gid_t)-1), 0);
    assert_int_equal(symlink("/etc", apr_pstrcat(pool, dir, "/lock", NULL)),
                     0);
    assert_non_null(strstr(anonid_statedir_enter(dir, &entered, &lock, pool),
                           "can be written by others"));
}

static void refuses_what_is_no_folder(void **state)
{
    int lock;

    (void)state;
    assert_int_equal(symlink("/tmp", dir), 0);
    assert_non_null(strstr(anonid_statedir_enter(dir, &entered, &lock, pool),
                           "Not a directory"));
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
    const anonid_socket_t sock = { ANONID_AGENT_SOCKET, (uid_t)-1 };
    struct stat st;
    int lock, listener;

    (void)state;
    assert_null(anonid_statedir_enter(dir, &entered, &lock, pool));
    assert_null(anonid_statedir_listen(entered, dir, &sock, &listener, pool));
    close(listener);
    assert_false(can_connect(ANONID_AGENT_SOCKET));
    assert_null(anonid_statedir_listen(entered, dir, &sock, &listener, pool));
    assert_true(can_connect(ANONID_AGENT_SOCKET));
    assert_int_equal(
        stat(apr_pstrcat(pool, dir, "/" ANONID_AGENT_SOCKET, NULL), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    anonid_statedir_leave(entered);
    assert_false(can_connect(ANONID_AGENT_SOCKET));
    close(listener);
    leave(lock);
}

static void refuses_a_path_too_long_for_a_socket(void **state)
{
    const anonid_socket_t sock = { ANONID_CTL_SOCKET, (uid_t)-1 };
    char name[100];
    int listener;

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    dir = apr_pstrcat(pool, folder, "/", name, NULL);
    assert_non_null(
        strstr(anonid_statedir_listen(entered, dir, &sock, &listener, pool),
               "choose a shorter AnonIDStateDir"));
}

static void makes_the_agents_folder(void **state)
{
    const char *path = apr_pstrcat(pool, dir, "/" ANONID_AGENT_FOLDER, NULL);
    struct stat st;
    int lock, fd;

    (void)state;
    assert_null(anonid_statedir_enter(dir, &entered, &lock, pool));
    for (int i = 0; i < 2; i++) {
        assert_null(anonid_statedir_agent_folder(entered, (uid_t)-1, (gid_t)-1,
                                                 &fd, pool));
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
        assert_int_equal(chmod(path, 0755), 0);
        close(fd);
    }
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("/tmp", path), 0);
    assert_non_null(strstr(
        anonid_statedir_agent_folder(entered, (uid_t)-1, (gid_t)-1, &fd, pool),
        "cannot open"));
    leave(lock);
}

/* As when an agent of httpd's User was here before. */
static void gives_the_agents_files_to_its_new_user(void **state)
{
    const char *record = apr_pstrcat(pool, dir, "/agent/record", NULL);
    const char *linked = apr_pstrcat(pool, dir, "/agent/linked", NULL);
    const char *origin = apr_pstrcat(pool, dir, "/origin", NULL);
    struct stat st;
    int lock, fd;

    (void)state;
    RETURN_UNLESS_ROOT();
    assert_null(anonid_statedir_enter(dir, &entered, &lock, pool));
    assert_null(anonid_statedir_agent_folder(entered, 4242, 4242, &fd, pool));
    close(fd);
    make_file(record, 4242);
    make_file(origin, 4242);
    assert_int_equal(link(origin, linked), 0);
    assert_int_equal(
        symlink("/etc/passwd", apr_pstrcat(pool, dir, "/agent/link", NULL)),
        0);
    assert_null(
        anonid_statedir_agent_folder(entered, 61185, 61185, &fd, pool));
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_uid, 61185);
    assert_int_equal(stat(record, &st), 0);
    assert_int_equal(st.st_uid, 61185);
    assert_int_equal(st.st_gid, 61185);
    assert_int_equal(stat(origin, &st), 0);
    assert_int_equal(st.st_uid, 4242);
    assert_int_equal(stat("/etc/passwd", &st), 0);
    assert_int_equal(st.st_uid, 0);
    close(fd);
    leave(lock);
}

/* Whoever can write above the folder can put another in its place. */
static void refuses_what_is_not_safe_above(void **state)
{
    const char *above = dir;
    const char *error;
    int lock;

    (void)state;
    dir = apr_pstrcat(pool, above, "/state", NULL);
    assert_int_equal(mkdir(above, 0755), 0);
    assert_int_equal(chmod(above, 0775), 0);
    error = anonid_statedir_enter(dir, &none, &lock, pool);
    assert_non_null(error);
    assert_non_null(strstr(error, above));
    assert_non_null(strstr(error, "mode 0775"));
    assert_non_null(strstr(error, "chmod go-w"));
    assert_int_equal(none, -1);
    assert_int_equal(access(dir, F_OK), -1);
    assert_int_equal(chmod(above, 01777), 0);
    assert_null(anonid_statedir_enter(dir, &entered, &lock, pool));
    leave(lock);
}

static void refuses_somebody_elses_folder_above(void **state)
{
    const char *above = dir;
    const char *error;
    int lock;

    (void)state;
    RETURN_UNLESS_ROOT();
    dir = apr_pstrcat(pool, above, "/state", NULL);
    assert_int_equal(mkdir(above, 0755), 0);
    assert_int_equal(chown(above, 65534, (gid_t)-1), 0);
    error = anonid_statedir_enter(dir, &none, &lock, pool);
    assert_non_null(error);
    assert_non_null(strstr(error, "belongs to user 65534 (mode 0755)"));
}

/* A link of root's own is followed, and what it leads to is looked at too. */
static void looks_behind_links(void **state)
{
    const char *above = dir;
    const char *target = apr_pstrcat(pool, above, ".target", NULL);
    const char *error;
    int lock;

    (void)state;
    dir = apr_pstrcat(pool, above, "/state", NULL);
    assert_int_equal(mkdir(target, 0755), 0);
    assert_int_equal(symlink(target, above), 0);
    assert_null(anonid_statedir_enter(dir, &entered, &lock, pool));
    leave(lock);
    assert_int_equal(chmod(target, 0777), 0);
    error = anonid_statedir_enter(dir, &none, &lock, pool);
    assert_non_null(error);
    assert_non_null(strstr(error, target));
    assert_int_equal(chmod(target, 0755), 0);
    if (geteuid() != 0)
        return;
    assert_int_equal(lchown(above, 65534, (gid_t)-1), 0);
    error = anonid_statedir_enter(dir, &none, &lock, pool);
    assert_non_null(error);
    assert_non_null(strstr(error, "the link "));
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
        TEST(gives_the_agents_files_to_its_new_user),
        TEST(refuses_what_is_not_safe_above),
        TEST(refuses_somebody_elses_folder_above),
        TEST(looks_behind_links),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
