/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that speaks to the agent as httpd's workers do, without being
 * one: what a CGI program can do that runs as httpd's User.
 *
 *   hostile_worker UID GID SOCKET SENDER
 *
 * reads commands from standard input, words separated by tabs, and answers
 * each with a line:
 *
 *   submit ACCOUNT SERVICE ALIAS OCTETS   the result's number and its detail
 *   start  ACCOUNT SERVICE ALIAS OCTETS   "started": the answer is not read
 *   halves N                              "halves": N connections with half
 *                                         a frame each, which stay open
 */
#include "common/channel.h"
#include "common/protocol.h"

#include <apr_general.h>
#include <err.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATIENCE apr_time_from_sec(60)
#define WORDS 5

static const char *socket_path, *sender;
static apr_pool_t *pool;

/* A good message of about that many octets, sealed. */
static int make_message(long octets)
{
    static const char line[] = "This line stands here very many times.\r\n";
    FILE *file;
    int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    file = fd >= 0 ? fdopen(dup(fd), "w") : NULL;
    if (!file)
        err(1, "memfd");
    fprintf(file, "From: <%s>\r\nSubject: Gotcha\r\n\r\n", sender);
    for (long n = 0; n < octets; n += (long)sizeof(line) - 1)
        fputs(line, file);
    if (fclose(file) != 0
        || fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)
               != 0)
        err(1, "message");
    return fd;
}

static void connect_to_agent(anonid_channel_t *channel)
{
    if (anonid_channel_connect(channel, socket_path, ANONID_WORKER_MAX,
                               PATIENCE)
        != APR_SUCCESS)
        err(1, "%s", socket_path);
}

static void ask(anonid_channel_t *channel, char *const words[])
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    int fd = make_message(atol(words[4]));

    connect_to_agent(channel);
    anonid_writer_begin(&w, ANONID_MSG_SUBMIT, 1, 1);
    anonid_writer_text(&w, ANONID_TAG_ACCOUNT, words[1]);
    anonid_writer_text(&w, ANONID_TAG_SERVICE, words[2]);
    anonid_writer_text(&w, ANONID_TAG_ALIAS, words[3]);
    anonid_writer_text(&w, ANONID_TAG_CLIENT, "192.0.2.66");
    if (!anonid_writer_end(&w)
        || anonid_channel_send(channel, &w, &fd, 1, PATIENCE) != APR_SUCCESS)
        errx(1, "the agent does not take the request");
    anonid_writer_free(&w);
    close(fd);
}

static void submit(char *const words[])
{
    anonid_channel_t channel;
    anonid_frame_t frame;
    const char *detail;

    ask(&channel, words);
    if (anonid_channel_receive(&channel, &frame, PATIENCE) != APR_SUCCESS) {
        puts("-1 no answer");
    }
    else {
        detail = anonid_frame_text(&frame, ANONID_TAG_DETAIL, pool);
        printf("%u %s\n",
               (unsigned)anonid_frame_u32(&frame, ANONID_TAG_RESULT, 99),
               detail ? detail : "");
    }
    anonid_channel_close(&channel);
}

/* What is opened here stays open until the program ends. */
static void start(char *const words[])
{
    ask(malloc(sizeof(anonid_channel_t)), words);
    puts("started");
}

static void halves(char *const words[])
{
    for (int n = atoi(words[1]); n > 0; n--) {
        anonid_channel_t *channel = malloc(sizeof(*channel));

        connect_to_agent(channel);
        (void)!write(channel->fd, "ANI", 3);
    }
    puts("halves");
}

static const struct {
    const char *name;
    int words;
    void (*run)(char *const words[]);
} commands[] = {
    { "submit", 5, submit },
    { "start", 5, start },
    { "halves", 2, halves },
};

static void run(char *line)
{
    char *words[WORDS + 1] = { NULL };
    int n = 0;

    line[strcspn(line, "\n")] = '\0';
    for (char *word = strtok(line, "\t"); word && n < WORDS;
         word = strtok(NULL, "\t"))
        words[n++] = word;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (n == commands[i].words && strcmp(words[0], commands[i].name) == 0)
            commands[i].run(words);
    }
    fflush(stdout);
}

static void become(uid_t uid, gid_t gid)
{
    if (getuid() != 0)
        return;
    if (setgroups(0, NULL) != 0 || setgid(gid) != 0 || setuid(uid) != 0)
        err(1, "setuid");
}

int main(int argc, char **argv)
{
    char line[1024];

    if (argc != 5)
        errx(2, "usage: hostile_worker UID GID SOCKET SENDER");
    socket_path = argv[3];
    sender = argv[4];
    signal(SIGPIPE, SIG_IGN); /* connections above the share are closed */
    become((uid_t)atoi(argv[1]), (gid_t)atoi(argv[2]));
    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&pool, NULL) != APR_SUCCESS)
        errx(1, "APR");
    while (fgets(line, sizeof(line), stdin))
        run(line);
    return 0;
}
