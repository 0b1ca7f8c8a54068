/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mechanism GSSAPI, which is Kerberos (RFC 4752); see family.h.
 *
 *   client: tokens of the context ... server: the last one of its own
 *   client: an empty response, when the context took that
 *   server: wrap(layers it has, size of its buffer)
 *   client: wrap(no layer, 0, no authorization id)
 *
 * libsasl2 has it, too, but asks the server to prove itself only where it
 * wants a layer; layers are TLS's part here, and the proof is wanted always.
 * Of channel binding this mechanism knows nothing (section 5 there).
 */
#include "agent/krb5/cache.h"
#include "agent/sasl/gss.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdlib.h>
#include <string.h>

#define NO_LAYER 1
#define LAYERS_OCTETS 4

typedef struct {
    const anonid_sasl_login_t *login;
    anonid_gss_t gss;
} gssapi_t;

static int supported(const char *base)
{
    return strcmp(base, "GSSAPI") == 0;
}

static void *open_login(const anonid_sasl_login_t *login, const char **why)
{
    gssapi_t *gssapi = calloc(1, sizeof(*gssapi));

    *why = "no memory";
    if (!gssapi)
        return NULL;
    gssapi->login = login;
    gssapi->gss.mechanism = (gss_OID)(uintptr_t)gss_mech_krb5;
    gssapi->gss.wanted = GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG;
    return gssapi;
}

/* A ticket that was not fetched ahead is asked for in the first turn. */
static const char *queue(const void *state)
{
    const gssapi_t *gssapi = state;

    return anonid_krb5_cache_realm(gssapi->login->credentials);
}

static int is_slow(const void *state, const anonid_sasl_turn_t *turn)
{
    (void)state;
    (void)turn;
    return 1;
}

/* The account's own tickets, and no other's. */
static int take_tickets(gssapi_t *gssapi)
{
    gss_key_value_element_desc element = {
        "ccache", anonid_krb5_cache_name(gssapi->login->credentials)
    };
    gss_key_value_set_desc store = { 1, &element };
    gss_OID_set_desc mechanisms = { 1, gssapi->gss.mechanism };
    OM_uint32 major, minor;

    major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE,
                                  &mechanisms, GSS_C_INITIATE, &store,
                                  &gssapi->gss.credential, NULL, NULL);
    if (!GSS_ERROR(major))
        return 1;
    anonid_gss_explain(&gssapi->gss, "the account's tickets", major, minor);
    return 0;
}

static void begin(gssapi_t *gssapi, anonid_sasl_turn_t *turn)
{
    if (take_tickets(gssapi)
        && anonid_gss_target(&gssapi->gss, gssapi->login->service,
                             gssapi->login->host)) {
        anonid_gss_turn(&gssapi->gss, turn);
        return;
    }
    turn->outcome = ANONID_TURN_FAILED;
    turn->why = gssapi->gss.why;
}

/* What the server has in its last message; 0: not such a message. */
static int take_layers(gssapi_t *gssapi, anonid_sasl_turn_t *turn,
                       unsigned *layers)
{
    gss_buffer_desc in = { .length = turn->challenge_length,
                           .value = (void *)(uintptr_t)turn->challenge };
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
    OM_uint32 major, minor, ignored;
    size_t length;

    major = gss_unwrap(&minor, gssapi->gss.context, &in, &out, NULL, NULL);
    if (GSS_ERROR(major)) {
        anonid_gss_fail(&gssapi->gss, turn, ANONID_TURN_BAD_SERVER,
                        "the server's layers", major, minor);
        return 0;
    }
    length = out.length;
    *layers = length > 0 ? *(unsigned char *)out.value : 0;
    gss_release_buffer(&ignored, &out);
    if (length == LAYERS_OCTETS)
        return 1;
    anonid_gss_fail(&gssapi->gss, turn, ANONID_TURN_BAD_SERVER,
                    "the server's layers are not 4 octets", GSS_S_FAILURE, 0);
    return 0;
}

static void choose_no_layer(gssapi_t *gssapi, anonid_sasl_turn_t *turn)
{
    unsigned char choice[LAYERS_OCTETS] = { NO_LAYER };
    gss_buffer_desc in = { sizeof(choice), choice };
    gss_buffer_t out = &gssapi->gss.token;
    OM_uint32 major, minor;
    unsigned layers;

    if (!take_layers(gssapi, turn, &layers))
        return;
    if (!(layers & NO_LAYER)) {
        anonid_gss_fail(&gssapi->gss, turn, ANONID_TURN_BAD_SERVER,
                        "the server insists on a layer beside TLS",
                        GSS_S_FAILURE, 0);
        return;
    }
    major = gss_wrap(&minor, gssapi->gss.context, 0, GSS_C_QOP_DEFAULT, &in,
                     NULL, out);
    if (GSS_ERROR(major)) {
        anonid_gss_fail(&gssapi->gss, turn, ANONID_TURN_FAILED,
                        "the answer to the server's layers", major, minor);
        return;
    }
    turn->outcome = ANONID_TURN_DONE;
    turn->response = out->value;
    turn->response_length = out->length;
}

static void take_turn(void *state, anonid_sasl_turn_t *turn)
{
    gssapi_t *gssapi = state;

    turn->why = NULL;
    if (gssapi->gss.established) {
        choose_no_layer(gssapi, turn);
        return;
    }
    if (!gssapi->gss.context)
        begin(gssapi, turn);
    else
        anonid_gss_turn(&gssapi->gss, turn);
    /* The layers are still to come. */
    if (turn->outcome == ANONID_TURN_DONE)
        turn->outcome = ANONID_TURN_MORE;
}

static void finish(void *state)
{
    gssapi_t *gssapi = state;

    anonid_gss_end(&gssapi->gss);
    free(gssapi);
}

const anonid_sasl_family_t anonid_sasl_gssapi = { supported, open_login,
                                                  is_slow,   queue,
                                                  take_turn, finish };
