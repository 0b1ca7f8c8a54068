/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The POP3 listener's dialogue up to the login: whatever a client sends, and
 * in whatever pieces, it is answered in the same way, and what follows its
 * login goes to the server once.
 */
#include "listener_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    listener_world_check(&anonid_pop3_listener, 0, (const char *)data, size);
    return 0;
}
