/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonidctl logon ACCOUNT: one attempt to log the account on.
 */
#include "ctl/commands.h"

int anonid_cmd_logon(anonid_ctl_session_t *session, int argc, char **argv)
{
    return anonid_ask_about(session, ANONID_MSG_LOGON, argc, argv);
}
