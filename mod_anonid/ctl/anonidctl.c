/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonidctl, the operator's command: options and the table of sub-commands.
 * It must not know how any of them works.
 */
#include "ctl/commands.h"

#include <apr_general.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *arguments;
    const char *summary;
    anonid_command_run_t run;
} commands[] = {
    { "status", "[--json] [ACCOUNT]", "how the accounts stand",
      anonid_cmd_status },
    { "logon", "ACCOUNT", "one attempt to log the account on, now",
      anonid_cmd_logon },
    { "check", "[OPTION...] URL", "which account a request would get, and why",
      anonid_cmd_check },
    { "rotate", "ACCOUNT", "a new password for a synchronised account",
      anonid_cmd_rotate },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int usage(FILE *out, int status)
{
    fputs("Usage: anonidctl [-s STATE_DIR] COMMAND [ARGUMENT...]\n", out);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-6s %-18s  %s\n", commands[i].name,
                commands[i].arguments, commands[i].summary);
    fprintf(out,
            "Options:\n"
            "  -s STATE_DIR  httpd's AnonIDStateDir (default %s)\n"
            "  --version, --help\n",
            ANONID_STATE_DIR);
    return status;
}

static int version(void)
{
    puts("anonidctl " ANONID_VERSION);
    return ANONID_CTL_DONE;
}

static int run(anonid_command_run_t command, const char *state_dir, int argc,
               char **argv)
{
    anonid_ctl_session_t session;
    apr_pool_t *pool;
    int status;

    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return ANONID_CTL_UNREACHABLE;
    status = anonid_session_open(&session, state_dir, pool);
    if (status == 0) {
        status = command(&session, argc, argv);
        anonid_session_close(&session);
    }
    apr_terminate();
    if (status == ANONID_CTL_USAGE)
        return usage(stderr, status);
    if (fflush(stdout) != 0)
        return ANONID_CTL_FAILED;
    return status;
}

static int dispatch(const char *state_dir, int argc, char **argv)
{
    for (size_t i = 0; argc > 0 && i < N_COMMANDS; i++) {
        if (strcmp(argv[0], commands[i].name) == 0)
            return run(commands[i].run, state_dir, argc - 1, argv + 1);
    }
    return usage(stderr, ANONID_CTL_USAGE);
}

static const struct option long_options[] = {
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'v' },
    { NULL, 0, NULL, 0 },
};

/* Stops at the command: what follows it is its own. */
int main(int argc, char **argv)
{
    const char *state_dir = ANONID_STATE_DIR;
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "+s:", long_options, NULL))
           != -1) {
        if (option == 'v')
            return version();
        if (option != 's')
            return option == 'h' ? usage(stdout, ANONID_CTL_DONE)
                                 : usage(stderr, ANONID_CTL_USAGE);
        state_dir = optarg;
    }
    return dispatch(state_dir, argc - optind, argv + optind);
}
