/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of a message; see header.h.
 */
#include "module/submit/header.h"
#include "module/text/word.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <arpa/inet.h>
#include <string.h>

#define ID_OCTETS 16

/* A name or address as RFC 5321 section 4.1.3 writes it: a domain, or a
 * literal in brackets. */
static const char *literal(apr_pool_t *pool, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, host, address) == 1)
        return apr_psprintf(pool, "[%s]", host);
    if (inet_pton(AF_INET6, host, address) == 1)
        return apr_psprintf(pool, "[IPv6:%s]", host);
    if (*host == '\0'
        || host[strspn(host, "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")])
        return "localhost";
    return host;
}

const char *anonid_header_message_id(apr_pool_t *pool, const char *host)
{
    unsigned char random[ID_OCTETS];
    char hex[2 * ID_OCTETS + 1];

    if (apr_generate_random_bytes(random, sizeof(random)) != APR_SUCCESS)
        return NULL;
    for (int i = 0; i < ID_OCTETS; i++)
        apr_snprintf(hex + 2 * i, 3, "%02x", random[i]);
    return apr_psprintf(pool, "<%s@%s>", hex, literal(pool, host));
}

/* RFC 5322 section 3.3; apr_rfc822_date has the obsolete "GMT". */
static const char *format_date(apr_pool_t *pool, apr_time_t when)
{
    char date[APR_RFC822_DATE_LEN];
    size_t length;

    apr_rfc822_date(date, when);
    length = strlen(date) - (sizeof("GMT") - 1);
    return apr_psprintf(pool, "%.*s+0000", (int)length, date);
}

/*
 * "Received:" From-domain By-domain With ID ";" date   RFC 5321 section 4.4
 *
 * The visitor is an address, never a name: names can be forged.
 */
static const char *received(apr_pool_t *pool, const anonid_letter_t *letter)
{
    const char *client = literal(pool, letter->client);
    size_t id = strcspn(letter->id + 1, "@");

    return apr_psprintf(pool,
                        "Received: from %s (%s)\r\n"
                        "\tby %s (mod_anonid) with HTTP\r\n"
                        "\tid %.*s; %s\r\n",
                        client, client, literal(pool, letter->host), (int)id,
                        letter->id + 1, format_date(pool, letter->now));
}

/* Folds in front of every further address. */
static void add_address(apr_pool_t *pool, const char **list, const char *name,
                        const char *address)
{
    const char *first = **list ? ",\r\n " : "";

    if (name && *name)
        *list =
            apr_pstrcat(pool, *list, first, anonid_word_phrase(pool, name, 12),
                        " <", address, ">", NULL);
    else
        *list = apr_pstrcat(pool, *list, first, address, NULL);
}

static const char *to_list(apr_pool_t *pool, const anonid_letter_t *letter)
{
    const char *list = "";

    for (int i = 0; i < letter->recipients->nelts; i++) {
        const anonid_recipient_t *recipient =
            APR_ARRAY_IDX(letter->recipients, i, const anonid_recipient_t *);

        for (int j = 0; j < recipient->addresses->nelts; j++)
            add_address(pool, &list, recipient->alias,
                        APR_ARRAY_IDX(recipient->addresses, j, const char *));
    }
    return list;
}

static const char *reply_to(apr_pool_t *pool, const anonid_draft_t *draft)
{
    const char *list = "";

    for (int i = 0; i < draft->reply_to->nelts; i++) {
        const anonid_mailbox_t *mailbox =
            &APR_ARRAY_IDX(draft->reply_to, i, anonid_mailbox_t);

        add_address(pool, &list, mailbox->name, mailbox->address);
    }
    return *list ? apr_pstrcat(pool, "Reply-To: ", list, "\r\n", NULL) : "";
}

static const char *subject(apr_pool_t *pool, const anonid_draft_t *draft)
{
    if (!draft->subject)
        return "";
    return apr_pstrcat(
        pool, "Subject: ",
        anonid_word_text(pool, draft->subject, sizeof("Subject: ") - 1),
        "\r\n", NULL);
}

const char *anonid_header_compose(apr_pool_t *pool,
                                  const anonid_letter_t *letter)
{
    const anonid_draft_t *draft = letter->draft;
    const char *date =
        draft->date ? draft->date : format_date(pool, letter->now);

    return apr_pstrcat(
        pool, received(pool, letter), "From: ", letter->mail_from, "\r\n",
        "To: ", to_list(pool, letter), "\r\n", reply_to(pool, draft),
        subject(pool, draft), "Date: ", date, "\r\n",
        "Message-ID: ", letter->id, "\r\n",
        "Auto-Submitted: auto-generated\r\n", /* RFC 3834 section 5.1 */
        draft->fields ? draft->fields : "", NULL);
}
