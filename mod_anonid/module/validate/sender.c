/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check that a mail service by which something can be sent says from whom
 * and to whom. One for mailboxes alone needs neither.
 */
#include "module/validate/pairs.h"

static int sends(const anonid_service_t *service)
{
    int i;

    for (i = 0; i < service->servers->nelts; i++) {
        if (APR_ARRAY_IDX(service->servers, i, anonid_mail_server_t).protocol
            == ANONID_MAIL_SUBMISSION)
            return 1;
    }
    return 0;
}

static const anonid_use_t *use_at(const anonid_check_t *check, int i)
{
    return &APR_ARRAY_IDX(check->uses, i, anonid_use_t);
}

/* 1 if an earlier pair has the same service, and it was said there. */
static int is_repeated(const anonid_check_t *check, int n)
{
    int i;

    for (i = 0; i < n; i++) {
        if (use_at(check, i)->service == use_at(check, n)->service)
            return 1;
    }
    return 0;
}

static int reaches_anybody(const anonid_service_t *service)
{
    return service->recipients->nelts > 0 || service->allowed->nelts > 0;
}

static void check_use(anonid_check_t *check, const anonid_use_t *use)
{
    const anonid_service_t *service = use->service;

    if (!service->mail_from)
        anonid_check_error(
            check, use->at,
            "AnonIDMail '%s': its <AnonIDMailService %s> has no "
            "sender: add AnonIDMailFrom",
            service->name, service->name);
    if (!reaches_anybody(service))
        anonid_check_error(
            check, use->at,
            "AnonIDMail '%s': its <AnonIDMailService %s> has no "
            "recipient: add AnonIDMailRecipient, so that "
            "visitors can write to somebody, or AnonIDMailAllow for "
            "applications",
            service->name, service->name);
}

void anonid_check_senders(anonid_check_t *check)
{
    int i;

    for (i = 0; i < check->uses->nelts; i++) {
        const anonid_service_t *service = use_at(check, i)->service;

        if ((!service->mail_from || !reaches_anybody(service))
            && sends(service) && !is_repeated(check, i))
            check_use(check, use_at(check, i));
    }
}
