/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonidctl rotate ACCOUNT: a new password for a synchronised account.
 */
#include "ctl/commands.h"

int anonid_cmd_rotate(anonid_ctl_session_t *session, int argc, char **argv)
{
    return anonid_ask_about(session, ANONID_MSG_ROTATE, argc, argv);
}
