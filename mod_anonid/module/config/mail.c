/* SPDX-License-Identifier: Apache-2.0 */
/*
 * <AnonIDMailService> and what stands in it. What a service needs at least is
 * checked when its container ends. Knows no mail protocol.
 */
#include "module/config/certificate_file.h"
#include "module/config/config.h"
#include "module/config/container.h"
#include "module/config/directives.h"
#include "module/config/mail_limit.h"

#include <apr_strings.h>

static const anonid_container_item_t items[] = {
    { "AnonIDMailServer", 0 }, { "AnonIDMailTLS", 1 },
    { "AnonIDMechanism", 1 },  { "AnonIDMailFrom", 1 },
    { "AnonIDMailLimit", 0 },  { "AnonIDMailRecipient", 0 },
    { "AnonIDMailAllow", 0 },  { "AnonIDMailClientAddress", 1 },
};

static const anonid_container_t container = {
    "<AnonIDMailService", items, sizeof(items) / sizeof(items[0])
};

/* The service whose container is being read; NULL, and the error, outside of
 * one. */
static anonid_service_t *open_service(cmd_parms *cmd, const char **error)
{
    anonid_service_t *service = anonid_global()->open_service;

    *error = service ? NULL : anonid_container_outside(cmd, &container);
    return service;
}

/* A service of that name can be defined here: NULL. */
static const char *check_name(cmd_parms *cmd, const char *name)
{
    const char *wrong = anonid_alias_error(name);
    const anonid_service_t *other;

    if (wrong)
        return apr_psprintf(cmd->pool,
                            "<AnonIDMailService> cannot be named '%s': %s",
                            name, wrong);
    other = anonid_global_service(name);
    return other ? anonid_container_twice(cmd, &container, name,
                                          anonid_global_definition(other))
                 : NULL;
}

/* Each way of telling the visitor's address has its protocol. */
static const struct {
    unsigned flag;
    anonid_mail_protocol_t protocol;
    const char *word;
    const char *scheme;
} tellings[] = {
    { ANONID_CLIENT_XCLIENT, ANONID_MAIL_SUBMISSION, "xclient", "submission" },
    { ANONID_CLIENT_ID, ANONID_MAIL_IMAP, "id", "imap" },
};

#define N_TELLINGS (sizeof(tellings) / sizeof(tellings[0]))

static const char *check_client_address(cmd_parms *cmd,
                                        const anonid_service_t *service)
{
    for (size_t i = 0; i < N_TELLINGS; i++) {
        if (!(service->client_address & tellings[i].flag)
            || anonid_service_speaks(service, tellings[i].protocol))
            continue;
        return apr_psprintf(cmd->pool,
                            "AnonIDMailClientAddress '%s': it is for %s:// "
                            "servers, and <AnonIDMailService %s> has none; "
                            "remove the word, or add AnonIDMailServer "
                            "%s://HOST",
                            tellings[i].word, tellings[i].scheme,
                            service->name, tellings[i].scheme);
    }
    return NULL;
}

/* The service has what no service can do without: NULL. A sender and
 * recipients are looked for where something is sent (validate/sender.c). */
static const char *check_complete(cmd_parms *cmd,
                                  const anonid_service_t *service)
{
    if (service->servers->nelts > 0)
        return check_client_address(cmd, service);
    return apr_psprintf(cmd->pool,
                        "<AnonIDMailService %s> has no server: add "
                        "AnonIDMailServer submission://HOST",
                        service->name);
}

const char *anonid_set_mail_service(cmd_parms *cmd, void *dir,
                                    const char *args)
{
    anonid_service_t *service;
    const char *name;
    const char *error = anonid_container_word(cmd, args, &name);

    (void)dir;
    if (!error)
        error = check_name(cmd, name);
    if (error)
        return error;
    service = anonid_service_make(cmd->pool, name);
    anonid_global_add_service(service, cmd->directive);
    anonid_global()->open_service = service;
    error = anonid_container_read(cmd, &container);
    anonid_global()->open_service = NULL;
    if (!error)
        error = check_complete(cmd, service);
    return error ? error : anonid_mail_limits_conclude(cmd, service);
}

static int is_listed(const anonid_service_t *service,
                     const anonid_mail_server_t *server)
{
    int i;

    for (i = 0; i < service->servers->nelts; i++) {
        const anonid_mail_server_t *other =
            &APR_ARRAY_IDX(service->servers, i, anonid_mail_server_t);

        if (other->protocol == server->protocol && other->port == server->port
            && ap_cstr_casecmp(other->host, server->host) == 0)
            return 1;
    }
    return 0;
}

/* Called for each URL of the line. */
const char *anonid_set_mail_server(cmd_parms *cmd, void *dir, const char *arg)
{
    const char *error;
    anonid_service_t *service = open_service(cmd, &error);
    anonid_mail_server_t server;

    (void)dir;
    if (error)
        return error;
    if (strchr(arg, '@'))
        return "AnonIDMailServer: a user name or a password does not belong "
               "into the URL; it is the account that logs on, with its "
               "AnonIDSecret (what was written here is not repeated)";
    error = anonid_mail_server_parse(&server, arg, cmd->pool);
    if (error)
        return apr_psprintf(cmd->pool, "AnonIDMailServer '%s': %s", arg,
                            error);
    if (is_listed(service, &server))
        return apr_psprintf(cmd->pool,
                            "AnonIDMailServer '%s' is listed twice in "
                            "<AnonIDMailService %s>: remove one of them",
                            arg, service->name);
    APR_ARRAY_PUSH(service->servers, anonid_mail_server_t) = server;
    return NULL;
}

static const char *set_ca(cmd_parms *cmd, anonid_service_t *service,
                          const char *value)
{
    const char *path = ap_server_root_relative(cmd->pool, value);
    const char *wrong;

    if (!path || *value == '\0')
        return "AnonIDMailTLS ca= names no file; write ca=/path/of/ca.pem";
    wrong = anonid_certificate_file_check(cmd->temp_pool, path);
    if (wrong)
        return apr_psprintf(cmd->pool, "AnonIDMailTLS ca=%s: the file %s",
                            path, wrong);
    service->ca_file = path;
    return NULL;
}

/* A host name or an address, as it stands in a certificate. */
static const char *set_tls_name(cmd_parms *cmd, anonid_service_t *service,
                                const char *value)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:";

    if (*value == '\0' || value[strspn(value, allowed)] != '\0')
        return apr_psprintf(cmd->pool,
                            "AnonIDMailTLS name='%s' is not a host name; "
                            "write the one in the server's certificate",
                            value);
    service->tls_name = value;
    return NULL;
}

static const char *set_tls_word(cmd_parms *cmd, anonid_service_t *service,
                                const char *word)
{
    if (ap_cstr_casecmpn(word, "ca=", 3) == 0 && !service->ca_file)
        return set_ca(cmd, service, word + 3);
    if (ap_cstr_casecmpn(word, "name=", 5) == 0 && !service->tls_name)
        return set_tls_name(cmd, service, word + 5);
    return apr_psprintf(cmd->pool,
                        "AnonIDMailTLS '%s': write ca=FILE (whom to trust), "
                        "name=HOST (the name in the certificate), or both, "
                        "each once; verification cannot be turned off",
                        word);
}

const char *anonid_set_mail_tls(cmd_parms *cmd, void *dir, int argc,
                                char *const argv[])
{
    const char *error;
    anonid_service_t *service = open_service(cmd, &error);
    int i;

    (void)dir;
    if (error)
        return error;
    if (argc == 0)
        return "AnonIDMailTLS takes ca=FILE, name=HOST, or both";
    for (i = 0; i < argc && !error; i++)
        error = set_tls_word(cmd, service, argv[i]);
    return error;
}

const char *anonid_set_mail_from(cmd_parms *cmd, void *dir, const char *arg,
                                 const char *option)
{
    const char *error;
    anonid_service_t *service = open_service(cmd, &error);

    (void)dir;
    if (error)
        return error;
    error = anonid_address_error(arg);
    if (error)
        return apr_psprintf(cmd->pool,
                            "AnonIDMailFrom '%s' is not a mail address: %s",
                            arg, error);
    if (option && ap_cstr_casecmp(option, "strict") != 0)
        return apr_psprintf(cmd->pool,
                            "AnonIDMailFrom %s '%s': all that can follow the "
                            "address is 'strict', which refuses an "
                            "application's other sender instead of replacing "
                            "it",
                            arg, option);
    service->mail_from = arg;
    service->strict_from = option != NULL;
    return NULL;
}

/* Called for each pattern of the line. */
const char *anonid_set_mail_allow(cmd_parms *cmd, void *dir, const char *arg)
{
    const char *error;
    anonid_service_t *service = open_service(cmd, &error);

    (void)dir;
    if (error)
        return error;
    error = anonid_pattern_error(arg);
    if (error)
        return apr_psprintf(cmd->pool,
                            "AnonIDMailAllow '%s': %s; write an address, "
                            "@DOMAIN, @.DOMAIN (for those below it, too) or "
                            "* (anybody)",
                            arg, error);
    APR_ARRAY_PUSH(service->allowed, const char *) = arg;
    return NULL;
}

const char *anonid_set_mail_client_address(cmd_parms *cmd, void *dir, int argc,
                                           char *const argv[])
{
    const char *error;
    anonid_service_t *service = open_service(cmd, &error);
    int off = argc == 1 && ap_cstr_casecmp(argv[0], "off") == 0;

    (void)dir;
    if (error)
        return error;
    if (argc == 0)
        return "AnonIDMailClientAddress takes off, or how the visitor's "
               "address is passed on: xclient, id, or both";
    for (int i = 0; i < argc && !off; i++) {
        unsigned flag = anonid_client_address_flag(argv[i]);

        if (flag == 0 || (service->client_address & flag))
            return apr_psprintf(cmd->pool,
                                "AnonIDMailClientAddress '%s': write off, or "
                                "xclient (to submission servers), id (to IMAP "
                                "servers), or both, each once",
                                argv[i]);
        service->client_address |= flag;
    }
    return NULL;
}

/* A new recipient; NULL, or what is wrong with its alias. */
static const char *add_recipient(cmd_parms *cmd, anonid_service_t *service,
                                 const char *alias,
                                 anonid_recipient_t *recipient)
{
    const char *wrong = anonid_alias_error(alias);

    if (wrong)
        return apr_psprintf(cmd->pool,
                            "AnonIDMailRecipient '%s' cannot be an alias: %s",
                            alias, wrong);
    if (anonid_service_recipient(service, alias))
        return apr_psprintf(cmd->pool,
                            "AnonIDMailRecipient '%s' is given twice in "
                            "<AnonIDMailService %s>: remove one of them, or "
                            "write all its addresses on one line",
                            alias, service->name);
    recipient->alias = alias;
    recipient->addresses = apr_array_make(cmd->pool, 1, sizeof(const char *));
    return NULL;
}

static const char *add_address(cmd_parms *cmd, anonid_recipient_t *recipient,
                               const char *address)
{
    const char *wrong = anonid_address_error(address);
    int i;

    for (i = 0; i < recipient->addresses->nelts && !wrong; i++) {
        if (strcmp(APR_ARRAY_IDX(recipient->addresses, i, const char *),
                   address)
            == 0)
            wrong = "it is given twice; remove one of them";
    }
    if (wrong)
        return apr_psprintf(cmd->pool,
                            "AnonIDMailRecipient %s: the address '%s' cannot "
                            "be used: %s",
                            recipient->alias, address, wrong);
    APR_ARRAY_PUSH(recipient->addresses, const char *) = address;
    return NULL;
}

/* RAW_ARGS, because httpd drops the words of a line after the 64th. */
const char *anonid_set_mail_recipient(cmd_parms *cmd, void *dir,
                                      const char *args)
{
    const char *error;
    anonid_service_t *service = open_service(cmd, &error);
    const char *alias = ap_getword_conf(cmd->pool, &args);
    anonid_recipient_t recipient;

    (void)dir;
    if (error)
        return error;
    if (*args == '\0')
        return "AnonIDMailRecipient takes an alias and one or more mail "
               "addresses, for example AnonIDMailRecipient sales "
               "sales@example.com";
    error = add_recipient(cmd, service, alias, &recipient);
    while (!error && *args != '\0')
        error =
            add_address(cmd, &recipient, ap_getword_conf(cmd->pool, &args));
    if (!error)
        APR_ARRAY_PUSH(service->recipients, anonid_recipient_t) = recipient;
    return error;
}
