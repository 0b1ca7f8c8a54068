/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of SMTP replies (RFC 5321 section 4.2, enhanced codes RFC 2034).
 *
 *   reply = *( code "-" [ text ] CRLF ) code [ SP [ text ] ] CRLF
 *   code  = %x32-35 %x30-35 %x30-39       the same in every line
 *
 * Input is hostile: lines end in CRLF and nothing else, NUL is refused, and
 * line length, number of lines and total are capped. Knows no connection.
 */
#ifndef ANONID_AGENT_SMTP_REPLY_H
#define ANONID_AGENT_SMTP_REPLY_H

#include "common/wire.h"
#include "agent/mail/driver.h"

/* A line may carry 12,288 octets of base64 (RFC 4954 section 4). */
#define ANONID_SMTP_LINE_MAX (12288 + 6)
#define ANONID_SMTP_LINES_MAX 512
#define ANONID_SMTP_REPLY_MAX 32768

/* Parses the reply at the beginning of data; on OK reply points into it. */
anonid_parse_t anonid_smtp_reply_parse(const char *data, size_t length,
                                       anonid_mail_reply_t *reply,
                                       size_t *consumed);

/* The text of the line that begins at *offset (0: the first), without code
 * and CRLF; moves *offset on. 1, or 0 after the last line. */
int anonid_smtp_reply_line(const anonid_mail_reply_t *reply, size_t *offset,
                           const char **text, size_t *length);

/* The enhanced status code of the first line ("5.1.1"): 1, or 0 if it has
 * none or its class is not the reply's. */
int anonid_smtp_reply_enhanced(const anonid_mail_reply_t *reply,
                               int status[3]);

/* The reply in one line for people: the code and all texts, cut to size;
 * control characters become spaces, what is not UTF-8 question marks. */
void anonid_smtp_reply_text(const anonid_mail_reply_t *reply, char *out,
                            size_t size);

#endif
