/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LOGON: one attempt on demand, also after a permanent failure: the operator
 * decides what is worth an attempt.
 */
#include "op_account.h"
#include "requests.h"

void anonid_op_logon(anonid_client_t *client, const anonid_frame_t *frame)
{
    anonid_logon_t *logon = anonid_ctl_logon(client, frame);

    if (logon)
        anonid_ctl_await(client, frame, logon, anonid_logon_demand,
                         "The account is logged on.");
}
