/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of directives: name, setter, form, context, and what httpd says
 * of it (httpd -L). It must not know what a directive does.
 */
#include "module/config/config.h"
#include "module/config/directives.h"

/* Server, virtual host and every kind of section, but not .htaccess. */
#define ANYWHERE (RSRC_CONF | ACCESS_CONF)

const command_rec anonid_directives[] = {
    AP_INIT_TAKE_ARGV("AnonIDMapTo", anonid_set_map_to, NULL, ANYWHERE,
                      "the account of requests without credentials, or None; "
                      "without a name: the default account IUSR_<hostname>"),
    AP_INIT_RAW_ARGS("AnonIDUnless", anonid_set_unless, NULL, ANYWHERE,
                     "an expression; requests for which it is true are not "
                     "mapped"),
    AP_INIT_TAKE1("AnonIDRemoteUser", anonid_set_remote_user, NULL, ANYWHERE,
                  "what applications see as REMOTE_USER: account, none, or "
                  "a text"),
    AP_INIT_TAKE1("AnonIDOnLogonFailure", anonid_set_on_logon_failure, NULL,
                  ANYWHERE,
                  "what a request gets while its account is not logged on: "
                  "unavailable, forbidden or decline"),
    AP_INIT_FLAG("AnonIDValidUser", anonid_set_valid_user, NULL, ACCESS_CONF,
                 "On: an anonymous request satisfies Require valid-user"),
    AP_INIT_ITERATE("AnonIDHeaders", anonid_set_headers, NULL, RSRC_CONF,
                    "more header fields by which visitors must not forge an "
                    "identity; NAME* for all that begin with NAME"),
    AP_INIT_TAKE1("AnonIDMail", anonid_set_mail, NULL, ANYWHERE,
                  "the name of the mail service that is used here"),
    AP_INIT_ITERATE("AnonIDMailFields", anonid_set_mail_fields, NULL, ANYWHERE,
                    "more fields of the form, as name=Label or "
                    "name=Label:required, which stand above the text of a "
                    "message; or None"),
    AP_INIT_ITERATE("AnonIDFormLanguages", anonid_set_form_languages, NULL,
                    ANYWHERE,
                    "the languages that the form is offered in; the first "
                    "for visitors who want none of them"),
    AP_INIT_TAKE1("AnonIDFormLanguageDir", anonid_set_form_language_dir, NULL,
                  RSRC_CONF, "a folder of more languages, as pt.conf"),
    AP_INIT_TAKE1("AnonIDFormTemplate", anonid_set_form_template, NULL,
                  ANYWHERE,
                  "an HTML file that the form, its errors and its thanks are "
                  "put into; or None"),
    AP_INIT_TAKE1("AnonIDFormThanks", anonid_set_form_thanks, NULL, ANYWHERE,
                  "where a visitor is sent whose message was sent; or None"),
    AP_INIT_TAKE_ARGV("AnonIDFormRobots", anonid_set_form_robots, NULL,
                      ANYWHERE,
                      "how robots are kept off the form: honeypot, "
                      "age=LEAST-GREATEST, or Off"),

    AP_INIT_RAW_ARGS("<AnonIDAccount", anonid_set_account, NULL, RSRC_CONF,
                     "the account's name: user, DOMAIN\\user or user@REALM"),
    AP_INIT_TAKE_ARGV("AnonIDLogon", anonid_set_logon, NULL, RSRC_CONF,
                      "how the account is proven: file [path], "
                      "ldap URL... DN, krb5 principal, "
                      "oauth2 URL client-id [scope...], or token"),
    AP_INIT_TAKE_ARGV("AnonIDLogonTLS", anonid_set_logon_tls, NULL, RSRC_CONF,
                      "ca=FILE: whom AnonIDLogon ldap trusts; name=HOST: the "
                      "name in the certificate"),
    AP_INIT_TAKE1("AnonIDLogonLifetime", anonid_set_logon_lifetime, NULL,
                  RSRC_CONF,
                  "for how many seconds a bind of AnonIDLogon ldap is good"),
    AP_INIT_TAKE1("AnonIDLogonSearchAs", anonid_set_logon_search_as, NULL,
                  RSRC_CONF,
                  "the account that makes the search of AnonIDLogon ldap"),
    AP_INIT_TAKE_ARGV("AnonIDSecret", anonid_set_secret, NULL, RSRC_CONF,
                      "where the secret comes from: file:PATH or "
                      "credential:NAME"),
    AP_INIT_TAKE_ARGV("AnonIDToken", anonid_set_token, NULL, RSRC_CONF,
                      "where an access token comes from: file:PATH, "
                      "exec:COMMAND or credential:NAME; or refresh file:PATH, "
                      "the refresh token of AnonIDLogon oauth2"),
    AP_INIT_TAKE_ARGV("AnonIDPasswordSync", anonid_set_password_sync, NULL,
                      RSRC_CONF,
                      "On: the server controls the password of this local "
                      "account; then scram-sha-256, bcrypt or sha512-crypt, "
                      "and shared"),

    AP_INIT_RAW_ARGS("<AnonIDMailService", anonid_set_mail_service, NULL,
                     RSRC_CONF, "the mail service's name"),
    AP_INIT_ITERATE("AnonIDMailServer", anonid_set_mail_server, NULL,
                    RSRC_CONF,
                    "URLs of the service's servers, tried in order: "
                    "submission://host or submissions://host"),
    AP_INIT_TAKE_ARGV("AnonIDMailTLS", anonid_set_mail_tls, NULL, RSRC_CONF,
                      "ca=FILE: whom to trust; name=HOST: the name in the "
                      "certificate"),
    AP_INIT_TAKE_ARGV("AnonIDMechanism", anonid_set_mechanism, NULL, RSRC_CONF,
                      "allowed SASL mechanisms, the best first"),
    AP_INIT_TAKE12("AnonIDMailFrom", anonid_set_mail_from, NULL, RSRC_CONF,
                   "the only envelope sender; then, if applications that "
                   "name another are to be refused, strict"),
    AP_INIT_ITERATE("AnonIDMailAllow", anonid_set_mail_allow, NULL, RSRC_CONF,
                    "whom applications may write to: addresses, @domain, "
                    "@.domain, *"),
    AP_INIT_TAKE_ARGV("AnonIDMailClientAddress",
                      anonid_set_mail_client_address, NULL, RSRC_CONF,
                      "how mail servers are told the visitor's address: off, "
                      "xclient (submission), id (IMAP)"),
    AP_INIT_RAW_ARGS("AnonIDMailRecipient", anonid_set_mail_recipient, NULL,
                     RSRC_CONF, "an alias and the mail addresses behind it"),
    AP_INIT_TAKE_ARGV("AnonIDMailListen", anonid_set_mail_listen, NULL,
                      RSRC_CONF,
                      "where local applications reach the mail service "
                      "without a password: smtp://127.0.0.1:2525, "
                      "imap+unix:/path; options"),
    AP_INIT_RAW_ARGS("AnonIDMailLimit", anonid_set_mail_limit, NULL, RSRC_CONF,
                     "how much is sent: N/minute, a burst, total or "
                     "per-client, and messages, recipients or logins; or "
                     "off"),

    AP_INIT_FLAG("AnonIDServerStatus", anonid_set_server_status, NULL,
                 RSRC_CONF,
                 "Off: nothing about accounts in the page of mod_status"),
    AP_INIT_RAW_ARGS("SetHandler", anonid_set_handler, NULL, OR_FILEINFO,
                     "the core's; mod_anonid looks whether anonid-status is "
                     "guarded by Require"),

    AP_INIT_TAKE_ARGV("AnonIDLimitStore", anonid_set_limit_store, NULL,
                      RSRC_CONF,
                      "where machines share limits: redis://localhost or "
                      "rediss://[user@]host[:port][/db]; ca=FILE, name=HOST"),
    AP_INIT_TAKE_ARGV("AnonIDLimitStoreSecret", anonid_set_limit_store_secret,
                      NULL, RSRC_CONF,
                      "the place of the store's password: file:PATH, "
                      "exec:COMMAND or credential:NAME"),

    AP_INIT_TAKE1("AnonIDAccountFile", anonid_set_account_file, NULL,
                  RSRC_CONF, "the file of local accounts"),
    AP_INIT_TAKE1("AnonIDAgentUser", anonid_set_agent_user, NULL, RSRC_CONF,
                  "the user that the agent runs as"),
    AP_INIT_TAKE1("AnonIDAgentProgram", anonid_set_agent_program, NULL,
                  RSRC_CONF, "the path of anonid-agent"),
    AP_INIT_TAKE1("AnonIDStateDir", anonid_set_state_dir, NULL, RSRC_CONF,
                  "the folder of the agent's sockets"),
    AP_INIT_TAKE1("AnonIDHelpURL", anonid_set_help_url, NULL, RSRC_CONF,
                  "where the last sentence of the logon warning points"),
    { 0 }
};
