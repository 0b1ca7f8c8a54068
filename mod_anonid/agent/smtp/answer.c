/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reply lines for applications; see answer.h.
 */
#include "agent/smtp/answer.h"
#include "agent/base/log.h"
#include "agent/message/reply_text.h"
#include "agent/status/mail.h"

#include "common/lognos.h"
#include "common/monotonic.h"
#include "common/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void anonid_answer_later(anonid_answer_t *answer, const char *words)
{
    snprintf(answer->line, sizeof(answer->line), "451 4.3.0 %s", words);
}

static int tells_too_much(const anonid_answer_t *answer, const char *host,
                          const char *text)
{
    const anonid_account_t *account = answer->origin->account;

    return anonid_reply_names(text, account->name)
           || anonid_reply_names(text, account->user)
           || anonid_reply_names(text, account->principal)
           || (host && anonid_reply_names(text, host));
}

void anonid_answer_reply(anonid_answer_t *answer, const char *host,
                         const char *text, const char *code)
{
    char *line = answer->line;
    const size_t size = sizeof(answer->line);

    if (!isdigit((unsigned char)text[0]))
        snprintf(line, size, "%s %s", code, text);
    else if (!tells_too_much(answer, host, text))
        snprintf(line, size, "%s", text);
    else if (text[0] == '2')
        snprintf(line, size, "250 2.0.0 accepted");
    else
        anonid_reply_withhold(text, line, size);
    /* That the server closes is not the application's concern. */
    if (strncmp(line, "421", 3) == 0)
        memcpy(line, "451", 3);
}

/* ---- what became of a message ---- */

#define ID_MAX 256
#define RECIPIENTS_MAX 512 /* octets of them that are shown */

/* The value of Message-ID, which is one line here; "": it has none. */
static void find_id(const anonid_mail_message_t *message, char id[ID_MAX])
{
    static const char name[] = "Message-ID:";
    const size_t length = sizeof(name) - 1;
    const char *at = message->data, *end = at + message->length;

    id[0] = '\0';
    while (at < end && *at != '\r' && *at != '\n') {
        const char *next = memchr(at, '\n', (size_t)(end - at));

        next = next ? next + 1 : end;
        if ((size_t)(next - at) > length
            && strncasecmp(at, name, length) == 0) {
            at += length + (at[length] == ' ');
            while (next > at && isspace((unsigned char)next[-1]))
                next--;
            (void)anonid_text_show(id, ID_MAX, at, (size_t)(next - at));
            return;
        }
        at = next;
    }
}

static void list_recipients(const anonid_envelope_t *envelope,
                            char list[RECIPIENTS_MAX])
{
    size_t used = 0;

    list[0] = '\0';
    for (int i = 0; i < envelope->addresses->nelts && used < RECIPIENTS_MAX;
         i++)
        used += (size_t)snprintf(
            list + used, RECIPIENTS_MAX - used, "%s<%s>", i ? "," : "",
            APR_ARRAY_IDX(envelope->addresses, i, anonid_envelope_address_t *)
                ->address);
}

static anonid_submit_result_t result_of(const char *line)
{
    return line[0] == '2'   ? ANONID_SUBMIT_ACCEPTED
           : line[0] == '5' ? ANONID_SUBMIT_PERMANENT
                            : ANONID_SUBMIT_TEMPORARY;
}

void anonid_answer_log(const anonid_answer_t *answer, const char *server,
                       const anonid_envelope_t *envelope,
                       const anonid_mail_message_t *message,
                       apr_time_t started)
{
    const anonid_relay_origin_t *origin = answer->origin;
    char id[ID_MAX], recipients[RECIPIENTS_MAX];

    find_id(message, id);
    list_recipients(envelope, recipients);
    anonid_status_mail_submitted(origin->service->slot,
                                 result_of(answer->line),
                                 anonid_monotonic_now() - started);
    anonid_log(ANONID_LOG_INFO,
               "%slistener %s: message %s of uid %ld, account '%s', mail "
               "service '%s', server %s, to %s: %s",
               ANONID_LOGNO(0270), origin->listener->url, id,
               (long)origin->caller.uid, origin->account->name,
               origin->service->name, server ? server : "none", recipients,
               answer->line);
}
