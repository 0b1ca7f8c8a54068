/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ROTATE: a new password for a synchronised account. The answer comes when
 * it is stored and proven, or says why it is not.
 */
#include "op_account.h"
#include "requests.h"
#include "sync.h"

void anonid_op_rotate(anonid_client_t *client, const anonid_frame_t *frame)
{
    anonid_logon_t *logon = anonid_ctl_logon(client, frame);

    if (!logon)
        return;
    if (!logon->account->sync) {
        anonid_ctl_reply(client, frame, ANONID_CTL_NOT_SUPPORTED,
                         "The server does not control the password of this "
                         "account.",
                         "AnonIDPasswordSync is not on for it");
        return;
    }
    anonid_ctl_await(client, frame, logon, anonid_sync_rotate,
                     "The password was changed, and the account is logged on "
                     "with it.");
}
