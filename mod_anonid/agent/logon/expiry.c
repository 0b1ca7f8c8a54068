/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that come to their end: when a warning of it is due. A token that is
 * made elsewhere is expected to be replaced while it is good for a quarter of
 * its life; a password's age does not matter. It must not know who learns when
 * a secret ends, nor where warnings go.
 */
#include "agent/base/countdown.h"
#include "agent/logon/machine.h"

/* A server that says how long a password lasts, and not until when, is off by
 * the time that took. */
#define SAME_END apr_time_from_sec(60)

/* 0: nobody knows. */
static apr_interval_time_t life(const anonid_logon_t *logon)
{
    return logon->account->provider == ANONID_PROVIDER_TOKEN
               ? logon->proven.expires - logon->proven.since
               : 0;
}

/* Another secret, or another end of this one, begins anew. */
static int is_same(const anonid_expiry_t *warned, apr_time_t expires)
{
    return warned->expires && expires < warned->expires + SAME_END
           && expires > warned->expires - SAME_END;
}

void anonid_expiry_report(anonid_logon_t *logon, anonid_step_t *step)
{
    anonid_expiry_t *warned = &logon->expiry;
    apr_time_t expires = logon->proven.expires;
    int passed;

    if (logon->proven.version == 0)
        return;
    if (!is_same(warned, expires))
        warned->warnings = 0;
    warned->expires = expires;
    if (!expires)
        return;
    passed = anonid_countdown_passed(expires, life(logon), step->date);
    if (passed <= warned->warnings)
        return;
    warned->warnings = passed;
    anonid_effect_add(step, ANONID_EFFECT_WARN_EXPIRY)->when = expires;
}

apr_time_t anonid_expiry_next(const anonid_logon_t *logon,
                              const anonid_step_t *step)
{
    apr_time_t expires = logon->proven.expires;

    if (!expires || logon->proven.version == 0
        || !is_same(&logon->expiry, expires))
        return 0;
    return anonid_step_moment(
        step,
        anonid_countdown_next(expires, life(logon), logon->expiry.warnings));
}
