/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of directives inside <AnonIDAccount> share. Nobody else
 * includes this.
 */
#ifndef ANONID_MODULE_CONFIG_ACCOUNT_H
#define ANONID_MODULE_CONFIG_ACCOUNT_H

#include "module/config/config.h"

/* The account whose container is being read; NULL, and the error, outside of
 * one. */
anonid_account_t *anonid_open_account(cmd_parms *cmd, const char **error);

/* ldap.c: the words after "AnonIDLogon ldap". */
const char *anonid_logon_ldap(cmd_parms *cmd, anonid_account_t *account,
                              int argc, char *const argv[]);

/* ldap.c: NULL if the account's directives fit each other. */
const char *anonid_logon_ldap_check(cmd_parms *cmd,
                                    const anonid_account_t *account);

/* oauth.c: the words after "AnonIDLogon token" and "AnonIDLogon oauth2". */
const char *anonid_logon_token(cmd_parms *cmd, anonid_account_t *account,
                               int argc, char *const argv[]);
const char *anonid_logon_oauth2(cmd_parms *cmd, anonid_account_t *account,
                                int argc, char *const argv[]);

/* oauth.c: NULL if the account's tokens fit its logon. */
const char *anonid_logon_oauth_check(cmd_parms *cmd,
                                     const anonid_account_t *account);

/* oauth.c: that both are there. */
const char *anonid_token_or_secret(cmd_parms *cmd,
                                   const anonid_account_t *account);

#endif
