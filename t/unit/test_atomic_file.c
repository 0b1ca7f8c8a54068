/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file is replaced as a whole and in the folder where it was found,
 * whatever becomes of the path meanwhile.
 */
#include "unit.h"

#include <apr_strings.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/source.h"
#include "module/files/atomic_file.h"

static char folder[] = "/tmp/anonid-unit-XXXXXX";

static int setup(void **state)
{
    (void)state;
    strcpy(strrchr(folder, '-'), "-XXXXXX");
    return unit_setup(state) == 0 && mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)!system(apr_pstrcat(pool, "rm -rf ", folder, NULL));
    return unit_teardown(state);
}

static const char *in(const char *name)
{
    return apr_pstrcat(pool, folder, "/", name, NULL);
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(in(name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_holds(const char *name, const char *expected)
{
    char text[64] = "";
    FILE *file = fopen(in(name), "r");

    assert_non_null(file);
    (void)!fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    assert_string_equal(text, expected);
}

static anonid_file_content_t content(const char *text)
{
    anonid_file_content_t made;

    memset(&made, 0, sizeof(made));
    made.text = (char *)text;
    made.length = strlen(text);
    made.st.st_uid = geteuid();
    made.st.st_gid = getegid();
    made.st.st_mode = 0640;
    return made;
}

/* Somebody who can write above the folder puts another in its place. */
static void stays_in_the_folder_that_it_found(void **state)
{
    const anonid_file_content_t next = content("next");
    anonid_atomic_file_t file;
    anonid_file_content_t old;
    struct stat st;

    (void)state;
    memset(&old, 0, sizeof(old));
    assert_int_equal(mkdir(in("found"), 0755), 0);
    put("found/file", "old");
    assert_int_equal(anonid_atomic_file_open(&file, in("found/file"), pool),
                     APR_SUCCESS);
    assert_int_equal(rename(in("found"), in("moved")), 0);
    assert_int_equal(mkdir(in("found"), 0755), 0);
    put("found/file", "another");
    assert_int_equal(anonid_atomic_file_read(&file, 64, &old), APR_SUCCESS);
    assert_int_equal(old.length, 3);
    free(old.text);
    assert_int_equal(anonid_atomic_file_replace(&file, &next, pool),
                     APR_SUCCESS);
    anonid_atomic_file_close(&file);
    assert_holds("moved/file", "next");
    assert_holds("found/file", "another");
    assert_int_equal(stat(in("moved/file"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
}

static void creates_only_what_is_not_there(void **state)
{
    const anonid_file_content_t first = content("first");
    const anonid_file_content_t second = content("second");
    anonid_atomic_file_t file;

    (void)state;
    assert_int_equal(anonid_atomic_file_open(&file, in("file"), pool),
                     APR_SUCCESS);
    assert_int_equal(anonid_atomic_file_create(&file, &first, pool),
                     APR_SUCCESS);
    assert_int_equal(anonid_atomic_file_create(&file, &second, pool), EEXIST);
    anonid_atomic_file_close(&file);
    assert_holds("file", "first");
    assert_int_equal(unlink(in("file")), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left */
}

static void reads_no_links_folders_nor_too_much(void **state)
{
    anonid_atomic_file_t file;
    anonid_file_content_t old;

    (void)state;
    memset(&old, 0, sizeof(old));
    assert_int_equal(symlink("/etc/passwd", in("link")), 0);
    assert_int_equal(mkdir(in("folder"), 0755), 0);
    put("large", "12345");
    assert_int_equal(anonid_atomic_file_open(&file, in("link"), pool),
                     APR_SUCCESS);
    assert_int_equal(anonid_atomic_file_read(&file, 64, &old), ELOOP);
    file.name = "folder";
    assert_int_equal(anonid_atomic_file_read(&file, 64, &old), EINVAL);
    file.name = "large";
    assert_int_equal(anonid_atomic_file_read(&file, 4, &old), EFBIG);
    anonid_atomic_file_close(&file);
    assert_null(old.text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- copies ---- */

static int memory_of(const char *text)
{
    int fd = memfd_create("token", MFD_CLOEXEC);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

static const char *version_of(const char *name)
{
    char *version = apr_palloc(pool, ANONID_VERSION_MAX);
    struct stat st;

    assert_int_equal(stat(in(name), &st), 0);
    anonid_source_version(version, &st);
    return version;
}

static apr_status_t copy(const char *name, const char *version,
                         const char *text)
{
    int fd = memory_of(text);
    apr_status_t rv = anonid_atomic_file_copy(in(name), version, fd, 8, pool);

    close(fd);
    return rv;
}

static void
a_copy_replaces_what_the_caller_knows_and_nothing_else(void **state)
{
    const char *version;
    struct stat st;

    (void)state;
    put("token", "old\n");
    assert_int_equal(chmod(in("token"), 0400), 0);
    assert_int_equal(symlink("token", in("link")), 0);
    version = version_of("token");
    assert_int_equal(copy("link", version, "new"), APR_SUCCESS);
    assert_holds("token", "new\n");
    assert_int_equal(stat(in("token"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
    assert_int_equal(lstat(in("link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(copy("token", version, "again"), ESTALE);
    version = version_of("token");
    assert_int_equal(copy("token", version, "123456789"), EFBIG);
    assert_int_equal(copy("token", version, ""), EINVAL);
    assert_int_equal(copy("none", version, "x"), ENOENT);
    assert_int_equal(copy(".", version, "x"), EINVAL);
    assert_holds("token", "new\n");
}

/* Puts one and the other into the file, until it is killed. */
static pid_t copy_for_ever(void)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    for (int i = 0;; i++)
        (void)copy("token", version_of("token"), i % 2 ? "one" : "two");
}

static void whoever_is_killed_leaves_one_of_both(void **state)
{
    (void)state;
    put("token", "one\n");
    for (int i = 0; i < 50; i++) {
        pid_t pid = copy_for_ever();
        char text[16] = "";
        FILE *file;

        assert_true(pid > 0);
        usleep(1000 + (useconds_t)i * 100);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        file = fopen(in("token"), "r");
        assert_non_null(file);
        (void)!fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
        assert_true(strcmp(text, "one\n") == 0 || strcmp(text, "two\n") == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stays_in_the_folder_that_it_found),
        TEST(creates_only_what_is_not_there),
        TEST(a_copy_replaces_what_the_caller_knows_and_nothing_else),
        TEST(whoever_is_killed_leaves_one_of_both),
        TEST(reads_no_links_folders_nor_too_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
