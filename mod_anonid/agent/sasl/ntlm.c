/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mechanism NTLM (MS-SMTPNTLM, MS-NLMP) by GSS-API's module gss-ntlmssp,
 * if that is installed; see family.h. NTLMv2 only: libsasl2 has an NTLM, too,
 * which today's domain controllers refuse.
 *
 *   client: NEGOTIATE
 *   server: CHALLENGE, with its random value
 *   client: AUTHENTICATE, with the hash of it; the server passes that on to
 *           the domain controller, whose verdict is the protocol's reply
 *
 * The server proves nothing by this, so who it is is TLS's part.
 */
#include "agent/sasl/gss.h"

#include <ctype.h>
#include <gssapi/gssapi_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NETBIOS_NAME_MAX 15

/* 1.3.6.1.4.1.311.2.2.10 */
static gss_OID_desc oid = { 10, "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a" };

typedef struct {
    const anonid_sasl_login_t *login;
    anonid_gss_t gss;
} ntlm_t;

/* ---- the module ---- */

static int is_installed;

/* "Log On To" in the directory goes by the workstation's name, which has to
 * be this machine's, whatever winbind thinks that it is called. */
static void name_workstation(void)
{
    char name[256] = "";

    if (gethostname(name, sizeof(name) - 1) != 0)
        return;
    name[strcspn(name, ".")] = '\0';
    name[NETBIOS_NAME_MAX] = '\0';
    for (char *c = name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    (void)setenv("NETBIOS_COMPUTER_NAME", name, 0);
}

static void look_for_module(void)
{
    gss_OID_set mechanisms = GSS_C_NO_OID_SET;
    OM_uint32 minor;

    if (GSS_ERROR(gss_indicate_mechs(&minor, &mechanisms)))
        return;
    (void)gss_test_oid_set_member(&minor, &oid, mechanisms, &is_installed);
    (void)gss_release_oid_set(&minor, &mechanisms);
}

void anonid_sasl_ntlm_start(void)
{
    name_workstation();
    look_for_module();
}

static int supported(const char *base)
{
    return is_installed && strcmp(base, "NTLM") == 0;
}

/* ---- a login ---- */

static void *open_login(const anonid_sasl_login_t *login, const char **why)
{
    ntlm_t *ntlm;

    *why = "the account has no password";
    if (!login->secret
        || anonid_secret_kind(login->secret) != ANONID_SECRET_PASSWORD)
        return NULL;
    *why = "no memory";
    ntlm = calloc(1, sizeof(*ntlm));
    if (!ntlm)
        return NULL;
    ntlm->login = login;
    ntlm->gss.mechanism = &oid;
    return ntlm;
}

/* The module reads files, and asks winbind for the domain's name. */
static int is_slow(const void *state, const anonid_sasl_turn_t *turn)
{
    (void)state;
    (void)turn;
    return 1;
}

static const char *queue(const void *state)
{
    (void)state;
    return NULL;
}

/* The account, "DOMAIN\user" or "user@domain", with its password. */
static int take_password(ntlm_t *ntlm)
{
    const anonid_secret_t *secret = ntlm->login->secret;
    const char *account = ntlm->login->account;
    gss_buffer_desc user = { strlen(account), (void *)(uintptr_t)account };
    gss_buffer_desc password = { anonid_secret_length(secret),
                                 (void *)(uintptr_t)anonid_secret_data(
                                     secret) };
    gss_OID_set_desc mechanisms = { 1, &oid };
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 major, minor, ignored;

    major = gss_import_name(&minor, &user, GSS_C_NT_USER_NAME, &name);
    if (!GSS_ERROR(major))
        major = gss_acquire_cred_with_password(
            &minor, name, &password, GSS_C_INDEFINITE, &mechanisms,
            GSS_C_INITIATE, &ntlm->gss.credential, NULL, NULL);
    (void)gss_release_name(&ignored, &name);
    if (!GSS_ERROR(major))
        return 1;
    anonid_gss_explain(&ntlm->gss, "the account's password", major, minor);
    return 0;
}

static void take_turn(void *state, anonid_sasl_turn_t *turn)
{
    ntlm_t *ntlm = state;

    turn->why = NULL;
    if (ntlm->gss.context
        || (take_password(ntlm)
            && anonid_gss_target(&ntlm->gss, ntlm->login->service,
                                 ntlm->login->host))) {
        anonid_gss_turn(&ntlm->gss, turn);
        return;
    }
    turn->outcome = ANONID_TURN_FAILED;
    turn->response = NULL;
    turn->why = ntlm->gss.why;
}

static void finish(void *state)
{
    ntlm_t *ntlm = state;

    anonid_gss_end(&ntlm->gss);
    free(ntlm);
}

const anonid_sasl_family_t anonid_sasl_ntlm = {
    supported, open_login, is_slow, queue, take_turn, finish
};
