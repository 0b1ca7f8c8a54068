/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of synchronised accounts and mail services: a password that this
 * server makes up is known only to who reads its account file, so a mail
 * server on another machine would refuse it.
 */
#include "module/validate/pairs.h"

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

static void check_use(anonid_check_t *check, const anonid_use_t *use)
{
    const anonid_mail_server_t *server;

    if (!use->account->sync || use->account->shared)
        return;
    server = remote_server(use->service);
    if (!server)
        return;
    anonid_check_error(
        check, use->at,
        "AnonIDMail '%s': its server '%s' is on another machine, which "
        "cannot know the password of the synchronised account '%s'. Give the "
        "account a password of its own with AnonIDSecret; or, if that "
        "machine reads the same account file, say so in its <AnonIDAccount> "
        "with: AnonIDPasswordSync On shared",
        use->service->name, server->url, use->account->name);
}

void anonid_check_sync(anonid_check_t *check)
{
    int i;

    for (i = 0; i < check->uses->nelts; i++)
        check_use(check, &APR_ARRAY_IDX(check->uses, i, anonid_use_t));
}
