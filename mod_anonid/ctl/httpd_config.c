/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking httpd's configuration; see httpd_config.h.
 */
#include "ctl/httpd_config.h"

#include "common/build.h"
#include "common/monotonic.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The dump's first line; see module/validate/dump.c. */
#define LABEL "State folder: "
#define DUMP_ROOM 16384

extern char **environ;

/* In a process group of its own: apachectl is a script, which starts httpd.
 * Its complaints are not ours to repeat. 0, or an error. */
static int start(pid_t *pid, int output)
{
    char *program = getenv("APACHECTL");
    char *const argv[] = { program && *program ? program : ANONID_APACHECTL,
                           "-t", "-D", "DUMP_ANONID", NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
                                                 O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null",
                                                 O_WRONLY, 0);
    if (!error)
        error =
            posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* What comes until the deadline, as far as there is room. */
static void hear(int fd, char *text, size_t room, apr_time_t deadline)
{
    size_t length = 0;

    while (length < room - 1) {
        struct pollfd waiting = { fd, POLLIN, 0 };
        apr_interval_time_t left = deadline - anonid_monotonic_now();
        ssize_t n;

        if (left <= 0 || poll(&waiting, 1, (int)apr_time_as_msec(left)) == 0)
            break;
        n = read(fd, text + length, room - 1 - length);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        if (n > 0)
            length += (size_t)n;
    }
    text[length] = '\0';
}

static const char *value_of(const char *text, apr_pool_t *pool)
{
    const char *line = strstr(text, LABEL);

    if (!line || (line > text && line[-1] != '\n'))
        return NULL;
    line += strlen(LABEL);
    return *line == '/' ? apr_pstrmemdup(pool, line, strcspn(line, "\n"))
                        : NULL;
}

const char *anonid_httpd_state_dir(apr_interval_time_t timeout,
                                   apr_pool_t *pool)
{
    char *text = apr_palloc(pool, DUMP_ROOM);
    int pipe_fds[2];
    pid_t pid;
    int error;

    if (timeout <= 0 || pipe2(pipe_fds, O_CLOEXEC) != 0)
        return NULL;
    error = start(&pid, pipe_fds[1]);
    close(pipe_fds[1]);
    if (!error) {
        hear(pipe_fds[0], text, DUMP_ROOM, anonid_monotonic_now() + timeout);
        (void)kill(-pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    close(pipe_fds[0]);
    return error ? NULL : value_of(text, pool);
}
