/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the result of an LDAP bind means for a logon: the result code, Active
 * Directory's sub-code in the diagnostic text, and the password-policy
 * response (draft-behera-ldap-password-policy-10).
 */
#ifndef ANONID_AGENT_LDAP_FAILURE_H
#define ANONID_AGENT_LDAP_FAILURE_H

#include <stdint.h>

#include "common/failure.h"

/* No password-policy error was in the response. */
#define ANONID_PPOLICY_NONE (-1)

/* 1 with the hexadecimal number after ", data " in a diagnostic text such as
 *   80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error,
 *   data 52e, v2580
 * or 0. At most 1,024 octets are looked at, at most 8 digits are taken. */
int anonid_ad_data(const char *text, uint32_t *data);

/* Fills the outcome for a result (libldap's numbers, the negative ones
 * included), a password-policy error (ldap.h's LDAPPasswordPolicyError) and
 * the server's diagnostic text (may be NULL). A bind that succeeded may still
 * be a failure: "must change" comes with success. */
void anonid_ldap_failure(anonid_outcome_t *outcome, int result, int ppolicy,
                         const char *text);

#endif
