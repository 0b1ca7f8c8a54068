/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of an SMTP listener; see smtp.h.
 */
#include "ctl/smtp.h"
#include "common/listener.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

/* Seconds for a reply; the listener waits five minutes for a server. */
#define REPLY_DEADLINE 600
#define REPLY_LINE_MAX 2048

typedef struct {
    FILE *in, *out;
    char reply[REPLY_LINE_MAX]; /* its last line, without its end */
} dialogue_t;

static int complain(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int complain(int status, const char *format, ...)
{
    va_list args;

    fputs("anonid-sendmail: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return status;
}

int anonid_smtp_connect(const char *url, apr_pool_t *pool, int *status)
{
    anonid_listener_t *listener = anonid_listener_make(pool);
    const char *wrong = anonid_listener_parse(listener, url, pool);
    struct timeval patience = { REPLY_DEADLINE, 0 };
    int fd;

    if (!wrong && listener->protocol != ANONID_MAIL_SUBMISSION)
        wrong = "it is no SMTP listener: write smtp:// or smtp+unix:";
    if (wrong) {
        *status = complain(EX_CONFIG, "listener '%s': %s", url, wrong);
        return -1;
    }
    fd = socket(listener->socket.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0
        && connect(fd, &listener->socket.any, listener->socket_length) == 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
                         sizeof(patience));
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
                         sizeof(patience));
        return fd;
    }
    *status = complain(EX_TEMPFAIL,
                       "listener %s: %s (is there an AnonIDMailListen of "
                       "that address? another one is named by --listener or "
                       "ANONID_LISTENER)",
                       url, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* One reply: its first digit; 0: there is none. */
static int read_reply(dialogue_t *d)
{
    do {
        if (fflush(d->out) != 0 || !fgets(d->reply, sizeof(d->reply), d->in)) {
            snprintf(d->reply, sizeof(d->reply),
                     "451 the listener has closed the connection");
            return 0;
        }
        d->reply[strcspn(d->reply, "\r\n")] = '\0';
    } while (strlen(d->reply) > 3 && d->reply[3] == '-');
    return d->reply[0] >= '2' && d->reply[0] <= '5' ? d->reply[0] - '0' : 0;
}

/* The exit status that a refusal stands for. */
static int status_of(const dialogue_t *d, int refused)
{
    return d->reply[0] == '5' ? refused : EX_TEMPFAIL;
}

static int say(dialogue_t *d, const char *format, const char *word)
{
    fprintf(d->out, format, word);
    return read_reply(d);
}

static int say_envelope(dialogue_t *d, const anonid_smtp_mail_t *mail)
{
    if (say(d,
            mail->letter->eight_bit ? "MAIL FROM:<%s> BODY=8BITMIME\r\n"
                                    : "MAIL FROM:<%s>\r\n",
            mail->sender)
        != 2)
        return complain(status_of(d, EX_NOPERM), "sender <%s>: %s",
                        mail->sender, d->reply);
    for (int i = 0; i < mail->recipients->nelts; i++) {
        const char *address = APR_ARRAY_IDX(mail->recipients, i, const char *);

        if (say(d, "RCPT TO:<%s>\r\n", address) != 2)
            return complain(status_of(d, EX_NOUSER), "recipient <%s>: %s",
                            address, d->reply);
    }
    return EX_OK;
}

/* Line ends become CRLF, and dots are stuffed. */
static void write_text(FILE *out, const char *text, size_t length)
{
    int at_start = 1;

    for (size_t i = 0; i < length; i++) {
        if (at_start && text[i] == '.')
            putc('.', out);
        if (text[i] == '\n')
            putc('\r', out);
        if (text[i] != '\r' || i + 1 == length || text[i + 1] != '\n')
            putc(text[i], out);
        at_start = text[i] == '\n';
    }
    fputs(at_start ? ".\r\n" : "\r\n.\r\n", out);
}

static int say_message(dialogue_t *d, const anonid_smtp_mail_t *mail)
{
    if (say(d, "DATA%s\r\n", "") != 3)
        return complain(status_of(d, EX_UNAVAILABLE), "%s", d->reply);
    if (mail->from)
        fprintf(d->out, "From: %s\r\n", mail->from);
    write_text(d->out, mail->letter->text, mail->letter->length);
    if (read_reply(d) != 2)
        return complain(status_of(d, EX_UNAVAILABLE),
                        "the message was not sent: %s", d->reply);
    return EX_OK;
}

int anonid_smtp_send(int fd, const anonid_smtp_mail_t *mail)
{
    dialogue_t d = { fdopen(fd, "r"), fdopen(dup(fd), "w"), "" };
    int status;

    if (!d.in || !d.out)
        return complain(EX_OSERR, "%s", strerror(errno));
    if (read_reply(&d) != 2 || say(&d, "EHLO %s\r\n", "localhost") != 2)
        status = complain(status_of(&d, EX_NOPERM), "%s", d.reply);
    else
        status = say_envelope(&d, mail);
    if (status == EX_OK)
        status = say_message(&d, mail);
    if (status == EX_OK)
        (void)say(&d, "QUIT%s\r\n", "");
    (void)fclose(d.in);
    (void)fclose(d.out);
    return status;
}

/* ---- -bs ---- */

/* Moves what there is from one to the other: 1; 0 at the end. */
static int move(int from, int to)
{
    char data[16384];
    ssize_t n = read(from, data, sizeof(data));
    ssize_t at = 0;

    while (at < n) {
        ssize_t done = write(to, data + at, (size_t)(n - at));

        if (done < 0 && errno != EINTR)
            return 0;
        at += done > 0 ? done : 0;
    }
    return n > 0 || (n < 0 && errno == EINTR);
}

int anonid_smtp_join(int fd)
{
    struct pollfd ends[] = { { fd, POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };

    while (poll(ends, 2, -1) >= 0 || errno == EINTR) {
        if (ends[0].revents && !move(fd, STDOUT_FILENO))
            return EX_OK;
        if (ends[1].revents && !move(STDIN_FILENO, fd)) {
            (void)shutdown(fd, SHUT_WR);
            ends[1].fd = -1;
        }
    }
    return complain(EX_OSERR, "%s", strerror(errno));
}
