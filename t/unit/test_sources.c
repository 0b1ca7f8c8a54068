/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources are opened for the agent, watched, and refused when others could
 * read them.
 */
#include "unit.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/protocol.h"
#include "module/supervisor/sources.h"

#define SOON apr_time_from_sec(5)

static char folder[] = "/tmp/anonid-unit-XXXXXX";
static anonid_channel_t parent, agent;
static anonid_sources_t *sources;
static anonid_account_t *account;
static anonid_frame_t frame;
static const char *secret, *file;

static void spit(const char *path, const char *text, mode_t mode)
{
    const char *next = apr_pstrcat(pool, path, ".next", NULL);
    FILE *out = fopen(next, "w");

    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    assert_int_equal(chmod(next, mode), 0);
    assert_int_equal(rename(next, path), 0);
}

static int group_setup(void **state)
{
    if (unit_setup(state) != 0 || !mkdtemp(folder))
        return -1;
    secret = apr_pstrcat(pool, folder, "/secret", NULL);
    file = apr_pstrcat(pool, folder, "/accounts", NULL);
    return 0;
}

static int group_teardown(void **state)
{
    (void)!system(apr_pstrcat(pool, "rm -rf ", folder, NULL));
    return unit_teardown(state);
}

static void watch(const char *source)
{
    apr_array_header_t *accounts = apr_array_make(pool, 1, sizeof(void *));

    account = anonid_account_make(pool, "visitor");
    account->secret = source;
    account->path = file;
    APR_ARRAY_PUSH(accounts, anonid_account_t *) = account;
    sources = anonid_sources_make(pool, accounts);
}

static int setup(void **state)
{
    int fds[2];

    (void)state;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        return -1;
    anonid_channel_open(&parent, fds[0], 4096, 65536);
    anonid_channel_open(&agent, fds[1], 4096, 65536);
    spit(secret, "word\n", 0600);
    spit(file, "visitor:x\n", 0644);
    watch(apr_pstrcat(pool, "file:", secret, NULL));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    anonid_channel_close(&parent);
    anonid_channel_close(&agent);
    return 0;
}

static void assert_hears(anonid_message_t type)
{
    assert_int_equal(anonid_channel_receive(&agent, &frame, SOON),
                     APR_SUCCESS);
    assert_string_equal(anonid_message_name(frame.type),
                        anonid_message_name((uint16_t)type));
}

static void assert_hears_nothing(void)
{
    assert_int_equal(anonid_channel_receive(&agent, &frame, 0), APR_TIMEUP);
}

static void assert_opened(anonid_message_t type, const char *text)
{
    char octets[64];
    ssize_t n;
    int fd;

    assert_hears(type);
    fd = anonid_channel_take_fd(&agent);
    assert_true(fd >= 0);
    n = read(fd, octets, sizeof(octets));
    assert_int_equal(n, strlen(text));
    assert_memory_equal(octets, text, n);
    assert_non_null(anonid_frame_text(&frame, ANONID_TAG_VERSION, pool));
    close(fd);
}

static void assert_refused(const char *words)
{
    const char *text;

    assert_hears(ANONID_MSG_SECRET_ERROR);
    text = anonid_frame_text(&frame, ANONID_TAG_TEXT, pool);
    assert_non_null(text);
    assert_non_null(strstr(text, words));
}

static void pass_all(void)
{
    assert_int_equal(anonid_sources_pass_all(sources, &parent), APR_SUCCESS);
}

static void look(void)
{
    assert_int_equal(anonid_sources_pass_changed(sources, &parent),
                     APR_SUCCESS);
}

static void passes_every_source(void **state)
{
    (void)state;
    pass_all();
    assert_opened(ANONID_MSG_SECRET, "word\n");
    assert_opened(ANONID_MSG_ACCOUNT_FILE, "visitor:x\n");
    assert_string_equal(anonid_frame_text(&frame, ANONID_TAG_PATH, pool),
                        file);
    assert_hears_nothing();
}

static void notices_a_change_once(void **state)
{
    (void)state;
    pass_all();
    assert_opened(ANONID_MSG_SECRET, "word\n");
    assert_opened(ANONID_MSG_ACCOUNT_FILE, "visitor:x\n");
    look();
    assert_hears_nothing();
    spit(secret, "next\n", 0600);
    look();
    assert_opened(ANONID_MSG_SECRET, "next\n");
    look();
    assert_hears_nothing();
}

static void looks_at_an_account_when_asked(void **state)
{
    (void)state;
    pass_all();
    assert_opened(ANONID_MSG_SECRET, "word\n");
    assert_opened(ANONID_MSG_ACCOUNT_FILE, "visitor:x\n");
    assert_int_equal(anonid_sources_pass_account(sources, account, &parent),
                     APR_SUCCESS);
    assert_opened(ANONID_MSG_SECRET, "word\n");
    assert_opened(ANONID_MSG_ACCOUNT_FILE, "visitor:x\n");
}

/* From the first trouble to the last; each is told once. */
static void tells_why_a_secret_cannot_be_had(void **state)
{
    (void)state;
    assert_int_equal(unlink(secret), 0);
    look();
    assert_refused("No such file");
    assert_opened(ANONID_MSG_ACCOUNT_FILE, "visitor:x\n");
    look();
    assert_hears_nothing();
    spit(secret, "word\n", 0640);
    look();
    assert_refused("can be read or written by others (mode 0640)");
    look();
    assert_hears_nothing();
    assert_int_equal(chmod(secret, 0400), 0);
    look();
    assert_opened(ANONID_MSG_SECRET, "word\n");
}

static void refuses_somebody_elses_secret(void **state)
{
    (void)state;
    RETURN_UNLESS_ROOT();
    assert_int_equal(chown(secret, 12345, 0), 0);
    look();
    assert_refused("belongs to user 12345");
}

static void does_not_wait_for_a_pipe(void **state)
{
    (void)state;
    assert_int_equal(unlink(secret), 0);
    assert_int_equal(mkfifo(secret, 0600), 0);
    look();
    assert_refused("not a regular file");
    assert_int_equal(unlink(secret), 0);
}

static void follows_links(void **state)
{
    const char *other = apr_pstrcat(pool, folder, "/other", NULL);

    (void)state;
    spit(other, "linked\n", 0600);
    assert_int_equal(unlink(secret), 0);
    assert_int_equal(symlink("other", secret), 0);
    pass_all();
    assert_opened(ANONID_MSG_SECRET, "linked\n");
    assert_opened(ANONID_MSG_ACCOUNT_FILE, "visitor:x\n");
    spit(other, "changed\n", 0600);
    look();
    assert_opened(ANONID_MSG_SECRET, "changed\n");
    assert_int_equal(unlink(secret), 0);
}

static void finds_credentials(void **state)
{
    (void)state;
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    watch("credential:secret");
    unsetenv("CREDENTIALS_DIRECTORY");
    spit(secret, "word\n", 0440); /* an access list's mask */
    look();
    assert_opened(ANONID_MSG_SECRET, "word\n");
    assert_opened(ANONID_MSG_ACCOUNT_FILE, "visitor:x\n");
    watch("credential:secret");
    look();
    assert_refused("CREDENTIALS_DIRECTORY");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(passes_every_source),
        TEST(notices_a_change_once),
        TEST(looks_at_an_account_when_asked),
        TEST(tells_why_a_secret_cannot_be_had),
        TEST(refuses_somebody_elses_secret),
        TEST(does_not_wait_for_a_pipe),
        TEST(follows_links),
        TEST(finds_credentials),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
