/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an IMAP server says until one command is done (RFC 3501 section 9,
 * RFC 9051 section 9).
 *
 *   reply    = *( "*" SP text CRLF ) ( "+" [ SP text ] CRLF
 *                                    / tag SP cond [ SP text ] CRLF )
 *   cond     = "OK" / "NO" / "BAD"
 *   greeting = "*" SP ( "OK" / "PREAUTH" / "BYE" ) [ SP text ] CRLF
 *   text     = any octets but CR, LF and NUL; in an untagged line that is no
 *              status, one that ends in "{n}" goes on after CRLF and n octets
 *
 * "* BYE" is the last that a server says, so a reply ends with it. Input is
 * hostile: lines end in CRLF and nothing else, and length of lines, literals
 * and total are capped. Knows no connection.
 */
#ifndef ANONID_AGENT_IMAP_REPLY_H
#define ANONID_AGENT_IMAP_REPLY_H

#include "common/wire.h"
#include "agent/mail/driver.h"

#define ANONID_IMAP_REPLY_MAX 32768

/* Parses the reply at the beginning of data; on OK reply points into it. tag:
 * of the command that it answers; NULL: it is the greeting. */
anonid_parse_t anonid_imap_reply_parse(const char *tag, const char *data,
                                       size_t length,
                                       anonid_mail_reply_t *reply,
                                       size_t *consumed);

/* The line that begins at *offset (0: the first), with its literals, without
 * its last CRLF; moves *offset on. 1, or 0 after the last. */
int anonid_imap_reply_line(const anonid_mail_reply_t *reply, size_t *offset,
                           const char **line, size_t *length);

/* How the reply ends: the last line without "*" or tag, from "OK" on; for a
 * continuation it begins with "+". */
void anonid_imap_reply_end(const anonid_mail_reply_t *reply, const char **text,
                           size_t *length);

/* 1 if a text that begins with a condition, "NO [LIMIT] ...", has that
 * response code (RFC 5530), in any case. */
int anonid_imap_has_code(const char *text, size_t length, const char *code);

#endif
