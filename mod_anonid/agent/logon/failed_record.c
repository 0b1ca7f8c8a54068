/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of failed versions as text; see failed_record.h.
 */
#include "agent/logon/failed_record.h"

#include <stdio.h>
#include <string.h>

#define FIRST_LINE "anonid failed version 1"

#define NO_DETAIL "-"

/* Digits of a number: more would not fit. */
#define NUMBER_DIGITS 12

/* What is left of a text. */
typedef struct {
    const char *next;
    const char *end;
} rest_t;

/* The value of the line that has to come next, as a string. Empty values and
 * control characters are refused; UTF-8 is not looked at. 1 or 0. */
static int take(rest_t *rest, const char *name, char *value, size_t room)
{
    size_t length = strlen(name), left = (size_t)(rest->end - rest->next);
    const char *lf = left > 0 ? memchr(rest->next, '\n', left) : NULL;
    const char *start = rest->next + length;

    if (!lf || (size_t)(lf - rest->next) <= length
        || memcmp(rest->next, name, length) != 0
        || (size_t)(lf - start) >= room)
        return 0;
    for (const char *p = start; p < lf; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return 0;
    }
    memcpy(value, start, (size_t)(lf - start));
    value[lf - start] = '\0';
    rest->next = lf + 1;
    return 1;
}

static int take_number(rest_t *rest, const char *name, long long *number)
{
    char digits[NUMBER_DIGITS + 1];

    if (!take(rest, name, digits, sizeof(digits))
        || strspn(digits, "0123456789") != strlen(digits))
        return 0;
    *number = 0;
    for (const char *p = digits; *p; p++)
        *number = *number * 10 + (*p - '0');
    return 1;
}

static int is_first_line(rest_t *rest)
{
    char version[4];

    return take(rest, "anonid failed version ", version, sizeof(version))
           && strcmp(version, "1") == 0;
}

static int is_digest(const char *text)
{
    return strlen(text) == ANONID_FAILED_CONFIG - 1
           && strspn(text, "0123456789abcdef") == strlen(text);
}

/* Only what the table knows can have been recorded. */
static int set_outcome(anonid_outcome_t *outcome, long long code,
                       const char *detail)
{
    const anonid_failure_info_t *info;

    if (code <= 0 || code > 0xffff)
        return 0;
    info = anonid_failure_info((anonid_failure_t)code);
    if (info->code != (anonid_failure_t)code)
        return 0;
    anonid_outcome_set(outcome, info->code, "%s",
                       strcmp(detail, NO_DETAIL) == 0 ? "" : detail);
    outcome->kind = ANONID_PERMANENT;
    return 1;
}

int anonid_failed_parse(const char *text, size_t length, const char *account,
                        anonid_failed_t *failed)
{
    rest_t rest = { text, text + length };
    char name[ANONID_FAILED_MAX], detail[ANONID_DETAIL_MAX];
    long long code, seconds;

    memset(failed, 0, sizeof(*failed));
    if (length > ANONID_FAILED_MAX || !is_first_line(&rest)
        || !take(&rest, "account ", name, sizeof(name))
        || strcmp(name, account) != 0
        || !take(&rest, "config ", failed->config, sizeof(failed->config))
        || !is_digest(failed->config)
        || !take(&rest, "version ", failed->version, sizeof(failed->version))
        || !take_number(&rest, "code ", &code)
        || !take_number(&rest, "time ", &seconds)
        || !take(&rest, "detail ", detail, sizeof(detail))
        || rest.next != rest.end)
        return 0;
    failed->when = apr_time_from_sec(seconds);
    return set_outcome(&failed->outcome, code, detail);
}

int anonid_failed_counts(const anonid_account_t *account, const char *version,
                         const anonid_outcome_t *outcome)
{
    return account->provider != ANONID_PROVIDER_FILE && version[0]
           && outcome->kind == ANONID_PERMANENT
           && outcome->code != ANONID_LOGON_OK
           && outcome->code != ANONID_ACCESS_DENIED;
}

size_t anonid_failed_write(char text[ANONID_FAILED_MAX], const char *account,
                           const anonid_failed_t *failed)
{
    const char *detail = failed->outcome.detail;
    anonid_failed_t again;
    int n = snprintf(
        text, ANONID_FAILED_MAX,
        FIRST_LINE "\naccount %s\nconfig %s\nversion %s\n"
                   "code %d\ntime %lld\ndetail %s\n",
        account, failed->config, failed->version, (int)failed->outcome.code,
        (long long)apr_time_sec(failed->when), *detail ? detail : NO_DETAIL);

    if (n <= 0 || n >= ANONID_FAILED_MAX
        || !anonid_failed_parse(text, (size_t)n, account, &again))
        return 0;
    return (size_t)n;
}
