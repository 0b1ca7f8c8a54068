/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POP3's words for the login; see agent/mail/driver.h.
 */
#include "agent/mail/driver.h"
#include "agent/pop3/reply.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

static anonid_parse_t parse(anonid_phase_t phase, const char *data,
                            size_t length, anonid_mail_reply_t *reply,
                            size_t *consumed)
{
    return anonid_pop3_reply_parse(phase == ANONID_PHASE_HELLO, data, length,
                                   reply, consumed);
}

/* A refusal that says nothing about the account: the system's own trouble, a
 * mailbox that another session has open, a login too soon after the last. */
static int is_for_now(const char *line, size_t length)
{
    return anonid_pop3_has_code(line, length, "SYS")
           || anonid_pop3_has_code(line, length, "IN-USE")
           || anonid_pop3_has_code(line, length, "LOGIN-DELAY");
}

static anonid_verdict_t judge(anonid_phase_t phase,
                              const anonid_mail_reply_t *reply)
{
    const char *line = "";
    size_t offset = 0, length = 0;

    (void)anonid_pop3_reply_line(reply, &offset, &line, &length);
    if (length > 0 && line[0] == '-')
        return is_for_now(line, length) ? ANONID_VERDICT_LATER
                                        : ANONID_VERDICT_REFUSED;
    if (length > 1 && line[1] != ' ')
        return ANONID_VERDICT_GOOD;
    return phase == ANONID_PHASE_AUTH ? ANONID_VERDICT_CHALLENGE
                                      : ANONID_VERDICT_BAD;
}

static void hello(const char *literal, char command[ANONID_COMMAND_MAX])
{
    (void)literal;
    snprintf(command, ANONID_COMMAND_MAX, "CAPA");
}

static void auth(const char *mechanism, char command[ANONID_COMMAND_MAX])
{
    snprintf(command, ANONID_COMMAND_MAX, "AUTH %s", mechanism);
}

/* Commands are 255 octets at most (RFC 2449 section 4), and a first response
 * in the AUTH command (RFC 5034) is younger than the command (RFC 1734): it
 * always waits for a challenge. */
static int takes_initial(const anonid_capabilities_t *caps,
                         const char *command, size_t length)
{
    (void)caps;
    (void)command;
    (void)length;
    return 0;
}

static void challenge(const anonid_mail_reply_t *reply, const char **text,
                      size_t *length)
{
    size_t offset = 0;

    *text = "";
    *length = 0;
    (void)anonid_pop3_reply_line(reply, &offset, text, length);
    for (int i = 0; i < 2 && *length > 0; i++) {
        (*text)++;
        (*length)--;
    }
}

static void show(const anonid_mail_reply_t *reply, char *out, size_t size)
{
    const char *line = "";
    size_t offset = 0, length = 0;

    (void)anonid_pop3_reply_line(reply, &offset, &line, &length);
    anonid_text_show(out, size, line, length);
}

const anonid_mail_driver_t anonid_pop3_driver = {
    .protocol = ANONID_MAIL_POP3,
    .parse = parse,
    .judge = judge,
    .hello = hello,
    .capabilities = anonid_pop3_capabilities,
    .starttls = "STLS",
    .auth = auth,
    .takes_initial = takes_initial,
    .challenge = challenge,
    .text = show,
    .quit = "QUIT",
};
