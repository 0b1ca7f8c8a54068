/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope of one message; see envelope.h.
 */
#include "agent/message/envelope.h"

#include <string.h>
#include <strings.h>

anonid_envelope_t *anonid_envelope_make(apr_pool_t *pool,
                                        const char *mail_from)
{
    anonid_envelope_t *envelope = apr_pcalloc(pool, sizeof(*envelope));

    envelope->mail_from = mail_from;
    envelope->addresses =
        apr_array_make(pool, 4, sizeof(anonid_envelope_address_t *));
    envelope->aliases =
        apr_array_make(pool, 4, sizeof(anonid_envelope_alias_t));
    return envelope;
}

static anonid_envelope_address_t *address_at(const apr_array_header_t *array,
                                             int i)
{
    return APR_ARRAY_IDX(array, i, anonid_envelope_address_t *);
}

/* The entry of an address, which two aliases may share. */
static anonid_envelope_address_t *
add_address(apr_pool_t *pool, anonid_envelope_t *envelope, const char *address)
{
    anonid_envelope_address_t *entry;

    for (int i = 0; i < envelope->addresses->nelts; i++) {
        entry = address_at(envelope->addresses, i);
        if (strcmp(entry->address, address) == 0)
            return entry;
    }
    entry = apr_pcalloc(pool, sizeof(*entry));
    entry->address = address;
    APR_ARRAY_PUSH(envelope->addresses, anonid_envelope_address_t *) = entry;
    return entry;
}

void anonid_envelope_add(apr_pool_t *pool, anonid_envelope_t *envelope,
                         const char *alias,
                         const apr_array_header_t *addresses)
{
    anonid_envelope_alias_t *entry;

    for (int i = 0; i < envelope->aliases->nelts; i++) {
        entry = &APR_ARRAY_IDX(envelope->aliases, i, anonid_envelope_alias_t);
        if (strcasecmp(entry->alias, alias) == 0)
            return;
    }
    entry = apr_array_push(envelope->aliases);
    entry->alias = alias;
    entry->addresses = apr_array_make(pool, addresses->nelts,
                                      sizeof(anonid_envelope_address_t *));
    for (int i = 0; i < addresses->nelts; i++)
        APR_ARRAY_PUSH(entry->addresses, anonid_envelope_address_t *) =
            add_address(pool, envelope,
                        APR_ARRAY_IDX(addresses, i, const char *));
}

void anonid_envelope_accept(apr_pool_t *pool, anonid_envelope_t *envelope,
                            const anonid_envelope_address_t *accepted)
{
    apr_array_header_t *addresses =
        apr_array_make(pool, 1, sizeof(const char *));
    anonid_envelope_address_t *last;

    APR_ARRAY_PUSH(addresses, const char *) = accepted->address;
    anonid_envelope_add(pool, envelope, accepted->address, addresses);
    last = address_at(envelope->addresses, envelope->addresses->nelts - 1);
    last->code = 250;
    last->dsn = accepted->dsn;
}

/* The addresses of an alias, as anonid_envelope_add takes them. */
static apr_array_header_t *addresses_of(apr_pool_t *pool,
                                        const anonid_envelope_alias_t *alias)
{
    apr_array_header_t *addresses =
        apr_array_make(pool, alias->addresses->nelts, sizeof(const char *));

    for (int i = 0; i < alias->addresses->nelts; i++)
        APR_ARRAY_PUSH(addresses, const char *) =
            address_at(alias->addresses, i)->address;
    return addresses;
}

anonid_envelope_t *anonid_envelope_again(apr_pool_t *pool,
                                         const anonid_envelope_t *envelope)
{
    anonid_envelope_t *again = anonid_envelope_make(pool, envelope->mail_from);

    for (int i = 0; i < envelope->aliases->nelts; i++) {
        const anonid_envelope_alias_t *alias =
            &APR_ARRAY_IDX(envelope->aliases, i, anonid_envelope_alias_t);

        anonid_envelope_add(pool, again, alias->alias,
                            addresses_of(pool, alias));
    }
    again->dsn = envelope->dsn;
    again->utf8 = envelope->utf8;
    for (int i = 0; i < again->addresses->nelts; i++)
        address_at(again->addresses, i)->dsn =
            address_at(envelope->addresses, i)->dsn;
    return again;
}

int anonid_address_utf8(const char *address)
{
    for (; *address; address++) {
        if ((unsigned char)*address > 127)
            return 1;
    }
    return 0;
}

int anonid_envelope_utf8(const anonid_envelope_t *envelope)
{
    for (int i = 0; i < envelope->addresses->nelts; i++) {
        if (anonid_address_utf8(address_at(envelope->addresses, i)->address))
            return 1;
    }
    return envelope->utf8 || anonid_address_utf8(envelope->mail_from);
}

int anonid_envelope_dsn(const anonid_envelope_t *envelope)
{
    int needs = envelope->dsn != NULL;

    for (int i = 0; i < envelope->addresses->nelts; i++)
        needs |= address_at(envelope->addresses, i)->dsn != NULL;
    return needs;
}

int anonid_envelope_count(const anonid_envelope_t *envelope, int digit)
{
    int n = 0;

    for (int i = 0; i < envelope->addresses->nelts; i++)
        n += address_at(envelope->addresses, i)->code / 100 == digit;
    return n;
}

int anonid_envelope_accepted(const anonid_envelope_alias_t *alias)
{
    for (int i = 0; i < alias->addresses->nelts; i++) {
        if (address_at(alias->addresses, i)->code / 100 == 2)
            return 1;
    }
    return 0;
}

const anonid_envelope_address_t *
anonid_envelope_refused(const anonid_envelope_alias_t *alias)
{
    for (int i = 0; i < alias->addresses->nelts; i++) {
        if (address_at(alias->addresses, i)->code >= 400)
            return address_at(alias->addresses, i);
    }
    return NULL;
}
