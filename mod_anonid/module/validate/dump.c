/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration as mod_anonid understood it, for operators; see dump.h.
 * It must not know how a request is mapped.
 */
#include "module/validate/dump.h"
#include "module/config/config.h"

#include <apr_strings.h>
#include <http_core.h>

typedef struct {
    apr_file_t *out;
    apr_pool_t *p;
} dump_t;

/* "www.example.com:80", "*:80" without ServerName, or the main server. */
static const char *server_label(apr_pool_t *p, const server_rec *s)
{
    if (!s->is_virtual)
        return "main server";
    return apr_psprintf(
        p, "%s:%u", s->server_hostname ? s->server_hostname : "*",
        s->addrs ? (unsigned)s->addrs->host_port : (unsigned)s->port);
}

/* The directive that decides: the section's own, mapping before mail. */
static const ap_directive_t *place(const anonid_dir_t *dir)
{
    if (dir->map_to)
        return dir->map_to->directive;
    return dir->mail ? dir->mail->directive : NULL;
}

static void print_line(const dump_t *dump, const server_rec *s,
                       const char *path, const anonid_dir_t *own,
                       const anonid_dir_t *dir)
{
    const anonid_account_t *account =
        dir->map_to ? dir->map_to->account : NULL;
    const anonid_service_t *service = dir->mail ? dir->mail->service : NULL;
    const ap_directive_t *where = place(own);

    apr_file_printf(dump->out, "%s -> %s -> %s -> %s -> %s",
                    server_label(dump->p, s), path ? path : "(all)",
                    account ? account->name : "None",
                    account ? anonid_provider_name(account->provider) : "-",
                    service ? service->name : "-");
    if (where)
        apr_file_printf(dump->out, " (%s:%d)", where->filename,
                        where->line_num);
    apr_file_printf(dump->out, "\n");
}

/* 1 if an earlier reference of the list stands in the same section. */
static int is_repeated(const apr_array_header_t *references, int n)
{
    const anonid_reference_t *reference =
        APR_ARRAY_IDX(references, n, const anonid_reference_t *);

    for (int i = 0; i < n; i++) {
        if (APR_ARRAY_IDX(references, i, const anonid_reference_t *)->section
            == reference->section)
            return 1;
    }
    return 0;
}

static void dump_sections(const dump_t *dump, server_rec *s,
                          const apr_array_header_t *references)
{
    const anonid_dir_t *base = anonid_dir_of_server(s);

    for (int i = 0; i < references->nelts; i++) {
        const anonid_reference_t *reference =
            APR_ARRAY_IDX(references, i, const anonid_reference_t *);

        if (!reference->path || is_repeated(references, i))
            continue;
        print_line(dump, s, reference->path, reference->section,
                   anonid_config_merge_dir(dump->p, (void *)base,
                                           (void *)reference->section));
    }
}

static void dump_server(const dump_t *dump, server_rec *s)
{
    const anonid_dir_t *dir = anonid_dir_of_server(s);
    const anonid_server_t *server =
        ap_get_module_config(s->module_config, &anonid_module);

    if (dir->map_to || dir->mail)
        print_line(dump, s, NULL, dir, dir);
    if (server && server->references)
        dump_sections(dump, s, server->references);
}

/* What the agent may join; all else it refuses. */
static void dump_pairs(const dump_t *dump)
{
    const apr_array_header_t *pairs = anonid_global()->pairs;

    apr_file_printf(dump->out, "Mail services that an account may use: "
                               "account -> mail service\n");
    for (int i = 0; i < pairs->nelts; i++) {
        const anonid_pair_t *pair = &APR_ARRAY_IDX(pairs, i, anonid_pair_t);

        apr_file_printf(dump->out, "%s -> %s\n", pair->account, pair->service);
    }
}

/* How much may be sent, by anybody and by each client. */
static void dump_limits(const dump_t *dump)
{
    const apr_array_header_t *services = anonid_global()->services;

    apr_file_printf(dump->out, "Limits of mail services: mail service -> "
                               "limit\n");
    for (int i = 0; i < services->nelts; i++) {
        const anonid_service_t *service =
            APR_ARRAY_IDX(services, i, const anonid_service_t *);

        if (service->limits->nelts == 0)
            apr_file_printf(dump->out, "%s -> off\n", service->name);
        for (int n = 0; n < service->limits->nelts; n++)
            apr_file_printf(
                dump->out, "%s -> %s\n", service->name,
                APR_ARRAY_IDX(service->limits, n, anonid_limit_t).text);
    }
}

static void dump_store(const dump_t *dump)
{
    const anonid_shared_store_t *store = anonid_global()->limit_store;

    if (store && store->url)
        apr_file_printf(dump->out, "Limits are shared through: %s\n",
                        store->url);
}

/* Where local applications reach a mail service, and as whom. */
static void dump_listeners(const dump_t *dump)
{
    const apr_array_header_t *listens = anonid_global()->listens;

    if (listens->nelts > 0)
        apr_file_printf(dump->out, "Listeners for local applications: "
                                   "virtual host -> URL -> account -> mail "
                                   "service\n");
    for (int i = 0; i < listens->nelts; i++) {
        const anonid_listen_t *listen =
            APR_ARRAY_IDX(listens, i, const anonid_listen_t *);

        apr_file_printf(dump->out, "%s -> %s -> %s -> %s (%s:%d)\n",
                        server_label(dump->p, listen->server),
                        listen->listener->url, listen->listener->account,
                        listen->listener->service, listen->directive->filename,
                        listen->directive->line_num);
    }
}

static void hook_test_config(apr_pool_t *pconf, server_rec *s)
{
    dump_t dump = { NULL, pconf };

    if (!ap_exists_config_define("DUMP_ANONID")
        || apr_file_open_stdout(&dump.out, pconf) != APR_SUCCESS)
        return;
    apr_file_printf(dump.out, "State folder: %s\n",
                    anonid_global()->state_dir);
    apr_file_printf(dump.out, "Anonymous identity mapping: virtual host -> "
                              "path -> account -> provider -> mail "
                              "service\n");
    for (; s; s = s->next)
        dump_server(&dump, s);
    dump_limits(&dump);
    dump_store(&dump);
    dump_pairs(&dump);
    dump_listeners(&dump);
}

void anonid_dump_register(apr_pool_t *p)
{
    (void)p;
    ap_hook_test_config(hook_test_config, NULL, NULL, APR_HOOK_MIDDLE);
}
