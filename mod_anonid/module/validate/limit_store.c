/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check that a store and its secret come together.
 */
#include "module/validate/validate.h"

void anonid_check_limit_store(anonid_check_t *check)
{
    const anonid_shared_store_t *store = anonid_global()->limit_store;

    if (!store)
        return;
    if (!store->url)
        anonid_check_error(check, NULL,
                           "AnonIDLimitStoreSecret without a store: add "
                           "AnonIDLimitStore rediss://HOST, or remove it");
    else if (!store->secret)
        anonid_check_error(
            check, anonid_global_definition(&anonid_global()->limit_store),
            "AnonIDLimitStore %s has no secret: add AnonIDLimitStoreSecret "
            "file:PATH, the store's password (and where it asks for none, a "
            "password all the same, one for all machines: keys are derived "
            "from it)",
            store->url);
}
