/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of failed versions: what is written is read back, nothing else is;
 * each account has its own; whatever lies in the folder does no harm.
 */
#include "unit.h"

#include "agent/logon/failed_store.h"

#include <apr_strings.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[32];
static anonid_account_t *account;
static anonid_outcome_t outcome;

static anonid_account_t *make_account(const char *name)
{
    anonid_account_t *made = anonid_account_make(pool, name);

    made->provider = ANONID_PROVIDER_LDAP;
    made->principal = "uid=web,dc=example";
    made->secret = "file:/etc/s";
    APR_ARRAY_PUSH(made->urls, const char *) = "ldapi:///";
    return made;
}

static int begin(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/failed-XXXXXX");
    assert_non_null(mkdtemp(folder));
    anonid_failed_store_open(open(folder, O_RDONLY | O_DIRECTORY));
    account = make_account("EXAMPLE\\web");
    anonid_outcome_set(&outcome, ANONID_LOGON_FAILURE, "LDAP result 49");
    return 0;
}

/* Calls visit for the path of each file; their number. */
static int each_file(void (*visit)(const char *path))
{
    DIR *files = opendir(folder);
    struct dirent *entry;
    int n = 0;

    for (entry = readdir(files); entry; entry = readdir(files)) {
        if (entry->d_name[0] == '.')
            continue;
        n++;
        if (visit)
            visit(apr_pstrcat(pool, folder, "/", entry->d_name, NULL));
    }
    closedir(files);
    return n;
}

static void discard(const char *path)
{
    (void)remove(path);
}

static int end(void **state)
{
    (void)state;
    anonid_failed_store_open(-1);
    (void)each_file(discard);
    return rmdir(folder);
}

static int recalls(const anonid_account_t *which, const char *version)
{
    anonid_failed_t failed;

    anonid_failed_store_read(which);
    return anonid_failed_store_recall(which, version, &failed);
}

static void a_record_is_read_back(void **state)
{
    anonid_failed_t failed;

    (void)state;
    assert_false(recalls(account, "1:2:3:4:5"));
    anonid_failed_store_remember(account, "1:2:3:4:5", &outcome);
    assert_false(anonid_failed_store_recall(account, "1:2:3:4:5", &failed));
    anonid_failed_store_read(account);
    assert_true(anonid_failed_store_recall(account, "1:2:3:4:5", &failed));
    assert_int_equal(failed.outcome.code, ANONID_LOGON_FAILURE);
    assert_int_equal(failed.outcome.kind, ANONID_PERMANENT);
    assert_string_equal(failed.outcome.detail, "LDAP result 49");
    assert_in_range(failed.when, apr_time_now() - apr_time_from_sec(60),
                    apr_time_now());
    assert_int_equal(each_file(NULL), 1);
}

static void a_record_without_detail_is_read_back(void **state)
{
    anonid_failed_t failed;

    (void)state;
    outcome.detail[0] = '\0';
    anonid_failed_store_remember(account, "v", &outcome);
    anonid_failed_store_read(account);
    assert_true(anonid_failed_store_recall(account, "v", &failed));
    assert_string_equal(failed.outcome.detail, "");
}

static void the_longest_record_is_read_back(void **state)
{
    char name[257], version[ANONID_VERSION_MAX];

    (void)state;
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    memset(version, 'v', sizeof(version));
    version[sizeof(version) - 1] = '\0';
    memset(outcome.detail, 'd', sizeof(outcome.detail) - 1);
    account = make_account(name);
    anonid_failed_store_remember(account, version, &outcome);
    assert_true(recalls(account, version));
}

static void versions_and_configurations_are_told_apart(void **state)
{
    (void)state;
    anonid_failed_store_remember(account, "v1", &outcome);
    assert_false(recalls(account, "v2"));
    assert_false(recalls(make_account("EXAMPLE\\web2"), "v1"));
    account->slot = 77;
    assert_true(recalls(account, "v1"));
    account->principal = "uid=other,dc=example";
    assert_false(recalls(account, "v1"));
    anonid_failed_store_remember(account, "v1", &outcome);
    assert_int_equal(each_file(NULL), 1);
}

static void success_removes_a_record(void **state)
{
    (void)state;
    anonid_failed_store_remember(account, "v", &outcome);
    anonid_failed_store_forget(account);
    assert_false(recalls(account, "v"));
    assert_int_equal(each_file(NULL), 0);
    anonid_failed_store_forget(account);
}

static void other_accounts_are_pruned(void **state)
{
    anonid_config_t config = { .pool = pool, .accounts = apr_hash_make(pool) };
    anonid_account_t *gone = make_account("gone");

    (void)state;
    anonid_failed_store_remember(account, "v", &outcome);
    anonid_failed_store_remember(gone, "v", &outcome);
    close(open(apr_pstrcat(pool, folder, "/not-ours", NULL),
               O_WRONLY | O_CREAT, 0600));
    apr_hash_set(config.accounts, account->name, APR_HASH_KEY_STRING, account);
    anonid_failed_store_prune(&config);
    assert_true(recalls(account, "v"));
    assert_false(recalls(gone, "v"));
    assert_int_equal(each_file(NULL), 2);
}

static void put_garbage(const char *path)
{
    FILE *file = fopen(path, "w");

    for (int i = 0; i < 100000; i++)
        putc(i & 0xff, file);
    fclose(file);
}

static void make_dangling(const char *path)
{
    discard(path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
}

static void make_pipe(const char *path)
{
    discard(path);
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_folder(const char *path)
{
    discard(path);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void what_is_no_record_counts_as_none(void **state)
{
    static void (*const damage[])(const char *) = { put_garbage, make_dangling,
                                                    make_pipe };

    (void)state;
    for (size_t i = 0; i < COUNT(damage); i++) {
        anonid_failed_store_remember(account, "v", &outcome);
        assert_true(recalls(account, "v"));
        (void)each_file(damage[i]);
        assert_false(recalls(account, "v"));
    }
    /* It cannot be replaced, which is logged and no more. */
    (void)each_file(make_folder);
    anonid_failed_store_remember(account, "v", &outcome);
    assert_false(recalls(account, "v"));
}

static void without_a_folder_nothing_is_kept(void **state)
{
    (void)state;
    anonid_failed_store_open(-1);
    anonid_failed_store_remember(account, "v", &outcome);
    assert_false(recalls(account, "v"));
    anonid_failed_store_forget(account);
}

/* ---- the text ---- */

#define DIGEST                                                                \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD "anonid failed version 1\naccount a\nconfig " DIGEST "\n"

static void only_whole_records_are_taken(void **state)
{
    static const char good[] =
        HEAD "version v\ncode 1326\ntime 1\ndetail d e\n";
    static const char *const bad[] = {
        "",
        "\n",
        HEAD,
        HEAD "version v\ncode 1326\ntime 1\ndetail d",
        HEAD "version v\ncode 1326\ntime 1\ndetail \n",
        HEAD "version v\ncode 1326\ntime 1\ndetail d\n\n",
        HEAD "version v\ncode 1326\ntime -1\ndetail d\n",
        HEAD "version v\ncode 1326\ntime 9999999999999999999\ndetail d\n",
        HEAD "version v\ncode 0\ntime 1\ndetail d\n",
        HEAD "version v\ncode 4242\ntime 1\ndetail d\n",
        HEAD "version v\ncode 1326 \ntime 1\ndetail d\n",
        HEAD "version v\ncode 1326\ntime 1\ndetail d\x1b[m\n",
        HEAD "code 1326\nversion v\ntime 1\ndetail d\n",
        "anonid failed version 2\naccount a\nconfig " DIGEST
        "\nversion v\ncode 1326\ntime 1\ndetail d\n",
        ("anonid failed version 1\naccount a\nconfig 0123\n"
         "version v\ncode 1326\ntime 1\ndetail d\n"),
    };
    anonid_failed_t failed;

    (void)state;
    assert_true(anonid_failed_parse(good, strlen(good), "a", &failed));
    assert_false(anonid_failed_parse(good, strlen(good), "b", &failed));
    for (size_t i = 0; i < strlen(good); i++)
        assert_false(anonid_failed_parse(good, i, "a", &failed));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(
            anonid_failed_parse(bad[i], strlen(bad[i]), "a", &failed));
}

static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    TEST(a_record_is_read_back),
    TEST(a_record_without_detail_is_read_back),
    TEST(the_longest_record_is_read_back),
    TEST(versions_and_configurations_are_told_apart),
    TEST(success_removes_a_record),
    TEST(other_accounts_are_pruned),
    TEST(what_is_no_record_counts_as_none),
    TEST(without_a_folder_nothing_is_kept),
    cmocka_unit_test(only_whole_records_are_taken),
#undef TEST
};

int main(void)
{
    return cmocka_run_group_tests_name("failed_store", tests, unit_setup,
                                       unit_teardown);
}
