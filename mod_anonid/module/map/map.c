/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mapping in the phases of authentication: anonymous first, then the
 * challenge.
 *
 * Owns when a request is mapped. Who it would be is decision.c's, whether
 * that is enough is tentative.c's, whether the account is logged on is
 * logon_state.c's. Must not know any other authentication module: what is
 * left to them is left as if we were not there.
 */
#include "module/map/map.h"
#include "module/config/config.h"
#include "module/map/decision.h"
#include "module/map/explain.h"
#include "module/map/logon_state.h"
#include "module/map/mapping.h"
#include "module/map/tentative.h"

#include <http_core.h>
#include <http_log.h>
#include <http_request.h>
#include <mod_auth.h>

#include "common/lognos.h"

APLOG_USE_MODULE(anonid);

/* The decision, made once per request and configuration. */
static anonid_mapping_t *decision_of(request_rec *r)
{
    anonid_mapping_t *mapping = anonid_mapping_current(r);

    return mapping ? mapping : anonid_mapping_decide(r, anonid_decide(r));
}

/* Undoes what was tried, and hands on the status that says why. */
static int undo(request_rec *r, anonid_mapping_t *mapping, int status)
{
    anonid_mapping_undo(r, mapping);
    return status;
}

static int confirm(request_rec *r, const anonid_mapping_t *mapping)
{
    anonid_mapping_count(r, mapping);
    anonid_explain(r, "%s is mapped to account '%s'", r->uri,
                   mapping->account->name);
    return OK;
}

/* Another module can challenge: it shall, where anonymous is not enough. */
static int map_or_decline(request_rec *r, anonid_mapping_t *mapping)
{
    int status;

    anonid_mapping_apply(r, mapping);
    status = anonid_authorize_tentatively(r);
    if (status != OK) {
        anonid_explain(
            r,
            "%s is not mapped: account '%s' is not authorized (%d); "
            "left to AuthType %s",
            r->uri, mapping->account->name, status, ap_auth_type(r));
        return undo(r, mapping, DECLINED);
    }
    status = anonid_logon_check(r, mapping->account);
    return status == OK ? confirm(r, mapping) : undo(r, mapping, status);
}

/* Nobody can challenge: there is nothing to decline to. */
static int map_or_refuse(request_rec *r, anonid_mapping_t *mapping)
{
    int status = anonid_logon_check(r, mapping->candidate);

    if (status == DECLINED)
        status = anonid_logon_unavailable(r, mapping->candidate);
    if (status != OK)
        return undo(r, mapping, status);
    anonid_mapping_apply(r, mapping);
    return confirm(r, mapping);
}

/* AuthType AnonID: a denial would be a 401 with no way to answer it. */
static int map_own_type(request_rec *r, anonid_mapping_t *mapping)
{
    int status;

    anonid_mapping_apply(r, mapping);
    status = ap_run_auth_checker(r);
    if (status == OK)
        return map_or_refuse(r, mapping);
    return status == HTTP_UNAUTHORIZED ? HTTP_FORBIDDEN : status;
}

static int (*const map_by_auth[])(request_rec *, anonid_mapping_t *) = {
    [ANONID_AUTH_NONE] = map_or_refuse,
    [ANONID_AUTH_OWN] = map_own_type,
    [ANONID_AUTH_NATIVE] = map_or_decline,
};

/*
 * Since force_authn a module before us may have named a user. What mod_ssl
 * made of a certificate meanwhile (FakeBasicAuth) does not count where access
 * is granted to anybody: a certificate that the AuthType does not know would
 * be worse there than none.
 */
static int hook_check_authn(request_rec *r)
{
    anonid_mapping_t *mapping;

    if (!anonid_maps_here(r))
        return DECLINED;
    mapping = decision_of(r);
    if (!mapping->candidate || r->user)
        return DECLINED;
    return map_by_auth[anonid_auth_here(r)](r, mapping);
}

/* Access is granted to anybody: authenticate only whom we would map, so that
 * for all others everything is as without us. */
static int hook_force_authn(request_rec *r)
{
    anonid_mapping_t *mapping;

    if (!anonid_maps_here(r))
        return DECLINED;
    mapping = decision_of(r);
    if (!mapping->candidate)
        return DECLINED;
    if (!anonid_logon_declines(r, mapping->candidate))
        return OK;
    anonid_explain(
        r,
        "%s is not mapped: account '%s' is not logged on; served as "
        "without mapping",
        r->uri, mapping->candidate->name);
    return undo(r, mapping, DECLINED);
}

/*
 * Nobody authenticated a request that needs a user. httpd calls it a
 * configuration error (500) when no AuthType is there; where visitors may be
 * mapped it is not: this one just was not, and there is no challenge.
 */
static int hook_check_authn_last(request_rec *r)
{
    anonid_auth_t auth = anonid_auth_here(r);

    if (auth == ANONID_AUTH_NATIVE)
        return DECLINED;
    if (r->user)
        return auth == ANONID_AUTH_OWN ? OK : DECLINED;
    if (auth == ANONID_AUTH_NONE && !anonid_maps_here(r))
        return DECLINED;
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, r,
        ANONID_LOGNO(
            0101) "%s needs a user, this request is not "
                  "mapped to one, and no AuthType asks for credentials; add "
                  "an AuthType if such visitors shall log on "
                  "(LogLevel anonid:debug tells why it is not mapped)",
        r->uri);
    return HTTP_FORBIDDEN;
}

void anonid_map_register(apr_pool_t *p)
{
    static const char *const after[] = { "mod_ssl.c", NULL };
    static const char *const before[] = { "mod_authn_core.c", NULL };

    (void)p;
    ap_hook_force_authn(hook_force_authn, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_authn(hook_check_authn, after, NULL, APR_HOOK_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(hook_check_authn_last, NULL, before, APR_HOOK_LAST,
                        AP_AUTH_INTERNAL_PER_CONF);
}
