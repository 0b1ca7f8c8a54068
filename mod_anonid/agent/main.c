/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonid-agent: start, event loop, end. What it does is said by httpd on
 * descriptor 3 (control/control.h); it must not know how anything is done.
 */
#include "agent/request/clients.h"
#include "agent/control/control.h"
#include "agent/control/reports.h"
#include "agent/base/confine.h"
#include "agent/base/harden.h"
#include "agent/base/log.h"
#include "agent/net/phase.h"
#include "agent/logon/farm.h"
#include "agent/logon/registry.h"
#include "agent/relay/listeners.h"
#include "agent/request/requests.h"
#include "agent/logon/schedule.h"
#include "agent/status/table.h"
#include "agent/store/store.h"
#include "agent/submission/submission.h"
#include "agent/bootstrap.h"
#include "agent/base/thread_pool.h"

#include "common/build.h"
#include "common/protocol.h"

#include <apr_general.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* For what blocks. A directory or realm that hangs holds QUEUE_MAX of them. */
#define THREADS 16
#define QUEUE_MAX 4

#define LAST_WORDS 5 /* seconds that an orderly end may take */

#define EXIT_FAILED 1
#define EXIT_USAGE 2

static int usage(FILE *out, int status)
{
    fprintf(out,
            "anonid-agent is started by httpd (mod_anonid), which speaks "
            "to it on descriptor %d.\nUse anonidctl to ask it something."
            "\nOptions: --version, --help, and for tests "
            "--deadlines-percent=N: towards mail\nservers every deadline is "
            "N percent (1 to 100) of what it should be.\n",
            ANONID_LIFELINE_FD);
    return status;
}

static int is_lifeline(int fd)
{
    int type;
    socklen_t size = sizeof(type);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0
           && type == SOCK_SEQPACKET;
}

static void on_terminate(evutil_socket_t signal, short what, void *base)
{
    (void)signal;
    (void)what;
    event_base_loopexit(base, NULL);
}

/* Starts all parts; the lifeline is last, because it feeds them. */
static const char *start(struct event_base *base)
{
    anonid_schedule_start(base);
    anonid_store_start(base);
    anonid_farm_start(base);
    anonid_request_status_start();
    anonid_bootstrap_logons();
    if (anonid_thread_pool_start(base, THREADS, QUEUE_MAX) != APR_SUCCESS)
        return "threads";
    if (anonid_mail_start(base) != APR_SUCCESS)
        return "mail";
    anonid_relay_start(base, anonid_report_stranger);
    if (anonid_control_start(base, ANONID_LIFELINE_FD) != APR_SUCCESS)
        return "the lifeline";
    anonid_confine_log();
    return NULL;
}

/* A job that blocks must not keep the agent alive without httpd, so the
 * kernel ends what does not end by itself. */
static void stop(void)
{
    alarm(LAST_WORDS);
    anonid_status_table_close();
    anonid_clients_stop();
    anonid_relay_stop();
    anonid_mail_stop();
    anonid_store_stop();
    anonid_thread_pool_stop();
    anonid_registry_clear();
    anonid_schedule_stop();
    anonid_control_stop();
}

/* Whoever reads the status table sees that the loop goes round. */
static void on_pulse(evutil_socket_t fd, short what, void *unused)
{
    (void)fd;
    (void)what;
    (void)unused;
    anonid_status_table_pulse();
}

static int serve(void)
{
    static const struct timeval interval = { ANONID_STATUS_PULSE, 0 };
    struct event_base *base = event_base_new();
    struct event *terminate, *pulse;
    const char *failed;

    if (!base)
        return EXIT_FAILED;
    terminate = evsignal_new(base, SIGTERM, on_terminate, base);
    pulse = event_new(base, -1, EV_PERSIST, on_pulse, NULL);
    failed = start(base);
    if (failed || !terminate || event_add(terminate, NULL) != 0 || !pulse
        || event_add(pulse, &interval) != 0) {
        fprintf(stderr, "anonid-agent: cannot start %s: %s\n",
                failed ? failed : "signals", strerror(errno));
        return EXIT_FAILED;
    }
    event_base_dispatch(base);
    stop();
    event_free(terminate);
    event_free(pulse);
    event_base_free(base);
    return 0;
}

/* --deadlines-percent=N: 1 if the argument is that. */
static int set_deadlines(const char *argument)
{
    static const char option[] = "--deadlines-percent=";

    if (strncmp(argument, option, strlen(option)) != 0)
        return 0;
    anonid_phase_scale(atoi(argument + strlen(option)));
    return 1;
}

int main(int argc, char **argv)
{
    const char *failed;

    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("anonid-agent " ANONID_VERSION);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(stdout, 0);
    if (argc > 2 || (argc == 2 && !set_deadlines(argv[1]))
        || !is_lifeline(ANONID_LIFELINE_FD))
        return usage(stderr, EXIT_USAGE);
    failed = anonid_harden(ANONID_LIFELINE_FD);
    if (failed || apr_initialize() != APR_SUCCESS) {
        fprintf(stderr, "anonid-agent: %s: %s\n", failed ? failed : "APR",
                strerror(errno));
        return EXIT_FAILED;
    }
    return serve();
}
