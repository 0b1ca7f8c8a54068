/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pair: an account, and what it may be used for. Whatever is not among the
 * pairs of a configuration is refused, whoever asks.
 *
 * What it may be used for is a mail service. Other kinds come with tags of
 * their own in the same message: who does not know them passes the pair over,
 * and allows nothing by it.
 */
#ifndef ANONID_COMMON_PAIR_H
#define ANONID_COMMON_PAIR_H

#include "common/wire.h"

typedef struct {
    const char *account; /* its name */
    const char *service; /* a mail service's name; NULL: of another kind */
    int slot;            /* in the status table; -1: none */
} anonid_pair_t;

/* As a PAIR message, and back: 0 if it names no account. Texts are copied
 * into the pool. */
int anonid_pair_encode(anonid_writer_t *w, const anonid_pair_t *pair);
int anonid_pair_decode(const anonid_frame_t *frame, apr_pool_t *pool,
                       anonid_pair_t *pair);

#endif
