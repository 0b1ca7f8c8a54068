/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the request CREATE needs of the supervisor.
 */
#ifndef ANONID_AGENT_REQUEST_CREATE_H
#define ANONID_AGENT_REQUEST_CREATE_H

#include "common/wire.h"

/* How the supervisor is asked for a line; before any request. */
void anonid_create_use(void (*ask)(const char *account));

/* The supervisor's LINE_ADDED. */
void anonid_create_line_added(const anonid_frame_t *frame);

#endif
