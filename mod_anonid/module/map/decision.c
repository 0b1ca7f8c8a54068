/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which account a request would be mapped to: see decision.h.
 */
#include "module/map/decision.h"
#include "module/config/config.h"
#include "module/map/explain.h"
#include "module/map/mapping.h"

#include <ap_expr.h>
#include <http_core.h>
#include <http_log.h>

#include "common/lognos.h"

APLOG_USE_MODULE(anonid);

#define OWN_AUTH_TYPE "AnonID"

anonid_auth_t anonid_auth_here(request_rec *r)
{
    const char *type = ap_auth_type(r);

    if (!type)
        return ANONID_AUTH_NONE;
    return ap_cstr_casecmp(type, OWN_AUTH_TYPE) == 0 ? ANONID_AUTH_OWN
                                                     : ANONID_AUTH_NATIVE;
}

int anonid_maps_here(const request_rec *r)
{
    const anonid_reference_t *map_to = anonid_dir(r)->map_to;

    return map_to && map_to->account;
}

/* With no AuthType, or with ours, nobody would verify the header. */
static int has_credentials(request_rec *r)
{
    const char *name = r->proxyreq == PROXYREQ_PROXY ? "Proxy-Authorization"
                                                     : "Authorization";

    return apr_table_get(r->headers_in, name)
           && anonid_auth_here(r) == ANONID_AUTH_NATIVE;
}

/* Where the expression fails, the visitor proves more rather than less. */
static int is_excepted(request_rec *r, const anonid_dir_t *dir)
{
    const char *error = NULL;
    int result;

    if (!dir->unless)
        return 0;
    result = ap_expr_exec(r, dir->unless, &error);
    if (error)
        ap_log_rerror(
            APLOG_MARK, APLOG_WARNING, 0, r,
            ANONID_LOGNO(
                0100) "AnonIDUnless could not be evaluated "
                      "(%s), so the request is not mapped; correct the "
                      "expression in %s line %u",
            error, dir->unless->filename, dir->unless->line_number);
    return result != 0;
}

/* A name that was refused with 401 is what somebody claimed, no identity. */
static int proved_identity(const request_rec *r)
{
    const anonid_mapping_t *mapping = anonid_mapping_note(r);

    return r->user && !(mapping && anonid_mapping_is_ours(r, mapping))
           && r->status != HTTP_UNAUTHORIZED
           && r->status != HTTP_PROXY_AUTHENTICATION_REQUIRED;
}

static int origin_has_identity(const request_rec *r)
{
    const request_rec *origin = anonid_mapping_origin(r);

    while (origin && !proved_identity(origin))
        origin = anonid_mapping_origin(origin);
    return origin != NULL;
}

/* NULL if the request shows no identity but that of its configuration. */
static const char *why_not(request_rec *r)
{
    const anonid_dir_t *dir = anonid_dir(r);

    if (!dir->map_to)
        return "no AnonIDMapTo is in force";
    if (!dir->map_to->account)
        return "AnonIDMapTo None is in force";
    if (dir->status_guard >= 0)
        return "it asks for the status, which is to be seen just when nobody "
               "is logged on";
    if (r->user)
        return "another module named its user";
    if (has_credentials(r))
        return "it shows credentials, which the AuthType in force will check";
    if (origin_has_identity(r))
        return "the request that it comes from has a user";
    if (is_excepted(r, dir))
        return "AnonIDUnless is true";
    return NULL;
}

const anonid_account_t *anonid_decide(request_rec *r)
{
    const char *reason = why_not(r);

    if (!reason)
        return anonid_dir(r)->map_to->account;
    anonid_explain(r, "%s is not mapped: %s", r->uri, reason);
    return NULL;
}
