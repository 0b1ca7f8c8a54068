/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peers of a real agent that do not keep the rules: strangers, garbage, frames
 * of others, too many descriptors, too slow, too many; and a parent that does
 * not keep them. The agent goes on with everybody else.
 */
#include "unit.h"

#include "agent_driver.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE apr_time_from_sec(5)
#define NOBODY 65534

static agent_t *agent;

static int start(void **state)
{
    (void)state;
    agent = agent_start();
    agent_configure(agent, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    agent_free(agent);
    return 0;
}

/* The agent is well: it answers, and has not been replaced. */
static void assert_well(void)
{
    assert_int_equal(agent_ask(agent, ANONID_MSG_STATUS, NULL, NULL), -1);
}

static void send_octets(anonid_channel_t *peer, const void *octets,
                        size_t length)
{
    assert_int_equal(write(peer->fd, octets, length), length);
}

/* A frame without fields. */
static void send_bare(anonid_channel_t *peer, uint16_t type, const int *fds,
                      int nfds)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, type, (uint8_t)nfds, 0);
    assert_int_equal(anonid_writer_end(&w), 1);
    assert_int_equal(anonid_channel_send(peer, &w, fds, nfds, AT_ONCE),
                     APR_SUCCESS);
    anonid_writer_free(&w);
}

static void garbage_is_cut_off(void **state)
{
    static const char *const names[] = { "agent.sock", "control.sock" };
    anonid_channel_t peer;

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        agent_connect(agent, names[i], &peer);
        send_octets(&peer, "GET / HTTP/1.1\r\n\r\n", 18);
        assert_cut(&peer, AT_ONCE);
    }
    assert_well();
}

static void frames_over_the_limit_are_cut_off(void **state)
{
    static const unsigned char huge[ANONID_WIRE_HEADER] = {
        'A',  'N',  'I', ANONID_WIRE_VERSION, 0x7f, 0xff,
        0xff, 0xff, 0,   ANONID_MSG_STATUS
    };
    anonid_channel_t peer;

    (void)state;
    agent_connect(agent, "control.sock", &peer);
    send_octets(&peer, huge, sizeof(huge));
    assert_cut(&peer, AT_ONCE);
    assert_well();
}

static void nobody_may_send_what_is_not_his(void **state)
{
    static const struct {
        const char *name;
        uint16_t type;
    } wrong[] = {
        { "agent.sock", ANONID_MSG_STATUS },
        { "agent.sock", ANONID_MSG_ROTATE },
        { "agent.sock", ANONID_MSG_CONFIG_BEGIN },
        { "agent.sock", ANONID_MSG_SUBMITTED },
        { "agent.sock", 999 },
        { "control.sock", ANONID_MSG_VERIFIER_STORED },
        { "control.sock", ANONID_MSG_CONFIG_END },
        { "control.sock", ANONID_MSG_CTL_REPLY },
    };
    anonid_channel_t peer;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        agent_connect(agent, wrong[i].name, &peer);
        send_bare(&peer, wrong[i].type, NULL, 0);
        assert_cut(&peer, AT_ONCE);
    }
    assert_well();
}

static void descriptors_must_be_as_many_as_announced(void **state)
{
    const int fds[] = { 0, 0, 0, 0 };
    anonid_channel_t peer;

    (void)state;
    agent_connect(agent, "agent.sock", &peer);
    send_bare(&peer, ANONID_MSG_SUBMIT, NULL, 0);
    assert_cut(&peer, AT_ONCE);
    agent_connect(agent, "agent.sock", &peer);
    send_bare(&peer, ANONID_MSG_SUBMIT, fds, 4);
    assert_cut(&peer, AT_ONCE);
    assert_well();
}

/* A frame that is never finished. */
static void who_is_too_slow_is_cut_off(void **state)
{
    anonid_channel_t worker, ctl;

    (void)state;
    agent_connect(agent, "agent.sock", &worker);
    agent_connect(agent, "control.sock", &ctl);
    send_octets(&worker, "ANI", 3);
    assert_cut(&worker, apr_time_from_sec(15));
    assert_cut(&ctl, apr_time_from_sec(15));
    assert_well();
}

/* The status of a child that connects as nobody: 0 if it was cut at once. */
static int connect_as_nobody(const char *name)
{
    anonid_channel_t peer;
    anonid_frame_t frame;
    char path[128];
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        snprintf(path, sizeof(path), "%s/%s", agent->dir, name);
        if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0
            || anonid_channel_connect(&peer, path, ANONID_CTL_MAX, AT_ONCE)
                   != APR_SUCCESS)
            _exit(2);
        _exit(anonid_channel_receive(&peer, &frame, AT_ONCE) == APR_EOF ? 0
                                                                        : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void strangers_are_refused(void **state)
{
    (void)state;
    RETURN_UNLESS_ROOT();
    assert_int_equal(connect_as_nobody("agent.sock"), 0);
    assert_int_equal(connect_as_nobody("control.sock"), 0);
    assert_well();
    agent_expect_silence(agent);
    assert_true(agent_said(agent, "ANID0043"));
    assert_true(agent_said(agent, "uid 65534"));
}

/* As a worker: 1 if the agent answers. */
static int redeem(anonid_channel_t *peer)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_frame_t answer;
    apr_status_t rv;

    anonid_writer_begin(&w, ANONID_MSG_REDEEM, 0, 0);
    anonid_writer_text(&w, ANONID_TAG_TOKEN, "no token");
    assert_int_equal(anonid_writer_end(&w), 1);
    rv = anonid_channel_send(peer, &w, NULL, 0, AT_ONCE);
    anonid_writer_free(&w);
    return rv == APR_SUCCESS
           && anonid_channel_receive(peer, &answer, AT_ONCE) == APR_SUCCESS
           && answer.type == ANONID_MSG_REDEEMED;
}

static void workers_may_ask_more_than_once(void **state)
{
    anonid_channel_t peer;

    (void)state;
    agent_connect(agent, "agent.sock", &peer);
    for (int i = 0; i < 3; i++)
        assert_true(redeem(&peer));
    anonid_channel_close(&peer);
}

/* A child that takes so many connections and sends half a frame on each, until
 * its standard input, the end that is returned, is closed. */
static int hoard(int connections)
{
    int done[2], end[2];
    char octet;
    pid_t pid;

    assert_int_equal(pipe(done), 0);
    assert_int_equal(pipe(end), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(end[1]);
        while (connections-- > 0) {
            anonid_channel_t peer;

            agent_connect(agent, "agent.sock", &peer);
            (void)!write(peer.fd, "ANI", 3);
        }
        (void)!write(done[1], "", 1);
        (void)!read(end[0], &octet, 1);
        _exit(0);
    }
    close(done[1]);
    close(end[0]);
    assert_int_equal(read(done[0], &octet, 1), 1);
    close(done[0]);
    return end[1];
}

static void a_process_has_its_share(void **state)
{
    static anonid_channel_t peers[ANONID_WORKER_SHARE];
    anonid_channel_t more;
    int end;

    (void)state;
    for (size_t i = 0; i < COUNT(peers); i++) {
        agent_connect(agent, "agent.sock", &peers[i]);
        assert_true(redeem(&peers[i]));
    }
    agent_connect(agent, "agent.sock", &more);
    assert_false(redeem(&more));
    anonid_channel_close(&more);
    assert_true(redeem(&peers[0]));
    end = hoard(1);
    assert_well();
    close(end);
    for (size_t i = 0; i < COUNT(peers); i++)
        anonid_channel_close(&peers[i]);
    assert_well();
    agent_expect_silence(agent);
    assert_true(agent_said(agent, "ANID0047"));
    assert_int_equal(
        anonid_status_count(agent->table, ANONID_COUNT_connections_refused),
        1);
}

/* All places are taken, by those who ask for nothing: there is room. */
static void who_asks_for_nothing_makes_room(void **state)
{
    int ends[ANONID_WORKERS_MAX / ANONID_WORKER_SHARE + 1];
    anonid_channel_t peer;

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++)
        ends[i] = hoard(ANONID_WORKER_SHARE);
    agent_connect(agent, "agent.sock", &peer);
    assert_true(redeem(&peer));
    anonid_channel_close(&peer);
    for (size_t i = 0; i < COUNT(ends); i++)
        close(ends[i]);
    assert_well();
}

/* Also where it has all of them already. */
static void root_has_places_of_its_own(void **state)
{
    anonid_channel_t peers[16];

    (void)state;
    RETURN_UNLESS_ROOT();
    for (size_t i = 0; i < COUNT(peers); i++)
        agent_connect(agent, "control.sock", &peers[i]);
    assert_well();
    for (size_t i = 0; i < COUNT(peers); i++)
        anonid_channel_close(&peers[i]);
}

static void anonidctl_may_ask_more_than_once(void **state)
{
    anonid_channel_t peer;
    anonid_frame_t answer;

    (void)state;
    agent_connect(agent, "control.sock", &peer);
    for (int i = 0; i < 3; i++) {
        send_bare(&peer, ANONID_MSG_STATUS, NULL, 0);
        assert_int_equal(anonid_channel_receive(&peer, &answer, AT_ONCE),
                         APR_SUCCESS);
        assert_int_equal(answer.type, ANONID_MSG_STATUS_REPLY);
    }
    anonid_channel_close(&peer);
}

static void requests_without_a_known_account_are_answered(void **state)
{
    (void)state;
    assert_int_equal(agent_ask(agent, ANONID_MSG_ROTATE, "nobody", NULL),
                     1317);
    assert_int_equal(agent_ask(agent, ANONID_MSG_LOGON, NULL, NULL), 1317);
}

static void a_request_goes_when_its_asker_goes(void **state)
{
    anonid_account_t *alice = agent_account(agent, "alice", 0);
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_channel_t peer;
    anonid_frame_t frame;

    (void)state;
    agent_configure(agent, alice, NULL);
    agent_connect(agent, "control.sock", &peer);
    anonid_writer_begin(&w, ANONID_MSG_LOGON, 0, 0);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, "alice");
    assert_int_equal(anonid_writer_end(&w), 1);
    assert_int_equal(anonid_channel_send(&peer, &w, NULL, 0, AT_ONCE),
                     APR_SUCCESS);
    anonid_writer_free(&w);
    agent_expect(agent, ANONID_MSG_LOOK, &frame);
    anonid_channel_close(&peer);
    agent_account_file(agent, "");
    agent_secret(agent, "alice", "x");
    agent_expect(agent, ANONID_MSG_LOGON_WARNING, &frame);
    assert_well();
}

/* ---- the supervisor ---- */

static int start_bare(void **state)
{
    (void)state;
    agent = agent_start_bare();
    return 0;
}

/* Log lines may come first. */
static void assert_left(void)
{
    anonid_frame_t frame;
    apr_status_t rv;

    do
        rv = anonid_channel_receive(&agent->control, &frame, SOON);
    while (rv == APR_SUCCESS);
    assert_true(APR_STATUS_IS_EOF(rv) || APR_STATUS_IS_ECONNRESET(rv));
}

/* It goes on with the next one, whom it tells about the one before. */
static void assert_left_for_the_next_one(const char *why)
{
    assert_left();
    agent_next_supervisor(agent);
    agent_hello(agent);
    agent_configure(agent, NULL);
    assert_true(agent_said(agent, "ANID0044: The supervisor was left: "));
    assert_true(agent_said(agent, why));
}

static void a_supervisor_that_speaks_nonsense_is_left(void **state)
{
    (void)state;
    send_octets(&agent->control, "nonsense nonsense", 17);
    assert_left_for_the_next_one("malformed frame");
}

static void a_supervisor_must_say_hello_first(void **state)
{
    (void)state;
    send_bare(&agent->control, ANONID_MSG_CONFIG_BEGIN, NULL, 0);
    assert_left_for_the_next_one("a message before HELLO");
}

static void hello_must_bring_its_descriptors(void **state)
{
    const int fds[] = { agent->worker_fd, agent->worker_fd, agent->ctl_fd,
                        agent->ctl_fd };

    (void)state;
    send_bare(&agent->control, ANONID_MSG_HELLO, fds, 4);
    assert_left();
}

/* The next one cannot know how far the one before has come. */
static void each_supervisor_says_hello(void **state)
{
    anonid_account_t *alice = agent_account(agent, "alice", 0);

    (void)state;
    agent_configure(agent, alice, NULL);
    agent_next_supervisor(agent);
    agent_hello(agent);
    agent_configure(agent, alice, NULL);
    assert_int_equal(agent_ask(agent, ANONID_MSG_STATUS, "alice", NULL), -1);
}

/* It was killed in the middle of a frame, and of a configuration. */
static void half_a_frame_does_no_harm(void **state)
{
    anonid_account_t *alice = agent_account(agent, "alice", 0);
    anonid_writer_t w = ANONID_WRITER_INIT;

    (void)state;
    agent_configure(agent, NULL);
    send_bare(&agent->control, ANONID_MSG_CONFIG_BEGIN, NULL, 0);
    assert_int_equal(anonid_account_encode(&w, alice), 1);
    assert_int_equal(anonid_writer_end(&w), 1);
    send_octets(&agent->control, (const char *)w.data, w.length / 2);
    anonid_writer_free(&w);
    agent_next_supervisor(agent);
    agent_hello(agent);
    agent_configure(agent, alice, NULL);
    assert_int_equal(agent_ask(agent, ANONID_MSG_STATUS, "alice", NULL), -1);
}

/* While there is no supervisor nothing is forgotten. The agent finds all at
 * once: the secret, and that nobody is there any more. */
static void what_nobody_heard_is_said_to_the_next_one(void **state)
{
    anonid_account_t *alice = agent_account(agent, "alice", 0);
    anonid_frame_t frame;

    (void)state;
    agent_configure(agent, alice, NULL);
    assert_int_equal(kill(agent->pid, SIGSTOP), 0);
    agent_account_file(agent, "nobody:x\n");
    agent_secret(agent, "alice", "word");
    anonid_channel_close(&agent->control);
    assert_int_equal(kill(agent->pid, SIGCONT), 0);
    agent_await_state(agent, alice->slot, ANONID_STATE_FAILED);
    agent_next_supervisor(agent);
    agent_expect(agent, ANONID_MSG_LOGON_WARNING, &frame);
    assert_string_equal(
        anonid_frame_text(&frame, ANONID_TAG_ACCOUNT, agent->pool), "alice");
}

static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
#define BARE(name) cmocka_unit_test_setup_teardown(name, start_bare, end)
    TEST(garbage_is_cut_off),
    TEST(frames_over_the_limit_are_cut_off),
    TEST(nobody_may_send_what_is_not_his),
    TEST(descriptors_must_be_as_many_as_announced),
    TEST(who_is_too_slow_is_cut_off),
    TEST(strangers_are_refused),
    TEST(workers_may_ask_more_than_once),
    TEST(a_process_has_its_share),
    TEST(who_asks_for_nothing_makes_room),
    TEST(root_has_places_of_its_own),
    TEST(anonidctl_may_ask_more_than_once),
    TEST(requests_without_a_known_account_are_answered),
    TEST(a_request_goes_when_its_asker_goes),
    BARE(a_supervisor_that_speaks_nonsense_is_left),
    BARE(a_supervisor_must_say_hello_first),
    BARE(hello_must_bring_its_descriptors),
    TEST(each_supervisor_says_hello),
    TEST(half_a_frame_does_no_harm),
    TEST(what_nobody_heard_is_said_to_the_next_one),
#undef TEST
#undef BARE
};

/* The tests open more connections than a process may by default. */
static void allow_many_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(void)
{
    allow_many_descriptors();
    return cmocka_run_group_tests_name("clients", tests, unit_setup,
                                       unit_teardown);
}
