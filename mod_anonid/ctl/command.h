/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sub-commands of anonidctl, and what a command says of its own words.
 */
#ifndef ANONID_CTL_COMMAND_H
#define ANONID_CTL_COMMAND_H

#include "ctl/session.h"

typedef struct anonid_command_t anonid_command_t;

/* Runs a command with the words behind its name, which are looked at before
 * anybody is asked; returns the exit status. */
typedef int (*anonid_command_run_t)(anonid_ctl_session_t *session,
                                    const anonid_command_t *command, int argc,
                                    char **argv);

struct anonid_command_t {
    const char *name;
    const char *arguments;
    const char *summary;
    anonid_command_run_t run;
    uint16_t request; /* of a command that only names an account */
};

/* ANONID_CTL_USAGE, after a line on standard error that names the wrong word
 * (NULL: the one that is missing) and one with the command's usage. */
int anonid_command_misused(const anonid_command_t *command, const char *wrong,
                           const char *word);

int anonid_command_account(anonid_ctl_session_t *session,
                           const anonid_command_t *command, int argc,
                           char **argv);
int anonid_command_check(anonid_ctl_session_t *session,
                         const anonid_command_t *command, int argc,
                         char **argv);
int anonid_command_mail(anonid_ctl_session_t *session,
                        const anonid_command_t *command, int argc,
                        char **argv);
int anonid_command_status(anonid_ctl_session_t *session,
                          const anonid_command_t *command, int argc,
                          char **argv);

#endif
