/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reply lines for applications; see answer.h.
 */
#include "agent/smtp/answer.h"
#include "agent/base/log.h"
#include "agent/message/reply_text.h"
#include "common/lognos.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

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

void anonid_answer_log(const anonid_answer_t *answer, const char *server,
                       int recipients)
{
    const anonid_relay_origin_t *origin = answer->origin;

    anonid_log(ANONID_LOG_INFO,
               "%slistener %s: message of uid %ld, account '%s', mail "
               "service '%s', server %s, %d recipients: %s",
               ANONID_LOGNO(0270), origin->listener->url,
               (long)origin->caller.uid, origin->account->name,
               origin->service->name, server, recipients, answer->line);
}
