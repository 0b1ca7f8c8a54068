/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt in the farm; see farm.h.
 */
#include "agent/logon/farm.h"
#include "agent/base/log.h"
#include "agent/logon/config.h"
#include "agent/logon/events.h"
#include "agent/logon/jobs.h"
#include "agent/store/store.h"
#include "common/monotonic.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A claim is over by itself when its machine is gone: an attempt does not take
 * that long. Others look again every AGAIN. */
#define CLAIM_MS "60000"
#define AGAIN apr_time_from_msec(250)

/* How long an attempt waits for a store that is just being connected to, and
 * how long in all, for another machine's. */
#define SETTLING apr_time_from_sec(2)
#define PATIENCE apr_time_from_sec(75)

#define GOOD_MS "60000"
#define FAILED_MS "2592000000" /* 30 days */

static anonid_store_script_t claim_script = {
    .text = "local value = redis.call('GET', KEYS[1])\n"
            "if value then return value end\n"
            "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
            "return ARGV[1]\n",
};

/* An empty value takes the machine's own claim back. */
static anonid_store_script_t end_script = {
    .text = "if ARGV[2] ~= '' then\n"
            "  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])\n"
            "elseif redis.call('GET', KEYS[1]) == ARGV[1] then\n"
            "  redis.call('DEL', KEYS[1])\n"
            "end\n"
            "return 1\n",
};

/* An attempt that waits for its turn. */
typedef struct {
    anonid_logon_t *logon;   /* held */
    anonid_versioned_t with; /* its secret held */
    char key[ANONID_STORE_KEY];
    apr_time_t begun;
    struct event *timer;
} turn_t;

static struct event_base *loop;
static char claim[32];

void anonid_farm_start(struct event_base *base)
{
    uint64_t random = 0;

    loop = base;
    (void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
    snprintf(claim, sizeof(claim), "claim %016llx",
             (unsigned long long)random);
}

/* ---- keys ---- */

static int is_shared(const anonid_account_t *account)
{
    return account->provider == ANONID_PROVIDER_LDAP
           || account->provider == ANONID_PROVIDER_KRB5
           || (account->provider == ANONID_PROVIDER_OAUTH2
               && !account->refresh);
}

static const char *principal_of(const anonid_account_t *account)
{
    return account->principal ? account->principal : account->name;
}

/* 0: there is nothing to share, or no memory. */
static int make_key(char key[ANONID_STORE_KEY],
                    const anonid_account_t *account,
                    const anonid_secret_t *secret)
{
    const char *principal = principal_of(account);
    size_t first = strlen(principal) + 1;
    size_t length = secret ? anonid_secret_length(secret) : 0;
    char *octets = length ? malloc(1 + first + length) : NULL;
    int made;

    if (!octets)
        return 0;
    octets[0] = (char)account->provider;
    memcpy(octets + 1, principal, first);
    memcpy(octets + 1 + first, anonid_secret_data(secret), length);
    made = anonid_store_key(key, "logon", octets, 1 + first + length);
    explicit_bzero(octets, 1 + first + length);
    free(octets);
    return made;
}

/* ---- turns ---- */

static void free_turn(turn_t *turn)
{
    if (turn->timer)
        event_free(turn->timer);
    anonid_secret_drop(turn->with.secret);
    anonid_logon_drop(turn->logon);
    free(turn);
}

/* The attempt is not made: it has failed elsewhere, or is of no use any
 * more. */
static void tell(turn_t *turn, const anonid_attempt_t *attempt)
{
    const anonid_logon_event_t event = {
        .kind = ANONID_EVENT_ATTEMPTED,
        .attempted = { turn->with.version, turn->with.secret, attempt },
    };

    anonid_logon_handle(turn->logon, &event);
    free_turn(turn);
}

static void fail(turn_t *turn, int code)
{
    anonid_attempt_t attempt;

    memset(&attempt, 0, sizeof(attempt));
    anonid_outcome_set(&attempt.outcome, (anonid_failure_t)code,
                       "another machine was refused with the same secret");
    attempt.outcome.kind = ANONID_PERMANENT;
    tell(turn, &attempt);
}

static int is_wanted(const turn_t *turn)
{
    const anonid_logon_t *logon = turn->logon;

    return !logon->gone
           && (turn->with.version == logon->candidate.version
               || turn->with.version == logon->proven.version);
}

static void go(turn_t *turn)
{
    anonid_attempt_t nothing;

    if (is_wanted(turn)) {
        anonid_attempt_start(turn->logon, &turn->with);
        free_turn(turn);
        return;
    }
    memset(&nothing, 0, sizeof(nothing));
    nothing.unchanged = 1;
    memcpy(nothing.checked, turn->with.checked, sizeof(nothing.checked));
    tell(turn, &nothing);
}

static void wait_for_turn(turn_t *turn)
{
    const struct timeval delay = { 0, (suseconds_t)AGAIN };

    (void)evtimer_add(turn->timer, &delay);
}

/* The code of "failed CODE"; 0: it is none that is known. */
static int failed_code(const char *value)
{
    int code = 0;

    if (sscanf(value, "failed %d", &code) != 1 || code <= 0 || code > 0xffff
        || (int)anonid_failure_info((anonid_failure_t)code)->code != code)
        return 0;
    return code;
}

static void on_claimed(void *context, const redisReply *reply)
{
    turn_t *turn = context;
    const char *value = reply && reply->str ? reply->str : "";

    if (failed_code(value))
        fail(turn, failed_code(value));
    else if (strncmp(value, "claim ", 6) == 0 && strcmp(value, claim) != 0
             && anonid_monotonic_now() - turn->begun < PATIENCE)
        wait_for_turn(turn);
    else
        go(turn);
}

static void ask(turn_t *turn)
{
    const char *argv[] = { turn->key, claim, CLAIM_MS };

    if (anonid_store_is_settling()
        && anonid_monotonic_now() - turn->begun < SETTLING)
        wait_for_turn(turn);
    else if (!make_key(turn->key, turn->logon->account, turn->with.secret)
             || !anonid_store_run(&claim_script, 1, 3, argv, on_claimed, turn))
        go(turn);
}

static void on_time(evutil_socket_t fd, short what, void *context)
{
    turn_t *turn = context;

    (void)fd;
    (void)what;
    if (is_wanted(turn))
        ask(turn);
    else
        go(turn);
}

static turn_t *make_turn(anonid_logon_t *logon, const anonid_versioned_t *with)
{
    turn_t *turn = calloc(1, sizeof(*turn));

    if (!turn)
        return NULL;
    turn->logon = anonid_logon_hold(logon);
    turn->with = *with;
    turn->with.secret = anonid_secret_hold(with->secret);
    turn->begun = anonid_monotonic_now();
    turn->timer = evtimer_new(loop, on_time, turn);
    if (turn->timer)
        return turn;
    free_turn(turn);
    return NULL;
}

void anonid_farm_attempt(anonid_logon_t *logon, const anonid_versioned_t *with)
{
    int asks = loop && is_shared(logon->account) && !with->insisted
               && with->secret
               && (anonid_store_is_up() || anonid_store_is_settling());
    turn_t *turn = asks ? make_turn(logon, with) : NULL;

    if (turn)
        ask(turn);
    else
        anonid_attempt_start(logon, with);
}

void anonid_farm_tell(const anonid_account_t *account,
                      const anonid_secret_t *secret,
                      const anonid_outcome_t *outcome)
{
    char key[ANONID_STORE_KEY], value[32] = "";
    const char *argv[] = { key, claim, value, GOOD_MS };

    if (!is_shared(account) || !anonid_store_is_up()
        || !make_key(key, account, secret))
        return;
    if (outcome->code == ANONID_LOGON_OK) {
        snprintf(value, sizeof(value), "good");
    }
    else if (outcome->kind == ANONID_PERMANENT) {
        snprintf(value, sizeof(value), "failed %d", (int)outcome->code);
        argv[3] = FAILED_MS;
    }
    (void)anonid_store_run(&end_script, 1, 4, argv, NULL, NULL);
}
