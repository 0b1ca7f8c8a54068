/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients of IMAP and POP3 for t/bench/listeners: one process, one loop, no
 * copy of what is read, so that they are never what is measured.
 *
 *   mail_load logins imap|pop3 PORT USER PASSWORD AT-ONCE COUNT
 *   mail_load read imap PORT USER PASSWORD AT-ONCE COUNT
 *   mail_load idle imap PORT USER PASSWORD AT-ONCE COUNT
 *
 * logins: logs on and closes; prints logins per second. read: logs on and
 * fetches the whole of INBOX; prints octets per second. idle: logs on and
 * stays until standard input ends; prints "ready" when all are logged on.
 * AT-ONCE connections are under way at any time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TAIL 1024
#define CHUNK (256 * 1024)
#define STEPS_MAX 5

/* Says something, once the last line that came begins so. */
typedef struct {
    const char *await;
    char say[256];
} step_t;

typedef struct {
    int fd;
    struct event *event;
    const step_t *step;
    char tail[TAIL + 8]; /* the end of what has come, and NULs */
    size_t length;
} client_t;

static struct event_base *base;
static step_t steps[STEPS_MAX + 1]; /* the last one says nothing */
static struct sockaddr_in address;
static int stays;
static long left, done, wanted;
static unsigned long long octets;

static void fail(const char *what)
{
    fprintf(stderr, "mail_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- what is said ---- */

static step_t *add_step(step_t *step, const char *await, const char *format,
                        const char *argument, const char *other)
{
    step->await = await;
    snprintf(step->say, sizeof(step->say), format, argument, other);
    return step + 1;
}

static void make_steps(int pop3, int reads, const char *user,
                       const char *password)
{
    step_t *step = steps;

    if (pop3) {
        step = add_step(step, "+OK", "USER %s\r\n", user, "");
        step = add_step(step, "+OK", "PASS %s\r\n", password, "");
        step->await = "+OK";
        return;
    }
    step = add_step(step, "* OK", "a LOGIN %s %s\r\n", user, password);
    if (reads) {
        step = add_step(step, "a OK", "%s%s", "b EXAMINE INBOX\r\n", "");
        step =
            add_step(step, "b OK", "%s%s", "c FETCH 1:* BODY.PEEK[]\r\n", "");
    }
    step->await = reads ? "c OK" : "a OK";
}

/* ---- clients ---- */

static void open_client(void);

static void end_client(client_t *client)
{
    done++;
    event_free(client->event);
    client->event = NULL;
    if (!stays) {
        close(client->fd);
        free(client);
    }
    if (left > 0)
        open_client();
    else if (done == wanted)
        event_base_loopbreak(base);
}

/* The last line that came, if it is whole; NULL otherwise. */
static const char *last_line(const client_t *client)
{
    const char *end = client->tail + client->length;
    const char *lf;

    if (client->length == 0 || end[-1] != '\n')
        return NULL;
    lf = memrchr(client->tail, '\n', client->length - 1);
    return lf ? lf + 1 : client->tail;
}

static void keep_tail(client_t *client, const char *data, size_t length)
{
    size_t keep = length < TAIL ? TAIL - length : 0;

    if (length > TAIL) {
        data += length - TAIL;
        length = TAIL;
    }
    if (client->length > keep) {
        memmove(client->tail, client->tail + client->length - keep, keep);
        client->length = keep;
    }
    memcpy(client->tail + client->length, data, length);
    client->length += length;
    memset(client->tail + client->length, 0, 8);
}

static void refused(const client_t *client)
{
    fprintf(stderr, "mail_load: refused: %s", client->tail);
    exit(1);
}

static void go_on(client_t *client)
{
    const char *line = last_line(client);
    const step_t *step = client->step;

    if (!line)
        return;
    if (memmem(line, 6, " NO ", 4) || memcmp(line, "-ERR", 4) == 0)
        refused(client);
    if (strncmp(line, step->await, strlen(step->await)) != 0)
        return;
    client->length = 0;
    if (!*step->say) {
        end_client(client);
        return;
    }
    client->step++;
    if (write(client->fd, step->say, strlen(step->say)) < 0)
        fail("write");
}

static void on_event(evutil_socket_t fd, short what, void *context)
{
    static char data[CHUNK];
    client_t *client = context;
    ssize_t n = recv(fd, data, sizeof(data), 0);

    (void)what;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        fprintf(stderr, "mail_load: closed after '%s'\n", client->tail);
        exit(1);
    }
    octets += (unsigned long long)n;
    keep_tail(client, data, (size_t)n);
    go_on(client);
}

static void open_client(void)
{
    client_t *client = calloc(1, sizeof(*client));
    int on = 1;

    left--;
    if (!client)
        fail("calloc");
    client->step = steps;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0
        || connect(client->fd, (struct sockaddr *)&address, sizeof(address))
               != 0
        || evutil_make_socket_nonblocking(client->fd) != 0)
        fail("connect");
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    client->event =
        event_new(base, client->fd, EV_READ | EV_PERSIST, on_event, client);
    if (!client->event || event_add(client->event, NULL) != 0)
        fail("event");
}

/* ---- runs ---- */

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("setrlimit");
}

static void wait_for_end(void)
{
    char octet;

    printf("ready\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &octet, 1) > 0)
        continue;
}

int main(int argc, char **argv)
{
    double start;
    int reads;

    if (argc != 8) {
        fprintf(stderr, "usage: see mail_load.c\n");
        return 2;
    }
    reads = strcmp(argv[1], "read") == 0;
    stays = strcmp(argv[1], "idle") == 0;
    make_steps(strcmp(argv[2], "pop3") == 0, reads, argv[4], argv[5]);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)atoi(argv[3]));
    left = wanted = atol(argv[7]);
    raise_limit();
    signal(SIGPIPE, SIG_IGN);
    base = event_base_new();
    start = now();
    for (long i = atol(argv[6]); i > 0 && left > 0; i--)
        open_client();
    event_base_dispatch(base);
    if (stays)
        wait_for_end();
    else
        printf("%.1f\n", (double)(reads ? octets : (unsigned long long)done)
                             / (now() - start));
    return 0;
}
