/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SASL engine; see sasl.h. How a mechanism works is its family's.
 *
 * Owned by the event loop's thread, but for the time that a job of the thread
 * pool takes a turn: `busy` says so, and nobody touches it then. Its buffers
 * are as large as its mechanism's messages and live as long as the login.
 */
#include "agent/sasl/sasl.h"
#include "agent/base/thread_pool.h"
#include "agent/oauth/token.h"
#include "agent/sasl/family.h"
#include "agent/secret/shown.h"

#include <sasl/sasl.h>
#include <sasl/saslutil.h>
#include <stdlib.h>
#include <string.h>

struct anonid_sasl_t {
    anonid_sasl_login_t login;
    char *user;
    char *account;
    char *host;
    const anonid_sasl_family_t *family;
    void *state; /* the family's */

    anonid_sasl_turn_t turn;
    int turns; /* that were begun */
    size_t octets_max;
    char *challenge;
    char *text; /* the response in base64 */

    int busy;
    int closed;
    anonid_sasl_stepped_t stepped;
    void *context;
};

/* Every family of this build, as they are asked for a mechanism. */
static const anonid_sasl_family_t *const families[] = {
    &anonid_sasl_scram, &anonid_sasl_cyrus, &anonid_sasl_gssapi,
    &anonid_sasl_ntlm,  &anonid_sasl_oauth,
};

#define N_FAMILIES (sizeof(families) / sizeof(families[0]))

static const anonid_sasl_family_t *find_family(const char *base)
{
    for (size_t i = 0; i < N_FAMILIES; i++) {
        if (families[i]->supported(base))
            return families[i];
    }
    return NULL;
}

int anonid_sasl_supported(const char *mechanism)
{
    return find_family(mechanism) != NULL;
}

/* ---- life ---- */

static size_t text_size(const anonid_sasl_t *sasl)
{
    return sasl->octets_max / 3 * 4 + 8;
}

static void wipe_and_free(char *buffer, size_t size)
{
    if (buffer)
        explicit_bzero(buffer, size);
    free(buffer);
}

static void destroy(anonid_sasl_t *sasl)
{
    if (sasl->state)
        sasl->family->finish(sasl->state);
    wipe_and_free(sasl->challenge, sasl->octets_max + 1);
    wipe_and_free(sasl->text, text_size(sasl));
    anonid_secret_drop(sasl->login.secret);
    anonid_credentials_drop(sasl->login.credentials);
    free(sasl->user);
    free(sasl->account);
    free(sasl->host);
    explicit_bzero(sasl, sizeof(*sasl));
    free(sasl);
}

/* 1, or 0 without memory. */
static int copy_login(anonid_sasl_t *sasl, const anonid_sasl_login_t *login)
{
    sasl->login = *login;
    sasl->login.secret = anonid_secret_hold(login->secret);
    sasl->login.credentials = anonid_credentials_hold(login->credentials);
    sasl->login.user = sasl->user = strdup(login->user);
    sasl->login.account = sasl->account = strdup(login->account);
    sasl->login.host = sasl->host = strdup(login->host);
    sasl->octets_max = login->mechanism.info->octets_max;
    sasl->challenge = malloc(sasl->octets_max + 1);
    sasl->text = malloc(text_size(sasl));
    return sasl->user && sasl->account && sasl->host && sasl->challenge
           && sasl->text;
}

anonid_sasl_t *anonid_sasl_open(const anonid_sasl_login_t *login,
                                const char **why)
{
    anonid_sasl_t *sasl = calloc(1, sizeof(*sasl));

    *why = "no memory";
    if (!sasl)
        return NULL;
    if (copy_login(sasl, login)) {
        *why = "its mechanism is not in this build";
        sasl->family = find_family(login->mechanism.info->base);
        if (sasl->family)
            sasl->state = sasl->family->open(&sasl->login, why);
    }
    if (sasl->state)
        return sasl;
    destroy(sasl);
    return NULL;
}

void anonid_sasl_close(anonid_sasl_t *sasl)
{
    if (!sasl)
        return;
    sasl->closed = 1;
    if (!sasl->busy)
        destroy(sasl);
}

int anonid_sasl_is_shown(const anonid_sasl_t *sasl, const char *text)
{
    const anonid_sasl_login_t *login = &sasl->login;

    if (login->mechanism.info->proof == ANONID_PROOF_TOKEN
        && login->credentials)
        return anonid_secret_is_shown(anonid_access_token(login->credentials),
                                      text);
    return anonid_secret_is_shown(login->secret, text);
}

int anonid_sasl_complete(const anonid_sasl_t *sasl)
{
    return sasl->turn.outcome == ANONID_TURN_DONE
           || sasl->turn.outcome == ANONID_TURN_SATISFIED;
}

/* ---- turns ---- */

static void report(anonid_sasl_t *sasl, anonid_sasl_result_t result,
                   const char *text)
{
    sasl->stepped(sasl->context, result, text);
}

/* Reports a turn that was taken. */
static void report_turn(anonid_sasl_t *sasl)
{
    const anonid_sasl_turn_t *turn = &sasl->turn;

    if (turn->outcome == ANONID_TURN_BAD_SERVER)
        report(sasl, ANONID_SASL_BAD_SERVER, turn->why);
    else if (turn->outcome == ANONID_TURN_FAILED)
        report(sasl, ANONID_SASL_FAILED, turn->why);
    else if (!turn->response)
        report(sasl, ANONID_SASL_RESPONSE, sasl->turns == 1 ? NULL : "");
    else if (turn->response_length > sasl->octets_max
             || sasl_encode64(turn->response, (unsigned)turn->response_length,
                              sasl->text, (unsigned)text_size(sasl), NULL)
                    != SASL_OK)
        report(sasl, ANONID_SASL_FAILED, "the response is too long");
    else
        report(sasl, ANONID_SASL_RESPONSE, sasl->text);
}

static void run_turn(void *data)
{
    anonid_sasl_t *sasl = data;

    sasl->family->turn(sasl->state, &sasl->turn);
}

static void turn_taken(void *data)
{
    anonid_sasl_t *sasl = data;

    sasl->busy = 0;
    if (sasl->closed)
        destroy(sasl);
    else
        report_turn(sasl);
}

static apr_status_t add_job(anonid_sasl_t *sasl)
{
    const char *queue = sasl->family->queue(sasl->state);

    if (!queue)
        return anonid_thread_pool_add(run_turn, turn_taken, sasl);
    return anonid_thread_pool_add_to(queue, run_turn, turn_taken, sasl);
}

static void take_turn(anonid_sasl_t *sasl)
{
    sasl->turns++;
    if (!sasl->family->is_slow(sasl->state, &sasl->turn)) {
        run_turn(sasl);
        report_turn(sasl);
        return;
    }
    sasl->busy = 1;
    if (add_job(sasl) == APR_SUCCESS)
        return;
    sasl->busy = 0;
    report(sasl, ANONID_SASL_FAILED, "no thread to compute on");
}

void anonid_sasl_begin(anonid_sasl_t *sasl, anonid_sasl_stepped_t stepped,
                       void *context)
{
    sasl->stepped = stepped;
    sasl->context = context;
    take_turn(sasl);
}

static int decode(anonid_sasl_t *sasl, const char *challenge, size_t length)
{
    unsigned decoded;

    if (length / 4 * 3 > sasl->octets_max
        || sasl_decode64(challenge, (unsigned)length, sasl->challenge,
                         (unsigned)sasl->octets_max + 1, &decoded)
               != SASL_OK)
        return 0;
    sasl->challenge[decoded] = '\0';
    sasl->turn.challenge = sasl->challenge;
    sasl->turn.challenge_length = decoded;
    return 1;
}

void anonid_sasl_step(anonid_sasl_t *sasl, const char *challenge,
                      size_t length, anonid_sasl_stepped_t stepped,
                      void *context)
{
    sasl->stepped = stepped;
    sasl->context = context;
    if (!decode(sasl, challenge, length))
        report(sasl, ANONID_SASL_BAD_SERVER, "a challenge is not base64");
    else if (sasl->turn.outcome != ANONID_TURN_MORE
             && sasl->turn.outcome != ANONID_TURN_SATISFIED)
        report(sasl, ANONID_SASL_BAD_SERVER, "a challenge too many");
    else
        take_turn(sasl);
}
