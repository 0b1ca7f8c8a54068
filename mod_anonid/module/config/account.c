/* SPDX-License-Identifier: Apache-2.0 */
/*
 * <AnonIDAccount> and what stands in it. What an account may combine is
 * checked when its container ends.
 */
#include "module/config/config.h"
#include "module/config/container.h"
#include "module/config/directives.h"
#include "module/config/account.h"
#include "module/text/principal.h"
#include "module/config/secret_source.h"

#include <apr_strings.h>

static const anonid_container_item_t items[] = {
    { "AnonIDLogon", 1 },         { "AnonIDLogonTLS", 1 },
    { "AnonIDLogonLifetime", 1 }, { "AnonIDLogonSearchAs", 1 },
    { "AnonIDSecret", 1 },        { "AnonIDToken", 1 },
    { "AnonIDPasswordSync", 1 },
};

static const anonid_container_t container = {
    "<AnonIDAccount", items, sizeof(items) / sizeof(items[0])
};

anonid_account_t *anonid_open_account(cmd_parms *cmd, const char **error)
{
    anonid_account_t *account = anonid_global()->open_account;

    *error = account ? NULL : anonid_container_outside(cmd, &container);
    return account;
}

static const char *logon_file(cmd_parms *cmd, anonid_account_t *account,
                              int argc, char *const argv[])
{
    if (argc > 1)
        return "AnonIDLogon file takes one path, or none for the "
               "AnonIDAccountFile; put a path with spaces in quotes";
    if (argc == 0)
        return NULL;
    account->path = ap_server_root_relative(cmd->pool, argv[0]);
    if (!account->path || *argv[0] == '\0')
        return apr_psprintf(cmd->pool,
                            "AnonIDLogon file '%s' is not a path: write an "
                            "absolute one, or one relative to ServerRoot",
                            argv[0]);
    return NULL;
}

static const char *logon_krb5(cmd_parms *cmd, anonid_account_t *account,
                              int argc, char *const argv[])
{
    const char *wrong;

    if (argc != 1 || *argv[0] == '\0')
        return "AnonIDLogon krb5 takes one principal, for example "
               "AnonIDLogon krb5 web@EXAMPLE.COM";
    wrong = anonid_principal_error(cmd->pool, argv[0]);
    if (wrong)
        return apr_psprintf(cmd->pool, "AnonIDLogon krb5 '%s': %s", argv[0],
                            wrong);
    account->principal = argv[0];
    return NULL;
}

/* How AnonIDLogon is written for a provider, and whether the agent of this
 * build has it. */
static const struct {
    anonid_provider_t provider;
    int available;
    const char *(*parse)(cmd_parms *cmd, anonid_account_t *account, int argc,
                         char *const argv[]);
} logons[] = {
    { ANONID_PROVIDER_FILE, 1, logon_file },
    { ANONID_PROVIDER_LDAP, 1, anonid_logon_ldap },
    { ANONID_PROVIDER_KRB5, 1, logon_krb5 },
    { ANONID_PROVIDER_TOKEN, 1, anonid_logon_token },
    { ANONID_PROVIDER_OAUTH2, 1, anonid_logon_oauth2 },
};

#define N_LOGONS (sizeof(logons) / sizeof(logons[0]))

static int is_available(anonid_provider_t provider)
{
    size_t i;

    for (i = 0; i < N_LOGONS; i++) {
        if (logons[i].provider == provider)
            return logons[i].available;
    }
    return 0;
}

/* The words of the design; Microsoft's documentation has the last clause. */
static const char *nonlocal_sync(cmd_parms *cmd,
                                 const anonid_account_t *account)
{
    return apr_psprintf(
        cmd->pool,
        "AnonIDPasswordSync cannot be used with the non-local account '%s' "
        "(AnonIDLogon %s): it is not a supported configuration and may cause "
        "all access to be denied. Specify a valid password with AnonIDSecret.",
        account->name, anonid_provider_name(account->provider));
}

static const char *check_provider(cmd_parms *cmd,
                                  const anonid_account_t *account)
{
    const char *name = anonid_provider_name(account->provider);

    if (account->sync && account->provider != ANONID_PROVIDER_FILE)
        return anonid_container_blame(cmd, "AnonIDPasswordSync",
                                      nonlocal_sync(cmd, account));
    if (!is_available(account->provider))
        return anonid_container_blame(
            cmd, "AnonIDLogon",
            apr_psprintf(cmd->pool,
                         "AnonIDLogon %s: this build has no %s logon provider "
                         "yet; use AnonIDLogon file",
                         name, name));
    return NULL;
}

static const char *check_secret(cmd_parms *cmd,
                                const anonid_account_t *account)
{
    if (account->sync && account->secret)
        return anonid_container_blame(
            cmd, "AnonIDSecret",
            apr_psprintf(cmd->pool,
                         "AnonIDSecret and AnonIDPasswordSync On exclude each "
                         "other in <AnonIDAccount %s>: either the password "
                         "is in a file, or the server controls it; remove "
                         "one of them",
                         account->name));
    if (!account->sync && !anonid_account_source(account))
        return apr_psprintf(
            cmd->pool,
            "<AnonIDAccount %s> has no secret: add %s file:PATH (the file "
            "that holds its %s)%s",
            account->name,
            account->provider == ANONID_PROVIDER_TOKEN ? "AnonIDToken"
                                                       : "AnonIDSecret",
            account->provider == ANONID_PROVIDER_TOKEN ? "token" : "password",
            account->provider == ANONID_PROVIDER_FILE
                ? ", or AnonIDPasswordSync On (the server controls it)"
            : account->provider == ANONID_PROVIDER_OAUTH2
                ? ", or AnonIDToken refresh file:PATH (the file that holds "
                  "its refresh token)"
                : "");
    return NULL;
}

/* Keys prove an account to a KDC and to nobody else. */
static const char *check_keytab(cmd_parms *cmd,
                                const anonid_account_t *account)
{
    if (!account->secret || account->provider == ANONID_PROVIDER_KRB5
        || strncmp(account->secret, "keytab:", 7) != 0)
        return NULL;
    return anonid_container_blame(
        cmd, "AnonIDSecret",
        apr_psprintf(cmd->pool,
                     "AnonIDSecret keytab: is for AnonIDLogon krb5, and "
                     "<AnonIDAccount %s> has AnonIDLogon %s: write the place "
                     "of its password",
                     account->name, anonid_provider_name(account->provider)));
}

/* An account file is lines of "user:verifier", with '#' for comments. */
static const char *check_user(cmd_parms *cmd, const anonid_account_t *account)
{
    if (account->provider != ANONID_PROVIDER_FILE || *account->user != '#')
        return NULL;
    return apr_psprintf(cmd->pool,
                        "<AnonIDAccount %s>: the user '%s' would be a comment "
                        "in an account file; choose a name without '#' at "
                        "its beginning",
                        account->name, account->user);
}

static const char *check_account(cmd_parms *cmd,
                                 const anonid_account_t *account)
{
    const char *error = check_provider(cmd, account);

    if (!error)
        error = anonid_logon_ldap_check(cmd, account);
    if (!error)
        error = check_secret(cmd, account);
    if (!error)
        error = check_keytab(cmd, account);
    if (!error)
        error = anonid_logon_oauth_check(cmd, account);
    if (!error)
        error = check_user(cmd, account);
    return error;
}

/* NULL if an account of that name can be defined here. */
static const char *check_name(cmd_parms *cmd, const char *name)
{
    const char *wrong = anonid_account_name_error(name);
    const anonid_account_t *other;

    if (wrong)
        return apr_psprintf(cmd->pool,
                            "<AnonIDAccount> cannot be named '%s': %s", name,
                            wrong);
    if (ap_cstr_casecmp(name, "none") == 0)
        return "<AnonIDAccount None>: AnonIDMapTo None means no account; "
               "choose another name";
    other = anonid_global_account(name);
    return other ? anonid_container_twice(cmd, &container, name,
                                          anonid_global_definition(other))
                 : NULL;
}

const char *anonid_set_account(cmd_parms *cmd, void *dir, const char *args)
{
    anonid_account_t *account;
    const char *name;
    const char *error = anonid_container_word(cmd, args, &name);

    (void)dir;
    if (!error)
        error = check_name(cmd, name);
    if (error)
        return error;
    account = anonid_account_make(cmd->pool, name);
    anonid_global_add_account(account, cmd->directive);
    anonid_global()->open_account = account;
    error = anonid_container_read(cmd, &container);
    anonid_global()->open_account = NULL;
    return error ? error : check_account(cmd, account);
}

#define LOGON_FORMS                                                           \
    "write file [path], ldap URL... DN, krb5 principal, "                     \
    "oauth2 URL client-id [scope...], or token"

const char *anonid_set_logon(cmd_parms *cmd, void *dir, int argc,
                             char *const argv[])
{
    const char *error;
    anonid_account_t *account = anonid_open_account(cmd, &error);
    size_t i;

    (void)dir;
    if (error)
        return error;
    if (argc == 0)
        return "AnonIDLogon names no provider: " LOGON_FORMS;
    for (i = 0; i < N_LOGONS; i++) {
        if (ap_cstr_casecmp(argv[0], anonid_provider_name(logons[i].provider))
            == 0) {
            account->provider = logons[i].provider;
            return logons[i].parse(cmd, account, argc - 1, argv + 1);
        }
    }
    return apr_psprintf(
        cmd->pool, "AnonIDLogon '%s' is no provider: " LOGON_FORMS, argv[0]);
}

/* Several words, of which httpd would say only that they are too many. */
static const char *too_many_words(int argc, char *const argv[])
{
    if (argc > 1 && ap_cstr_casecmpn(argv[0], "exec:", 5) == 0)
        return "AnonIDSecret exec: a program and its arguments go into one "
               "pair of quotes; write AnonIDSecret \"exec:/path/of/program "
               "argument...\" (what was written here is not repeated)";
    return "AnonIDSecret takes one argument, the place of the secret; put a "
           "path with spaces in quotes (what was written here is not "
           "repeated)";
}

const char *anonid_set_secret(cmd_parms *cmd, void *dir, int argc,
                              char *const argv[])
{
    const char *error;
    anonid_account_t *account = anonid_open_account(cmd, &error);

    (void)dir;
    if (!error && argc != 1)
        error = too_many_words(argc, argv);
    if (!error && account->token)
        error = anonid_token_or_secret(cmd, account);
    if (!error)
        error =
            anonid_secret_source_parse(cmd->pool, argv[0], &account->secret);
    if (!error)
        error = anonid_secret_source_check(cmd->pool, account->secret);
    return error;
}

static const char *const sync_schemes[] = { ANONID_SCHEME_SCRAM,
                                            ANONID_SCHEME_BCRYPT,
                                            ANONID_SCHEME_SHA512 };

#define N_SYNC_SCHEMES (sizeof(sync_schemes) / sizeof(sync_schemes[0]))

static const char *find_sync_scheme(const char *word)
{
    size_t i;

    for (i = 0; i < N_SYNC_SCHEMES; i++) {
        if (ap_cstr_casecmp(word, sync_schemes[i]) == 0)
            return sync_schemes[i];
    }
    return NULL;
}

/* One word after "On": a scheme (once), or "shared" (once). */
static const char *sync_word(cmd_parms *cmd, anonid_account_t *account,
                             int *schemes, const char *word)
{
    const char *scheme = find_sync_scheme(word);

    if (scheme && (*schemes)++ == 0) {
        account->scheme = scheme;
        return NULL;
    }
    if (ap_cstr_casecmp(word, "shared") == 0 && !account->shared) {
        account->shared = 1;
        return NULL;
    }
    return apr_psprintf(cmd->pool,
                        "AnonIDPasswordSync On '%s': after On there may be "
                        "one of " ANONID_SCHEME_SCRAM ", " ANONID_SCHEME_BCRYPT
                        " and " ANONID_SCHEME_SHA512
                        ", and shared (mail servers on other machines read "
                        "the same account file)",
                        word);
}

const char *anonid_set_password_sync(cmd_parms *cmd, void *dir, int argc,
                                     char *const argv[])
{
    const char *error;
    anonid_account_t *account = anonid_open_account(cmd, &error);
    int schemes = 0;
    int i;

    (void)dir;
    if (error)
        return error;
    account->sync = argc > 0 && ap_cstr_casecmp(argv[0], "on") == 0;
    if (argc == 0 || (!account->sync && ap_cstr_casecmp(argv[0], "off") != 0))
        return "AnonIDPasswordSync must be On or Off";
    if (!account->sync && argc > 1)
        return "AnonIDPasswordSync Off takes nothing after Off";
    for (i = 1; i < argc && !error; i++)
        error = sync_word(cmd, account, &schemes, argv[i]);
    return error;
}
