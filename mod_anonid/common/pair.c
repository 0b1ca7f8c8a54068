/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs on the wire; see pair.h.
 */
#include "common/pair.h"
#include "common/protocol.h"

int anonid_pair_encode(anonid_writer_t *w, const anonid_pair_t *pair)
{
    anonid_writer_begin(w, ANONID_MSG_PAIR, 0, 0);
    anonid_writer_text(w, ANONID_TAG_ACCOUNT, pair->account);
    anonid_writer_text(w, ANONID_TAG_SERVICE, pair->service);
    if (pair->slot >= 0)
        anonid_writer_u32(w, ANONID_TAG_SLOT, (uint32_t)pair->slot);
    return anonid_writer_end(w);
}

int anonid_pair_decode(const anonid_frame_t *frame, apr_pool_t *pool,
                       anonid_pair_t *pair)
{
    pair->account = anonid_frame_text(frame, ANONID_TAG_ACCOUNT, pool);
    pair->service = anonid_frame_text(frame, ANONID_TAG_SERVICE, pool);
    pair->slot = (int)anonid_frame_u32(frame, ANONID_TAG_SLOT, UINT32_MAX);
    return pair->account != NULL;
}
