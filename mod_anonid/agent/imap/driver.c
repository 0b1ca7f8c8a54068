/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IMAP's words for the login; see agent/mail/driver.h. Each command has a tag
 * of its own, so that a reply belongs to the state that it came in.
 */
#include "agent/mail/driver.h"
#include "agent/imap/capabilities.h"
#include "agent/imap/reply.h"
#include "agent/mail/capabilities.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

/* RFC 2683 section 3.2.1.5. */
#define COMMAND_LINE_MAX 1000

#define TAG_CAPABILITY "A1"
#define TAG_STARTTLS "A2"
#define TAG_AUTHENTICATE "A3"
#define TAG_LOGOUT "A4"
#define TAG_ID "A5"

static const char *const tags[ANONID_PHASES] = {
    [ANONID_PHASE_HELLO] = TAG_CAPABILITY,
    [ANONID_PHASE_STARTTLS] = TAG_STARTTLS,
    [ANONID_PHASE_CLIENT] = TAG_ID,
    [ANONID_PHASE_AUTH] = TAG_AUTHENTICATE,
    [ANONID_PHASE_QUIT] = TAG_LOGOUT,
};

static anonid_parse_t parse(anonid_phase_t phase, const char *data,
                            size_t length, anonid_mail_reply_t *reply,
                            size_t *consumed)
{
    return anonid_imap_reply_parse(tags[phase], data, length, reply, consumed);
}

/* A refusal that says nothing about the account (RFC 5530, RFC 9051 section
 * 7.1): whoever asks would get it. */
static int is_for_now(const char *text, size_t length)
{
    static const char *const codes[] = { "UNAVAILABLE", "LIMIT", "INUSE",
                                         "SERVERBUG", "OVERQUOTA" };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (anonid_imap_has_code(text, length, codes[i]))
            return 1;
    }
    return 0;
}

typedef struct {
    const char *condition;
    anonid_verdict_t verdict;
} condition_t;

static const condition_t conditions[] = {
    { "OK", ANONID_VERDICT_GOOD },
    { "NO", ANONID_VERDICT_REFUSED },
    { "BAD", ANONID_VERDICT_REFUSED },
    { "BYE", ANONID_VERDICT_LATER },
    /* A session that is logged on before TLS and without us is somebody
     * else's. */
    { "PREAUTH", ANONID_VERDICT_BAD },
};

static anonid_verdict_t judge(anonid_phase_t phase,
                              const anonid_mail_reply_t *reply)
{
    const char *text;
    size_t length, n;

    anonid_imap_reply_end(reply, &text, &length);
    if (length > 0 && text[0] == '+')
        return phase == ANONID_PHASE_AUTH ? ANONID_VERDICT_CHALLENGE
                                          : ANONID_VERDICT_BAD;
    for (n = 0; n < length && text[n] != ' ';)
        n++;
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        if (!anonid_word_is(text, n, conditions[i].condition))
            continue;
        if (conditions[i].verdict == ANONID_VERDICT_REFUSED
            && is_for_now(text, length))
            return ANONID_VERDICT_LATER;
        return conditions[i].verdict;
    }
    return ANONID_VERDICT_BAD;
}

static void hello(const char *literal, char command[ANONID_COMMAND_MAX])
{
    (void)literal;
    snprintf(command, ANONID_COMMAND_MAX, TAG_CAPABILITY " CAPABILITY");
}

/* The fields are Dovecot's, which takes them from those of
 * login_trusted_networks: doc.dovecot.org, "Forwarding". */
static void tell(const anonid_capabilities_t *caps,
                 const anonid_visitor_t *visitor,
                 char command[ANONID_COMMAND_MAX])
{
    int n = snprintf(command, ANONID_COMMAND_MAX,
                     TAG_ID " ID (\"x-proxy-ttl\" \"%d\"", visitor->hops - 1);

    (void)caps;
    if (visitor->address[0])
        n += snprintf(command + n, (size_t)(ANONID_COMMAND_MAX - n),
                      " \"x-originating-ip\" \"%s\"", visitor->address);
    if (visitor->address[0] && visitor->port > 0)
        n += snprintf(command + n, (size_t)(ANONID_COMMAND_MAX - n),
                      " \"x-originating-port\" \"%d\"", visitor->port);
    snprintf(command + n, (size_t)(ANONID_COMMAND_MAX - n), ")");
}

static void auth(const char *mechanism, char command[ANONID_COMMAND_MAX])
{
    snprintf(command, ANONID_COMMAND_MAX, TAG_AUTHENTICATE " AUTHENTICATE %s",
             mechanism);
}

/* RFC 4959; each server for itself. */
static int takes_initial(const anonid_capabilities_t *caps,
                         const char *command, size_t length)
{
    return (caps->flags & ANONID_CAP_SASL_IR)
           && strlen(command) + 1 + length + 2 <= COMMAND_LINE_MAX;
}

/* Some servers leave the blank behind "+" out. */
static void challenge(const anonid_mail_reply_t *reply, const char **text,
                      size_t *length)
{
    anonid_imap_reply_end(reply, text, length);
    for (int i = 0; i < 2 && *length > 0; i++) {
        (*text)++;
        (*length)--;
    }
}

static void show(const anonid_mail_reply_t *reply, char *out, size_t size)
{
    const char *text;
    size_t length;
    int n;

    anonid_imap_reply_end(reply, &text, &length);
    n = length >= 7 && memcmp(text, "PREAUTH", 7) == 0
            ? snprintf(out, size,
                       "a login is there before ours, and perhaps before TLS, "
                       "which somebody may have injected: ")
            : 0;
    if ((size_t)n < size)
        anonid_text_show(out + n, size - (size_t)n, text, length);
}

const anonid_mail_driver_t anonid_imap_driver = {
    .protocol = ANONID_MAIL_IMAP,
    .greeting_tells = 1,
    .keeps_welcome = 1,
    .tells = ANONID_CLIENT_ID,
    .parse = parse,
    .judge = judge,
    .hello = hello,
    .capabilities = anonid_imap_capabilities,
    .starttls = TAG_STARTTLS " STARTTLS",
    .tell = tell,
    .auth = auth,
    .takes_initial = takes_initial,
    .challenge = challenge,
    .text = show,
    .quit = TAG_LOGOUT " LOGOUT",
};
