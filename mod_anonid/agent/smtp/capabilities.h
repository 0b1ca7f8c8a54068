/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an EHLO reply promises (RFC 5321 section 4.1.1.1).
 *
 *   ehlo-line = keyword *( SP param )
 *
 * Owns the list of extensions that are used here. Hostile input, already
 * bounded by the reply parser.
 */
#ifndef ANONID_AGENT_SMTP_CAPABILITIES_H
#define ANONID_AGENT_SMTP_CAPABILITIES_H

#include "agent/mail/driver.h"

/* Fills caps from a 250 reply. Unknown extensions and malformed parameters
 * are passed over. "AUTH=LOGIN", an old form, counts as "AUTH LOGIN". */
void anonid_smtp_capabilities(const anonid_mail_reply_t *reply,
                              anonid_capabilities_t *caps);

#endif
