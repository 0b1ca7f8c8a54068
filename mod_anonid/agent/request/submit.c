/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SUBMIT: a worker's message on its way to the mail server. Ties a client to
 * a submission and must not know how mail is sent.
 */
#include "agent/request/requests.h"
#include "agent/submission/submission.h"

static void answer(void *client, const anonid_writer_t *reply)
{
    anonid_client_reply(client, reply);
}

static void abandon(void *submission)
{
    anonid_submission_abandon(submission);
}

void anonid_request_submit(anonid_client_t *client,
                           const anonid_frame_t *frame)
{
    int message = anonid_client_take_fd(client);
    anonid_submission_t *submission =
        anonid_submission_start(frame, message, answer, client);

    if (submission)
        anonid_client_wait(client, abandon, submission);
}
