/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The note that a request keeps of its mapping: see mapping.h.
 */
#include "module/map/mapping.h"
#include "module/config/config.h"
#include "module/map/map.h"
#include "module/supervisor/parent.h"

#define AUTH_TYPE "Anonymous"

anonid_mapping_t *anonid_mapping_note(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &anonid_module);
}

anonid_mapping_t *anonid_mapping_current(const request_rec *r)
{
    anonid_mapping_t *mapping = anonid_mapping_note(r);

    return mapping && mapping->config == r->per_dir_config ? mapping : NULL;
}

anonid_mapping_t *anonid_mapping_decide(request_rec *r,
                                        const anonid_account_t *candidate)
{
    anonid_mapping_t *mapping = anonid_mapping_note(r);

    if (!mapping) {
        mapping = apr_pcalloc(r->pool, sizeof(*mapping));
        ap_set_module_config(r->request_config, &anonid_module, mapping);
    }
    anonid_mapping_undo(r, mapping);
    mapping->config = r->per_dir_config;
    mapping->candidate = candidate;
    return mapping;
}

void anonid_mapping_apply(request_rec *r, anonid_mapping_t *mapping)
{
    mapping->account = mapping->candidate;
    mapping->user = mapping->account->name;
    r->user = (char *)mapping->user;
    r->ap_auth_type = (char *)AUTH_TYPE;
}

void anonid_mapping_count(const request_rec *r,
                          const anonid_mapping_t *mapping)
{
    anonid_worker_page_t *page = anonid_parent_page();

    if (page && !r->main && !r->prev)
        anonid_worker_page_count(page, mapping->account->slot);
}

void anonid_mapping_undo(request_rec *r, anonid_mapping_t *mapping)
{
    if (mapping->account) {
        if (anonid_mapping_is_ours(r, mapping))
            r->user = NULL;
        if (r->ap_auth_type && strcmp(r->ap_auth_type, AUTH_TYPE) == 0)
            r->ap_auth_type = NULL;
    }
    mapping->candidate = NULL;
    mapping->account = NULL;
    mapping->user = NULL;
}

int anonid_mapping_is_ours(const request_rec *r,
                           const anonid_mapping_t *mapping)
{
    return mapping->account && r->user == mapping->user;
}

const request_rec *anonid_mapping_origin(const request_rec *r)
{
    return r->prev ? r->prev : r->main;
}

const anonid_account_t *anonid_mapped_account(const request_rec *r)
{
    const anonid_mapping_t *mapping = anonid_mapping_note(r);

    return mapping ? mapping->account : NULL;
}
