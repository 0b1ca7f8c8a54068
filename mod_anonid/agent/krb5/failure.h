/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Kerberos error means for a logon. Owns the translation of error
 * codes (and the NTSTATUS in a reply's e-data) into outcomes.
 */
#ifndef ANONID_AGENT_KRB5_FAILURE_H
#define ANONID_AGENT_KRB5_FAILURE_H

#include <krb5.h>

#include "common/failure.h"

/* Fills the outcome for an error of an AS exchange. e-data may be NULL;
 * message is libkrb5's own sentence (krb5_get_error_message). */
void anonid_krb5_failure(anonid_outcome_t *outcome, krb5_error_code error,
                         const krb5_data *e_data, const char *message);

#endif
