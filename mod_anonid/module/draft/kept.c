/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which header fields of a visitor's message are kept, and how; see
 * kept.h.
 */
#include "module/draft/kept.h"
#include "module/text/word.h"

#include <apr_strings.h>
#include <gmime/gmime.h>
#include <string.h>

#define VALUE_MAX 8192 /* octets of a text or a list of addresses */

typedef const anonid_problem_t *keep_fn(anonid_draft_t *draft,
                                        const anonid_field_line_t *header);

static const anonid_problem_t *problem_of(anonid_draft_t *draft,
                                          const anonid_field_line_t *header,
                                          const char *what)
{
    return anonid_problem_make(draft->pool, 400, header->field,
                               "The header field %s.", what);
}

static int is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return 0;
    return 1;
}

/* Adds a field whose value is ASCII. */
static const anonid_problem_t *add_field(anonid_draft_t *draft,
                                         const anonid_field_line_t *header,
                                         const char *value)
{
    const char *folded =
        anonid_word_fold(draft->pool, value, (int)strlen(header->name) + 2);

    if (!folded)
        return problem_of(draft, header, "has a word that is too long");
    draft->fields = apr_pstrcat(draft->pool, draft->fields, header->name, ": ",
                                folded, "\r\n", NULL);
    return NULL;
}

/* Unstructured text: kept as it is where it is ASCII, else encoded. */
static const anonid_problem_t *keep_text(anonid_draft_t *draft,
                                         const anonid_field_line_t *header)
{
    const anonid_problem_t *problem =
        anonid_draft_text_problem(draft->pool, header->field, header->value,
                                  strlen(header->value), VALUE_MAX);

    if (problem)
        return problem;
    if (is_ascii(header->value))
        return add_field(draft, header, header->value);
    draft->fields =
        apr_pstrcat(draft->pool, draft->fields, header->name, ": ",
                    anonid_word_text(draft->pool, header->value,
                                     (int)strlen(header->name) + 2),
                    "\r\n", NULL);
    return NULL;
}

/* Structured fields, which must be ASCII; RFC 2231 may hide line ends. */
static const anonid_problem_t *keep_ascii(anonid_draft_t *draft,
                                          const anonid_field_line_t *header)
{
    static const char *const hidden[] = { "%0d", "%0a", "%00" };

    if (!is_ascii(header->value))
        return problem_of(draft, header, "holds more than ASCII");
    for (int i = 0; i < 3 && strchr(header->value, '*'); i++)
        if (strcasestr(header->value, hidden[i]))
            return problem_of(draft, header, "holds encoded line ends");
    if (anonid_word_hides_line_end(header->value))
        return problem_of(draft, header, "holds encoded line ends");
    return add_field(draft, header, header->value);
}

/* Ours is used where the visitor's is no date. */
static const anonid_problem_t *keep_date(anonid_draft_t *draft,
                                         const anonid_field_line_t *header)
{
    GDateTime *date = g_mime_utils_header_decode_date(header->value);
    char *text;

    if (!date)
        return NULL;
    text = g_mime_utils_header_format_date(date);
    draft->date = apr_pstrdup(draft->pool, text);
    g_free(text);
    g_date_time_unref(date);
    return NULL;
}

static void add_mailbox(apr_array_header_t *list, apr_pool_t *pool,
                        InternetAddress *address)
{
    anonid_mailbox_t mailbox = { NULL, NULL };
    const char *name = internet_address_get_name(address);

    mailbox.address =
        internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
    if (!mailbox.address || anonid_address_error(mailbox.address)
        || list->nelts == ANONID_MAILBOXES_MAX)
        return;
    mailbox.address = apr_pstrdup(pool, mailbox.address);
    if (name && *name
        && !anonid_draft_text_problem(pool, "", name, strlen(name), 256))
        mailbox.name = apr_pstrdup(pool, name);
    APR_ARRAY_PUSH(list, anonid_mailbox_t) = mailbox;
}

static void add_mailboxes(apr_array_header_t *list, apr_pool_t *pool,
                          const char *value)
{
    InternetAddressList *addresses = internet_address_list_parse(NULL, value);
    int n = addresses ? internet_address_list_length(addresses) : 0;

    for (int i = 0; i < n; i++) {
        InternetAddress *address =
            internet_address_list_get_address(addresses, i);

        if (INTERNET_ADDRESS_IS_MAILBOX(address))
            add_mailbox(list, pool, address);
    }
    if (addresses)
        g_object_unref(addresses);
}

static const anonid_problem_t *
take_addresses(anonid_draft_t *draft, const anonid_field_line_t *header)
{
    const anonid_problem_t *problem =
        anonid_draft_text_problem(draft->pool, header->field, header->value,
                                  strlen(header->value), VALUE_MAX);

    if (!problem)
        add_mailboxes(draft->reply_to, draft->pool, header->value);
    return problem;
}

/* Used only where Reply-To has not been used; programs often have nothing
 * useful there, so what is no address is left out. */
static const anonid_problem_t *take_from(anonid_draft_t *draft,
                                         const anonid_field_line_t *header)
{
    return draft->reply_to->nelts > 0 ? NULL : take_addresses(draft, header);
}

static const anonid_problem_t *take_reply_to(anonid_draft_t *draft,
                                             const anonid_field_line_t *header)
{
    const anonid_problem_t *problem;

    apr_array_clear(draft->reply_to);
    problem = take_addresses(draft, header);
    if (!problem && draft->reply_to->nelts == 0)
        problem = problem_of(draft, header, "has no mail address");
    return problem;
}

/* The fields that are looked at, each allowed once; others are dropped. */
static const struct kept {
    const char *name;
    keep_fn *keep;
} kept[] = {
    { "subject", keep_text },
    { "from", take_from },
    { "reply-to", take_reply_to },
    { "date", keep_date },
    { "in-reply-to", keep_ascii },
    { "references", keep_ascii },
    { "mime-version", keep_ascii },
    { "content-type", keep_ascii },
    { "content-transfer-encoding", keep_ascii },
    { "content-disposition", keep_ascii },
    { "content-description", keep_text },
    { "content-language", keep_ascii },
    { "content-id", keep_ascii },
    { "comments", keep_text },
    { "keywords", keep_text },
    { "organization", keep_text },
    { "user-agent", keep_text },
    { "x-mailer", keep_text },
    { "importance", keep_ascii },
    { "priority", keep_ascii },
    { "x-priority", keep_ascii },
    { "sensitivity", keep_ascii },
};

#define N_KEPT (sizeof(kept) / sizeof(kept[0]))
_Static_assert(N_KEPT <= 32, "one bit each");

const anonid_problem_t *anonid_kept_take(anonid_draft_t *draft, unsigned *seen,
                                         const anonid_field_line_t *header)
{
    for (size_t i = 0; i < N_KEPT; i++) {
        if (strcmp(kept[i].name, header->field) != 0)
            continue;
        if (*seen & 1u << i)
            return problem_of(draft, header, "is there more than once");
        *seen |= 1u << i;
        return kept[i].keep(draft, header);
    }
    return NULL;
}
