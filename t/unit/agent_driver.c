/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parent for tests; see agent_driver.h.
 */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "agent_driver.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_WAIT apr_time_from_msec(5)

/* ---- the process ---- */

static const char *path_of(const agent_t *agent, const char *name)
{
    return apr_pstrcat(agent->pool, agent->dir, "/", name, NULL);
}

static int listen_at(const agent_t *agent, const char *name)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un addr;

    memset(&addr, 0, sizeof(addr));
    addr.sun_family = AF_UNIX;
    apr_cpystrn(addr.sun_path, path_of(agent, name), sizeof(addr.sun_path));
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(chmod(addr.sun_path, 0666), 0);
    return fd;
}

static const char *program(const agent_t *agent)
{
    const char *builddir = getenv("ANONID_BUILDDIR");

    return apr_pstrcat(agent->pool, builddir ? builddir : ".",
                       "/mod_anonid/anonid-agent", NULL);
}

/* One datagram with one descriptor. */
static void send_socket(int lifeline, int fd)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec data = { "", 1 };
    struct msghdr message;

    memset(&message, 0, sizeof(message));
    memset(&control, 0, sizeof(control));
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof(control);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    assert_int_equal(sendmsg(lifeline, &message, MSG_NOSIGNAL), 1);
}

void agent_next_supervisor(agent_t *agent)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds),
                     0);
    send_socket(agent->lifeline, fds[1]);
    close(fds[1]);
    anonid_channel_close(&agent->control);
    anonid_channel_open(&agent->control, fds[0], ANONID_CONTROL_MAX,
                        ANONID_CONTROL_MAX);
    agent->is_ready = 0;
}

static void spawn(agent_t *agent)
{
    const char *path = program(agent);
    int fds[2];

    assert_int_equal(
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    agent->pid = fork();
    assert_true(agent->pid >= 0);
    if (agent->pid == 0) {
        /* dup2 onto itself would leave the descriptor close-on-exec. */
        int lifeline = fcntl(fds[1], F_DUPFD, ANONID_LIFELINE_FD + 1);

        if (dup2(lifeline, ANONID_LIFELINE_FD) == ANONID_LIFELINE_FD)
            execl(path, "anonid-agent", (char *)NULL);
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        _exit(127);
    }
    close(fds[1]);
    agent->lifeline = fds[0];
    agent_next_supervisor(agent);
}

static void cut_lifeline(agent_t *agent)
{
    if (agent->lifeline >= 0)
        close(agent->lifeline);
    agent->lifeline = -1;
}

agent_t *agent_start_bare(void)
{
    agent_t *agent = calloc(1, sizeof(*agent));

    assert_non_null(agent);
    assert_int_equal(apr_pool_create(&agent->pool, NULL), APR_SUCCESS);
    agent->control.fd = agent->lifeline = -1;
    strcpy(agent->dir, "/tmp/anonid-XXXXXX");
    assert_non_null(mkdtemp(agent->dir));
    assert_int_equal(chmod(agent->dir, 0755), 0);
    agent->worker_fd = listen_at(agent, "agent.sock");
    agent->ctl_fd = listen_at(agent, "control.sock");
    assert_int_equal(anonid_status_create(&agent->table, &agent->table_fd),
                     APR_SUCCESS);
    spawn(agent);
    return agent;
}

agent_t *agent_start(void)
{
    agent_t *agent = agent_start_bare();

    agent_hello(agent);
    return agent;
}

void agent_respawn(agent_t *agent)
{
    spawn(agent);
    agent_hello(agent);
}

int agent_wait_exit(agent_t *agent)
{
    apr_time_t deadline = apr_time_now() + SOON;
    int status;

    while (waitpid(agent->pid, &status, WNOHANG) == 0) {
        if (apr_time_now() > deadline) {
            kill(agent->pid, SIGKILL);
            fail_msg("the agent did not end");
        }
        apr_sleep(LINE_WAIT);
    }
    agent->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int agent_end(agent_t *agent)
{
    cut_lifeline(agent);
    return agent_wait_exit(agent);
}

void agent_free(agent_t *agent)
{
    static const char *const names[] = { "agent.sock", "control.sock",
                                         "accounts" };

    cut_lifeline(agent);
    if (agent->pid)
        (void)agent_wait_exit(agent);
    anonid_channel_close(&agent->control);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(path_of(agent, names[i]));
    rmdir(path_of(agent, "agent"));
    rmdir(agent->dir);
    close(agent->worker_fd);
    close(agent->ctl_fd);
    close(agent->table_fd);
    munmap((void *)agent->table, sizeof(*agent->table));
    apr_pool_destroy(agent->pool);
    free(agent);
}

/* ---- what a parent says ---- */

void agent_send(agent_t *agent, anonid_writer_t *w, const int *fds, int nfds)
{
    assert_int_equal(anonid_writer_end(w), 1);
    assert_int_equal(anonid_channel_send(&agent->control, w, fds, nfds, SOON),
                     APR_SUCCESS);
    anonid_writer_free(w);
}

void agent_hello(agent_t *agent)
{
    const char *folder = path_of(agent, "agent");
    int fds[] = { agent->table_fd, agent->worker_fd, agent->ctl_fd, -1 };
    anonid_writer_t w = ANONID_WRITER_INIT;

    (void)mkdir(folder, 0700);
    fds[3] = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    anonid_writer_begin(&w, ANONID_MSG_HELLO, 4, 0);
    anonid_writer_u32(&w, ANONID_TAG_WORKER_UID, getuid());
    agent_send(agent, &w, fds, 4);
    close(fds[3]);
}

static void send_generation(agent_t *agent, uint16_t type)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, type, 0, 0);
    anonid_writer_u32(&w, ANONID_TAG_GENERATION, agent->generation);
    agent_send(agent, &w, NULL, 0);
}

void agent_configure(agent_t *agent, ...)
{
    const anonid_account_t *account;
    anonid_frame_t frame;
    va_list accounts;

    agent->generation++;
    send_generation(agent, ANONID_MSG_CONFIG_BEGIN);
    va_start(accounts, agent);
    while ((account = va_arg(accounts, const anonid_account_t *)) != NULL) {
        anonid_writer_t w = ANONID_WRITER_INIT;

        assert_int_equal(anonid_account_encode(&w, account), 1);
        agent_send(agent, &w, NULL, 0);
    }
    va_end(accounts);
    send_generation(agent, ANONID_MSG_CONFIG_END);
    if (!agent->is_ready)
        agent_expect(agent, ANONID_MSG_READY, &frame);
    agent->is_ready = 1;
    agent_expect(agent, ANONID_MSG_CONFIG_DONE, &frame);
    assert_null(anonid_frame_text(&frame, ANONID_TAG_TEXT, agent->pool));
}

anonid_account_t *agent_account(agent_t *agent, const char *name, int sync)
{
    static int last_slot;
    anonid_account_t *account = anonid_account_make(agent->pool, name);

    account->path = path_of(agent, "accounts");
    account->sync = sync;
    account->secret = sync ? NULL : "file:/somewhere";
    account->slot = ++last_slot;
    return account;
}

static void send_versioned(agent_t *agent, uint16_t type, uint16_t tag,
                           const char *name, int fd)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, type, 1, 0);
    anonid_writer_text(&w, tag, name);
    anonid_writer_text(&w, ANONID_TAG_VERSION,
                       apr_psprintf(agent->pool, "%u", ++agent->version));
    agent_send(agent, &w, &fd, 1);
    close(fd);
}

void agent_account_file(agent_t *agent, const char *text)
{
    const char *path = path_of(agent, "accounts");
    const char *fresh = path_of(agent, "accounts.new");
    int fd = open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(rename(fresh, path), 0);
    send_versioned(agent, ANONID_MSG_ACCOUNT_FILE, ANONID_TAG_PATH, path, fd);
}

void agent_secret(agent_t *agent, const char *account, const char *secret)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], secret, strlen(secret)), strlen(secret));
    close(fds[1]);
    send_versioned(agent, ANONID_MSG_SECRET, ANONID_TAG_ACCOUNT, account,
                   fds[0]);
}

void agent_store(agent_t *agent, const char *user, int error)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    const char *account, *verifier;
    anonid_frame_t frame;

    agent_expect(agent, ANONID_MSG_STORE_VERIFIER, &frame);
    account = anonid_frame_text(&frame, ANONID_TAG_ACCOUNT, agent->pool);
    verifier = anonid_frame_text(&frame, ANONID_TAG_VERIFIER, agent->pool);
    anonid_writer_begin(&w, ANONID_MSG_VERIFIER_STORED, 0, frame.id);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, account);
    anonid_writer_u32(&w, ANONID_TAG_CODE, (uint32_t)error);
    anonid_writer_text(&w, ANONID_TAG_TEXT, error ? strerror(error) : NULL);
    agent_send(agent, &w, NULL, 0);
    if (error == 0)
        agent_account_file(
            agent, apr_psprintf(agent->pool, "%s:%s\n", user, verifier));
}

/* ---- what the agent says ---- */

static void keep_line(agent_t *agent, const anonid_frame_t *frame)
{
    const char *text = anonid_frame_text(frame, ANONID_TAG_TEXT, agent->pool);
    size_t used = strlen(agent->log);

    assert_non_null(text);
    snprintf(agent->log + used, sizeof(agent->log) - used, "%s\n", text);
}

int agent_said(const agent_t *agent, const char *text)
{
    return strstr(agent->log, text) != NULL;
}

void agent_expect(agent_t *agent, uint16_t type, anonid_frame_t *frame)
{
    do {
        apr_status_t rv = anonid_channel_receive(&agent->control, frame, SOON);

        if (rv != APR_SUCCESS)
            fail_msg("waiting for %s: error %d; the log is:\n%s",
                     anonid_message_name(type), (int)rv, agent->log);
        if (frame->type == ANONID_MSG_LOG)
            keep_line(agent, frame);
    } while (frame->type == ANONID_MSG_LOG);
    if (frame->type != type)
        fail_msg("%s came, not %s", anonid_message_name(frame->type),
                 anonid_message_name(type));
}

void agent_expect_silence(agent_t *agent)
{
    anonid_frame_t frame;
    apr_status_t rv;

    (void)agent_ask(agent, ANONID_MSG_STATUS, NULL, NULL);
    for (;;) {
        rv = anonid_channel_fill(&agent->control);
        if (rv == APR_EAGAIN)
            return;
        assert_int_equal(rv, APR_SUCCESS);
        while (anonid_channel_next(&agent->control, &frame)
               == ANONID_PARSE_OK) {
            assert_int_equal(frame.type, ANONID_MSG_LOG);
            keep_line(agent, &frame);
        }
    }
}

void agent_await_state(agent_t *agent, int slot, anonid_state_t state)
{
    apr_time_t deadline = apr_time_now() + SOON;

    while (anonid_status_state(agent->table, slot) != state) {
        if (apr_time_now() > deadline)
            fail_msg("slot %d is in state %d, not %d", slot,
                     (int)anonid_status_state(agent->table, slot), (int)state);
        apr_sleep(LINE_WAIT);
    }
}

/* ---- as a worker or anonidctl ---- */

void agent_connect(agent_t *agent, const char *name, anonid_channel_t *peer)
{
    assert_int_equal(anonid_channel_connect(peer, path_of(agent, name),
                                            ANONID_CTL_REPLY_MAX, SOON),
                     APR_SUCCESS);
}

int agent_ask(agent_t *agent, uint16_t type, const char *account,
              const char **text)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_channel_t peer;
    anonid_frame_t answer;
    uint16_t tag = ANONID_TAG_TEXT;
    int code;

    agent_connect(agent, "control.sock", &peer);
    anonid_writer_begin(&w, type, 0, 7);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, account);
    assert_int_equal(anonid_writer_end(&w), 1);
    assert_int_equal(anonid_channel_send(&peer, &w, NULL, 0, SOON),
                     APR_SUCCESS);
    anonid_writer_free(&w);
    assert_int_equal(anonid_channel_receive(&peer, &answer, SOON),
                     APR_SUCCESS);
    assert_int_equal(answer.id, 7);
    code = (int)anonid_frame_u32(&answer, ANONID_TAG_CODE, UINT32_MAX);
    if (answer.type == ANONID_MSG_STATUS_REPLY)
        code = -1;
    if (text)
        *text = anonid_frame_text(&answer, tag, agent->pool);
    anonid_channel_close(&peer);
    return code;
}

void assert_cut(anonid_channel_t *peer, apr_interval_time_t within)
{
    anonid_frame_t frame;
    apr_status_t rv = anonid_channel_receive(peer, &frame, within);

    assert_true(APR_STATUS_IS_EOF(rv) || APR_STATUS_IS_ECONNRESET(rv));
    anonid_channel_close(peer);
}
