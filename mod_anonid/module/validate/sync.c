/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of synchronised accounts and mail services: a password that this
 * server makes up is known only to who reads its account file, so a mail
 * server on another machine would refuse it.
 *
 * An account uses a service where both are in effect: in a server outside of
 * its sections, and in each section that names one of them, the other one
 * being the section's own or the server's.
 */
#include "module/validate/validate.h"

#include <apr_strings.h>

/* The first server of a service that is not this machine; NULL: none. */
static const anonid_mail_server_t *remote_server(const anonid_service_t *s)
{
    int i;

    for (i = 0; i < s->servers->nelts; i++) {
        const anonid_mail_server_t *server =
            &APR_ARRAY_IDX(s->servers, i, anonid_mail_server_t);

        if (!server->loopback)
            return server;
    }
    return NULL;
}

/* 1 the first time that the two meet. */
static int first_time(apr_hash_t *seen, apr_pool_t *p,
                      const anonid_account_t *account,
                      const anonid_service_t *service)
{
    const char *key = apr_psprintf(p, "%pp %pp", account, service);

    if (apr_hash_get(seen, key, APR_HASH_KEY_STRING))
        return 0;
    apr_hash_set(seen, key, APR_HASH_KEY_STRING, account);
    return 1;
}

static void check_pair(anonid_check_t *check, apr_hash_t *seen,
                       const anonid_reference_t *map_to,
                       const anonid_reference_t *mail)
{
    const anonid_mail_server_t *server;

    if (!map_to || !map_to->account || !mail || !mail->service
        || !map_to->account->sync || map_to->account->shared
        || !first_time(seen, check->p, map_to->account, mail->service))
        return;
    server = remote_server(mail->service);
    if (!server)
        return;
    anonid_check_error(
        check, mail->directive,
        "AnonIDMail '%s': its server '%s' is on another machine, which "
        "cannot know the password of the synchronised account '%s'. Give the "
        "account a password of its own with AnonIDSecret; or, if that "
        "machine reads the same account file, say so in its <AnonIDAccount> "
        "with: AnonIDPasswordSync On shared",
        mail->service->name, server->url, map_to->account->name);
}

/* The sections that stand in `owner`, as they apply in a server with these
 * defaults. */
static void check_sections(anonid_check_t *check, apr_hash_t *seen,
                           const server_rec *owner,
                           const anonid_dir_t *defaults)
{
    const anonid_server_t *server =
        ap_get_module_config(owner->module_config, &anonid_module);
    int i;

    for (i = 0; server->references && i < server->references->nelts; i++) {
        const anonid_reference_t *reference =
            APR_ARRAY_IDX(server->references, i, const anonid_reference_t *);
        const anonid_dir_t *section = reference->section;

        if (reference->path)
            check_pair(check, seen,
                       section->map_to ? section->map_to : defaults->map_to,
                       section->mail ? section->mail : defaults->mail);
    }
}

void anonid_check_sync(anonid_check_t *check)
{
    apr_hash_t *seen = apr_hash_make(check->p);
    const server_rec *s;

    if (anonid_global()->services->nelts == 0)
        return;
    for (s = check->main; s; s = s->next) {
        const anonid_dir_t *defaults = anonid_dir_of_server(s);

        check_pair(check, seen, defaults->map_to, defaults->mail);
        check_sections(check, seen, s, defaults);
        if (s != check->main)
            check_sections(check, seen, check->main, defaults);
    }
}
