/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What peers may send to the agent: frames of a parent, a worker and
 * anonidctl, through the agent's own tables and handlers. Logons run in a
 * world of their own and always fail, so nothing is ever sent anywhere.
 *
 *   input  = record*
 *   record = kind (1 octet) length (2 octets, big-endian) octets
 *   kind   = 0 a parent's frames, 1 a worker's octets, 2 the same with a
 *            descriptor, 3 anonidctl's octets; others count modulo 4
 */
#include "../unit/logon_world.h"

#include "agent/request/clients.h"
#include "agent/control/control.h"
#include "agent/base/log.h"
#include "agent/submission/submission.h"
#include "common/channel.h"
#include "common/protocol.h"

#include <apr_general.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LOOPS 4
#define FILE_TEXT "alice:$1$gPqnARwy$Dep68sWOiW48cOGN3ukej/\nbob:!\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event_base *base;
static struct sockaddr_un worker_address, ctl_address;
static int hello_fds[4], n_hello_fds;

static void quiet(anonid_log_level_t level, const char *line)
{
    (void)level;
    (void)line;
}

/* A listening socket at an address that the kernel chooses (autobind). */
static int listen_anywhere(struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = sizeof(*address);

    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    if (bind(fd, (struct sockaddr *)address, sizeof(sa_family_t)) != 0
        || getsockname(fd, (struct sockaddr *)address, &length) != 0
        || listen(fd, 16) != 0)
        abort();
    return fd;
}

/* A folder that is gone: nothing can be kept in it. */
static int open_nowhere(void)
{
    char path[] = "/tmp/fuzz-agent-XXXXXX";
    int fd;

    if (!mkdtemp(path))
        abort();
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rmdir(path);
    return fd;
}

static int take_hello_fd(void)
{
    return hello_fds[n_hello_fds++];
}

static int make_file(void)
{
    int fd = memfd_create("file", MFD_CLOEXEC);

    if (write(fd, FILE_TEXT, strlen(FILE_TEXT)) < 0)
        abort();
    return fd;
}

/* What the frame that is being dispatched has brought. */
static int n_brought;

static int take_brought(void)
{
    return n_brought-- > 0 ? make_file() : -1;
}

static void say_hello(void)
{
    const anonid_status_table_t *table;
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_frame_t frame;
    size_t consumed;

    if (anonid_status_create(&table, &hello_fds[0]) != APR_SUCCESS)
        abort();
    hello_fds[1] = listen_anywhere(&worker_address);
    hello_fds[2] = listen_anywhere(&ctl_address);
    hello_fds[3] = open_nowhere();
    anonid_writer_begin(&w, ANONID_MSG_HELLO, 4, 0);
    anonid_writer_u32(&w, ANONID_TAG_WORKER_UID, getuid());
    if (!anonid_writer_end(&w)
        || anonid_wire_decode(w.data, w.length, ANONID_CONTROL_MAX, &frame,
                              &consumed)
               != ANONID_PARSE_OK
        || anonid_control_dispatch(&frame, take_hello_fd))
        abort();
    anonid_writer_free(&w);
}

static void start(void)
{
    if (apr_initialize() != APR_SUCCESS)
        abort();
    anonid_log_set_sink(quiet);
    base = event_base_new();
    if (!base || anonid_mail_start(base) != APR_SUCCESS)
        abort();
    anonid_control_use(base);
    world_join();
    world.answer_kind = -1;
    world.answer = ANONID_LOGON_FAILURE;
    say_hello();
}

/* The frames of a parent, until one is bad. */
static void as_parent(const uint8_t *data, size_t size)
{
    anonid_frame_t frame;
    size_t consumed;

    while (
        anonid_wire_decode(data, size, ANONID_CONTROL_MAX, &frame, &consumed)
        == ANONID_PARSE_OK) {
        n_brought = frame.nfds;
        if (frame.type != ANONID_MSG_HELLO)
            (void)anonid_control_dispatch(&frame, take_brought);
        world_run_all();
        data += consumed;
        size -= consumed;
    }
}

static void turn_loop(void)
{
    for (int i = 0; i < LOOPS; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
    world_run_all();
}

/* Those octets on a connection, with a descriptor or without. */
static void as_client(const struct sockaddr_un *address, const uint8_t *data,
                      size_t size, int with_fd)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int file = with_fd ? make_file() : -1;
    socklen_t length = sizeof(sa_family_t) + 6; /* autobind: NUL, 5 digits */
    anonid_writer_t w = { (unsigned char *)data, size, size, 0 };
    anonid_channel_t channel;

    if (connect(fd, (const struct sockaddr *)address, length) != 0)
        abort();
    anonid_channel_open(&channel, fd, ANONID_CTL_REPLY_MAX,
                        ANONID_CTL_REPLY_MAX);
    (void)anonid_channel_send(&channel, &w, &file, with_fd,
                              apr_time_from_msec(1));
    turn_loop();
    anonid_channel_close(&channel);
    turn_loop();
    if (file >= 0)
        close(file);
}

static void take_record(int kind, const uint8_t *data, size_t size)
{
    if (kind == 0)
        as_parent(data, size);
    else if (kind == 3)
        as_client(&ctl_address, data, size, 0);
    else
        as_client(&worker_address, data, size, kind == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!base)
        start();
    while (size >= 3) {
        int kind = data[0] & 3;
        size_t length = (size_t)data[1] << 8 | data[2];

        data += 3;
        size -= 3;
        if (length > size)
            length = size;
        take_record(kind, data, length);
        data += length;
        size -= length;
    }
    anonid_registry_clear();
    world_run_all();
    return 0;
}
