/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMTP's words for the login; see driver.h.
 */
#include "agent/mail/driver.h"
#include "agent/smtp/capabilities.h"
#include "agent/smtp/reply.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* RFC 5321 section 4.5.3.1.4: a command line with its CRLF. */
#define COMMAND_LINE_MAX 512

/* The one code that is success, by state. */
static const int success[ANONID_PHASES] = {
    [ANONID_PHASE_GREETING] = 220, [ANONID_PHASE_HELLO] = 250,
    [ANONID_PHASE_STARTTLS] = 220, [ANONID_PHASE_CLIENT] = 220,
    [ANONID_PHASE_AUTH] = 235,
};

static anonid_parse_t parse(anonid_phase_t phase, const char *data,
                            size_t length, anonid_mail_reply_t *reply,
                            size_t *consumed)
{
    (void)phase;
    return anonid_smtp_reply_parse(data, length, reply, consumed);
}

static int is_one_line(const anonid_mail_reply_t *reply)
{
    const char *text;
    size_t offset = 0, length;

    return anonid_smtp_reply_line(reply, &offset, &text, &length)
           && !anonid_smtp_reply_line(reply, &offset, &text, &length);
}

static anonid_verdict_t judge(anonid_phase_t phase,
                              const anonid_mail_reply_t *reply)
{
    if (reply->code == success[phase])
        return ANONID_VERDICT_GOOD;
    if (reply->code == 334 && phase == ANONID_PHASE_AUTH)
        return is_one_line(reply) ? ANONID_VERDICT_CHALLENGE
                                  : ANONID_VERDICT_BAD;
    if (reply->code >= 500)
        return ANONID_VERDICT_REFUSED;
    return reply->code >= 400 ? ANONID_VERDICT_LATER : ANONID_VERDICT_BAD;
}

static int is_domain(const char *name)
{
    const char *dot = strchr(name, '.');

    for (const char *p = name; *p; p++) {
        if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
            return 0;
    }
    return dot && dot > name && dot[1];
}

/* The name of this host as a domain; a client that has none says its address
 * (RFC 5321 section 4.1.4). */
static void hello(const char *literal, char command[ANONID_COMMAND_MAX])
{
    char name[256] = "";

    (void)gethostname(name, sizeof(name) - 1);
    snprintf(command, ANONID_COMMAND_MAX, "EHLO %s",
             is_domain(name) ? name : literal);
}

/* https://www.postfix.org/XCLIENT_README.html: only attributes that were
 * offered. What is not said stays as it was, so that the visitor would have
 * this machine's name and port. An address has no octet that xtext would
 * change. */
static void tell(const anonid_capabilities_t *caps,
                 const anonid_visitor_t *visitor,
                 char command[ANONID_COMMAND_MAX])
{
    int name = (caps->flags & ANONID_CAP_XCLIENT_NAME) != 0;
    int port = (caps->flags & ANONID_CAP_XCLIENT_PORT) != 0;
    char number[16] = "[UNAVAILABLE]";

    if (visitor->port > 0)
        snprintf(number, sizeof(number), "%d", visitor->port);
    snprintf(command, ANONID_COMMAND_MAX, "XCLIENT %sADDR=%s%s%s%s",
             name ? "NAME=[UNAVAILABLE] " : "", visitor->is_v6 ? "IPV6:" : "",
             visitor->address, port ? " PORT=" : "", port ? number : "");
}

static void auth(const char *mechanism, char command[ANONID_COMMAND_MAX])
{
    snprintf(command, ANONID_COMMAND_MAX, "AUTH %s", mechanism);
}

/* Always, if it fits the line (RFC 4954 section 4). */
static int takes_initial(const anonid_capabilities_t *caps,
                         const char *command, size_t length)
{
    (void)caps;
    return strlen(command) + 1 + length + 2 <= COMMAND_LINE_MAX;
}

static void challenge(const anonid_mail_reply_t *reply, const char **text,
                      size_t *length)
{
    size_t offset = 0;

    *text = "";
    *length = 0;
    (void)anonid_smtp_reply_line(reply, &offset, text, length);
}

const anonid_mail_driver_t anonid_smtp_driver = {
    .protocol = ANONID_MAIL_SUBMISSION,
    .tells = ANONID_CLIENT_XCLIENT,
    .tells_anew = 1,
    .parse = parse,
    .judge = judge,
    .hello = hello,
    .capabilities = anonid_smtp_capabilities,
    .tell = tell,
    .starttls = "STARTTLS",
    .auth = auth,
    .takes_initial = takes_initial,
    .challenge = challenge,
    .text = anonid_smtp_reply_text,
    .quit = "QUIT",
};
