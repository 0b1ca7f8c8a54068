/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonid-sendmail: sendmail's command for programs that send by it, such as
 * PHP's mail(), cron and mail(1). It hands the message to an SMTP listener of
 * mod_anonid and tells, by its exit status, what became of it. It queues
 * nothing, knows no password, and needs no set-user-id bit.
 */
#include "common/build.h"
#include "common/service.h"
#include "ctl/letter.h"
#include "ctl/smtp.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define DEFAULT_LISTENER "smtp+unix:" ANONID_STATE_DIR "/sendmail.sock"

typedef struct {
    const char *listener;
    const char *sender;
    const char *name; /* -F */
    char mode;        /* of -b: 'm', 's' or 'p' */
    int of_header;    /* -t */
    int ignores_dots; /* -i */
} options_t;

static int usage(FILE *out, int status)
{
    fputs("usage: anonid-sendmail [--listener=URL] [-t] [-i] [-f address] "
          "[-F name] [address ...]\n"
          "       anonid-sendmail -bs\n",
          out);
    return status;
}

static int set_mode(options_t *options, const char *word)
{
    options->mode = *word;
    return word[1] == '\0' && strchr("msp", *word) && *word;
}

/* -oi is -i; other settings of sendmail's are passed over. */
static void set_option(options_t *options, const char *word)
{
    if (strcmp(word, "i") == 0)
        options->ignores_dots = 1;
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, options_t *options)
{
    static const struct option names[] = {
        { "listener", required_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'H' },
        { "version", no_argument, NULL, 'W' },
        { NULL, 0, NULL, 0 }
    };
    static const char letters[] = "A:B:b:e:F:f:Gh:imN:nO:o:q::R:r:tUV:vX:L:";

    for (int c = getopt_long(argc, argv, letters, names, NULL); c != -1;
         c = getopt_long(argc, argv, letters, names, NULL)) {
        if (c == 'l')
            options->listener = optarg;
        else if (c == 'b' && !set_mode(options, optarg))
            return usage(stderr, EX_USAGE);
        else if (c == 'F')
            options->name = optarg;
        else if (c == 'f' || c == 'r')
            options->sender = optarg;
        else if (c == 'i')
            options->ignores_dots = 1;
        else if (c == 'o')
            set_option(options, optarg);
        else if (c == 't')
            options->of_header = 1;
        else if (c == 'q')
            options->mode = 'p';
        else if (c == 'W')
            return puts("anonid-sendmail " ANONID_VERSION) < 0;
        else if (c == 'H' || c == '?')
            return usage(c == 'H' ? stdout : stderr, c == 'H' ? 0 : EX_USAGE);
    }
    return -1;
}

/* A name without a domain is somebody on this host. */
static const char *whole_address(apr_pool_t *pool, const char *address)
{
    char host[256] = "localhost";
    size_t length = strlen(address);

    if (length > 1 && address[0] == '<' && address[length - 1] == '>')
        address = apr_pstrmemdup(pool, address + 1, length - 2);
    if (*address == '\0' || strchr(address, '@'))
        return address;
    (void)gethostname(host, sizeof(host) - 1);
    return apr_pstrcat(pool, address, "@", host, NULL);
}

static const char *find_sender(apr_pool_t *pool, const options_t *options)
{
    const struct passwd *user = options->sender ? NULL : getpwuid(getuid());

    if (options->sender)
        return whole_address(pool, options->sender);
    return whole_address(pool, user ? user->pw_name : "nobody");
}

static int refuse(int status, const char *what, const char *why)
{
    fprintf(stderr, "anonid-sendmail: %s: %s\n", what, why);
    return status;
}

static int check_addresses(apr_pool_t *pool, const char *sender,
                           apr_array_header_t *recipients)
{
    if (*sender && anonid_address_error(sender))
        return refuse(EX_USAGE, sender, anonid_address_error(sender));
    if (recipients->nelts == 0)
        return refuse(EX_USAGE, "no recipient",
                      "name one, or have them read from the header by -t");
    for (int i = 0; i < recipients->nelts; i++) {
        const char **address = &APR_ARRAY_IDX(recipients, i, const char *);

        *address = whole_address(pool, *address);
        if (anonid_address_error(*address))
            return refuse(EX_NOUSER, *address, anonid_address_error(*address));
    }
    return EX_OK;
}

/* The name of -F goes into a From field where the message has none. */
static const char *make_from(apr_pool_t *pool, const options_t *options,
                             const anonid_ctl_letter_t *letter,
                             const char *sender)
{
    if (!options->name || anonid_letter_has(letter, "From")
        || options->name[strcspn(options->name, "\r\n\"\\")] != '\0')
        return NULL;
    return apr_psprintf(pool, "\"%s\" <%s>", options->name, sender);
}

static int send_mail(apr_pool_t *pool, const options_t *options,
                     apr_array_header_t *recipients)
{
    anonid_ctl_letter_t letter;
    const char *wrong =
        anonid_letter_read(&letter, STDIN_FILENO, options->ignores_dots);
    anonid_smtp_mail_t mail = { .sender = find_sender(pool, options),
                                .recipients = recipients,
                                .letter = &letter };
    int status, fd;

    if (!wrong && options->of_header)
        wrong = anonid_letter_recipients(&letter, pool, recipients);
    if (wrong)
        return refuse(EX_DATAERR, "the message", wrong);
    status = check_addresses(pool, mail.sender, recipients);
    if (status != EX_OK)
        return status;
    mail.from = make_from(pool, options, &letter, mail.sender);
    fd = anonid_smtp_connect(options->listener, pool, &status);
    return fd < 0 ? status : anonid_smtp_send(fd, &mail);
}

static int run(apr_pool_t *pool, const options_t *options, char **addresses)
{
    apr_array_header_t *recipients =
        apr_array_make(pool, 4, sizeof(const char *));
    int status, fd;

    for (; *addresses; addresses++)
        APR_ARRAY_PUSH(recipients, const char *) = *addresses;
    if (options->mode == 'p') {
        puts("There is no mail queue: anonid-sendmail queues nothing");
        return EX_OK;
    }
    if (options->mode != 's')
        return send_mail(pool, options, recipients);
    fd = anonid_smtp_connect(options->listener, pool, &status);
    return fd < 0 ? status : anonid_smtp_join(fd);
}

int main(int argc, char **argv)
{
    const char *named = getenv("ANONID_LISTENER");
    options_t options = { .listener =
                              named && *named ? named : DEFAULT_LISTENER,
                          .mode = 'm' };
    apr_pool_t *pool;
    int status = read_options(argc, argv, &options);

    if (status >= 0)
        return status;
    signal(SIGPIPE, SIG_IGN);
    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return EX_OSERR;
    status = run(pool, &options, argv + optind);
    apr_terminate();
    return status;
}
