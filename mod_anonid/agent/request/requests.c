/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of requests; see requests.h.
 */
#include "agent/request/requests.h"

#include "common/protocol.h"

static const anonid_request_t requests[] = {
    { ANONID_MSG_SUBMIT, anonid_request_submit },
    { ANONID_MSG_STATUS, anonid_request_status },
    { ANONID_MSG_MAIL_STATUS, anonid_request_mail_status },
    { ANONID_MSG_MAIL, anonid_request_mail },
    { ANONID_MSG_ROTATE, anonid_request_rotate },
    { ANONID_MSG_LOGON, anonid_request_logon },
    { ANONID_MSG_CREATE, anonid_request_create },
    { ANONID_MSG_CHECK, anonid_request_check },
    { ANONID_MSG_REDEEM, anonid_request_redeem },
    { ANONID_MSG_FORM_KEY, anonid_request_form_key },
};

#define N_REQUESTS (sizeof(requests) / sizeof(requests[0]))

const anonid_request_t *anonid_request_find(const anonid_frame_t *frame,
                                            int from)
{
    if (!anonid_message_allowed(frame, from))
        return NULL;
    for (size_t i = 0; i < N_REQUESTS; i++) {
        if (requests[i].type == frame->type)
            return &requests[i];
    }
    return NULL;
}
