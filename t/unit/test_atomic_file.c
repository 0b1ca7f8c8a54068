/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file is replaced as a whole and in the folder where it was found,
 * whatever becomes of the path meanwhile.
 */
#include "unit.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stays_in_the_folder_that_it_found),
        TEST(creates_only_what_is_not_there),
        TEST(reads_no_links_folders_nor_too_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
