/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FORM_KEY: what workers of several machines seal the form's pages with, so
 * that each knows the others' seals. It is derived from the secret of the
 * store that the machines share; nothing of that can be learnt from it.
 */
#include "agent/request/requests.h"
#include "agent/store/store.h"

#include "common/protocol.h"

void anonid_request_form_key(anonid_client_t *client,
                             const anonid_frame_t *frame)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    char key[ANONID_STORE_KEY];

    anonid_writer_begin(&w, ANONID_MSG_FORM_KEY_REPLY, 0, frame->id);
    if (anonid_store_key(key, "form", "", 0))
        anonid_writer_text(&w, ANONID_TAG_FORM_KEY, key);
    (void)anonid_writer_end(&w);
    anonid_client_reply(client, &w);
    anonid_writer_free(&w);
}
