/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GSS-API context; see gss.h.
 */
#include "agent/sasl/gss.h"

#include <stdio.h>
#include <string.h>

/* ---- reasons ---- */

/* Adds the sentences for one status, the first with ": " before it. */
static void add_status(anonid_gss_t *gss, OM_uint32 status, int type)
{
    OM_uint32 minor, more = 0;
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    size_t used = strlen(gss->why);

    if (GSS_ERROR(gss_display_status(&minor, status, type, gss->mechanism,
                                     &more, &text)))
        return;
    snprintf(gss->why + used, sizeof(gss->why) - used, ": %.*s",
             (int)text.length, (const char *)text.value);
    gss_release_buffer(&minor, &text);
}

void anonid_gss_explain(anonid_gss_t *gss, const char *what, OM_uint32 major,
                        OM_uint32 minor)
{
    snprintf(gss->why, sizeof(gss->why), "%s", what);
    /* "Unspecified GSS failure" adds nothing to what follows it. */
    if (major != GSS_S_FAILURE)
        add_status(gss, major, GSS_C_GSS_CODE);
    if (minor != 0)
        add_status(gss, minor, GSS_C_MECH_CODE);
}

void anonid_gss_fail(anonid_gss_t *gss, anonid_sasl_turn_t *turn,
                     anonid_sasl_outcome_t outcome, const char *what,
                     OM_uint32 major, OM_uint32 minor)
{
    anonid_gss_explain(gss, what, major, minor);
    turn->outcome = outcome;
    turn->response = NULL;
    turn->why = gss->why;
}

/* ---- the context ---- */

int anonid_gss_target(anonid_gss_t *gss, const char *service, const char *host)
{
    char name[512];
    int length = snprintf(name, sizeof(name), "%s@%s", service, host);
    gss_buffer_desc text = { .length = (size_t)length, .value = name };
    OM_uint32 major, minor;

    if (length < 0 || (size_t)length >= sizeof(name)) {
        snprintf(gss->why, sizeof(gss->why), "the server's name is too long");
        return 0;
    }
    major = gss_import_name(&minor, &text, GSS_C_NT_HOSTBASED_SERVICE,
                            &gss->target);
    if (!GSS_ERROR(major))
        return 1;
    anonid_gss_explain(gss, "the server's name", major, minor);
    return 0;
}

static void drop_token(anonid_gss_t *gss)
{
    OM_uint32 minor;

    if (gss->token.value)
        explicit_bzero(gss->token.value, gss->token.length);
    gss_release_buffer(&minor, &gss->token);
}

/* What the last call of the library came to. Before the server has said
 * anything it is this side that cannot; afterwards it is the server's token
 * that is wrong. */
static anonid_sasl_outcome_t failure(const anonid_sasl_turn_t *turn)
{
    return turn->challenge_length > 0 ? ANONID_TURN_BAD_SERVER
                                      : ANONID_TURN_FAILED;
}

void anonid_gss_turn(anonid_gss_t *gss, anonid_sasl_turn_t *turn)
{
    gss_buffer_desc in = { .length = turn->challenge_length,
                           .value = (void *)(uintptr_t)turn->challenge };
    OM_uint32 major, minor;

    drop_token(gss);
    major = gss_init_sec_context(&minor, gss->credential, &gss->context,
                                 gss->target, gss->mechanism, gss->wanted, 0,
                                 GSS_C_NO_CHANNEL_BINDINGS, &in, NULL,
                                 &gss->token, &gss->got, NULL);
    turn->response = gss->token.length > 0 ? gss->token.value : NULL;
    turn->response_length = gss->token.length;
    if (GSS_ERROR(major)) {
        anonid_gss_fail(gss, turn, failure(turn), "no context", major, minor);
        return;
    }
    gss->established = major == GSS_S_COMPLETE;
    turn->outcome = gss->established ? ANONID_TURN_DONE : ANONID_TURN_MORE;
    if (gss->established && (gss->got & gss->wanted) != gss->wanted)
        anonid_gss_fail(gss, turn, ANONID_TURN_BAD_SERVER,
                        "the server did not prove itself", GSS_S_FAILURE, 0);
}

void anonid_gss_end(anonid_gss_t *gss)
{
    OM_uint32 minor;

    drop_token(gss);
    if (gss->context)
        gss_delete_sec_context(&minor, &gss->context, GSS_C_NO_BUFFER);
    gss_release_name(&minor, &gss->target);
    gss_release_cred(&minor, &gss->credential);
    explicit_bzero(gss, sizeof(*gss));
}
