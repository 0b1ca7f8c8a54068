/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sending policy; see policy.h.
 */
#include "agent/submission/policy.h"

#include <apr_strings.h>

#define CLIENT_MAX 256

/* Adds each alias of the request to the envelope. */
static anonid_submit_result_t add_aliases(const anonid_frame_t *request,
                                          apr_pool_t *pool,
                                          anonid_mandate_t *mandate)
{
    anonid_fields_t fields;
    anonid_field_t field;
    int n = 0;

    anonid_fields_begin(&fields, request);
    while (anonid_fields_next(&fields, &field)) {
        const anonid_recipient_t *recipient;
        const char *alias;

        if (field.tag != ANONID_TAG_ALIAS)
            continue;
        alias = anonid_field_text(&field, pool);
        mandate->detail = alias ? alias : "";
        if (!alias || anonid_alias_error(alias))
            return ANONID_SUBMIT_UNKNOWN_ALIAS;
        recipient = anonid_service_recipient(mandate->service, alias);
        if (!recipient)
            return ANONID_SUBMIT_UNKNOWN_ALIAS;
        mandate->detail = "too many recipients";
        if (++n > ANONID_ALIASES_MAX)
            return ANONID_SUBMIT_BAD_MESSAGE;
        anonid_envelope_add(pool, mandate->envelope, recipient->alias,
                            recipient->addresses);
    }
    mandate->detail = n > 0 ? NULL : "no recipient";
    return n > 0 ? ANONID_SUBMIT_ACCEPTED : ANONID_SUBMIT_BAD_MESSAGE;
}

anonid_submit_result_t anonid_policy_judge(const anonid_frame_t *request,
                                           const anonid_config_t *config,
                                           apr_pool_t *pool,
                                           anonid_mandate_t *mandate)
{
    const char *account = anonid_frame_text(request, ANONID_TAG_ACCOUNT, pool);
    const char *service = anonid_frame_text(request, ANONID_TAG_SERVICE, pool);
    const char *client = anonid_frame_text(request, ANONID_TAG_CLIENT, pool);

    *mandate = (anonid_mandate_t){ .client = "unknown" };
    if (client)
        mandate->client =
            apr_pstrmemdup(pool, client, strnlen(client, CLIENT_MAX));
    if (config && account)
        mandate->account = anonid_config_account(config, account);
    if (config && service)
        mandate->service = anonid_config_service(config, service);
    mandate->detail = "no such account";
    if (!mandate->account)
        return ANONID_SUBMIT_UNKNOWN;
    mandate->detail = "no such mail service";
    if (!mandate->service || !mandate->service->mail_from)
        return ANONID_SUBMIT_UNKNOWN;
    mandate->envelope =
        anonid_envelope_make(pool, mandate->service->mail_from);
    return add_aliases(request, pool, mandate);
}
