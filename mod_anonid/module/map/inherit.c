/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mapping after authorization: carried into sub-requests and redirects.
 *
 * Owns rule 6. httpd authenticates a sub-request or redirect anew when its
 * configuration differs from that of the request it comes from; otherwise it
 * copies r->user and runs no hook of ours before fixups. And it turns a
 * request into one of its own sub-requests (ap_internal_fast_redirect, for
 * DirectoryIndex, FallbackResource and MultiViews) by copying that one's
 * configuration, but not its user.
 */
#include "module/config/config.h"
#include "module/map/decision.h"
#include "module/map/explain.h"
#include "module/map/forged.h"
#include "module/map/identity.h"
#include "module/map/logon_state.h"
#include "module/map/map.h"
#include "module/map/mapping.h"

#include <http_log.h>
#include <http_request.h>

APLOG_USE_MODULE(anonid);

/* A sub-request's mapping, in its notes: a fast redirect copies them. The
 * account's name, or NOBODY. */
#define NOTE "anonid-mapped"
#define NOBODY ""

/* Another request's mapping under the same configuration is this one's; but
 * a user that a third module gave it meanwhile stays. */
static anonid_mapping_t *inherit(request_rec *r, const request_rec *origin)
{
    const anonid_mapping_t *from;
    anonid_mapping_t *mapping;

    if (!origin || origin->per_dir_config != r->per_dir_config)
        return NULL;
    from = anonid_mapping_current(origin);
    if (!from)
        return NULL;
    if (!from->account || !anonid_mapping_is_ours(origin, from))
        return anonid_mapping_decide(r, NULL);
    mapping = anonid_mapping_decide(r, from->account);
    anonid_mapping_apply(r, mapping);
    return mapping;
}

/* After a fast redirect the mapping of the sub-request is the request's,
 * unless the request has a user of another kind. */
static anonid_mapping_t *adopt(request_rec *r)
{
    const char *name = apr_table_get(r->notes, NOTE);
    anonid_mapping_t *mapping;

    if (!name)
        return NULL;
    mapping = anonid_mapping_decide(r, NULL);
    if (!r->user && *name)
        mapping = anonid_mapping_decide(r, anonid_global_account(name));
    if (mapping->candidate)
        anonid_mapping_apply(r, mapping);
    anonid_explain(r, "%s is served, mapped to %s", r->uri,
                   mapping->account ? mapping->account->name : "nobody");
    return mapping;
}

/* Nobody has asked who it is: a host was enough (Satisfy any). */
static int map_late(request_rec *r)
{
    anonid_mapping_t *mapping = anonid_mapping_decide(r, anonid_decide(r));
    int status;

    if (!mapping->candidate)
        return OK;
    status = anonid_logon_check(r, mapping->candidate);
    if (status != OK)
        return status == DECLINED ? OK : status;
    anonid_mapping_apply(r, mapping);
    anonid_mapping_count(r, mapping);
    anonid_explain(r, "%s is mapped to account '%s'", r->uri,
                   mapping->account->name);
    return OK;
}

/* Before all others, that they see the right user. */
static int hook_fixups_first(request_rec *r)
{
    anonid_mapping_t *mapping = anonid_mapping_current(r);
    int status;

    if (!mapping)
        mapping = adopt(r);
    if (!mapping)
        mapping = inherit(r, r->prev);
    if (!mapping)
        mapping = inherit(r, r->main);
    if (!mapping) {
        status = map_late(r);
        if (status != OK)
            return status;
    }
    anonid_identity_forget_origin(r);
    mapping = anonid_mapping_note(r);
    anonid_identity_show(r, mapping);
    return DECLINED;
}

/* After mod_dir's fast redirects. */
static void adopt_if_redirected(request_rec *r)
{
    anonid_mapping_t *mapping;

    if (anonid_mapping_current(r))
        return;
    anonid_forged_remove(r);
    mapping = adopt(r);
    if (mapping)
        anonid_identity_show(r, mapping);
}

/* mod_ssl's SSLUserName names the user of a certificate in fixups. */
static void yield_to_user(request_rec *r)
{
    anonid_mapping_t *mapping = anonid_mapping_note(r);

    if (!mapping->account || anonid_mapping_is_ours(r, mapping))
        return;
    anonid_explain(r, "%s is no longer mapped: another module named its user",
                   r->uri);
    anonid_mapping_undo(r, mapping);
    anonid_identity_show(r, mapping);
}

static int hook_fixups_last(request_rec *r)
{
    const anonid_account_t *account;

    adopt_if_redirected(r);
    yield_to_user(r);
    if (r->main) {
        account = anonid_mapped_account(r);
        apr_table_setn(r->notes, NOTE, account ? account->name : NOBODY);
    }
    return DECLINED;
}

void anonid_inherit_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_fixups(hook_fixups_first, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(hook_fixups_last, NULL, NULL, APR_HOOK_REALLY_LAST);
}
