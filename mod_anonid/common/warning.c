/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The warning's words; see warning.h.
 */
#include "common/warning.h"
#include "common/build.h"
#include "common/lognos.h"

#include <apr_strings.h>

/* What a further sentence says of an anonid_kept_t. */
static const char *const kept_texts[] = {
    "",
    " The new secret was not taken up; the last good logon stays in use.",
    " The last good logon stays in use until it ends.",
};

/* Nobody was there who could have said that it is wrong. */
static const char unproven_text[] =
    " The new secret could not be proven, because no server could be asked; "
    "the old one stays in use, and the new one is tried again.";

#define N_KEPT_TEXTS (int)(sizeof(kept_texts) / sizeof(kept_texts[0]))

static const char *kept_text(anonid_failure_t code, int kept)
{
    int away =
        code == ANONID_NO_LOGON_SERVERS || code == ANONID_NO_SUCH_DOMAIN;

    if (kept == ANONID_KEPT_OLD_SECRET && away)
        return unproven_text;
    return kept > 0 && kept < N_KEPT_TEXTS ? kept_texts[kept] : "";
}

const char *anonid_warning_text(apr_pool_t *pool,
                                const anonid_account_t *account,
                                anonid_failure_t code, const char *detail,
                                int kept, const char *help_url)
{
    const anonid_failure_info_t *info = anonid_failure_info(code);
    int has_detail = detail && *detail;

    return apr_psprintf(
        pool,
        ANONID_LOGNO(0001) "The server was unable to logon the %s '%s' due to "
                           "the following error: %s The data is the error "
                           "code. For additional information specific to "
                           "this message please visit %s#%d [data %08x, "
                           "provider %s%s%s]%s",
        anonid_account_kind(account), account->name, info->text,
        help_url ? help_url : ANONID_DEFAULT_HELP_URL, (int)code,
        (unsigned)code, anonid_provider_name(account->provider),
        has_detail ? ", " : "", has_detail ? detail : "",
        kept_text(code, kept));
}

/* "41 s", "5 min 3 s", "2 h 10 min": two units are enough for anybody. */
static const char *duration(apr_pool_t *pool, unsigned s)
{
    if (s < 60)
        return apr_psprintf(pool, "%u s", s);
    if (s < 3600)
        return apr_psprintf(pool, "%u min %u s", s / 60, s % 60);
    return apr_psprintf(pool, "%u h %u min", s / 3600, s % 3600 / 60);
}

const char *anonid_recovered_text(apr_pool_t *pool,
                                  const anonid_account_t *account,
                                  unsigned failures, unsigned seconds)
{
    return apr_psprintf(pool,
                        ANONID_LOGNO(0002) "The account '%s' is logged on "
                                           "again after %u failure%s in %s.",
                        account->name, failures, failures == 1 ? "" : "s",
                        duration(pool, seconds));
}

const char *anonid_time_left(apr_pool_t *pool, apr_interval_time_t left)
{
    static const struct {
        long seconds;
        const char *one, *many;
    } units[] = {
        { 86400, " day", " days" },
        { 3600, " h", " h" },
        { 60, " min", " min" },
    };
    long seconds = left > 0 ? (long)apr_time_sec(left) : 0;

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        long n = (seconds + units[i].seconds - 1) / units[i].seconds;

        if (seconds > units[i].seconds - units[i].seconds / 24)
            return apr_psprintf(pool, "%ld%s", n,
                                n == 1 ? units[i].one : units[i].many);
    }
    return apr_psprintf(pool, "%ld s", seconds);
}

/* In UTC, as it is the same for whoever reads the log. */
static const char *date(apr_pool_t *pool, apr_time_t when)
{
    apr_time_exp_t at;

    if (apr_time_exp_gmt(&at, when) != APR_SUCCESS)
        return "?";
    return apr_psprintf(pool, "%04d-%02d-%02d %02d:%02d:%02d UTC",
                        at.tm_year + 1900, at.tm_mon + 1, at.tm_mday,
                        at.tm_hour, at.tm_min, at.tm_sec);
}

const char *anonid_expiry_text(apr_pool_t *pool,
                               const anonid_account_t *account,
                               apr_time_t expires, apr_time_t now)
{
    const char *left = anonid_time_left(pool, expires - now);
    const char *when = date(pool, expires);

    if (account->provider == ANONID_PROVIDER_TOKEN)
        return apr_psprintf(
            pool,
            ANONID_LOGNO(0006) "The token of the account '%s' expires in %s "
                               "(%s), and no newer one has come: look at what "
                               "AnonIDToken names, and at who writes it",
            account->name, left, when);
    return apr_psprintf(
        pool,
        ANONID_LOGNO(0005) "The password of the %s '%s' expires in %s (%s). "
                           "Change it there first, and then in what "
                           "AnonIDSecret names, from where it is taken up "
                           "without a restart",
        anonid_account_kind(account), account->name, left, when);
}
