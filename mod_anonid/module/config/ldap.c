/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AnonIDLogon ldap, and the directives that go with it. Knows what URLs look
 * like, and no LDAP. What they say goes to the agent as urls, principal and
 * options of the account.
 */
#include "module/config/certificate_file.h"
#include "module/config/container.h"
#include "module/config/directives.h"
#include "module/config/account.h"

#include <apr_lib.h>
#include <apr_network_io.h>
#include <apr_strings.h>

#define LIFETIME_MAX 86400

#define FORM                                                                  \
    "write ldap://host, ldaps://host or ldapi://%2Fpath%2Fof%2Fsocket, "      \
    "and a DN with spaces in quotes"

/* ---- URLs ---- */

/* The length of the scheme with its "://"; 0: not LDAP's. */
static size_t scheme_length(const char *url)
{
    static const char *const schemes[] = { "ldap://", "ldaps://", "ldapi://" };
    size_t i;

    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t length = strlen(schemes[i]);

        if (ap_cstr_casecmpn(url, schemes[i], length) == 0)
            return length;
    }
    return 0;
}

static int is_local(const char *url)
{
    return ap_cstr_casecmpn(url, "ldapi:", 6) == 0;
}

static const char *check_socket(const char *path)
{
    return ap_cstr_casecmpn(path, "%2F", 3) == 0
               ? NULL
               : "ldapi:// takes the path of a socket with %2F for each '/'";
}

static const char *check_host(cmd_parms *cmd, const char *authority)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-._:";
    char *host = NULL, *scope = NULL;
    apr_port_t port;

    if (strchr(authority, '@'))
        return "no user name or password belongs into the URL";
    if (apr_parse_addr_port(&host, &scope, &port, authority, cmd->temp_pool)
            != APR_SUCCESS
        || !host || scope || *host == '-'
        || (strchr(host, ':') && *authority != '[')
        || host[strspn(host, allowed)] != '\0')
        return "after the scheme there has to be a host, and perhaps a port "
               "from 1 to 65535";
    return NULL;
}

/* Adds the server of a URL up to its path; *path is what follows. */
static const char *add_server(cmd_parms *cmd, anonid_account_t *account,
                              const char *url, const char **path)
{
    size_t scheme = scheme_length(url);
    size_t length = scheme + strcspn(url + scheme, "/?");
    const char *server = apr_pstrmemdup(cmd->pool, url, length);
    const char *wrong = is_local(url) ? check_socket(server + scheme)
                                      : check_host(cmd, server + scheme);

    *path = url + length;
    if (wrong)
        return apr_psprintf(cmd->pool, "AnonIDLogon ldap '%s': %s", url,
                            wrong);
    APR_ARRAY_PUSH(account->urls, const char *) = server;
    return NULL;
}

static const char *set_server(cmd_parms *cmd, anonid_account_t *account,
                              const char *url)
{
    const char *error, *path;

    if (!scheme_length(url))
        return apr_psprintf(
            cmd->pool, "AnonIDLogon ldap '%s' is not a URL of a server: %s",
            url, FORM);
    error = add_server(cmd, account, url, &path);
    if (!error && *path && strcmp(path, "/") != 0)
        error = apr_psprintf(cmd->pool,
                             "AnonIDLogon ldap '%s': only the last URL can "
                             "have a search behind its host",
                             url);
    return error;
}

/* ---- searches: "/base?attribute?scope?filter" ---- */

static int is_attribute(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.;")]
           == '\0';
}

static int is_scope(const char *text)
{
    return *text == '\0' || ap_cstr_casecmp(text, "base") == 0
           || ap_cstr_casecmp(text, "one") == 0
           || ap_cstr_casecmp(text, "sub") == 0;
}

/* "", or one pair of parentheses around everything. */
static int is_filter(const char *text)
{
    int depth = 0;
    const char *at;

    for (at = text; *at; at++) {
        depth += (*at == '(') - (*at == ')');
        if (depth < 0 || (depth == 0 && at[1] != '\0'))
            return 0;
    }
    return depth == 0 && (*text == '\0' || *text == '(');
}

/* The text up to the next '?', which is passed over. */
static const char *field(apr_pool_t *p, const char **rest)
{
    size_t length = strcspn(*rest, "?");
    const char *text = apr_pstrmemdup(p, *rest, length);

    *rest += length + ((*rest)[length] == '?');
    return text;
}

/* Reads a search and writes it with a scope, whose default is httpd's and not
 * that of other readers of URLs. NULL, or what is wrong. */
static const char *read_search(apr_pool_t *p, const char *rest,
                               const char **search)
{
    const char *base = field(p, &rest);
    const char *attribute = field(p, &rest);
    const char *scope = field(p, &rest);
    const char *filter = field(p, &rest);

    if (!is_attribute(attribute))
        return "after the base there may be one attribute, which has to be "
               "the account's user";
    if (!is_scope(scope))
        return "the scope has to be base, one or sub";
    if (!is_filter(filter))
        return "the filter has to be in parentheses, each of which is closed";
    if (*rest)
        return "nothing may follow the filter; write %3F for a '?' in it";
    *search =
        apr_pstrcat(p, "ldap:///", base, "?", attribute, "?",
                    *scope ? scope : "sub", *filter ? "?" : "", filter, NULL);
    return NULL;
}

/* The last URL: a search, at that server if it names one. */
static const char *set_search(cmd_parms *cmd, anonid_account_t *account,
                              const char *url)
{
    const char *path = url + scheme_length(url), *error = NULL, *wrong;

    if (*path != '/')
        error = add_server(cmd, account, url, &path);
    if (error)
        return error;
    if (*path == '\0' || path[1] == '\0')
        return apr_psprintf(cmd->pool,
                            "AnonIDLogon ldap: after the last server ('%s') "
                            "the account's DN is missing",
                            url);
    wrong = *path == '/'
                ? read_search(cmd->pool, path + 1, &account->principal)
                : "the base of a search stands after a '/'";
    if (!wrong)
        return NULL;
    return apr_psprintf(
        cmd->pool, "AnonIDLogon ldap '%s': this is no search: %s", url, wrong);
}

const char *anonid_logon_ldap(cmd_parms *cmd, anonid_account_t *account,
                              int argc, char *const argv[])
{
    const char *error = NULL;
    const char *last = argc > 0 ? argv[argc - 1] : "";
    int i;

    if (argc < 2 && !strchr(last + scheme_length(last), '/'))
        return "AnonIDLogon ldap takes the URLs of one or more servers and "
               "then the account's DN, for example AnonIDLogon ldap "
               "ldaps://ldap.example.com cn=web,dc=example,dc=com";
    for (i = 0; i < argc - 1 && !error; i++)
        error = set_server(cmd, account, argv[i]);
    if (error)
        return error;
    if (scheme_length(last))
        error = set_search(cmd, account, last);
    else if (last[strspn(last, " ")] == '\0')
        error = "AnonIDLogon ldap: the account's DN is empty, which would be "
                "an anonymous bind; write the DN";
    else
        account->principal = last;
    if (!error && account->urls->nelts == 0)
        error = apr_psprintf(cmd->pool,
                             "AnonIDLogon ldap '%s' names no server: %s", last,
                             FORM);
    return error;
}

/* ---- options ---- */

/* Gives the open account an option, "name=value", and notes its line. */
static void add_option(cmd_parms *cmd, anonid_account_t *account,
                       const char *name, const char *value)
{
    const char *option = apr_pstrcat(cmd->pool, name, "=", value, NULL);

    APR_ARRAY_PUSH(account->options, const char *) = option;
    anonid_global_define(option, cmd->directive);
}

static int has_option(const anonid_account_t *account, const char *name)
{
    size_t length = strlen(name);
    int i;

    for (i = 0; i < account->options->nelts; i++) {
        const char *option = APR_ARRAY_IDX(account->options, i, const char *);

        if (strncmp(option, name, length) == 0 && option[length] == '=')
            return 1;
    }
    return 0;
}

static const char *set_ca(cmd_parms *cmd, anonid_account_t *account,
                          const char *value)
{
    const char *path = ap_server_root_relative(cmd->pool, value);
    const char *wrong;

    if (!path || *value == '\0')
        return "AnonIDLogonTLS ca= names no file; write ca=/path/of/ca.pem";
    wrong = anonid_certificate_file_check(cmd->temp_pool, path);
    if (wrong)
        return apr_psprintf(cmd->pool, "AnonIDLogonTLS ca=%s: the file %s",
                            path, wrong);
    add_option(cmd, account, "ca", path);
    return NULL;
}

static const char *set_name(cmd_parms *cmd, anonid_account_t *account,
                            const char *value)
{
    const char *wrong = *value == '[' ? "" : check_host(cmd, value);

    if (wrong || strchr(value, ':'))
        return apr_psprintf(cmd->pool,
                            "AnonIDLogonTLS name='%s' is not a host name; "
                            "write the one in the servers' certificates",
                            value);
    add_option(cmd, account, "name", value);
    return NULL;
}

static const char *set_tls_word(cmd_parms *cmd, anonid_account_t *account,
                                const char *word)
{
    if (ap_cstr_casecmpn(word, "ca=", 3) == 0 && !has_option(account, "ca"))
        return set_ca(cmd, account, word + 3);
    if (ap_cstr_casecmpn(word, "name=", 5) == 0
        && !has_option(account, "name"))
        return set_name(cmd, account, word + 5);
    return apr_psprintf(cmd->pool,
                        "AnonIDLogonTLS '%s': write ca=FILE (whom to trust), "
                        "name=HOST (the name in the certificate), or both, "
                        "each once; verification cannot be turned off",
                        word);
}

const char *anonid_set_logon_tls(cmd_parms *cmd, void *dir, int argc,
                                 char *const argv[])
{
    const char *error;
    anonid_account_t *account = anonid_open_account(cmd, &error);
    int i;

    (void)dir;
    if (error)
        return error;
    if (argc == 0)
        return "AnonIDLogonTLS takes ca=FILE, name=HOST, or both";
    for (i = 0; i < argc && !error; i++)
        error = set_tls_word(cmd, account, argv[i]);
    return error;
}

const char *anonid_set_logon_lifetime(cmd_parms *cmd, void *dir,
                                      const char *arg)
{
    const char *error;
    anonid_account_t *account = anonid_open_account(cmd, &error);
    apr_int64_t seconds;
    char *end;

    (void)dir;
    if (error)
        return error;
    seconds = apr_strtoi64(arg, &end, 10);
    if (*end || !apr_isdigit(*arg) || seconds < 1 || seconds > LIFETIME_MAX)
        return apr_psprintf(cmd->pool,
                            "AnonIDLogonLifetime '%s': write a number of "
                            "seconds from 1 to 86400",
                            arg);
    add_option(cmd, account, "lifetime",
               apr_psprintf(cmd->pool, "%" APR_INT64_T_FMT, seconds));
    return NULL;
}

const char *anonid_set_logon_search_as(cmd_parms *cmd, void *dir,
                                       const char *arg)
{
    const char *error;
    anonid_account_t *account = anonid_open_account(cmd, &error);
    const char *wrong = anonid_account_name_error(arg);

    (void)dir;
    if (error)
        return error;
    if (wrong)
        return apr_psprintf(cmd->pool,
                            "AnonIDLogonSearchAs '%s' cannot be an account: "
                            "%s",
                            arg, wrong);
    add_option(cmd, account, "search-as", arg);
    return NULL;
}

/* ---- the whole account ---- */

static int is_search(const anonid_account_t *account)
{
    return scheme_length(account->principal) != 0;
}

/* 1 if a server of the account may speak TLS. */
static int may_speak_tls(const anonid_account_t *account)
{
    int i;

    for (i = 0; i < account->urls->nelts; i++) {
        if (!is_local(APR_ARRAY_IDX(account->urls, i, const char *)))
            return 1;
    }
    return 0;
}

/* The directives, the options that they become, and what is wrong with them
 * in an account of another provider. */
static const struct {
    const char *directive, *option;
    int of_oauth2; /* it goes with that, too */
} companions[] = {
    { "AnonIDLogonTLS", "ca", 1 },
    { "AnonIDLogonTLS", "name", 0 },
    { "AnonIDLogonLifetime", "lifetime", 0 },
    { "AnonIDLogonSearchAs", "search-as", 0 },
};

/* A token endpoint's certificate has the name of its URL. */
static const char *check_endpoint_tls(cmd_parms *cmd,
                                      const anonid_account_t *account)
{
    const char *error = NULL;

    if (account->provider != ANONID_PROVIDER_OAUTH2)
        return NULL;
    if (has_option(account, "name"))
        error = "AnonIDLogonTLS name= goes with AnonIDLogon ldap; a token "
                "endpoint's certificate has to have the name of its URL, so "
                "write that name there";
    else if (has_option(account, "ca")
             && ap_cstr_casecmpn(APR_ARRAY_IDX(account->urls, 0, const char *),
                                 "https:", 6)
                    != 0)
        error = "AnonIDLogonTLS: no TLS is spoken to a token endpoint with "
                "http:; remove it, or write https:";
    return error ? anonid_container_blame(cmd, "AnonIDLogonTLS", error) : NULL;
}

static const char *check_other_provider(cmd_parms *cmd,
                                        const anonid_account_t *account)
{
    int is_oauth2 = account->provider == ANONID_PROVIDER_OAUTH2;
    const char *error = check_endpoint_tls(cmd, account);
    size_t i;

    for (i = 0; !error && i < sizeof(companions) / sizeof(companions[0]);
         i++) {
        if (has_option(account, companions[i].option)
            && !(is_oauth2 && companions[i].of_oauth2))
            return anonid_container_blame(
                cmd, companions[i].directive,
                apr_psprintf(cmd->pool,
                             "%s goes with AnonIDLogon ldap, and the account "
                             "'%s' has AnonIDLogon %s; remove it",
                             companions[i].directive, account->name,
                             anonid_provider_name(account->provider)));
    }
    return error;
}

const char *anonid_logon_ldap_check(cmd_parms *cmd,
                                    const anonid_account_t *account)
{
    if (account->provider != ANONID_PROVIDER_LDAP)
        return check_other_provider(cmd, account);
    if (has_option(account, "search-as") && !is_search(account))
        return anonid_container_blame(
            cmd, "AnonIDLogonSearchAs",
            apr_psprintf(cmd->pool,
                         "AnonIDLogonSearchAs: nothing is searched for in "
                         "<AnonIDAccount %s>, whose AnonIDLogon has a DN; "
                         "write a search there "
                         "(ldap:///base?attribute?sub?(filter)), or remove "
                         "this",
                         account->name));
    if ((has_option(account, "ca") || has_option(account, "name"))
        && !may_speak_tls(account))
        return anonid_container_blame(
            cmd, "AnonIDLogonTLS",
            "AnonIDLogonTLS: no TLS is spoken over ldapi://; remove it");
    return NULL;
}
