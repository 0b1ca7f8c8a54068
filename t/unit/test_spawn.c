/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program that is started as the agent finds: descriptors, ids,
 * signals, environment; and what is said of its end.
 */
#include "unit.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/supervisor/spawn.h"

#define SOON apr_time_from_sec(10)

static char folder[] = "/tmp/anonid-unit-XXXXXX";
static anonid_process_t process;

static int group_setup(void **state)
{
    if (unit_setup(state) != 0 || !mkdtemp(folder))
        return -1;
    return chmod(folder, 0755);
}

static int group_teardown(void **state)
{
    (void)!system(apr_pstrcat(pool, "rm -rf ", folder, NULL));
    return unit_teardown(state);
}

static const char *script(const char *body)
{
    const char *path = apr_pstrcat(pool, folder, "/agent", NULL);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", body);
    fclose(file);
    assert_int_equal(chmod(path, 0755), 0);
    return path;
}

static const char *spawn(const char *program)
{
    const anonid_spawn_t how = { program, geteuid() == 0, 12345, 23456, -1 };

    return anonid_spawn(&process, &how, pool);
}

/* Everything that it writes to standard error, to its end. */
static const char *output(void)
{
    static char text[4096];
    size_t n = 0;
    ssize_t got = 1;

    while (got != 0 && n < sizeof(text) - 1) {
        struct pollfd p = { process.errors, POLLIN, 0 };

        assert_int_equal(poll(&p, 1, 10000), 1);
        got = read(process.errors, text + n, sizeof(text) - 1 - n);
        if (got > 0)
            n += (size_t)got;
    }
    text[n] = '\0';
    return text;
}

static const char *end(void)
{
    const char *how;

    assert_int_equal(anonid_process_wait(&process, SOON), 1);
    how = anonid_process_reap(&process, pool);
    close(process.lifeline);
    close(process.errors);
    assert_int_equal(process.pid, 0);
    return how;
}

static void says_how_it_ended(void **state)
{
    (void)state;
    assert_null(spawn(script("exit 3")));
    assert_string_equal(end(), "exit status 3");
    assert_null(spawn(script("kill -SEGV $$")));
    assert_non_null(strstr(end(), "signal 11 (Segmentation fault"));
}

static void has_the_agents_descriptors_and_no_other(void **state)
{
    int leak = open("/dev/zero", O_RDONLY); /* not close-on-exec */
    const char *said;

    (void)state;
    assert_null(spawn(script("ls -l /proc/self/fd >&2")));
    said = output();
    assert_non_null(strstr(said, " 0 -> /dev/null"));
    assert_non_null(strstr(said, " 1 -> pipe:"));
    assert_non_null(strstr(said, " 2 -> pipe:"));
    assert_non_null(strstr(said, " 3 -> socket:"));
    assert_null(strstr(said, "/dev/zero"));
    assert_string_equal(end(), "exit status 0");
    close(leak);
}

static void is_another_user_without_groups(void **state)
{
    (void)state;
    RETURN_UNLESS_ROOT();
    assert_null(spawn(script("id -u >&2; id -g >&2; id -G >&2; pwd >&2")));
    assert_string_equal(output(), "12345\n23456\n23456\n/\n");
    (void)end();
}

static void has_a_clean_environment(void **state)
{
    const char *said;

    (void)state;
    setenv("HTTPD_SECRET", "x", 1);
    setenv("KRB5_CONFIG", "/etc/k", 1);
    setenv("LD_PRELOAD_NOT", "x", 1);
    assert_null(spawn(script("env >&2")));
    said = output();
    assert_non_null(strstr(said, "PATH=/usr/local/sbin:"));
    assert_non_null(strstr(said, "KRB5_CONFIG=/etc/k\n"));
    assert_null(strstr(said, "HTTPD_SECRET"));
    assert_null(strstr(said, "LD_PRELOAD_NOT"));
    (void)end();
}

/* A supervisor blocks signals and ignores some. Only
 * signals 1 to 28 are looked at: make's posix_spawn() leaves glibc's own 32
 * and 33 ignored for good. */
static void has_ordinary_signals(void **state)
{
    sigset_t all, old;

    (void)state;
    signal(SIGUSR2, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    assert_null(spawn(script("sed -nE 's/^(Sig(Blk|Ign)):.*(.{7})$/\\1 \\3/p' "
                             "/proc/self/status >&2")));
    sigprocmask(SIG_SETMASK, &old, NULL);
    signal(SIGUSR2, SIG_DFL);
    assert_string_equal(output(), "SigBlk 0000000\nSigIgn 0000000\n");
    (void)end();
}

static void has_a_process_group_of_its_own(void **state)
{
    (void)state;
    assert_null(spawn(script("read line <&3")));
    assert_int_equal(getpgid(process.pid), process.pid);
    assert_int_equal(getsid(process.pid), getsid(0));
    anonid_process_signal(&process, SIGKILL);
    assert_string_equal(end(), "signal 9 (Killed)");
}

static void sees_the_end_of_its_lifeline(void **state)
{
    (void)state;
    assert_null(spawn(script("read line <&3; exit 7")));
    assert_int_equal(anonid_process_wait(&process, 0), 0);
    close(process.lifeline);
    process.lifeline = dup(0);
    assert_string_equal(end(), "exit status 7");
}

/* As the supervisor sees it that comes after the one who started it. */
static void is_known_by_who_has_not_started_it(void **state)
{
    anonid_process_t known;

    (void)state;
    assert_null(spawn(script("read line <&3; exit 7")));
    known = process;
    known.is_child = 0;
    assert_int_equal(anonid_process_wait(&known, 0), 0);
    anonid_process_signal(&known, SIGKILL);
    assert_int_equal(anonid_process_wait(&known, SOON), 1);
    assert_string_equal(anonid_process_reap(&known, pool),
                        "its exit status is not known");
    assert_string_equal(end(), "signal 9 (Killed)");
}

/* A number that has become another process's is no agent's. */
static void is_not_mixed_up_with_another_process(void **state)
{
    anonid_process_t other;

    (void)state;
    assert_null(spawn(script("read line <&3; exit 7")));
    other = process;
    other.is_child = 0;
    other.started--;
    assert_int_equal(anonid_process_wait(&other, 0), 1);
    anonid_process_signal(&other, SIGKILL);
    anonid_process_signal(&process, 0);
    assert_int_equal(anonid_process_wait(&process, 0), 0);
    close(process.lifeline);
    process.lifeline = dup(0);
    assert_string_equal(end(), "exit status 7");
}

static void remembers_its_program(void **state)
{
    char version[ANONID_VERSION_MAX];
    const char *program = script("exit 0");

    (void)state;
    assert_null(spawn(program));
    anonid_program_version(version, program);
    assert_string_equal(process.program, version);
    assert_int_equal(unlink(program), 0);
    anonid_program_version(version, script("exit 1"));
    assert_string_not_equal(process.program, version);
    (void)end();
}

static void says_why_there_is_none(void **state)
{
    const char *error;

    (void)state;
    error = spawn("/nonexistent/agent");
    assert_string_equal(error, "cannot execute it: No such file or directory");
    assert_int_equal(process.pid, 0);
    assert_int_equal(process.lifeline, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_how_it_ended),
        cmocka_unit_test(has_the_agents_descriptors_and_no_other),
        cmocka_unit_test(is_another_user_without_groups),
        cmocka_unit_test(has_a_clean_environment),
        cmocka_unit_test(has_ordinary_signals),
        cmocka_unit_test(has_a_process_group_of_its_own),
        cmocka_unit_test(sees_the_end_of_its_lifeline),
        cmocka_unit_test(is_known_by_who_has_not_started_it),
        cmocka_unit_test(is_not_mixed_up_with_another_process),
        cmocka_unit_test(remembers_its_program),
        cmocka_unit_test(says_why_there_is_none),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
