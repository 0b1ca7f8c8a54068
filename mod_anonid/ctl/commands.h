/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sub-commands of anonidctl, each in a file of its own (cmd_*.c).
 */
#ifndef ANONID_CTL_COMMANDS_H
#define ANONID_CTL_COMMANDS_H

#include "ctl/session.h"

/* Runs a command with the words behind its name; returns the exit status,
 * ANONID_CTL_USAGE if they cannot be understood. */
typedef int (*anonid_command_run_t)(anonid_ctl_session_t *session, int argc,
                                    char **argv);

int anonid_cmd_check(anonid_ctl_session_t *session, int argc, char **argv);
int anonid_cmd_logon(anonid_ctl_session_t *session, int argc, char **argv);
int anonid_cmd_rotate(anonid_ctl_session_t *session, int argc, char **argv);
int anonid_cmd_status(anonid_ctl_session_t *session, int argc, char **argv);

/* What logon and rotate do: asks for something about one account. */
int anonid_ask_about(anonid_ctl_session_t *session, uint16_t type, int argc,
                     char **argv);

#endif
