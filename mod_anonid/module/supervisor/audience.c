/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers by account; see audience.h.
 */
#include "module/supervisor/audience.h"
#include "module/config/config.h"

/* The virtual hosts of one account. */
typedef struct {
    const anonid_account_t *account; /* the key, by its address */
    int all;                         /* a section of the main server's */
    apr_array_header_t *hosts;       /* server_rec *, each once */
} concerned_t;

struct anonid_audience_t {
    server_rec *main;
    apr_hash_t *concerned; /* concerned_t */
};

static concerned_t *find_or_make(anonid_audience_t *audience,
                                 const anonid_account_t *account)
{
    apr_pool_t *pool = apr_hash_pool_get(audience->concerned);
    concerned_t *concerned =
        apr_hash_get(audience->concerned, &account, sizeof(account));

    if (concerned)
        return concerned;
    concerned = apr_palloc(pool, sizeof(*concerned));
    concerned->account = account;
    concerned->all = 0;
    concerned->hosts = apr_array_make(pool, 1, sizeof(server_rec *));
    apr_hash_set(audience->concerned, &concerned->account,
                 sizeof(concerned->account), concerned);
    return concerned;
}

/* Servers come one after the other, so one that is there is the last. A main
 * server's sections apply in virtual hosts, too. */
static void add(anonid_audience_t *audience, const anonid_reference_t *map_to,
                server_rec *s)
{
    concerned_t *concerned;
    apr_array_header_t *hosts;

    if (!map_to || !map_to->account)
        return;
    concerned = find_or_make(audience, map_to->account);
    hosts = concerned->hosts;
    if (s == audience->main)
        concerned->all |= map_to->path != NULL;
    else if (hosts->nelts == 0
             || APR_ARRAY_IDX(hosts, hosts->nelts - 1, server_rec *) != s)
        APR_ARRAY_PUSH(hosts, server_rec *) = s;
}

static void add_server(anonid_audience_t *audience, server_rec *s)
{
    const anonid_server_t *server =
        ap_get_module_config(s->module_config, &anonid_module);

    add(audience, anonid_dir_of_server(s)->map_to, s);
    for (int i = 0; server->references && i < server->references->nelts; i++) {
        const anonid_reference_t *reference =
            APR_ARRAY_IDX(server->references, i, const anonid_reference_t *);

        if (reference->path)
            add(audience, reference, s);
    }
}

anonid_audience_t *anonid_audience_make(apr_pool_t *pool, server_rec *main)
{
    anonid_audience_t *audience = apr_palloc(pool, sizeof(*audience));

    audience->main = main;
    audience->concerned = apr_hash_make(pool);
    for (server_rec *s = main; s; s = s->next)
        add_server(audience, s);
    return audience;
}

void anonid_audience_each(const anonid_audience_t *audience,
                          const anonid_account_t *account,
                          anonid_audience_tell_t tell, void *context)
{
    const concerned_t *concerned =
        apr_hash_get(audience->concerned, &account, sizeof(account));

    tell(context, audience->main);
    if (!concerned)
        return;
    if (concerned->all) {
        for (server_rec *s = audience->main->next; s; s = s->next)
            tell(context, s);
        return;
    }
    for (int i = 0; i < concerned->hosts->nelts; i++)
        tell(context, APR_ARRAY_IDX(concerned->hosts, i, server_rec *));
}
