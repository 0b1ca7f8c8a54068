/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret of the shared store, as the supervisor passes it.
 */
#ifndef ANONID_AGENT_CONTROL_STORE_RECEIVER_H
#define ANONID_AGENT_CONTROL_STORE_RECEIVER_H

#include "common/wire.h"

/* STORE_SECRET (which takes fd over) and STORE_SECRET_ERROR. One of another
 * store than that of the configuration is passed over. */
void anonid_store_receiver_secret(const anonid_frame_t *frame, int fd);
void anonid_store_receiver_error(const anonid_frame_t *frame);

#endif
