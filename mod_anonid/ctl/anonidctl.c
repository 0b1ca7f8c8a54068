/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonidctl, the operator's command: options and the table of sub-commands.
 * It must not know how any of them works.
 */
#include "ctl/command.h"

#include "common/build.h"

#include <apr_general.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_DEFAULT 5 /* seconds */
#define WAIT_MAX 600

static const anonid_command_t commands[] = {
    { "status", "[OPTION...] [ACCOUNT]", "how accounts and mail stand",
      anonid_command_status, 0 },
    { "logon", "ACCOUNT", "one attempt to log the account on, now",
      anonid_command_account, ANONID_MSG_LOGON },
    { "check", "[OPTION...] URL", "which account a request would get, and why",
      anonid_command_check, 0 },
    { "mail", "[--json] SERVICE [ACCOUNT]",
      "what a mail service's servers offer", anonid_command_mail, 0 },
    { "rotate", "ACCOUNT", "a new password for a synchronised account",
      anonid_command_account, ANONID_MSG_ROTATE },
    { "create", "ACCOUNT", "a synchronised account's line and password",
      anonid_command_account, ANONID_MSG_CREATE },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int print_usage(void)
{
    puts("Usage: anonidctl [OPTION...] COMMAND [ARGUMENT...]");
    for (size_t i = 0; i < N_COMMANDS; i++)
        printf("  %-6s %-26s  %s\n", commands[i].name, commands[i].arguments,
               commands[i].summary);
    printf(
        "Options:\n"
        "  -s DIR      httpd's AnonIDStateDir (default: ANONID_STATEDIR,\n"
        "              %s,\n"
        "              or what httpd's configuration says)\n"
        "  -w SECONDS  how long to wait for an answer (default %d)\n"
        "  -h, --help, help; -V, --version\n"
        "Exit status: 0 well, 1 something is not logged on or was refused,\n"
        "  2 wrong usage, 3 no answer\n",
        ANONID_STATE_DIR, WAIT_DEFAULT);
    return ANONID_CTL_DONE;
}

static int print_version(void)
{
    puts("anonidctl " ANONID_VERSION);
    return ANONID_CTL_DONE;
}

static int misused(const char *wrong, const char *word)
{
    fprintf(stderr, "anonidctl: '%s' %s; anonidctl --help lists all\n", word,
            wrong);
    return ANONID_CTL_USAGE;
}

static int print_command_usage(FILE *out, const anonid_command_t *command)
{
    fprintf(out, "Usage: anonidctl [OPTION...] %s %s\n", command->name,
            command->arguments);
    return ANONID_CTL_DONE;
}

int anonid_command_misused(const anonid_command_t *command, const char *wrong,
                           const char *word)
{
    if (word)
        fprintf(stderr, "anonidctl %s: '%s' %s\n", command->name, word, wrong);
    else
        fprintf(stderr, "anonidctl %s: %s\n", command->name, wrong);
    (void)print_command_usage(stderr, command);
    return ANONID_CTL_USAGE;
}

static int is_help(const char *word)
{
    return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0;
}

static int run(const anonid_command_t *command, const char *state_dir,
               int seconds, int argc, char **argv)
{
    anonid_ctl_session_t session;
    apr_pool_t *pool;
    int status;

    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return ANONID_CTL_UNREACHABLE;
    anonid_session_init(&session, state_dir, apr_time_from_sec(seconds), pool);
    status = command->run(&session, command, argc, argv);
    anonid_session_close(&session);
    apr_terminate();
    if (fflush(stdout) != 0)
        return ANONID_CTL_FAILED;
    return status;
}

static int dispatch(const char *state_dir, int seconds, int argc, char **argv)
{
    if (argc == 0) {
        fputs("anonidctl: no command is given; anonidctl --help lists all\n",
              stderr);
        return ANONID_CTL_USAGE;
    }
    if (strcmp(argv[0], "help") == 0)
        return print_usage();
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(argv[0], commands[i].name) != 0)
            continue;
        if (argc > 1 && is_help(argv[1]))
            return print_command_usage(stdout, &commands[i]);
        return run(&commands[i], state_dir, seconds, argc - 1, argv + 1);
    }
    return misused("is no command", argv[0]);
}

/* 0 if it is no sensible number of seconds. */
static int parse_seconds(const char *text)
{
    char *end;
    long seconds = strtol(text, &end, 10);

    return *end == '\0' && seconds > 0 && seconds <= WAIT_MAX ? (int)seconds
                                                              : 0;
}

/* The environment's state folder; NULL: none is named. */
static const char *environment(void)
{
    const char *dir = getenv("ANONID_STATEDIR");

    return dir && *dir ? dir : NULL;
}

static const struct option long_options[] = {
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { NULL, 0, NULL, 0 },
};

/* Stops at the command: what follows it is its own. */
int main(int argc, char **argv)
{
    const char *state_dir = environment();
    int seconds = WAIT_DEFAULT, option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:s:w:hV", long_options, NULL))
           != -1) {
        const char *word = argv[optind - 1];

        if (option == 'h')
            return print_usage();
        if (option == 'V')
            return print_version();
        if (option == ':')
            return misused("needs a value", word);
        if (option == '?')
            return misused("is no option", word);
        if (option == 's')
            state_dir = optarg;
        else
            seconds = parse_seconds(optarg);
        if (seconds == 0)
            return misused("is no number of seconds from 1 to 600", optarg);
    }
    return dispatch(state_dir, seconds, argc - optind, argv + optind);
}
