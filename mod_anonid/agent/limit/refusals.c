/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refusals by limits; see refusals.h. There are few limits, and each that was
 * warned of stays on the list.
 */
#include "agent/limit/refusals.h"
#include "agent/base/log.h"
#include "agent/status/mail.h"

#include "common/lognos.h"

#include <stdlib.h>
#include <string.h>

#define WARN_EVERY apr_time_from_sec(3600)

typedef struct warned_t {
    struct warned_t *next;
    apr_time_t when;
    const char *limit; /* behind the service, in the same memory */
    char service[];
} warned_t;

static warned_t *all;

static warned_t *find(const char *service, const char *limit)
{
    warned_t *warned = all;

    while (warned
           && (strcmp(warned->service, service) != 0
               || strcmp(warned->limit, limit) != 0))
        warned = warned->next;
    return warned;
}

static void remember(const char *service, const char *limit, apr_time_t now)
{
    size_t first = strlen(service) + 1, second = strlen(limit) + 1;
    warned_t *warned = calloc(1, sizeof(*warned) + first + second);

    if (!warned)
        return;
    memcpy(warned->service, service, first);
    memcpy(warned->service + first, limit, second);
    warned->limit = warned->service + first;
    warned->when = now;
    warned->next = all;
    all = warned;
}

/* 1 if nothing was said of it for a while; it is from now on. */
static int is_due(const char *service, const char *limit, apr_time_t now)
{
    warned_t *warned = find(service, limit);

    if (!warned) {
        remember(service, limit, now);
        return 1;
    }
    if (now - warned->when < WARN_EVERY)
        return 0;
    warned->when = now;
    return 1;
}

void anonid_limit_refused(const anonid_service_t *service,
                          const anonid_limit_t *limit, apr_time_t now)
{
    anonid_status_mail_limited(
        service->slot,
        (int)(limit - (const anonid_limit_t *)service->limits->elts));
    if (limit->scope != ANONID_LIMIT_TOTAL
        || !is_due(service->name, limit->text, now))
        return;
    anonid_log(ANONID_LOG_WARNING,
               "%smail service '%s': the limit %s is reached, and further %s "
               "are refused for now (if that is what the site needs, write a "
               "higher AnonIDMailLimit; ANID0200 and ANID0270 at level info "
               "say who sends)",
               ANONID_LOGNO(0250), service->name, limit->text,
               anonid_limit_kind_name(limit->kind));
}
