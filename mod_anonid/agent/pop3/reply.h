/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a POP3 server says to one command (RFC 1939 section 3, RFC 5034).
 *
 *   reply    = ( "+OK" / "-ERR" ) [ SP text ] CRLF
 *            / "+" [ SP text ] CRLF             a challenge
 *   multi    = "+OK" [ SP text ] CRLF *( line CRLF ) "." CRLF
 *
 * Input is hostile: lines end in CRLF and nothing else, NUL is refused, and
 * the total is capped. Knows no connection.
 */
#ifndef ANONID_AGENT_POP3_REPLY_H
#define ANONID_AGENT_POP3_REPLY_H

#include "common/wire.h"
#include "agent/mail/driver.h"

#define ANONID_POP3_REPLY_MAX 32768

/* Parses the reply at the beginning of data; on OK reply points into it.
 * multi: "+OK" is followed by lines. */
anonid_parse_t anonid_pop3_reply_parse(int multi, const char *data,
                                       size_t length,
                                       anonid_mail_reply_t *reply,
                                       size_t *consumed);

/* The line that begins at *offset (0: the first), without its CRLF; moves
 * *offset on. 1, or 0 after the last one; the final dot is none. */
int anonid_pop3_reply_line(const anonid_mail_reply_t *reply, size_t *offset,
                           const char **line, size_t *length);

/* 1 if a line "-ERR [CODE] text" has that response code or one below it:
 * "SYS" is that of "[SYS/TEMP]" as well (RFC 2449 section 8, RFC 3206). */
int anonid_pop3_has_code(const char *line, size_t length, const char *code);

/* What a CAPA reply promises (RFC 2449): STLS, and the mechanisms of SASL. */
void anonid_pop3_capabilities(const anonid_mail_reply_t *reply,
                              anonid_capabilities_t *caps);

#endif
