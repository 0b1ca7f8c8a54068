/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's SECRET, SECRET_ERROR, ACCOUNT_FILE, ACCOUNT_FILE_ERROR,
 * VERIFIER_STORED and TOKEN_STORED: from a frame to an event of the logons.
 * Owns reading a secret's descriptor on the pool (it may be a slow pipe).
 */
#ifndef ANONID_AGENT_CONTROL_SECRET_RECEIVER_H
#define ANONID_AGENT_CONTROL_SECRET_RECEIVER_H

#include "common/wire.h"

/* Each takes the frame's descriptor, or -1. What is malformed or about an
 * account that is not there (any more) is passed over. */
void anonid_secret_receiver_secret(const anonid_frame_t *frame, int fd);
void anonid_secret_receiver_secret_error(const anonid_frame_t *frame, int fd);
void anonid_secret_receiver_account_file(const anonid_frame_t *frame, int fd);
void anonid_secret_receiver_account_file_error(const anonid_frame_t *frame,
                                               int fd);
void anonid_secret_receiver_verifier_stored(const anonid_frame_t *frame,
                                            int fd);
void anonid_secret_receiver_token_stored(const anonid_frame_t *frame);

#endif
