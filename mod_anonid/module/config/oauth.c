/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AnonIDLogon token and oauth2, and AnonIDToken: where tokens come from. Knows
 * what the URL of a token endpoint looks like, and asks none.
 */
#include "module/config/account.h"
#include "module/config/container.h"
#include "module/config/directives.h"
#include "module/config/secret_source.h"

#include "common/service.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- AnonIDLogon ---- */

const char *anonid_logon_token(cmd_parms *cmd, anonid_account_t *account,
                               int argc, char *const argv[])
{
    (void)cmd;
    (void)account;
    (void)argv;
    return argc == 0 ? NULL
                     : "AnonIDLogon token takes nothing more: where the token "
                       "is, AnonIDToken says";
}

/* The token endpoint is shown the client's secret: by TLS, or on this machine
 * (RFC 6749 section 3.2). */
static const char *check_endpoint(cmd_parms *cmd, const char *url)
{
    apr_uri_t uri;

    if (apr_uri_parse(cmd->temp_pool, url, &uri) != APR_SUCCESS || !uri.scheme
        || !uri.hostname || !*uri.hostname || uri.fragment || uri.user
        || (ap_cstr_casecmp(uri.scheme, "https") != 0
            && ap_cstr_casecmp(uri.scheme, "http") != 0))
        return "it is not the URL of a token endpoint; write "
               "https://host/path";
    if (ap_cstr_casecmp(uri.scheme, "https") == 0
        || anonid_host_is_loopback(uri.hostname))
        return NULL;
    return "http: would send the client's secret in the clear; write https:";
}

const char *anonid_logon_oauth2(cmd_parms *cmd, anonid_account_t *account,
                                int argc, char *const argv[])
{
    const char *scope = "scope=", *wrong;
    int i;

    if (argc < 2 || *argv[1] == '\0')
        return "AnonIDLogon oauth2 takes the URL of a token endpoint, the "
               "client's id and perhaps scopes, for example AnonIDLogon "
               "oauth2 "
               "https://login.example.com/token webclient";
    wrong = check_endpoint(cmd, argv[0]);
    if (wrong)
        return apr_psprintf(cmd->pool, "AnonIDLogon oauth2 '%s': %s", argv[0],
                            wrong);
    APR_ARRAY_PUSH(account->urls, const char *) = argv[0];
    account->principal = argv[1];
    for (i = 2; i < argc; i++)
        scope = apr_pstrcat(cmd->pool, scope, i > 2 ? " " : "", argv[i], NULL);
    if (argc > 2)
        APR_ARRAY_PUSH(account->options, const char *) = scope;
    return NULL;
}

/* ---- AnonIDToken ---- */

#define SECRET "AnonIDSecret"

/* The words of AnonIDSecret, whose rules are AnonIDToken's, with the other
 * name at their beginning. */
static const char *of_token(cmd_parms *cmd, const char *error)
{
    return error ? apr_pstrcat(cmd->pool, "AnonIDToken",
                               error + strlen(SECRET), NULL)
                 : NULL;
}

const char *anonid_token_or_secret(cmd_parms *cmd,
                                   const anonid_account_t *account)
{
    return apr_psprintf(cmd->pool,
                        "AnonIDToken and AnonIDSecret exclude each other in "
                        "<AnonIDAccount %s>: remove one of them",
                        account->name);
}

/* The file is replaced by one beside it. */
static const char *check_folder(cmd_parms *cmd, const char *path)
{
    char *real = realpath(path, NULL);
    char *slash = real ? strrchr(real, '/') : NULL;
    const char *error = NULL;

    if (slash)
        slash[slash == real] = '\0';
    if (slash && access(real, W_OK) != 0)
        error = apr_psprintf(
            cmd->pool,
            "AnonIDToken refresh: the folder %s cannot be written by this "
            "user, and a token endpoint that gives a new refresh token has "
            "it put in the place of the old one; choose a folder of the user "
            "that starts httpd",
            real);
    free(real);
    return error;
}

static const char *set_refresh(cmd_parms *cmd, anonid_account_t *account,
                               int argc, char *const argv[])
{
    const char *error;

    if (argc != 1
        || ap_cstr_casecmpn(argv[0], ANONID_REFRESH_PREFIX,
                            strlen(ANONID_REFRESH_PREFIX))
               != 0)
        return "AnonIDToken refresh takes file:PATH and nothing else: a token "
               "endpoint may give a new refresh token at each use, and that "
               "is put into the file in the place of the old one (what was "
               "written here is not repeated)";
    error = of_token(cmd, anonid_secret_source_parse(cmd->pool, argv[0],
                                                     &account->refresh));
    if (!error)
        error = of_token(
            cmd, anonid_secret_source_check(cmd->pool, account->refresh));
    if (!error && !anonid_config_is_restart())
        error = check_folder(cmd,
                             account->refresh + strlen(ANONID_REFRESH_PREFIX));
    return error;
}

const char *anonid_set_token(cmd_parms *cmd, void *dir, int argc,
                             char *const argv[])
{
    const char *error;
    anonid_account_t *account = anonid_open_account(cmd, &error);

    if (error)
        return error;
    if (argc > 0 && ap_cstr_casecmp(argv[0], "refresh") == 0)
        return set_refresh(cmd, account, argc - 1, argv + 1);
    if (account->secret)
        return anonid_token_or_secret(cmd, account);
    if (argc == 1 && ap_cstr_casecmpn(argv[0], "keytab:", 7) == 0)
        return "AnonIDToken keytab: a keytab holds no token; write "
               "file:PATH, exec:COMMAND or credential:NAME";
    error = of_token(cmd, anonid_set_secret(cmd, dir, argc, argv));
    account->token = 1;
    return error;
}

/* ---- the whole account ---- */

/* A token is nothing to log on with, but what a logon brings. */
static const char *check_kind(cmd_parms *cmd, const anonid_account_t *account)
{
    int wanted = account->provider == ANONID_PROVIDER_TOKEN;
    int is_client = account->provider == ANONID_PROVIDER_OAUTH2;

    if (!account->secret || account->token == wanted)
        return NULL;
    if (wanted)
        return anonid_container_blame(
            cmd, "AnonIDSecret",
            apr_psprintf(cmd->pool,
                         "AnonIDSecret is of no use with AnonIDLogon token "
                         "(<AnonIDAccount %s>): write AnonIDToken, and the "
                         "place of the token",
                         account->name));
    return anonid_container_blame(
        cmd, "AnonIDToken",
        apr_psprintf(cmd->pool,
                     "AnonIDToken is for AnonIDLogon token, and "
                     "<AnonIDAccount %s> has AnonIDLogon %s: write "
                     "%s, and the place of its %s",
                     account->name, anonid_provider_name(account->provider),
                     is_client ? "AnonIDToken refresh, or AnonIDSecret"
                               : "AnonIDSecret",
                     is_client ? "refresh token, or of the client's secret"
                               : "secret"));
}

/* Whoever comes second would show a token that the first has replaced. */
static const anonid_account_t *same_refresh(const anonid_account_t *account)
{
    const apr_array_header_t *accounts = anonid_global()->accounts;
    int i;

    for (i = 0; i < accounts->nelts; i++) {
        const anonid_account_t *other =
            APR_ARRAY_IDX(accounts, i, const anonid_account_t *);

        if (other != account && other->refresh
            && strcmp(other->refresh, account->refresh) == 0)
            return other;
    }
    return NULL;
}

static const char *check_refresh(cmd_parms *cmd,
                                 const anonid_account_t *account)
{
    const anonid_account_t *other;

    if (!account->refresh)
        return NULL;
    if (account->provider != ANONID_PROVIDER_OAUTH2)
        return anonid_container_blame(
            cmd, "AnonIDToken",
            apr_psprintf(cmd->pool,
                         "AnonIDToken refresh is for AnonIDLogon oauth2, and "
                         "<AnonIDAccount %s> has AnonIDLogon %s: a refresh "
                         "token is shown to a token endpoint and to nobody "
                         "else",
                         account->name,
                         anonid_provider_name(account->provider)));
    other = same_refresh(account);
    if (!other)
        return NULL;
    return anonid_container_blame(
        cmd, "AnonIDToken",
        apr_psprintf(cmd->pool,
                     "AnonIDToken refresh: the accounts '%s' and '%s' have "
                     "the same file, and each would use up the other's "
                     "token; get one refresh token for each, or map to one "
                     "account",
                     other->name, account->name));
}

const char *anonid_logon_oauth_check(cmd_parms *cmd,
                                     const anonid_account_t *account)
{
    const char *error = check_kind(cmd, account);

    return error ? error : check_refresh(cmd, account);
}
