/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Submission of messages; see submission.h. Not there yet: every message is
 * refused for now.
 */
#include "submission.h"

#include <unistd.h>

apr_status_t anonid_mail_start(struct event_base *base)
{
    (void)base;
    return APR_SUCCESS;
}

void anonid_mail_stop(void)
{
}

anonid_submission_t *anonid_submission_start(const anonid_frame_t *request,
                                             int message_fd,
                                             anonid_submission_done_t done,
                                             void *context)
{
    anonid_writer_t w = ANONID_WRITER_INIT;

    if (message_fd >= 0)
        close(message_fd);
    anonid_writer_begin(&w, ANONID_MSG_SUBMITTED, 0, request->id);
    anonid_writer_u32(&w, ANONID_TAG_RESULT, ANONID_SUBMIT_TEMPORARY);
    (void)anonid_writer_end(&w);
    done(context, &w);
    anonid_writer_free(&w);
    return NULL;
}

void anonid_submission_abandon(anonid_submission_t *submission)
{
    (void)submission;
}
