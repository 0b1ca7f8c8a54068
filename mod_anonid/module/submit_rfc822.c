/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message/rfc822 as a draft; see submit_rfc822.h.
 *
 *   message = *field [ CRLF *octet ]                   RFC 5322 section 3.5
 *   field   = 1*ftext ":" value CRLF *( WSP value CRLF )
 */
#include "submit_rfc822.h"
#include "submit_charset.h"
#include "submit_word.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

#define VALUE_MAX 8192 /* octets of a text or a list of addresses */

typedef struct {
    const char *name;  /* as the visitor writes it */
    const char *field; /* in lower case, for problems */
    const char *value; /* unfolded and trimmed */
} header_t;

typedef const anonid_problem_t *keep_fn(anonid_draft_t *draft,
                                        const header_t *header);

static const anonid_problem_t *
problem_of(anonid_draft_t *draft, const header_t *header, const char *what)
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
static const anonid_problem_t *
add_field(anonid_draft_t *draft, const header_t *header, const char *value)
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
                                         const header_t *header)
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
                                          const header_t *header)
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
                                         const header_t *header)
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

/* msg-id = "<" id-left "@" id-right ">"; ours is used where it is none. */
static const anonid_problem_t *keep_message_id(anonid_draft_t *draft,
                                               const header_t *header)
{
    const char *id = header->value;
    size_t length = strlen(id);
    int ats = 0;

    if (length < 5 || length > 250 || id[0] != '<' || id[length - 1] != '>')
        return NULL;
    for (size_t i = 1; i < length - 1; i++) {
        if (id[i] <= ' ' || id[i] >= 0x7f || strchr("<>()\\\",;", id[i]))
            return NULL;
        ats += id[i] == '@';
    }
    if (ats == 1 && id[1] != '@' && id[length - 2] != '@')
        draft->message_id = id;
    return NULL;
}

/* ---- From and Reply-To ---- */

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

static const anonid_problem_t *take_addresses(anonid_draft_t *draft,
                                              const header_t *header)
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
                                         const header_t *header)
{
    return draft->reply_to->nelts > 0 ? NULL : take_addresses(draft, header);
}

static const anonid_problem_t *take_reply_to(anonid_draft_t *draft,
                                             const header_t *header)
{
    const anonid_problem_t *problem;

    apr_array_clear(draft->reply_to);
    problem = take_addresses(draft, header);
    if (!problem && draft->reply_to->nelts == 0)
        problem = problem_of(draft, header, "has no mail address");
    return problem;
}

/* ---- the header ---- */

/* The fields that are looked at, each allowed once; others are dropped. */
static const struct kept {
    const char *name;
    keep_fn *keep;
} kept[] = {
    { "subject", keep_text },
    { "from", take_from },
    { "reply-to", take_reply_to },
    { "date", keep_date },
    { "message-id", keep_message_id },
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
    { "auto-submitted", keep_ascii },
};

#define N_KEPT (sizeof(kept) / sizeof(kept[0]))
_Static_assert(N_KEPT <= 32, "one bit each");

static const anonid_problem_t *keep(anonid_draft_t *draft, unsigned *seen,
                                    const header_t *header)
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

/* The end of the field that begins at line, behind its last CRLF. */
static const char *field_end(const char *line, const char *end)
{
    const char *stop;

    for (stop = line; stop < end;) {
        stop = (const char *)memmem(stop, (size_t)(end - stop), "\r\n", 2) + 2;
        if (stop == end || (*stop != ' ' && *stop != '\t'))
            break;
    }
    return stop;
}

static const char *unfold(apr_pool_t *pool, const char *start, const char *end)
{
    char *value, *out;

    while (start < end && strchr(" \t\r\n", *start))
        start++;
    while (end > start && strchr(" \t\r\n", end[-1]))
        end--;
    value = out = apr_palloc(pool, (apr_size_t)(end - start) + 1);
    for (; start < end; start++)
        if (*start != '\r' && *start != '\n')
            *out++ = *start;
    *out = '\0';
    return value;
}

/* ftext = %d33-57 / %d59-126 */
static size_t name_octets(const char *line, const char *end)
{
    const char *stop = line;

    while (stop<end && * stop> ' ' && *stop < 0x7f && *stop != ':')
        stop++;
    return stop < end && *stop == ':' ? (size_t)(stop - line) : 0;
}

static const anonid_problem_t *read_field(anonid_draft_t *draft,
                                          unsigned *seen, const char *line,
                                          const char *end)
{
    size_t octets = name_octets(line, end);
    header_t header;
    char *field;

    if (octets == 0)
        return anonid_problem_make(draft->pool, 400, NULL,
                                   "A line of the message's header is no "
                                   "header field.");
    header.name = apr_pstrmemdup(draft->pool, line, octets);
    header.field = field = apr_pstrdup(draft->pool, header.name);
    for (; *field; field++)
        *field = (char)apr_tolower((unsigned char)*field);
    header.value = unfold(draft->pool, line + octets + 1, end);
    for (const char *c = header.value; *c; c++)
        if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
            return problem_of(draft, &header, "holds control characters");
    return keep(draft, seen, &header);
}

static const anonid_problem_t *read_header(anonid_draft_t *draft,
                                           const char *text, const char *end)
{
    const anonid_problem_t *problem = NULL;
    unsigned seen = 0;

    if (end - text > ANONID_HEADER_MAX)
        return anonid_problem_make(draft->pool, 400, NULL,
                                   "The message's header is longer than %d "
                                   "octets.",
                                   ANONID_HEADER_MAX);
    while (text < end && !problem) {
        const char *stop = field_end(text, end);

        problem = read_field(draft, &seen, text, stop);
        text = stop;
    }
    return problem;
}

/* ---- the message ---- */

/* A text with CRLF behind it. */
static void add_crlf(apr_pool_t *pool, const char **text, apr_size_t *length)
{
    char *copy = apr_palloc(pool, *length + 2);

    memcpy(copy, *text, *length);
    memcpy(copy + *length, "\r\n", 2);
    *text = copy;
    *length += 2;
}

/* LF made CRLF; the text has no CR. */
static void make_crlf(apr_pool_t *pool, const char **text, apr_size_t *length)
{
    apr_size_t lines = 0;
    char *copy, *out;

    for (apr_size_t i = 0; i < *length; i++)
        lines += (*text)[i] == '\n';
    copy = out = apr_palloc(pool, *length + lines + 1);
    for (apr_size_t i = 0; i < *length; i++) {
        if ((*text)[i] == '\n')
            *out++ = '\r';
        *out++ = (*text)[i];
    }
    *text = copy;
    *length = (apr_size_t)(out - copy);
}

/* What SMTP cannot carry, or what two servers might read in two ways. */
static const char *fault(const char *text, apr_size_t length)
{
    apr_size_t column = 0;

    for (apr_size_t i = 0; i < length; i++, column++) {
        if (text[i] == '\0')
            return "The message holds NUL characters.";
        if (text[i] == '\n')
            return "The message has line ends of more than one kind.";
        if (text[i] == '\r') {
            if (++i == length || text[i] != '\n')
                return "The message has line ends of more than one kind.";
            column = (apr_size_t)-1;
        }
        else if (column >= ANONID_LINE_MAX)
            return "The message has a line of more than 998 octets.";
    }
    return NULL;
}

static int is_8bit(const char *text, apr_size_t length)
{
    for (apr_size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] >= 0x80)
            return 1;
    return 0;
}

/* The empty line's end; the text's end if there is no empty line. */
static const char *find_entity(const char *text, const char *end,
                               const char **header_end)
{
    const char *blank;

    *header_end = text;
    if (end - text >= 2 && memcmp(text, "\r\n", 2) == 0)
        return text + 2;
    blank = memmem(text, (size_t)(end - text), "\r\n\r\n", 4);
    *header_end = blank ? blank + 2 : end;
    return blank ? blank + 4 : end;
}

const anonid_problem_t *anonid_rfc822_read(anonid_draft_t *draft,
                                           const anonid_params_t *type,
                                           const char *body, apr_size_t length)
{
    const char *what, *header_end, *end;

    (void)type;
    if (!memchr(body, '\r', length))
        make_crlf(draft->pool, &body, &length);
    what = fault(body, length);
    if (what)
        return anonid_problem_make(draft->pool, 400, NULL, "%s", what);
    if (length < 2 || memcmp(body + length - 2, "\r\n", 2) != 0)
        add_crlf(draft->pool, &body, &length);
    end = body + length;
    draft->fields = "";
    draft->entity = find_entity(body, end, &header_end);
    draft->entity_length = (apr_size_t)(end - draft->entity);
    draft->entity_8bit = is_8bit(draft->entity, draft->entity_length);
    return read_header(draft, body, header_end);
}
