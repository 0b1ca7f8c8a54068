/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that says why there is no agent; see absence.h.
 */
#include "common/absence.h"
#include "common/text.h"

#include <apr_strings.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NAME "/agent.error"
#define TEXT_MAX 2048
#define TIME_ROOM 32

/* 0 if the path is too long to be one. */
static int path_of(char path[PATH_MAX], const char *state_dir)
{
    return snprintf(path, PATH_MAX, "%s" NAME, state_dir) < PATH_MAX;
}

static void time_now(char text[TIME_ROOM])
{
    time_t now = time(NULL);
    struct tm tm;

    if (!localtime_r(&now, &tm)
        || strftime(text, TIME_ROOM, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        strcpy(text, "-");
}

void anonid_absence_note(const char *state_dir, const char *text)
{
    char path[PATH_MAX], line[TEXT_MAX], now[TIME_ROOM];
    int length, fd;

    time_now(now);
    length = snprintf(line, sizeof(line), "%s: %s\n", now, text);
    if (length >= (int)sizeof(line))
        length = (int)sizeof(line) - 1;
    if (!path_of(path, state_dir))
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
              0600);
    if (fd < 0)
        return;
    (void)!write(fd, line, (size_t)length);
    close(fd);
}

void anonid_absence_end(const char *state_dir)
{
    char path[PATH_MAX];

    if (path_of(path, state_dir))
        (void)unlink(path);
}

/* A program's last words are among it. */
static void make_printable(char *text)
{
    text[strcspn(text, "\n")] = '\0';
    anonid_text_clean(text);
}

const char *anonid_absence_read(const char *state_dir, apr_pool_t *pool)
{
    char path[PATH_MAX], text[TEXT_MAX];
    ssize_t n;
    int fd;

    if (!path_of(path, state_dir))
        return NULL;
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (n <= 0)
        return NULL;
    text[n] = '\0';
    make_printable(text);
    return apr_pstrdup(pool, text);
}
