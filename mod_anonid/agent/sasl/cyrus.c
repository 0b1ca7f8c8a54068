/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mechanisms by Cyrus libsasl2: CRAM-MD5, PLAIN; see family.h.
 */
#include "agent/sasl/family.h"

#include <sasl/sasl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const anonid_sasl_login_t *login;
    sasl_secret_t *password; /* libsasl2's form of the secret */
    sasl_conn_t *conn;
    sasl_callback_t callbacks[4];
    int turns;
    int code; /* of the last turn */
} cyrus_t;

/* ---- what libsasl2 asks for ---- */

static int give_name(void *context, int id, const char **result,
                     unsigned *length)
{
    const cyrus_t *cyrus = context;

    /* No authorization id: some servers refuse one that they would not have
     * written in the same way. */
    *result = id == SASL_CB_AUTHNAME ? cyrus->login->user : "";
    if (length)
        *length = (unsigned)strlen(*result);
    return SASL_OK;
}

static int give_secret(sasl_conn_t *conn, void *context, int id,
                       sasl_secret_t **secret)
{
    const cyrus_t *cyrus = context;

    (void)conn;
    (void)id;
    *secret = cyrus->password;
    return SASL_OK;
}

static void set_callbacks(cyrus_t *cyrus)
{
    const sasl_callback_t callbacks[] = {
        { SASL_CB_USER, ANONID_SASL_CALLBACK(give_name), cyrus },
        { SASL_CB_AUTHNAME, ANONID_SASL_CALLBACK(give_name), cyrus },
        { SASL_CB_PASS, ANONID_SASL_CALLBACK(give_secret), cyrus },
        { SASL_CB_LIST_END, NULL, NULL }
    };

    memcpy(cyrus->callbacks, callbacks, sizeof(callbacks));
}

static size_t password_size(size_t length)
{
    return sizeof(sasl_secret_t) + length;
}

static sasl_secret_t *copy_password(const anonid_secret_t *secret)
{
    size_t length = anonid_secret_length(secret);
    sasl_secret_t *password = calloc(1, password_size(length));

    if (!password)
        return NULL;
    password->len = length;
    memcpy(password->data, anonid_secret_data(secret), length);
    return password;
}

/* ---- a login ---- */

static void finish(void *state)
{
    cyrus_t *cyrus = state;

    if (cyrus->conn)
        sasl_dispose(&cyrus->conn);
    if (cyrus->password)
        explicit_bzero(cyrus->password, password_size(cyrus->password->len));
    free(cyrus->password);
    explicit_bzero(cyrus, sizeof(*cyrus));
    free(cyrus);
}

/* No layer of libsasl2's own: that is TLS's part. */
static int set_properties(cyrus_t *cyrus)
{
    const anonid_mechanism_t *mech = &cyrus->login->mechanism;
    sasl_security_properties_t props = { 0 };

    if (!(mech->info->flags & ANONID_MECHANISM_REVEALS))
        props.security_flags = SASL_SEC_NOPLAINTEXT | SASL_SEC_NOANONYMOUS;
    return sasl_setprop(cyrus->conn, SASL_SEC_PROPS, &props) == SASL_OK;
}

/* A password, where the mechanism works from one, and nothing else as one. */
static const char *take_secret(cyrus_t *cyrus)
{
    const anonid_secret_t *secret = cyrus->login->secret;

    if (cyrus->login->mechanism.info->proof != ANONID_PROOF_PASSWORD)
        return NULL;
    if (!secret || anonid_secret_kind(secret) != ANONID_SECRET_PASSWORD)
        return "the account has no password";
    cyrus->password = copy_password(secret);
    return cyrus->password ? NULL : "no memory";
}

static void *open_login(const anonid_sasl_login_t *login, const char **why)
{
    cyrus_t *cyrus = calloc(1, sizeof(*cyrus));

    *why = "no memory";
    if (!cyrus)
        return NULL;
    cyrus->login = login;
    set_callbacks(cyrus);
    *why = take_secret(cyrus);
    if (!*why) {
        *why = "libsasl2 cannot begin a login";
        if (sasl_client_new(login->service, login->host, NULL, NULL,
                            cyrus->callbacks, 0, &cyrus->conn)
                == SASL_OK
            && set_properties(cyrus))
            return cyrus;
    }
    finish(cyrus);
    return NULL;
}

static int is_slow(const void *state, const anonid_sasl_turn_t *turn)
{
    (void)state;
    (void)turn;
    return 0;
}

static const char *queue(const void *state)
{
    (void)state;
    return NULL;
}

static void begin(cyrus_t *cyrus, const char **out, unsigned *length)
{
    cyrus->code =
        sasl_client_start(cyrus->conn, cyrus->login->mechanism.info->name,
                          NULL, out, length, NULL);
}

static anonid_sasl_outcome_t outcome_of(int code)
{
    switch (code) {
    case SASL_OK:
        return ANONID_TURN_DONE;
    case SASL_CONTINUE:
        return ANONID_TURN_MORE;
    case SASL_BADAUTH:
    case SASL_BADSERV:
    case SASL_BADPROT:
        return ANONID_TURN_BAD_SERVER;
    default:
        return ANONID_TURN_FAILED;
    }
}

static void take_turn(void *state, anonid_sasl_turn_t *turn)
{
    cyrus_t *cyrus = state;
    unsigned length = 0;

    turn->why = NULL;
    turn->response = NULL;
    if (cyrus->turns++ == 0)
        begin(cyrus, &turn->response, &length);
    else
        cyrus->code = sasl_client_step(cyrus->conn, turn->challenge,
                                       (unsigned)turn->challenge_length, NULL,
                                       &turn->response, &length);
    turn->response_length = length;
    turn->outcome = outcome_of(cyrus->code);
    turn->why = sasl_errdetail(cyrus->conn);
}

const anonid_sasl_family_t anonid_sasl_cyrus = {
    anonid_sasl_library_has, open_login, is_slow, queue, take_turn, finish
};
