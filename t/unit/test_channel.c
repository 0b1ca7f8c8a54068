/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels: frames and descriptors over a socketpair, from peers that keep
 * the rules and from peers that do not.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/channel.h"
#include "common/monotonic.h"
#include "common/protocol.h"

#define LIMIT 4096
#define SOON apr_time_from_sec(5)

static anonid_channel_t here, there;

static int open_pair(void **state)
{
    int fds[2];

    (void)state;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        return -1;
    anonid_channel_open(&here, fds[0], LIMIT, LIMIT);
    anonid_channel_open(&there, fds[1], LIMIT, LIMIT);
    return 0;
}

static int close_pair(void **state)
{
    (void)state;
    anonid_channel_close(&here);
    anonid_channel_close(&there);
    return 0;
}

static void send_log(const char *text, const int *fds, int nfds)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    anonid_writer_begin(&w, ANONID_MSG_LOG, (uint8_t)nfds, 0);
    anonid_writer_text(&w, ANONID_TAG_TEXT, text);
    assert_int_equal(anonid_writer_end(&w), 1);
    assert_int_equal(anonid_channel_send(&here, &w, fds, nfds, SOON),
                     APR_SUCCESS);
    anonid_writer_free(&w);
}

static void assert_receives(const char *text)
{
    anonid_frame_t frame;

    assert_int_equal(anonid_channel_receive(&there, &frame, SOON),
                     APR_SUCCESS);
    assert_string_equal(anonid_frame_text(&frame, ANONID_TAG_TEXT, pool),
                        text);
}

static void frames_arrive_in_order(void **state)
{
    (void)state;
    send_log("one", NULL, 0);
    send_log("two", NULL, 0);
    assert_receives("one");
    assert_receives("two");
}

static int is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void descriptors_belong_to_their_frame(void **state)
{
    int ends[2], got;
    char c = 0;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    send_log("none", NULL, 0);
    send_log("one", ends, 1);
    assert_receives("none");
    assert_int_equal(anonid_channel_take_fd(&there), -1);
    assert_receives("one");
    got = anonid_channel_take_fd(&there);
    assert_true(got >= 0);
    assert_int_equal(fcntl(got, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(read(got, &c, 1), 1);
    assert_int_equal(c, 'x');
    close(got);
    close(ends[0]);
    close(ends[1]);
}

static void a_descriptor_not_taken_is_closed(void **state)
{
    int ends[2], probe;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    probe = dup(0); /* the number that the next new descriptor gets */
    close(probe);
    send_log("with", ends, 1);
    assert_receives("with");
    assert_true(is_open(probe));
    send_log("without", NULL, 0);
    assert_receives("without");
    assert_false(is_open(probe));
    close(ends[0]);
    close(ends[1]);
}

static void a_frame_without_its_descriptor_is_bad(void **state)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_frame_t frame;

    (void)state;
    anonid_writer_begin(&w, ANONID_MSG_LOG, 1, 0);
    assert_int_equal(anonid_writer_end(&w), 1);
    assert_int_equal(anonid_channel_send(&here, &w, NULL, 0, SOON),
                     APR_SUCCESS);
    assert_int_equal(anonid_channel_receive(&there, &frame, SOON), APR_EINVAL);
    anonid_writer_free(&w);
}

static void hoarding_descriptors_is_refused(void **state)
{
    int ends[2];
    int many[ANONID_WIRE_MAX_FDS];
    apr_status_t rv = APR_SUCCESS;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < ANONID_WIRE_MAX_FDS; i++)
        many[i] = ends[0];
    /* Half a frame each time: nothing can be decoded, all is hoarded. */
    for (int i = 0; i < 8 && rv == APR_SUCCESS; i++) {
        anonid_writer_t w = ANONID_WRITER_INIT;

        anonid_writer_begin(&w, ANONID_MSG_LOG, ANONID_WIRE_MAX_FDS, 0);
        assert_int_equal(anonid_writer_end(&w), 1);
        w.length = i == 0 ? 8 : 1;
        assert_int_equal(
            anonid_channel_send(&here, &w, many, ANONID_WIRE_MAX_FDS, SOON),
            APR_SUCCESS);
        anonid_writer_free(&w);
        rv = anonid_channel_fill(&there);
    }
    assert_int_equal(rv, APR_ENOSPC);
    close(ends[0]);
    close(ends[1]);
}

static void silence_ends_at_the_deadline(void **state)
{
    anonid_frame_t frame;

    (void)state;
    assert_int_equal(
        anonid_channel_receive(&there, &frame, apr_time_from_msec(20)),
        APR_TIMEUP);
}

static void a_closed_peer_is_end_of_file(void **state)
{
    anonid_frame_t frame;

    (void)state;
    send_log("last", NULL, 0);
    anonid_channel_close(&here);
    assert_receives("last");
    assert_int_equal(anonid_channel_receive(&there, &frame, SOON), APR_EOF);
}

static void a_full_queue_is_refused_and_nothing_is_lost(void **state)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_frame_t frame;
    static char text[1500];
    int queued = 0, received = 0;
    apr_status_t rv;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    anonid_writer_begin(&w, ANONID_MSG_LOG, 0, 0);
    anonid_writer_text(&w, ANONID_TAG_TEXT, text);
    assert_int_equal(anonid_writer_end(&w), 1);
    do {
        rv = anonid_channel_queue(&here, &w, NULL, 0);
        queued += rv != APR_ENOSPC;
    } while (rv != APR_ENOSPC);
    while (received < queued) {
        (void)anonid_channel_flush(&here);
        assert_receives(text);
        received++;
    }
    anonid_channel_close(&here);
    assert_int_equal(anonid_channel_receive(&there, &frame, SOON), APR_EOF);
    anonid_writer_free(&w);
}

static apr_status_t queue_log(const char *text, const int *fds, int nfds)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    apr_status_t rv;

    anonid_writer_begin(&w, ANONID_MSG_LOG, (uint8_t)nfds, 0);
    anonid_writer_text(&w, ANONID_TAG_TEXT, text);
    assert_int_equal(anonid_writer_end(&w), 1);
    rv = anonid_channel_queue(&here, &w, fds, nfds);
    anonid_writer_free(&w);
    return rv;
}

/* They may be closed here as soon as they are queued. */
static void queued_descriptors_belong_to_their_frame(void **state)
{
    static char text[1500];
    int ends[2], got, queued = 0;
    char c = 0;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    here.out_max = 1 << 20;
    assert_int_equal(pipe(ends), 0);
    do
        queued++;
    while (queue_log(text, NULL, 0) == APR_SUCCESS);
    assert_int_equal(queue_log("with", &ends[0], 1), APR_EAGAIN);
    assert_int_equal(queue_log("too soon", &ends[0], 1), APR_ENOSPC);
    assert_int_equal(queue_log("without", NULL, 0), APR_EAGAIN);
    close(ends[0]);
    for (int i = 0; i < queued; i++) {
        (void)anonid_channel_flush(&here);
        assert_receives(text);
        assert_int_equal(anonid_channel_take_fd(&there), -1);
    }
    assert_int_equal(anonid_channel_flush(&here), APR_SUCCESS);
    assert_receives("with");
    got = anonid_channel_take_fd(&there);
    assert_true(got >= 0);
    assert_receives("without");
    assert_int_equal(anonid_channel_take_fd(&there), -1);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(read(got, &c, 1), 1);
    close(got);
    close(ends[1]);
    assert_int_equal(queue_log("again", &ends[1], 1), EBADF);
}

static apr_time_t turned;

apr_time_t __wrap_apr_time_now(void);

/* A clock that somebody sets an hour ahead at each look. */
apr_time_t __wrap_apr_time_now(void)
{
    turned += apr_time_from_sec(3600);
    return turned;
}

static void a_turned_clock_ends_no_wait(void **state)
{
    const apr_interval_time_t patience = apr_time_from_msec(100);
    apr_time_t begun = anonid_monotonic_now();
    anonid_frame_t frame;

    (void)state;
    assert_int_equal(anonid_channel_receive(&there, &frame, patience),
                     APR_TIMEUP);
    assert_true(anonid_monotonic_now() - begun >= patience);
}

static void the_peer_is_known(void **state)
{
    anonid_peer_t peer;

    (void)state;
    assert_int_equal(anonid_channel_peer(there.fd, &peer), APR_SUCCESS);
    assert_int_equal(peer.pid, getpid());
    assert_int_equal(peer.uid, getuid());
}

#define PAIRED(test)                                                          \
    cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIRED(frames_arrive_in_order),
        PAIRED(descriptors_belong_to_their_frame),
        PAIRED(a_descriptor_not_taken_is_closed),
        PAIRED(a_frame_without_its_descriptor_is_bad),
        PAIRED(hoarding_descriptors_is_refused),
        PAIRED(silence_ends_at_the_deadline),
        PAIRED(a_closed_peer_is_end_of_file),
        PAIRED(a_full_queue_is_refused_and_nothing_is_lost),
        PAIRED(queued_descriptors_belong_to_their_frame),
        PAIRED(a_turned_clock_ends_no_wait),
        PAIRED(the_peer_is_known),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
