/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of an account file: whose line is found, and that the file is
 * read once however many ask.
 */
#include "unit.h"

#include "agent/provider/account_table.h"
#include "common/protocol.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file of that text, without a name. */
static int make_file(const char *text, size_t length)
{
    char path[] = "/tmp/anonid-unit-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, length), length);
    unlink(path);
    return fd;
}

static const char text[] = "# comment:x\n"
                           "zoe:last:8:8\n"
                           "ann:first\r\n"
                           "bob:\n"
                           "anna:other\n"
                           "twin:a\n"
                           "not a line\n"
                           "twin:b\n"
                           "end:no newline";

static const struct {
    const char *user;
    anonid_accountfile_t found;
    const char *verifier;
} rows[] = {
    { "ann", ANONID_ACCOUNTFILE_OK, "first" },
    { "anna", ANONID_ACCOUNTFILE_OK, "other" },
    { "an", ANONID_ACCOUNTFILE_MISSING, NULL },
    { "annab", ANONID_ACCOUNTFILE_MISSING, NULL },
    { "bob", ANONID_ACCOUNTFILE_OK, "" },
    { "zoe", ANONID_ACCOUNTFILE_OK, "last" },
    { "zoo", ANONID_ACCOUNTFILE_MISSING, NULL },
    { "end", ANONID_ACCOUNTFILE_OK, "no newline" },
    { "twin", ANONID_ACCOUNTFILE_TWICE, NULL },
    { "# comment", ANONID_ACCOUNTFILE_MISSING, NULL },
    { "not a line", ANONID_ACCOUNTFILE_MISSING, NULL },
    { "", ANONID_ACCOUNTFILE_MISSING, NULL },
};

static void each_user_is_found(void **state)
{
    anonid_account_table_t *table =
        anonid_account_table_make(make_file(text, strlen(text)));

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char verifier[ANONID_VERIFIER_ROOM];
        const char *why;
        anonid_accountfile_t found =
            anonid_account_table_find(table, rows[i].user, verifier, &why);

        assert_null(why);
        if (found != rows[i].found)
            fail_msg("%d for %s", (int)found, rows[i].user);
        if (found == ANONID_ACCOUNTFILE_OK)
            assert_string_equal(verifier, rows[i].verifier);
    }
    anonid_account_table_free(table);
}

static void the_file_is_read_once(void **state)
{
    int fd = make_file("ann:before\n", 11);
    int mine = dup(fd);
    anonid_account_table_t *table = anonid_account_table_make(fd);
    char verifier[ANONID_VERIFIER_ROOM];
    const char *why;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            anonid_account_table_find(table, "ann", verifier, &why),
            ANONID_ACCOUNTFILE_OK);
        assert_string_equal(verifier, "before");
        assert_int_equal(pwrite(mine, "ann:later!\n", 11, 0), 11);
        assert_int_equal(fcntl(fd, F_GETFD), -1); /* no longer open */
    }
    anonid_account_table_free(table);
    close(mine);
}

static void nul_octets_are_nobodys(void **state)
{
    anonid_account_table_t *table =
        anonid_account_table_make(make_file("ann:a\nx\0:b\n", 11));
    char verifier[ANONID_VERIFIER_ROOM];
    const char *why;

    (void)state;
    assert_int_equal(anonid_account_table_find(table, "ann", verifier, &why),
                     ANONID_ACCOUNTFILE_BAD);
    assert_null(why);
    anonid_account_table_free(table);
}

static void an_empty_file_has_no_user(void **state)
{
    anonid_account_table_t *table =
        anonid_account_table_make(make_file("", 0));
    char verifier[ANONID_VERIFIER_ROOM];
    const char *why;

    (void)state;
    assert_int_equal(anonid_account_table_find(table, "ann", verifier, &why),
                     ANONID_ACCOUNTFILE_MISSING);
    assert_null(why);
    anonid_account_table_free(table);
}

static void expect_refusal(int fd, const char *reason)
{
    anonid_account_table_t *table = anonid_account_table_make(fd);
    char verifier[ANONID_VERIFIER_ROOM];
    const char *why;

    for (int i = 0; i < 2; i++) {
        anonid_account_table_find(table, "ann", verifier, &why);
        assert_string_equal(why, reason);
    }
    anonid_account_table_free(table);
}

static void what_cannot_be_read_is_said(void **state)
{
    int huge = make_file("", 0);

    (void)state;
    expect_refusal(open("/", O_RDONLY), "Is a directory");
    assert_int_equal(ftruncate(huge, ANONID_ACCOUNT_FILE_MAX + 1), 0);
    expect_refusal(huge, "it is over 16 MB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_user_is_found),
        cmocka_unit_test(the_file_is_read_once),
        cmocka_unit_test(nul_octets_are_nobodys),
        cmocka_unit_test(an_empty_file_has_no_user),
        cmocka_unit_test(what_cannot_be_read_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
