/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of a message, for the worker and for the log; see delivery.h.
 */
#include "agent/submission/delivery.h"
#include "common/lognos.h"
#include "agent/base/log.h"
#include "agent/status/mail.h"
#include "agent/status/table.h"
#include "agent/message/reply_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    anonid_log_level_t level;
    const char *words;
    const char *remedy; /* from warning up */
} result_row_t;

_Static_assert(ANONID_SUBMIT_NOT_PAIRED < ANONID_STATUS_RESULTS,
               "the status table has room for each result");

_Static_assert(ANONID_COUNT_submissions_not_paired
                       - ANONID_COUNT_submissions_accepted
                   == ANONID_SUBMIT_NOT_PAIRED,
               "each result has a counter, in their order");

/* Where a server had its part in it, its line has been written before. */
static const result_row_t results[] = {
    [ANONID_SUBMIT_ACCEPTED] = { ANONID_LOG_INFO, "accepted", NULL },
    [ANONID_SUBMIT_TEMPORARY] = { ANONID_LOG_INFO, "not sent for now", NULL },
    [ANONID_SUBMIT_PERMANENT] = { ANONID_LOG_INFO, "refused", NULL },
    [ANONID_SUBMIT_UNKNOWN_ALIAS] = { ANONID_LOG_INFO, "unknown recipient",
                                      NULL },
    [ANONID_SUBMIT_TOO_LARGE] = { ANONID_LOG_INFO, "too large", NULL },
    [ANONID_SUBMIT_BAD_MESSAGE] = { ANONID_LOG_WARNING,
                                    "not a message to be sent",
                                    "the web server composes messages that "
                                    "pass, so something else may "
                                    "be speaking for it" },
    [ANONID_SUBMIT_NOT_LOGGED_ON] = { ANONID_LOG_INFO,
                                      "the account is not logged on", NULL },
    [ANONID_SUBMIT_UNCERTAIN] = { ANONID_LOG_INFO,
                                  "may have been sent, or not", NULL },
    [ANONID_SUBMIT_UNKNOWN] = { ANONID_LOG_WARNING, "not known here",
                                "this passes after a restart; if it does not, "
                                "the agent and the web "
                                "server have different configurations: "
                                "restart httpd" },
    [ANONID_SUBMIT_LIMITED] = { ANONID_LOG_INFO, "over the sending rate",
                                NULL },
    /* Both are named by a line of its own. */
    [ANONID_SUBMIT_NOT_PAIRED] = { ANONID_LOG_INFO, "not to be joined", NULL },
};

static const anonid_envelope_alias_t *alias_at(const anonid_mandate_t *mandate,
                                               int i)
{
    return &APR_ARRAY_IDX(mandate->envelope->aliases, i,
                          anonid_envelope_alias_t);
}

/* A server may refuse a recipient because of us: "Sender address rejected:
 * not owned by user ...". Who we are to it is the operator's to know. */
static int is_about_us(const anonid_mandate_t *mandate, const char *reply)
{
    const anonid_account_t *account = mandate->account;
    const char *from = mandate->service->mail_from;
    char local[ANONID_REPLY_TEXT_MAX];

    snprintf(local, sizeof(local), "%.*s", (int)strcspn(from, "@"), from);
    return anonid_reply_names(reply, from) || anonid_reply_names(reply, local)
           || anonid_reply_names(reply, account->name)
           || anonid_reply_names(reply, account->user)
           || anonid_reply_names(reply, account->principal);
}

static void write_alias(anonid_writer_t *w, const anonid_mandate_t *mandate,
                        const anonid_envelope_alias_t *alias, int sent)
{
    const anonid_envelope_address_t *refused = anonid_envelope_refused(alias);
    char text[ANONID_REPLY_TEXT_MAX];

    if (sent && anonid_envelope_accepted(alias)) {
        anonid_writer_text(w, ANONID_TAG_ALIAS, alias->alias);
        return;
    }
    if (!refused)
        return;
    if (is_about_us(mandate, refused->reply))
        anonid_reply_withhold(refused->reply, text, sizeof(text));
    else
        anonid_reply_redact(refused->reply, refused->address, alias->alias,
                            text, sizeof(text));
    anonid_writer_text(w, ANONID_TAG_REJECTED, alias->alias);
    anonid_writer_text(w, ANONID_TAG_TEXT, text);
}

/* The code of the server's reply, which its words begin with, perhaps after
 * the state that they came in ("RCPT TO: 550 5.1.1 ..."); 0: it is ours. */
static uint32_t reply_code(const anonid_delivery_t *verdict)
{
    const char *text = verdict->server ? verdict->detail : NULL;
    const char *state = text ? strstr(text, ": ") : NULL;

    if (!text)
        return 0;
    if (strspn(text, "0123456789") != 3 && state)
        text = state + 2;
    return strspn(text, "0123456789") == 3 && strchr("245", *text)
               ? (uint32_t)atoi(text)
               : 0;
}

void anonid_delivery_write(anonid_writer_t *w, uint32_t id,
                           const anonid_mandate_t *mandate,
                           const anonid_delivery_t *verdict)
{
    int sent = verdict->result == ANONID_SUBMIT_ACCEPTED;
    char detail[ANONID_REPLY_TEXT_MAX];

    anonid_writer_begin(w, ANONID_MSG_SUBMITTED, 0, id);
    anonid_writer_u32(w, ANONID_TAG_RESULT, verdict->result);
    anonid_writer_text(w, ANONID_TAG_SERVER, verdict->server);
    if (reply_code(verdict))
        anonid_writer_u32(w, ANONID_TAG_REPLY, reply_code(verdict));
    if (verdict->detail) {
        anonid_reply_redact(verdict->detail, NULL, "", detail, sizeof(detail));
        anonid_writer_text(w, ANONID_TAG_DETAIL, detail);
    }
    if (verdict->retry_after > 0)
        anonid_writer_u32(w, ANONID_TAG_RETRY_AFTER,
                          (uint32_t)verdict->retry_after);
    for (int i = 0; mandate->envelope && i < mandate->envelope->aliases->nelts;
         i++)
        write_alias(w, mandate, alias_at(mandate, i), sent);
    anonid_writer_end(w);
}

/* 1 if a reply ("553 5.1.8 ...") has the enhanced status X.detail. */
static int has_status(const char *reply, const char *detail)
{
    size_t length = strlen(detail);
    size_t code = strspn(reply, "0123456789");

    return reply[code] == ' ' && strchr("45", reply[code + 1])
           && strncmp(reply + code + 2, detail, length) == 0
           && strchr(" ", reply[code + 2 + length]);
}

/* Many a server judges the sender when it is told the recipient. Its status
 * says so (RFC 3463: X.1.7 and X.1.8 are a bad sender), or its words do. */
static const char *remedy_of(const anonid_mandate_t *mandate,
                             const char *reply)
{
    if (has_status(reply, ".1.7") || has_status(reply, ".1.8")
        || is_about_us(mandate, reply) || strcasestr(reply, "sender"))
        return "the sender is refused, not the recipient: check AnonIDMailFrom"
               ", and that the server lets the account send as that address";
    if (has_status(reply, ".7.1"))
        return "check AnonIDMailRecipient, and whom the server lets the "
               "account send to as AnonIDMailFrom";
    return "check AnonIDMailRecipient";
}

static void log_refused(const anonid_mandate_t *mandate, const char *server,
                        const anonid_envelope_alias_t *alias)
{
    for (int i = 0; i < alias->addresses->nelts; i++) {
        const anonid_envelope_address_t *entry =
            APR_ARRAY_IDX(alias->addresses, i, anonid_envelope_address_t *);

        if (entry->code >= 400)
            anonid_log(ANONID_LOG_WARNING,
                       "%smail service '%s', server %s, account '%s': RCPT "
                       "TO: recipient '%s', <%s>: %s (%s)",
                       ANONID_LOGNO(0202), mandate->service->name, server,
                       mandate->account->name, alias->alias, entry->address,
                       entry->reply, remedy_of(mandate, entry->reply));
    }
}

void anonid_delivery_log_refused(const anonid_mandate_t *mandate,
                                 const char *server)
{
    for (int i = 0; i < mandate->envelope->aliases->nelts; i++)
        log_refused(mandate, server, alias_at(mandate, i));
}

/* Somebody speaks for the web server, who asks for what its configuration
 * does not have. */
static void log_not_paired(const anonid_mandate_t *mandate)
{
    anonid_log(ANONID_LOG_WARNING,
               ANONID_LOGNO(0203) "The account '%s' is not used with the mail "
                                  "service '%s' anywhere in the "
                                  "configuration, so a message of client %s "
                                  "was refused. Unless a restart was just "
                                  "under way, a program that runs as httpd's "
                                  "User has asked for it: find out which",
               mandate->account->name, mandate->service->name,
               mandate->client);
}

void anonid_delivery_log(const anonid_mandate_t *mandate,
                         const anonid_delivery_t *verdict)
{
    const result_row_t *row = &results[verdict->result];

    anonid_status_table_count(ANONID_COUNT_submissions_accepted
                              + verdict->result);
    if (mandate->service)
        anonid_status_mail_submitted(mandate->service->slot, verdict->result,
                                     verdict->took);
    if (verdict->result == ANONID_SUBMIT_NOT_PAIRED)
        log_not_paired(mandate);
    anonid_log(row->level,
               "%smessage of client %s, account '%s', mail service '%s', "
               "server %s: %s%s%s%s%s%s",
               ANONID_LOGNO(0200), mandate->client,
               mandate->account ? mandate->account->name : "?",
               mandate->service ? mandate->service->name : "?",
               verdict->server ? verdict->server : "none", row->words,
               verdict->detail ? ": " : "",
               verdict->detail ? verdict->detail : "", row->remedy ? " (" : "",
               row->remedy ? row->remedy : "", row->remedy ? ")" : "");
}
