/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits as text; see limit.h.
 */
#include "common/limit.h"

#include <apr_strings.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* At the highest rates an interval in microseconds is exact to a hundredth;
 * and no time that a limit looks ahead is longer than a year. */
#define NUMBER_MAX 1000000
#define INTERVAL_MIN 100
#define AHEAD_MAX apr_time_from_sec(366 * 86400LL)

#define EXAMPLES                                                              \
    "write N/UNIT with UNIT second, minute, hour or day, then the burst, "    \
    "total or per-client, and messages, recipients or logins where they are " \
    "needed: 60/minute, 100/day 20 per-client recipients"

static const struct {
    const char *name;
    apr_interval_time_t length;
} units[] = {
    { "second", apr_time_from_sec(1) },
    { "minute", apr_time_from_sec(60) },
    { "hour", apr_time_from_sec(3600) },
    { "day", apr_time_from_sec(86400) },
};

#define N_UNITS (sizeof(units) / sizeof(units[0]))

static const char *const scopes[] = { "total", "per-client" };
static const char *const kinds[] = { "messages", "recipients", "logins" };

#define N_SCOPES ((int)(sizeof(scopes) / sizeof(scopes[0])))
#define N_KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

/* What is read so far; -1: not said yet. */
typedef struct {
    long count;
    int unit;
    long burst;
    int scope;
    int kind;
} reading_t;

/* The place of a word in a list, or -1. */
static int place_of(const char *word, const char *const *list, int n)
{
    for (int i = 0; i < n; i++) {
        if (strcasecmp(word, list[i]) == 0)
            return i;
    }
    return -1;
}

/* 1 to NUMBER_MAX, or 0. */
static long number_of(const char *digits)
{
    long n;

    if (strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 9)
        return 0;
    n = atol(digits);
    return n <= NUMBER_MAX ? n : 0;
}

/* The number is right: 1 to what an interval still can be told for. */
static const char *check_count(const reading_t *reading, const char *rate,
                               apr_pool_t *pool)
{
    const apr_interval_time_t length = units[reading->unit].length;
    const long most = length / INTERVAL_MIN < NUMBER_MAX
                          ? (long)(length / INTERVAL_MIN)
                          : NUMBER_MAX;

    if (reading->count >= 1 && reading->count <= most)
        return NULL;
    return apr_psprintf(pool,
                        "'%s' is not a rate: the number in a %s has to be 1 "
                        "to %ld ('off' stands for no limit)",
                        rate, units[reading->unit].name, most);
}

static const char *read_rate(reading_t *reading, const char *rate,
                             apr_pool_t *pool)
{
    const char *slash = strchr(rate, '/');

    if (!slash || !slash[1])
        return apr_psprintf(
            pool,
            "'%s' has no unit: write %s/minute (or "
            "second, hour, day)",
            rate, number_of(rate) > 0 ? rate : "a number, and then ");
    for (size_t i = 0; i < N_UNITS; i++) {
        if (strcasecmp(slash + 1, units[i].name) == 0)
            reading->unit = (int)i;
    }
    if (reading->unit < 0)
        return apr_psprintf(pool,
                            "'%s' has an unknown unit '%s': write second, "
                            "minute, hour or day",
                            rate, slash + 1);
    reading->count =
        number_of(apr_pstrmemdup(pool, rate, (apr_size_t)(slash - rate)));
    return check_count(reading, rate, pool);
}

static const char *twice(const char *what, const char *word, apr_pool_t *pool)
{
    return apr_psprintf(pool, "'%s': the %s is said already; remove one", word,
                        what);
}

static const char *read_burst(reading_t *reading, const char *word,
                              apr_pool_t *pool)
{
    if (reading->burst >= 0)
        return twice("burst", word, pool);
    reading->burst = number_of(word);
    if (reading->burst > 0)
        return NULL;
    return apr_psprintf(pool, "the burst '%s' has to be 1 to %d", word,
                        NUMBER_MAX);
}

/* A word after the rate. */
static const char *read_word(reading_t *reading, const char *word,
                             apr_pool_t *pool)
{
    int scope = place_of(word, scopes, N_SCOPES);
    int kind = place_of(word, kinds, N_KINDS);

    if (*word >= '0' && *word <= '9')
        return read_burst(reading, word, pool);
    if (scope >= 0) {
        if (reading->scope >= 0)
            return twice("scope", word, pool);
        reading->scope = scope;
        return NULL;
    }
    if (kind >= 0) {
        if (reading->kind >= 0)
            return twice("kind", word, pool);
        reading->kind = kind;
        return NULL;
    }
    return apr_psprintf(pool, "'%s' is not known here: " EXAMPLES, word);
}

static const char *name_of(const reading_t *reading, apr_pool_t *pool)
{
    const char *burst = "", *kind = "";

    if (reading->burst != reading->count)
        burst = apr_psprintf(pool, " %ld", reading->burst);
    if (reading->kind != ANONID_LIMIT_MESSAGES)
        kind = apr_pstrcat(pool, " ", kinds[reading->kind], NULL);
    return apr_psprintf(pool, "%ld/%s%s %s%s", reading->count,
                        units[reading->unit].name, burst,
                        scopes[reading->scope], kind);
}

/* All words are read. */
static const char *conclude(anonid_limit_t *limit, reading_t *reading,
                            apr_pool_t *pool)
{
    const apr_interval_time_t length = units[reading->unit].length;

    if (reading->burst < 0)
        reading->burst = reading->count;
    if (reading->scope < 0)
        reading->scope = ANONID_LIMIT_TOTAL;
    if (reading->kind < 0)
        reading->kind = ANONID_LIMIT_MESSAGES;
    limit->text = name_of(reading, pool);
    limit->burst = (unsigned)reading->burst;
    limit->interval = (length + reading->count - 1) / reading->count;
    limit->scope = (anonid_limit_scope_t)reading->scope;
    limit->kind = (anonid_limit_kind_t)reading->kind;
    if (limit->interval <= AHEAD_MAX / reading->burst)
        return NULL;
    return apr_psprintf(pool,
                        "the burst %ld is too large: at %ld/%s it would take "
                        "more than a year to be allowed again; write %ld at "
                        "most",
                        reading->burst, reading->count,
                        units[reading->unit].name,
                        (long)(AHEAD_MAX / limit->interval));
}

const char *anonid_limit_parse(anonid_limit_t *limit, const char *text,
                               apr_pool_t *pool)
{
    reading_t reading = { -1, -1, -1, -1, -1 };
    char *state, *words = apr_pstrdup(pool, text);
    const char *word = apr_strtok(words, " \t", &state);
    const char *wrong;

    if (!word)
        return "there is no rate: " EXAMPLES;
    wrong = read_rate(&reading, word, pool);
    for (word = apr_strtok(NULL, " \t", &state); word && !wrong;
         word = apr_strtok(NULL, " \t", &state))
        wrong = read_word(&reading, word, pool);
    return wrong ? wrong : conclude(limit, &reading, pool);
}

void anonid_limit_add_defaults(apr_array_header_t *limits, apr_pool_t *pool)
{
    static const char *const defaults[] = { "60/minute total",
                                            "10/minute per-client" };

    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
        (void)anonid_limit_parse(apr_array_push(limits), defaults[i], pool);
}

const char *anonid_limit_kind_name(anonid_limit_kind_t kind)
{
    return kinds[kind];
}
