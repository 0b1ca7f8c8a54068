/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking httpd by curl(1); see question.h.
 *
 * What is asked goes to curl's standard input and not onto its command line,
 * where everybody could read the token.
 */
#include "ctl/question.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)1024 * 1024)

extern char **environ;

/* A certificate is not looked at: it need not fit where the operator asks at
 * a loopback address, and nothing is said that others must not hear. */
static const char fixed[] = "silent\nshow-error\ninsecure\ngloboff\n"
                            "path-as-is\nmax-time = 30\nnoproxy = \"*\"\n"
                            "proto = \"=http,https\"\n";

static int has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return 1;
    }
    return 0;
}

const char *anonid_question_error(const anonid_question_t *question)
{
    if (has_control(question->url) || strchr(question->url, ' '))
        return "the URL holds a space or a control character";
    if (question->address && has_control(question->address))
        return "the address holds a control character";
    for (int i = 0; i < question->headers->nelts; i++) {
        const char *header = APR_ARRAY_IDX(question->headers, i, const char *);

        if (has_control(header) || !strchr(header, ':'))
            return "a header field is written as 'Name: value'";
    }
    return NULL;
}

/* name = "value", as curl's configuration has it. */
static const char *line(apr_pool_t *pool, const char *name, const char *value)
{
    char *quoted = apr_palloc(pool, 2 * strlen(value) + 1);
    char *p = quoted;

    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            *p++ = '\\';
        *p++ = *value;
    }
    *p = '\0';
    return apr_pstrcat(pool, name, " = \"", quoted, "\"\n", NULL);
}

static const char *configuration(const anonid_question_t *question)
{
    apr_pool_t *pool = question->headers->pool;
    const char *text =
        apr_pstrcat(pool, fixed, line(pool, "url", question->url), NULL);

    if (question->address)
        text =
            apr_pstrcat(pool, text,
                        line(pool, "connect-to",
                             apr_pstrcat(pool, "::", question->address, NULL)),
                        NULL);
    for (int i = 0; i < question->headers->nelts; i++)
        text = apr_pstrcat(
            pool, text,
            line(pool, "header",
                 APR_ARRAY_IDX(question->headers, i, const char *)),
            NULL);
    return text;
}

/* Starts curl with those ends of two pipes. 0, or an error. */
static int start(pid_t *pid, int input, int output)
{
    static char *const argv[] = { "curl", "-q", "--config", "-", NULL };
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);

    if (error)
        return error;
    error = posix_spawn_file_actions_adddup2(&actions, input, 0);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (!error)
        error = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static void say(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t n = write(fd, text, left);

        if (n <= 0)
            break;
        text += n;
        left -= (size_t)n;
    }
    close(fd);
}

/* All that comes, as a string; NULL if it is too much to be our answer. */
static const char *hear(int fd, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, ANSWER_MAX + 1);
    size_t length = 0;
    ssize_t n;

    do {
        n = read(fd, text + length, ANSWER_MAX - length);
        if (n > 0)
            length += (size_t)n;
    } while (n > 0 || (n < 0 && errno == EINTR));
    close(fd);
    text[length] = '\0';
    return length < ANSWER_MAX ? text : "";
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return 0;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

const char *anonid_question_ask(const anonid_question_t *question)
{
    int to[2] = { -1, -1 }, from[2] = { -1, -1 };
    const char *answer;
    pid_t pid;
    int error;

    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) {
        perror("anonidctl: pipe");
        return NULL;
    }
    error = start(&pid, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    if (error) {
        fprintf(stderr, "anonidctl: cannot run curl: %s; install curl\n",
                strerror(error));
        return NULL;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    say(to[1], configuration(question));
    answer = hear(from[0], question->headers->pool);
    if (wait_for(pid))
        return answer;
    fprintf(stderr,
            "anonidctl: httpd did not answer at %s; another address "
            "can be given with --connect HOST:PORT\n",
            question->address ? question->address : question->url);
    return NULL;
}
