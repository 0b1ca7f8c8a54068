/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The setters of all directives, each in the directives_*.c of its subject.
 *
 * A setter returns NULL, or an error that names directive, value and remedy;
 * httpd puts file and line before it. What can only be said when the whole
 * configuration has been read is validate/validate.c's.
 */
#ifndef ANONID_MODULE_CONFIG_DIRECTIVES_H
#define ANONID_MODULE_CONFIG_DIRECTIVES_H

#include <httpd.h>
#include <http_config.h>

/* map.c */
const char *anonid_set_map_to(cmd_parms *cmd, void *dir, int argc,
                              char *const argv[]);
const char *anonid_set_unless(cmd_parms *cmd, void *dir, const char *args);
const char *anonid_set_remote_user(cmd_parms *cmd, void *dir, const char *arg);
const char *anonid_set_on_logon_failure(cmd_parms *cmd, void *dir,
                                        const char *arg);
const char *anonid_set_valid_user(cmd_parms *cmd, void *dir, int on);
const char *anonid_set_headers(cmd_parms *cmd, void *dir, const char *arg);
const char *anonid_set_mail(cmd_parms *cmd, void *dir, const char *arg);

/* form.c */
const char *anonid_set_form_template(cmd_parms *cmd, void *dir,
                                     const char *arg);
const char *anonid_set_form_thanks(cmd_parms *cmd, void *dir, const char *arg);
const char *anonid_set_form_robots(cmd_parms *cmd, void *dir, int argc,
                                   char *const argv[]);

/* form_language.c */
const char *anonid_set_form_language_dir(cmd_parms *cmd, void *dir,
                                         const char *arg);
const char *anonid_set_form_languages(cmd_parms *cmd, void *dir,
                                      const char *arg);

/* mail_fields.c */
const char *anonid_set_mail_fields(cmd_parms *cmd, void *dir, const char *arg);

/* account.c */
const char *anonid_set_account(cmd_parms *cmd, void *dir, const char *args);
const char *anonid_set_logon(cmd_parms *cmd, void *dir, int argc,
                             char *const argv[]);
const char *anonid_set_secret(cmd_parms *cmd, void *dir, int argc,
                              char *const argv[]);
const char *anonid_set_password_sync(cmd_parms *cmd, void *dir, int argc,
                                     char *const argv[]);

/* oauth.c */
const char *anonid_set_token(cmd_parms *cmd, void *dir, int argc,
                             char *const argv[]);

/* ldap.c */
const char *anonid_set_logon_tls(cmd_parms *cmd, void *dir, int argc,
                                 char *const argv[]);
const char *anonid_set_logon_lifetime(cmd_parms *cmd, void *dir,
                                      const char *arg);
const char *anonid_set_logon_search_as(cmd_parms *cmd, void *dir,
                                       const char *arg);

/* mail.c */
const char *anonid_set_mail_service(cmd_parms *cmd, void *dir,
                                    const char *args);
const char *anonid_set_mail_server(cmd_parms *cmd, void *dir, const char *arg);
const char *anonid_set_mail_tls(cmd_parms *cmd, void *dir, int argc,
                                char *const argv[]);
const char *anonid_set_mail_from(cmd_parms *cmd, void *dir, const char *arg,
                                 const char *option);
const char *anonid_set_mail_client_address(cmd_parms *cmd, void *dir, int argc,
                                           char *const argv[]);
const char *anonid_set_mail_allow(cmd_parms *cmd, void *dir, const char *arg);
const char *anonid_set_mail_recipient(cmd_parms *cmd, void *dir,
                                      const char *args);
const char *anonid_set_limit_store(cmd_parms *cmd, void *dir, int argc,
                                   char *const argv[]);
const char *anonid_set_limit_store_secret(cmd_parms *cmd, void *dir, int argc,
                                          char *const argv[]);
const char *anonid_set_mail_limit(cmd_parms *cmd, void *dir, const char *args);

/* listen.c */
const char *anonid_set_mail_listen(cmd_parms *cmd, void *dir, int argc,
                                   char *const argv[]);

/* mechanism.c */
const char *anonid_set_mechanism(cmd_parms *cmd, void *dir, int argc,
                                 char *const argv[]);

/* status.c */
const char *anonid_set_handler(cmd_parms *cmd, void *dir, const char *args);
const char *anonid_set_server_status(cmd_parms *cmd, void *dir, int on);

/* 1 if a Require stands in the section of that directive. */
int anonid_has_require(const ap_directive_t *directive);

/* agent.c */
const char *anonid_set_account_file(cmd_parms *cmd, void *dir,
                                    const char *arg);
const char *anonid_set_agent_user(cmd_parms *cmd, void *dir, const char *arg);
const char *anonid_set_agent_program(cmd_parms *cmd, void *dir,
                                     const char *arg);
const char *anonid_set_state_dir(cmd_parms *cmd, void *dir, const char *arg);
const char *anonid_set_help_url(cmd_parms *cmd, void *dir, const char *arg);

#endif
