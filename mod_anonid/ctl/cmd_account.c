/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that name one account and are answered with one sentence.
 */
#include "ctl/commands.h"

int anonid_ask_about(anonid_ctl_session_t *session, uint16_t type, int argc,
                     char **argv)
{
    anonid_writer_t request = ANONID_WRITER_INIT;
    anonid_frame_t answer;
    int status;

    if (argc != 1)
        return ANONID_CTL_USAGE;
    anonid_writer_begin(&request, type, 0, 1);
    anonid_writer_text(&request, ANONID_TAG_ACCOUNT, argv[0]);
    status = anonid_session_ask(session, &request, &answer);
    return status ? status : anonid_session_print(session, &answer);
}
