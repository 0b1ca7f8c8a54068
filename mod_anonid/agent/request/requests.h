/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What workers and anonidctl may ask for: a table of message types, each with
 * its handler. Who may ask is in the table of
 * messages in common/protocol.h. No request answers with a secret.
 */
#ifndef ANONID_AGENT_REQUEST_REQUESTS_H
#define ANONID_AGENT_REQUEST_REQUESTS_H

#include "agent/request/clients.h"

/* Handles a request that was checked by anonid_message_allowed: replies, or
 * says that it waits. The frame is valid during the call. */
typedef void (*anonid_handler_t)(anonid_client_t *client,
                                 const anonid_frame_t *frame);

typedef struct {
    uint16_t type;
    anonid_handler_t handle;
} anonid_request_t;

/* NULL if there is no such request, or `from` (one ANONID_FROM_...) may not
 * send it. */
const anonid_request_t *anonid_request_find(const anonid_frame_t *frame,
                                            int from);

void anonid_request_submit(anonid_client_t *client,
                           const anonid_frame_t *frame);
void anonid_request_status_start(void); /* notes when the agent was started */
void anonid_request_status(anonid_client_t *client,
                           const anonid_frame_t *frame);
void anonid_request_mail_status(anonid_client_t *client,
                                const anonid_frame_t *frame);
void anonid_request_mail(anonid_client_t *client, const anonid_frame_t *frame);
void anonid_request_rotate(anonid_client_t *client,
                           const anonid_frame_t *frame);
void anonid_request_logon(anonid_client_t *client,
                          const anonid_frame_t *frame);
void anonid_request_create(anonid_client_t *client,
                           const anonid_frame_t *frame);
void anonid_request_check(anonid_client_t *client,
                          const anonid_frame_t *frame);
void anonid_request_redeem(anonid_client_t *client,
                           const anonid_frame_t *frame);
void anonid_request_form_key(anonid_client_t *client,
                             const anonid_frame_t *frame);

#endif
