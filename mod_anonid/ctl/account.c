/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonidctl logon, rotate and create: requests that name one account and are
 * answered with one sentence.
 */
#include "ctl/command.h"

int anonid_command_account(anonid_ctl_session_t *session,
                           const anonid_command_t *command, int argc,
                           char **argv)
{
    anonid_writer_t request = ANONID_WRITER_INIT;
    anonid_frame_t answer;
    int status;

    if (argc == 0)
        return anonid_command_misused(command, "no ACCOUNT is named", NULL);
    if (argv[0][0] == '-')
        return anonid_command_misused(command, "is no option", argv[0]);
    if (argc > 1)
        return anonid_command_misused(
            command, "is one word too many; quote a name with blanks",
            argv[1]);
    anonid_writer_begin(&request, command->request, 0, 1);
    anonid_writer_text(&request, ANONID_TAG_ACCOUNT, argv[0]);
    status = anonid_session_ask(session, &request, &answer);
    return status ? status : anonid_session_print(session, &answer);
}
