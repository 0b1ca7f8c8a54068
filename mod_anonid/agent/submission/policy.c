/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sending policy; see policy.h.
 */
#include "agent/submission/policy.h"

#include <apr_strings.h>
#include <string.h>

#define CLIENT_MAX 256

/* Adds one alias to the envelope. */
static anonid_submit_result_t add_alias(const char *alias, apr_pool_t *pool,
                                        anonid_mandate_t *mandate)
{
    const anonid_recipient_t *recipient;

    mandate->detail = alias ? apr_pstrdup(pool, alias) : "";
    if (!alias || anonid_alias_error(alias))
        return ANONID_SUBMIT_UNKNOWN_ALIAS;
    recipient = anonid_service_recipient(mandate->service, alias);
    if (!recipient)
        return ANONID_SUBMIT_UNKNOWN_ALIAS;
    anonid_envelope_add(pool, mandate->envelope, recipient->alias,
                        recipient->addresses);
    return ANONID_SUBMIT_ACCEPTED;
}

static anonid_submit_result_t add_aliases(const apr_array_header_t *aliases,
                                          apr_pool_t *pool,
                                          anonid_mandate_t *mandate)
{
    anonid_submit_result_t result = ANONID_SUBMIT_ACCEPTED;

    mandate->detail = "no recipient";
    if (!aliases || aliases->nelts == 0)
        return ANONID_SUBMIT_BAD_MESSAGE;
    mandate->detail = "too many recipients";
    if (aliases->nelts > ANONID_ALIASES_MAX)
        return ANONID_SUBMIT_BAD_MESSAGE;
    for (int i = 0; i < aliases->nelts && result == ANONID_SUBMIT_ACCEPTED;
         i++)
        result =
            add_alias(APR_ARRAY_IDX(aliases, i, const char *), pool, mandate);
    if (result == ANONID_SUBMIT_ACCEPTED)
        mandate->detail = NULL;
    return result;
}

anonid_submit_result_t
anonid_policy_judge(const anonid_submission_request_t *request,
                    const anonid_config_t *config, apr_pool_t *pool,
                    anonid_mandate_t *mandate)
{
    *mandate = (anonid_mandate_t){ .client = "unknown" };
    if (request->client)
        mandate->client = apr_pstrmemdup(pool, request->client,
                                         strnlen(request->client, CLIENT_MAX));
    if (config && request->account)
        mandate->account = anonid_config_account(config, request->account);
    if (config && request->service)
        mandate->service = anonid_config_service(config, request->service);
    mandate->detail = "no such account";
    if (!mandate->account)
        return ANONID_SUBMIT_UNKNOWN;
    mandate->detail = "no such mail service";
    if (!mandate->service)
        return ANONID_SUBMIT_UNKNOWN;
    mandate->detail = NULL;
    if (!anonid_config_allows(config, mandate->account, mandate->service))
        return ANONID_SUBMIT_NOT_PAIRED;
    mandate->detail = "the mail service has no sender";
    if (!mandate->service->mail_from)
        return ANONID_SUBMIT_UNKNOWN;
    mandate->envelope =
        anonid_envelope_make(pool, mandate->service->mail_from);
    return add_aliases(request->aliases, pool, mandate);
}
