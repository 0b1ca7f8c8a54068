/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits in the shared store; see shared.h.
 */
#include "agent/limit/shared.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

/* For each key three arguments: interval, interval * burst, and how many, all
 * times in microseconds; fewer than none gives back. Answers which limit
 * refuses for the longest, from 1, and how long; or 0. Numbers of Lua are
 * exact up to 2^53 (the year 2255). */
static anonid_store_script_t script = {
    .text = "local time = redis.call('TIME')\n"
            "local now = time[1] * 1000000 + time[2]\n"
            "local which, longest, tats = 0, 0, {}\n"
            "for i, key in ipairs(KEYS) do\n"
            "  local tat = tonumber(redis.call('GET', key) or 0)\n"
            "  local n = tonumber(ARGV[3 * i])\n"
            "  if n > 0 then tat = math.max(tat, now) end\n"
            "  tats[i] = tat + ARGV[3 * i - 2] * n\n"
            "  local wait = tats[i] - now - ARGV[3 * i - 1]\n"
            "  if n > 0 and wait > longest then\n"
            "    which, longest = i, wait\n"
            "  end\n"
            "end\n"
            "if which > 0 then return { which, longest } end\n"
            "for i, key in ipairs(KEYS) do\n"
            "  local left = math.ceil((tats[i] - now) / 1000)\n"
            "  if left > 0 then\n"
            "    redis.call('SET', key, string.format('%.0f', tats[i]),\n"
            "               'PX', left)\n"
            "  else\n"
            "    redis.call('DEL', key)\n"
            "  end\n"
            "end\n"
            "return { 0, 0 }\n",
};

#define NUMBER 24 /* octets of a number's text */

/* Of one limit: its key, and its three arguments. */
typedef struct {
    char key[ANONID_STORE_KEY];
    char numbers[3][NUMBER];
} row_t;

static void write_number(char text[NUMBER], apr_time_t n)
{
    snprintf(text, NUMBER, "%" APR_TIME_T_FMT, n);
}

static int fill_row(row_t *row, const anonid_limit_claim_t *claim,
                    const anonid_limit_t *limit, int sign)
{
    unsigned char name[ANONID_LIMIT_NAME_MAX];
    size_t length = anonid_limits_name(name, claim, limit);

    write_number(row->numbers[0], limit->interval);
    write_number(row->numbers[1], limit->interval * (apr_time_t)limit->burst);
    write_number(row->numbers[2],
                 (apr_time_t)claim->amounts[limit->kind] * sign);
    return anonid_store_key(row->key, "limit", name, length);
}

static const anonid_limit_t *limit_at(const anonid_limit_claim_t *claim, int i)
{
    return &APR_ARRAY_IDX(claim->service->limits, i, anonid_limit_t);
}

/* Whether a limit has to do with a claim that is taken, or given back. */
static int is_of(const anonid_limit_claim_t *claim,
                 const anonid_limit_t *limit, int sign)
{
    return claim->amounts[limit->kind] > 0
           && (sign > 0 || limit->scope == ANONID_LIMIT_TOTAL);
}

static anonid_store_request_t *run(const anonid_limit_claim_t *claim, int sign,
                                   anonid_store_result_t done, void *context)
{
    row_t rows[ANONID_LIMITS_MAX];
    const char *argv[4 * ANONID_LIMITS_MAX];
    int keys = 0, argc;

    if (!anonid_store_is_up())
        return NULL;
    for (int i = 0; i < claim->service->limits->nelts; i++) {
        if (!is_of(claim, limit_at(claim, i), sign))
            continue;
        if (!fill_row(&rows[keys], claim, limit_at(claim, i), sign))
            return NULL;
        argv[keys] = rows[keys].key;
        keys++;
    }
    argc = keys;
    for (int i = 0; i < keys; i++) {
        for (int n = 0; n < 3; n++)
            argv[argc++] = rows[i].numbers[n];
    }
    return keys > 0
               ? anonid_store_run(&script, keys, argc, argv, done, context)
               : NULL;
}

anonid_store_request_t *anonid_shared_take(const anonid_limit_claim_t *claim,
                                           anonid_store_result_t done,
                                           void *context)
{
    return run(claim, 1, done, context);
}

void anonid_shared_give_back(const anonid_limit_claim_t *claim)
{
    (void)run(claim, -1, NULL, NULL);
}

/* The limit that is the nth key of the script, from 1; or NULL. */
static const anonid_limit_t *nth_limit(const anonid_limit_claim_t *claim,
                                       long long n)
{
    for (int i = 0; i < claim->service->limits->nelts; i++) {
        if (is_of(claim, limit_at(claim, i), 1) && --n == 0)
            return limit_at(claim, i);
    }
    return NULL;
}

anonid_shared_answer_t anonid_shared_read(const anonid_limit_claim_t *claim,
                                          const redisReply *reply,
                                          anonid_limit_verdict_t *verdict)
{
    if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_INTEGER
        || reply->element[1]->type != REDIS_REPLY_INTEGER)
        return ANONID_SHARED_FAILED;
    if (reply->element[0]->integer == 0)
        return ANONID_SHARED_TAKEN;
    verdict->limit = nth_limit(claim, reply->element[0]->integer);
    if (!verdict->limit || reply->element[1]->integer < 0)
        return ANONID_SHARED_FAILED;
    verdict->retry_after = anonid_limits_seconds(reply->element[1]->integer);
    return ANONID_SHARED_REFUSED;
}
