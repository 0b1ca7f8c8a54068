/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why there is no agent: what httpd noted last is read back, by its owner
 * only, and as one printable line.
 */
#include "unit.h"

#include "common/absence.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folder[] = "/tmp/test_absence.XXXXXX";

static const char *path(void)
{
    return apr_pstrcat(pool, folder, "/agent.error", NULL);
}

static void the_last_note_is_read_until_it_ends(void **state)
{
    const char *text;

    (void)state;
    assert_null(anonid_absence_read(folder, pool));
    anonid_absence_note(folder, "a much longer first reason");
    anonid_absence_note(folder, "the second");
    text = anonid_absence_read(folder, pool);
    assert_non_null(text);
    assert_string_equal(text + strlen("2026-01-31 23:59:59"), ": the second");
    anonid_absence_end(folder);
    assert_null(anonid_absence_read(folder, pool));
}

static void only_its_owner_reads_it(void **state)
{
    struct stat st;

    (void)state;
    anonid_absence_note(folder, "reason");
    assert_int_equal(stat(path(), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    anonid_absence_end(folder);
}

static void last_words_cannot_forge_lines(void **state)
{
    static const char words[] = "it ended: \033[2Jcleared\nANID0013: well";

    (void)state;
    anonid_absence_note(folder, words);
    assert_null(strchr(anonid_absence_read(folder, pool), '\033'));
    assert_null(strstr(anonid_absence_read(folder, pool), "ANID0013"));
    anonid_absence_end(folder);
}

static void a_link_is_not_followed(void **state)
{
    const char *other = apr_pstrcat(pool, folder, "/other", NULL);

    (void)state;
    assert_int_equal(symlink(other, path()), 0);
    anonid_absence_note(folder, "reason");
    assert_int_equal(access(other, F_OK), -1);
    assert_null(anonid_absence_read(folder, pool));
    anonid_absence_end(folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_note_is_read_until_it_ends),
        cmocka_unit_test(only_its_owner_reads_it),
        cmocka_unit_test(last_words_cannot_forge_lines),
        cmocka_unit_test(a_link_is_not_followed),
    };
    int failures;

    if (!mkdtemp(folder))
        return 1;
    failures = cmocka_run_group_tests_name("absence", tests, unit_setup,
                                           unit_teardown);
    (void)rmdir(folder);
    return failures;
}
