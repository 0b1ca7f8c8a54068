/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What minders report, and their end; see program.h.
 */
#include "module/supervisor/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

apr_status_t anonid_program_reports(int *receive, int *send)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    *receive = ends[0];
    *send = ends[1];
    return APR_SUCCESS;
}

int anonid_program_next(int receive, anonid_program_report_t *report, int *fd)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec data = { report, sizeof(*report) };
    struct msghdr message;
    struct cmsghdr *header;
    ssize_t n;

    memset(&message, 0, sizeof(message));
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof(control);
    *fd = -1;
    do
        n = recvmsg(receive, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof(*report))
        return 0;
    header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET
        && header->cmsg_type == SCM_RIGHTS)
        memcpy(fd, CMSG_DATA(header), sizeof(*fd));
    return 1;
}

void anonid_program_end(pid_t minder)
{
    (void)kill(minder, SIGTERM);
    while (waitpid(minder, NULL, __WALL) < 0 && errno == EINTR)
        ;
}

static const struct {
    anonid_program_end_t end;
    const char *format; /* of the report's value, if it has one */
} sentences[] = {
    { ANONID_PROGRAM_NOTHING, "it printed nothing" },
    { ANONID_PROGRAM_TOO_LONG, "it printed more than a secret can be" },
    { ANONID_PROGRAM_EXITED, "its exit status was %d" },
    { ANONID_PROGRAM_KILLED, "it died of signal %d" },
    { ANONID_PROGRAM_OVERDUE, "it did not end in time" },
    { ANONID_PROGRAM_HELD, "it left a process that writes to its output" },
};

#define N_SENTENCES (sizeof(sentences) / sizeof(sentences[0]))

void anonid_program_explain(const anonid_program_report_t *report,
                            char why[ANONID_PROGRAM_WHY])
{
    char reason[128];

    for (size_t i = 0; i < N_SENTENCES; i++) {
        if (sentences[i].end == report->end) {
            snprintf(why, ANONID_PROGRAM_WHY, sentences[i].format,
                     report->value);
            return;
        }
    }
    snprintf(why, ANONID_PROGRAM_WHY, "it cannot be run: %s",
             apr_strerror(report->value, reason, sizeof(reason)));
}
