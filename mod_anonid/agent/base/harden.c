/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hardening of the process; see harden.h.
 */
#include "agent/base/harden.h"
#include "agent/base/confine.h"

#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define WANTED_FILES 65536 /* open files: clients and mail connections */

/* The terminal's and httpd's signals reach the whole process group, but the
 * agent ends with its parent, and keeps its accounts logged on until then. */
static const int ignored[] = { SIGHUP,  SIGINT,  SIGPIPE,  SIGQUIT, SIGUSR1,
                               SIGUSR2, SIGTSTP, SIGWINCH, SIGTTIN, SIGTTOU };

static void ignore_signals(void)
{
    struct sigaction action = { .sa_handler = SIG_IGN };
    sigset_t none;

    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        (void)sigaction(ignored[i], &action, NULL);
    action.sa_handler = SIG_DFL;
    (void)sigaction(SIGCHLD, &action, NULL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* As many as may be had without privileges. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    if (limit.rlim_cur >= WANTED_FILES)
        return;
    limit.rlim_cur =
        limit.rlim_max < WANTED_FILES ? limit.rlim_max : WANTED_FILES;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

const char *anonid_harden(int last_fd)
{
    const struct rlimit none = { 0, 0 };

    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return "PR_SET_DUMPABLE";
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return "RLIMIT_CORE";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return "PR_SET_NO_NEW_PRIVS";
    if (close_range((unsigned)last_fd + 1, ~0u, 0) != 0)
        return "close_range";
    umask(077);
    ignore_signals();
    raise_file_limit();
    return anonid_confine();
}
