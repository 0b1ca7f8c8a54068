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

/* Which mechanisms a server can check by a verifier of that scheme, which
 * holds less than the password. */
static const struct {
    const char *scheme;
    const char *mechanism;
} checkable[] = {
    { ANONID_SCHEME_SCRAM, "SCRAM-SHA-256-PLUS" },
    { ANONID_SCHEME_SCRAM, "SCRAM-SHA-256" },
    { ANONID_SCHEME_SCRAM, "PLAIN" },
    { ANONID_SCHEME_BCRYPT, "PLAIN" },
    { ANONID_SCHEME_SHA512, "PLAIN" },
};

#define N_CHECKABLE (sizeof(checkable) / sizeof(checkable[0]))

static int can_check(const char *scheme, const char *mechanism)
{
    size_t i;

    for (i = 0; i < N_CHECKABLE; i++) {
        if (strcmp(checkable[i].scheme, scheme) == 0
            && strcmp(checkable[i].mechanism, mechanism) == 0)
            return 1;
    }
    return 0;
}

static void check_scheme(anonid_check_t *check, const anonid_use_t *use)
{
    const apr_array_header_t *mechanisms = use->service->mechanisms;
    const char *scheme = use->account->scheme;
    int i;

    for (i = 0; i < mechanisms->nelts; i++) {
        if (can_check(scheme, APR_ARRAY_IDX(mechanisms, i, const char *)))
            return;
    }
    anonid_check_error(
        check, use->at,
        "AnonIDMail '%s': by none of its mechanisms (%s) can a server check "
        "the password of the synchronised account '%s', of which it has a "
        "verifier of the scheme %s. Write AnonIDPasswordSync On "
        "scram-sha-256, and SCRAM-SHA-256 among AnonIDMechanism",
        use->service->name, apr_array_pstrcat(check->p, mechanisms, ' '),
        use->account->name, scheme);
}

static void check_use(anonid_check_t *check, const anonid_use_t *use)
{
    const anonid_mail_server_t *server;

    if (!use->account->sync)
        return;
    check_scheme(check, use);
    if (use->account->shared)
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
