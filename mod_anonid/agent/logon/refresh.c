/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refresh tokens that a token endpoint has replaced (RFC 6749 section 6): the
 * old one must never be shown again, and the new one must not be lost.
 *
 *   an attempt's end with another token -> it is used from now on, and the
 *   supervisor is asked to put it in the file -> TOKEN_STORED
 *
 * So the file may be older than what is known here, for as long as it cannot
 * be written. What is read from it counts as new only if it is neither what it
 * held before nor what it was to hold.
 */
#include "agent/logon/machine.h"

#include <errno.h>
#include <string.h>

#define ANSWER_TIMEOUT apr_time_from_sec(30)
#define RETRY apr_time_from_sec(60)

static void put(anonid_secret_t **where, anonid_secret_t *secret)
{
    anonid_secret_hold(secret);
    anonid_secret_drop(*where);
    *where = secret;
}

static void drop(anonid_secret_t **where)
{
    anonid_secret_drop(*where);
    *where = NULL;
}

void anonid_refresh_store(anonid_logon_t *logon, anonid_step_t *step)
{
    anonid_effect_t *effect;

    logon->refresh.again = 0;
    if (!logon->refresh.unstored)
        return;
    logon->refresh.again = step->now + ANSWER_TIMEOUT;
    effect = anonid_effect_add(step, ANONID_EFFECT_STORE_TOKEN);
    effect->token.secret = logon->refresh.unstored;
    effect->token.number = logon->refresh.number;
}

/* What fails now has failed with the file as it is, which is another version
 * since it was replaced, though the credential is the same. And a file that
 * can be read again may be written, too. */
void anonid_refresh_looked(anonid_logon_t *logon, anonid_step_t *step)
{
    if (logon->account->refresh && logon->candidate.version)
        anonid_logon_source_version(logon, logon->source.adopted);
    anonid_refresh_store(logon, step);
}

/* The very secret, not one like it: somebody may have put the old one into
 * the file again, and then that is what he wants. */
static int replace(anonid_versioned_t *what, const anonid_secret_t *old,
                   anonid_secret_t *new)
{
    if (what->version == 0 || what->secret != old)
        return 0;
    put(&what->secret, new);
    return 1;
}

void anonid_refresh_rotated(anonid_logon_t *logon, anonid_step_t *step,
                            const anonid_secret_t *old, anonid_secret_t *new)
{
    int is_newest = replace(&logon->candidate, old, new);

    (void)replace(&logon->proven, old, new);
    if (logon->client.waiting == old) {
        put(&logon->client.waiting, new);
        is_newest = 1;
    }
    /* The file holds another one by now, which is not to be overwritten. */
    if (!is_newest)
        return;
    put(&logon->refresh.unstored, new);
    logon->refresh.number = (uint32_t)++step->last_version;
    anonid_refresh_store(logon, step);
}

static void warn(anonid_logon_t *logon, anonid_step_t *step,
                 anonid_failure_t code, const char *text)
{
    anonid_outcome_set(&anonid_effect_add(step, ANONID_EFFECT_NOT_STORED)->why,
                       code, "%s", text);
    logon->refresh.warned = code != ANONID_LOGON_OK;
}

void anonid_refresh_stored(anonid_logon_t *logon, anonid_step_t *step,
                           const anonid_logon_event_t *event)
{
    int error = event->stored.error;
    const char *text = event->stored.text;

    if (!logon->refresh.unstored
        || event->stored.number != logon->refresh.number)
        return;
    if (error == 0) {
        put(&logon->refresh.filed, logon->refresh.unstored);
        drop(&logon->refresh.unstored);
        logon->refresh.again = 0;
        if (logon->refresh.warned)
            warn(logon, step, ANONID_LOGON_OK, "");
        return;
    }
    logon->refresh.again = step->now + RETRY;
    /* ESTALE: the file is another one than was read last, which comes. */
    if (error != ESTALE && !logon->refresh.warned)
        warn(logon, step, ANONID_ACCESS_DENIED, text ? text : strerror(error));
}

int anonid_logon_refresh_known(anonid_logon_t *logon, anonid_secret_t *secret)
{
    anonid_refresh_t *refresh = &logon->refresh;

    if (refresh->filed && anonid_secret_is_same(secret, refresh->filed)
        && (logon->candidate.version || logon->client.waiting))
        return 1;
    put(&refresh->filed, secret);
    if (refresh->unstored
        && anonid_secret_is_same(secret, refresh->unstored)) {
        drop(&refresh->unstored);
        refresh->again = 0;
        return 1;
    }
    drop(&refresh->unstored);
    refresh->again = 0;
    return 0;
}

void anonid_refresh_forget(anonid_logon_t *logon)
{
    drop(&logon->refresh.filed);
    drop(&logon->refresh.unstored);
    memset(&logon->refresh, 0, sizeof(logon->refresh));
}
