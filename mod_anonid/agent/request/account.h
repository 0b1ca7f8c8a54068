/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What anonidctl's requests about one account have in common: finding its
 * logon, waiting for an outcome, and CTL_REPLY.
 */
#ifndef ANONID_AGENT_REQUEST_ACCOUNT_H
#define ANONID_AGENT_REQUEST_ACCOUNT_H

#include "agent/request/clients.h"
#include "agent/logon/logon.h"

/* Win32 codes (MS-ERREF 2.2) of requests that are refused as such. */
enum {
    ANONID_CTL_NOT_SUPPORTED = 50,
    ANONID_CTL_BUSY = 170,
    ANONID_CTL_NOT_FOUND = 1168,
    ANONID_CTL_NOT_LOGGED_ON = 1245,
    ANONID_CTL_USER_EXISTS = 1316,
    ANONID_CTL_NO_SUCH_ACCOUNT = 1317
};

/* Answers; detail may be NULL. */
void anonid_ctl_reply(anonid_client_t *client, const anonid_frame_t *request,
                      unsigned code, const char *text, const char *detail);

/* The logon of the request's ACCOUNT; NULL, and answered, if there is no
 * such account. */
anonid_logon_t *anonid_ctl_logon(anonid_client_t *client,
                                 const anonid_frame_t *request);

/* Calls start with a waiter, and answers with the outcome that it is told:
 * code 0 and `success`, or the failure's code, text and detail. */
void anonid_ctl_await(anonid_client_t *client, const anonid_frame_t *request,
                      anonid_logon_t *logon,
                      void (*start)(anonid_logon_t *logon,
                                    anonid_waiter_t *waiter),
                      const char *success);

#endif
