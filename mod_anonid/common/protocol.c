/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of messages; see protocol.h.
 */
#include "common/protocol.h"

typedef struct {
    uint16_t type;
    uint8_t from;
    uint8_t nfds;
    const char *name;
} message_row_t;

static const message_row_t messages[] = {
#define X(name, number, from, fds) { number, from, fds, #name },
    ANONID_MESSAGES(X)
#undef X
};

#define N_MESSAGES (sizeof(messages) / sizeof(messages[0]))

static const message_row_t *find(uint16_t type)
{
    for (size_t i = 0; i < N_MESSAGES; i++) {
        if (messages[i].type == type)
            return &messages[i];
    }
    return NULL;
}

const char *anonid_message_name(uint16_t type)
{
    const message_row_t *row = find(type);

    return row ? row->name : "unknown";
}

int anonid_message_allowed(const anonid_frame_t *frame, int from)
{
    const message_row_t *row = find(frame->type);

    return row && (row->from & from) && row->nfds == frame->nfds;
}
