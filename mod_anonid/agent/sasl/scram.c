/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SCRAM (RFC 5802, RFC 7677), with channel binding and without; see family.h.
 *
 *   C: gs2-header "n=" user ",r=" nonce
 *   S: "r=" nonce nonce ",s=" salt ",i=" count
 *   C: "c=" base64 ",r=" nonce nonce ",p=" proof
 *   S: "v=" signature
 *
 * libsasl2 has it, too, but hashes the password anew at each login, four
 * times as slowly as it can be done, and cannot be given keys.
 */
#include "agent/base/log.h"
#include "agent/sasl/family.h"
#include "agent/sasl/scram_keys.h"

#include "common/text.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONCE_OCTETS 24
#define HEARD_MAX 2048 /* of the server's first message; they have 100 */
#define TEXT_MAX 4096  /* of what is said, a nonce in it */
#define HASH_MAX ANONID_SCRAM_HASH_MAX

typedef enum {
    FIRST,
    PROOF,
    SIGNATURE,
    OVER
} step_t;

typedef struct {
    const anonid_sasl_login_t *login;
    const EVP_MD *hash;
    step_t step;
    char header[32]; /* of GS2 */
    char nonce[NONCE_OCTETS / 3 * 4 + 1];
    char text[TEXT_MAX];     /* what is said */
    char auth[2 * TEXT_MAX]; /* AuthMessage, as far as it is known */
    size_t auth_length;
    unsigned char signature[HASH_MAX]; /* that the server has to show */
} scram_t;

static const struct {
    const char *base;
    const EVP_MD *(*hash)(void);
} hashes[] = { { "SCRAM-SHA-256", EVP_sha256 }, { "SCRAM-SHA-1", EVP_sha1 } };

#define N_HASHES (sizeof(hashes) / sizeof(hashes[0]))

static const EVP_MD *find_hash(const char *base)
{
    for (size_t i = 0; i < N_HASHES; i++) {
        if (strcmp(hashes[i].base, base) == 0)
            return hashes[i].hash();
    }
    return NULL;
}

static int supported(const char *base)
{
    return find_hash(base) != NULL;
}

/* ---- life ---- */

static void finish(void *state)
{
    explicit_bzero(state, sizeof(scram_t));
    free(state);
}

/* "y" tells the server that its -PLUS was not offered to us. */
static void write_header(scram_t *scram)
{
    const anonid_sasl_login_t *login = scram->login;

    if (login->mechanism.binding == ANONID_BINDING_USED)
        snprintf(scram->header, sizeof(scram->header), "p=%s,,",
                 login->binding.name);
    else
        strcpy(scram->header, login->mechanism.binding == ANONID_BINDING_UNUSED
                                  ? "y,,"
                                  : "n,,");
}

static int make_nonce(scram_t *scram)
{
    unsigned char octets[NONCE_OCTETS];

    if (RAND_bytes(octets, sizeof(octets)) != 1)
        return 0;
    EVP_EncodeBlock((unsigned char *)scram->nonce, octets, sizeof(octets));
    return 1;
}

static void *open_login(const anonid_sasl_login_t *login, const char **why)
{
    scram_t *scram;

    *why = "the account has no password";
    if (!login->secret
        || anonid_secret_kind(login->secret) != ANONID_SECRET_PASSWORD)
        return NULL;
    *why = "there is no channel to bind to";
    if (login->mechanism.binding == ANONID_BINDING_USED
        && !login->binding.name)
        return NULL;
    *why = "no memory";
    scram = calloc(1, sizeof(*scram));
    if (!scram)
        return NULL;
    scram->login = login;
    scram->hash = find_hash(login->mechanism.info->base);
    write_header(scram);
    if (make_nonce(scram))
        return scram;
    finish(scram);
    return NULL;
}

static const char *queue(const void *state)
{
    (void)state;
    return NULL;
}

/* ---- what is said ---- */

/* Appends to AuthMessage: 1, or 0 if there is no room. */
static int add_to_auth(scram_t *scram, const char *text, size_t length)
{
    if (length >= sizeof(scram->auth) - scram->auth_length)
        return 0;
    memcpy(scram->auth + scram->auth_length, text, length);
    scram->auth_length += length;
    scram->auth[scram->auth_length] = '\0';
    return 1;
}

/* A saslname: ',' and '=' are written otherwise. */
static void escape(const char *name, char *out, size_t size)
{
    size_t n = 0;

    for (; *name && n + 4 <= size; name++) {
        if (*name == ',' || *name == '=')
            n += (size_t)sprintf(out + n, "=%02X", (unsigned)*name);
        else
            out[n++] = *name;
    }
    out[n] = '\0';
}

static anonid_sasl_outcome_t say_first(scram_t *scram)
{
    char user[1024];
    int n;

    escape(scram->login->user, user, sizeof(user));
    n = snprintf(scram->text, TEXT_MAX, "%sn=%s,r=%s", scram->header, user,
                 scram->nonce);
    (void)add_to_auth(scram, scram->text + strlen(scram->header),
                      (size_t)n - strlen(scram->header));
    return ANONID_TURN_MORE;
}

/* "c=" and "r=" of the last message. */
static void write_binding(scram_t *scram, const anonid_scram_first_t *first)
{
    const anonid_sasl_login_t *login = scram->login;
    unsigned char input[sizeof(scram->header) + ANONID_BINDING_MAX];
    char base64[2 * sizeof(input)];
    size_t n = strlen(scram->header);

    memcpy(input, scram->header, n);
    if (login->mechanism.binding == ANONID_BINDING_USED) {
        memcpy(input + n, login->binding.data, login->binding.length);
        n += login->binding.length;
    }
    EVP_EncodeBlock((unsigned char *)base64, input, (int)n);
    snprintf(scram->text, TEXT_MAX, "c=%s,r=%.*s", base64,
             (int)first->nonce_length, first->nonce);
}

/* Proof, and the signature that the server has to show: 1, or 0 without
 * memory. */
static int write_proof(scram_t *scram, const anonid_scram_keys_t *keys)
{
    const int size = EVP_MD_get_size(scram->hash);
    unsigned char stored[HASH_MAX], proof[HASH_MAX], base64[2 * HASH_MAX];
    const size_t n = strlen(scram->text);

    if (!EVP_Digest(keys->client, (size_t)size, stored, NULL, scram->hash,
                    NULL)
        || !anonid_scram_hmac(scram->hash, stored, scram->auth,
                              scram->auth_length, proof)
        || !anonid_scram_hmac(scram->hash, keys->server, scram->auth,
                              scram->auth_length, scram->signature))
        return 0;
    for (int i = 0; i < size; i++)
        proof[i] ^= keys->client[i];
    EVP_EncodeBlock(base64, proof, size);
    snprintf(scram->text + n, TEXT_MAX - n, ",p=%s", base64);
    return 1;
}

/* ---- what is heard ---- */

/* NULL, or what makes the server's first message unacceptable. */
static const char *first_error(const scram_t *scram,
                               const anonid_sasl_turn_t *turn,
                               anonid_scram_first_t *first)
{
    const size_t n = strlen(scram->nonce);
    const char *error;

    if (turn->challenge_length > HEARD_MAX)
        return "the server's message is too long";
    error = anonid_scram_first_parse(turn->challenge, turn->challenge_length,
                                     first);
    if (error)
        return error;
    if (first->nonce_length <= n || memcmp(first->nonce, scram->nonce, n) != 0)
        return "the nonce is not ours";
    if (first->iterations < ANONID_SCRAM_ITERATIONS_MIN)
        return "an iteration count below 4,096 gives the password away";
    if (first->iterations > ANONID_SCRAM_ITERATIONS_MAX)
        return "an iteration count above 65,536 is refused";
    return NULL;
}

static anonid_sasl_outcome_t answer_first(scram_t *scram,
                                          anonid_sasl_turn_t *turn)
{
    anonid_scram_first_t first;
    anonid_scram_keys_t keys;
    int done;

    turn->why = first_error(scram, turn, &first);
    if (turn->why)
        return ANONID_TURN_BAD_SERVER;
    write_binding(scram, &first);
    turn->why = "the server's message is too long";
    if (!add_to_auth(scram, ",", 1)
        || !add_to_auth(scram, turn->challenge, turn->challenge_length)
        || !add_to_auth(scram, ",", 1)
        || !add_to_auth(scram, scram->text, strlen(scram->text)))
        return ANONID_TURN_BAD_SERVER;
    turn->why = "no memory";
    done = anonid_scram_keys(scram->login->secret, scram->hash, &first, &keys)
           && write_proof(scram, &keys);
    explicit_bzero(&keys, sizeof(keys));
    return done ? ANONID_TURN_MORE : ANONID_TURN_FAILED;
}

/* The server has said why not, and refuses after this. */
static anonid_sasl_outcome_t give_in(scram_t *scram,
                                     const anonid_scram_final_t *final)
{
    char text[128];

    snprintf(text, sizeof(text), "%.*s",
             (int)(final->error_length < 100 ? final->error_length : 100),
             final->error);
    anonid_text_clean(text);
    anonid_log(ANONID_LOG_INFO, "the server %s refuses the account '%s': %s",
               scram->login->host, scram->login->account, text);
    scram->text[0] = '\0';
    scram->step = OVER;
    return ANONID_TURN_MORE;
}

static anonid_sasl_outcome_t check_final(scram_t *scram,
                                         anonid_sasl_turn_t *turn)
{
    const size_t size = (size_t)EVP_MD_get_size(scram->hash);
    anonid_scram_final_t final;

    turn->why = anonid_scram_final_parse(turn->challenge,
                                         turn->challenge_length, &final);
    if (turn->why)
        return ANONID_TURN_BAD_SERVER;
    if (final.error)
        return give_in(scram, &final);
    turn->why = "the server does not know the password";
    if (final.signature_length != size
        || CRYPTO_memcmp(final.signature, scram->signature, size) != 0)
        return ANONID_TURN_BAD_SERVER;
    scram->text[0] = '\0';
    return ANONID_TURN_DONE;
}

/* Hashing the password is what takes long, if it has to be done. */
static int is_slow(const void *state, const anonid_sasl_turn_t *turn)
{
    const scram_t *scram = state;
    anonid_scram_first_t first;
    anonid_scram_keys_t keys;
    int known;

    if (scram->step != PROOF || first_error(scram, turn, &first))
        return 0;
    known = anonid_scram_keys_recall(scram->login->secret, scram->hash, &first,
                                     &keys);
    explicit_bzero(&keys, sizeof(keys));
    return !known;
}

static void take_turn(void *state, anonid_sasl_turn_t *turn)
{
    scram_t *scram = state;
    const step_t step = scram->step;

    turn->why = "a challenge too many";
    turn->outcome = ANONID_TURN_BAD_SERVER;
    scram->step += step < OVER;
    if (step == FIRST)
        turn->outcome = say_first(scram);
    else if (step == PROOF)
        turn->outcome = answer_first(scram, turn);
    else if (step == SIGNATURE)
        turn->outcome = check_final(scram, turn);
    turn->response = scram->text;
    turn->response_length = strlen(scram->text);
}

const anonid_sasl_family_t anonid_sasl_scram = { supported, open_login,
                                                 is_slow,   queue,
                                                 take_turn, finish };
