/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether somebody else's words hold a secret. Servers repeat what they do not
 * understand, and a log is no place for what they were sent.
 */
#ifndef ANONID_AGENT_SECRET_SHOWN_H
#define ANONID_AGENT_SECRET_SHOWN_H

#include "agent/secret/secret.h"

/* 1 if eight octets of the secret that follow each other (or all of a shorter
 * one) are in the text: as they are, form-encoded, or within base64. NULL is
 * no secret. */
int anonid_secret_is_shown(const anonid_secret_t *secret, const char *text);

#endif
