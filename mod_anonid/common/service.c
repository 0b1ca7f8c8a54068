/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail services as data; see service.h.
 */
#include "common/service.h"
#include "common/mechanism.h"
#include "common/protocol.h"

#include <apr_strings.h>
#include <string.h>

static anonid_service_t *make_bare(apr_pool_t *pool, const char *name)
{
    anonid_service_t *service = apr_pcalloc(pool, sizeof(*service));

    service->name = apr_pstrdup(pool, name);
    service->slot = -1;
    service->servers = apr_array_make(pool, 2, sizeof(anonid_mail_server_t));
    service->mechanisms = apr_array_make(pool, 5, sizeof(const char *));
    service->recipients = apr_array_make(pool, 4, sizeof(anonid_recipient_t));
    service->allowed = apr_array_make(pool, 2, sizeof(const char *));
    service->limits = apr_array_make(pool, 2, sizeof(anonid_limit_t));
    return service;
}

anonid_service_t *anonid_service_make(apr_pool_t *pool, const char *name)
{
    anonid_service_t *service = make_bare(pool, name);

    for (size_t i = 0; anonid_mechanism_at(i); i++) {
        if (anonid_mechanism_at(i)->flags & ANONID_MECHANISM_DEFAULT)
            APR_ARRAY_PUSH(service->mechanisms, const char *) =
                anonid_mechanism_at(i)->name;
    }
    return service;
}

const anonid_recipient_t *
anonid_service_recipient(const anonid_service_t *service, const char *alias)
{
    for (int i = 0; i < service->recipients->nelts; i++) {
        const anonid_recipient_t *recipient =
            &APR_ARRAY_IDX(service->recipients, i, anonid_recipient_t);

        if (strcasecmp(recipient->alias, alias) == 0)
            return recipient;
    }
    return NULL;
}

static int is_address_of(const anonid_recipient_t *recipient,
                         const char *address)
{
    for (int i = 0; i < recipient->addresses->nelts; i++) {
        if (anonid_address_same(
                APR_ARRAY_IDX(recipient->addresses, i, const char *), address))
            return 1;
    }
    return 0;
}

int anonid_service_allows(const anonid_service_t *service, const char *address)
{
    for (int i = 0; i < service->recipients->nelts; i++) {
        if (is_address_of(
                &APR_ARRAY_IDX(service->recipients, i, anonid_recipient_t),
                address))
            return 1;
    }
    for (int i = 0; i < service->allowed->nelts; i++) {
        if (anonid_pattern_fits(
                APR_ARRAY_IDX(service->allowed, i, const char *), address))
            return 1;
    }
    return 0;
}

static const struct {
    const char *name;
    unsigned flag;
} client_addresses[] = { { "xclient", ANONID_CLIENT_XCLIENT },
                         { "id", ANONID_CLIENT_ID } };

#define N_CLIENT_ADDRESSES                                                    \
    (sizeof(client_addresses) / sizeof(client_addresses[0]))

unsigned anonid_client_address_flag(const char *name)
{
    for (size_t i = 0; i < N_CLIENT_ADDRESSES; i++) {
        if (strcasecmp(client_addresses[i].name, name) == 0)
            return client_addresses[i].flag;
    }
    return 0;
}

int anonid_service_speaks(const anonid_service_t *service,
                          anonid_mail_protocol_t protocol)
{
    for (int i = 0; i < service->servers->nelts; i++) {
        if (APR_ARRAY_IDX(service->servers, i, anonid_mail_server_t).protocol
            == protocol)
            return 1;
    }
    return 0;
}

static void encode_recipient(anonid_writer_t *w,
                             const anonid_recipient_t *recipient)
{
    anonid_writer_text(w, ANONID_TAG_ALIAS, recipient->alias);
    for (int i = 0; i < recipient->addresses->nelts; i++)
        anonid_writer_text(
            w, ANONID_TAG_ADDRESS,
            APR_ARRAY_IDX(recipient->addresses, i, const char *));
}

static void encode_server(anonid_writer_t *w,
                          const anonid_mail_server_t *server)
{
    anonid_writer_text(w, ANONID_TAG_SERVER, server->url);
    if (server->slot >= 0)
        anonid_writer_u32(w, ANONID_TAG_SERVER_SLOT, (uint32_t)server->slot);
}

int anonid_service_encode(anonid_writer_t *w, const anonid_service_t *service)
{
    anonid_writer_begin(w, ANONID_MSG_SERVICE, 0, 0);
    anonid_writer_text(w, ANONID_TAG_SERVICE, service->name);
    if (service->slot >= 0)
        anonid_writer_u32(w, ANONID_TAG_SLOT, (uint32_t)service->slot);
    for (int i = 0; i < service->servers->nelts; i++)
        encode_server(
            w, &APR_ARRAY_IDX(service->servers, i, anonid_mail_server_t));
    for (int i = 0; i < service->mechanisms->nelts; i++)
        anonid_writer_text(
            w, ANONID_TAG_MECHANISM,
            APR_ARRAY_IDX(service->mechanisms, i, const char *));
    anonid_writer_text(w, ANONID_TAG_CA_FILE, service->ca_file);
    anonid_writer_text(w, ANONID_TAG_TLS_NAME, service->tls_name);
    anonid_writer_text(w, ANONID_TAG_MAIL_FROM, service->mail_from);
    for (int i = 0; i < service->recipients->nelts; i++)
        encode_recipient(
            w, &APR_ARRAY_IDX(service->recipients, i, anonid_recipient_t));
    for (int i = 0; i < service->allowed->nelts; i++)
        anonid_writer_text(w, ANONID_TAG_ALLOW,
                           APR_ARRAY_IDX(service->allowed, i, const char *));
    if (service->strict_from)
        anonid_writer_text(w, ANONID_TAG_STRICT, "1");
    for (size_t i = 0; i < N_CLIENT_ADDRESSES; i++) {
        if (service->client_address & client_addresses[i].flag)
            anonid_writer_text(w, ANONID_TAG_CLIENT_ADDRESS,
                               client_addresses[i].name);
    }
    for (int i = 0; i < service->limits->nelts; i++)
        anonid_writer_text(
            w, ANONID_TAG_LIMIT,
            APR_ARRAY_IDX(service->limits, i, anonid_limit_t).text);
    return anonid_writer_end(w);
}

static int add_server(anonid_service_t *service, const char *url,
                      apr_pool_t *pool)
{
    anonid_mail_server_t server;

    if (anonid_mail_server_parse(&server, url, pool))
        return 0;
    APR_ARRAY_PUSH(service->servers, anonid_mail_server_t) = server;
    return 1;
}

static int add_alias(anonid_service_t *service, const char *alias,
                     apr_pool_t *pool)
{
    anonid_recipient_t recipient;

    if (anonid_alias_error(alias))
        return 0;
    recipient.alias = alias;
    recipient.addresses = apr_array_make(pool, 2, sizeof(const char *));
    APR_ARRAY_PUSH(service->recipients, anonid_recipient_t) = recipient;
    return 1;
}

static int add_address(anonid_service_t *service, const char *address)
{
    int n = service->recipients->nelts;

    if (n == 0 || anonid_address_error(address))
        return 0;
    APR_ARRAY_PUSH(
        APR_ARRAY_IDX(service->recipients, n - 1, anonid_recipient_t)
            .addresses,
        const char *) = address;
    return 1;
}

static int add_pattern(anonid_service_t *service, const char *pattern)
{
    if (anonid_pattern_error(pattern))
        return 0;
    APR_ARRAY_PUSH(service->allowed, const char *) = pattern;
    return 1;
}

static int add_limit(anonid_service_t *service, const char *text,
                     apr_pool_t *pool)
{
    return service->limits->nelts < ANONID_LIMITS_MAX
           && !anonid_limit_parse(apr_array_push(service->limits), text, pool);
}

/* 1, or 0 for a field that cannot be. Unknown tags are passed over. */
static int decode_field(anonid_service_t *service, uint16_t tag,
                        const char *text, apr_pool_t *pool)
{
    if (!text)
        return 0;
    switch (tag) {
    case ANONID_TAG_SERVER:
        return add_server(service, text, pool);
    case ANONID_TAG_MECHANISM:
        APR_ARRAY_PUSH(service->mechanisms, const char *) = text;
        return 1;
    case ANONID_TAG_CA_FILE:
        service->ca_file = text;
        return 1;
    case ANONID_TAG_TLS_NAME:
        service->tls_name = text;
        return 1;
    case ANONID_TAG_MAIL_FROM:
        service->mail_from = text;
        return anonid_address_error(text) == NULL;
    case ANONID_TAG_ALIAS:
        return add_alias(service, text, pool);
    case ANONID_TAG_ADDRESS:
        return add_address(service, text);
    case ANONID_TAG_ALLOW:
        return add_pattern(service, text);
    case ANONID_TAG_LIMIT:
        return add_limit(service, text, pool);
    case ANONID_TAG_STRICT:
        service->strict_from = 1;
        return 1;
    case ANONID_TAG_CLIENT_ADDRESS:
        service->client_address |= anonid_client_address_flag(text);
        return 1;
    default:
        return 1;
    }
}

/* The slot of the service, or of its last server: 1, or 0 for a number that
 * cannot be. */
static int decode_slot(anonid_service_t *service, const anonid_field_t *field)
{
    int n = service->servers->nelts;
    uint32_t slot;

    if (!anonid_field_u32(field, &slot) || slot > INT32_MAX)
        return 0;
    if (field->tag == ANONID_TAG_SLOT)
        service->slot = (int)slot;
    else if (n > 0)
        APR_ARRAY_IDX(service->servers, n - 1, anonid_mail_server_t).slot =
            (int)slot;
    return 1;
}

static int is_slot(const anonid_field_t *field)
{
    return field->tag == ANONID_TAG_SLOT
           || field->tag == ANONID_TAG_SERVER_SLOT;
}

anonid_service_t *anonid_service_decode(const anonid_frame_t *frame,
                                        apr_pool_t *pool)
{
    const char *name = anonid_frame_text(frame, ANONID_TAG_SERVICE, pool);
    anonid_service_t *service;
    anonid_fields_t fields;
    anonid_field_t field;

    if (!name)
        return NULL;
    service = make_bare(pool, name);
    anonid_fields_begin(&fields, frame);
    while (anonid_fields_next(&fields, &field)) {
        if (is_slot(&field)
                ? !decode_slot(service, &field)
                : !decode_field(service, field.tag,
                                anonid_field_text(&field, pool), pool))
            return NULL;
    }
    if (service->servers->nelts == 0)
        return NULL;
    return service;
}
