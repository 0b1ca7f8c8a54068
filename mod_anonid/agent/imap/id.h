/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client tells of itself (RFC 2971), as far as it is about others: whom
 * it is a relay for, and how many relays there may still be. The fields are
 * Dovecot's (doc.dovecot.org, "Forwarding"), which webmail programs know:
 *
 *   id     = "NIL" / "(" [ field *( SP field ) ] ")"
 *   field  = string SP ( string / "NIL" )
 *   string = quoted / literal
 *
 * Hostile input. What is malformed, or too much, is passed over.
 */
#ifndef ANONID_AGENT_IMAP_ID_H
#define ANONID_AGENT_IMAP_ID_H

#include "agent/mail/visitor.h"

/* RFC 2971 section 3.3. */
#define ANONID_IMAP_ID_FIELDS 30

/* Where nothing is said of relays, there may be so many (as Dovecot's). */
#define ANONID_IMAP_HOPS 5

/* Takes the arguments of an ID command, with their literals. What is not said
 * stays as it was; hops only ever get fewer. */
void anonid_imap_id_read(const char *arguments, size_t length,
                         anonid_visitor_t *visitor);

#endif
