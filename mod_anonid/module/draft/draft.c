/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The draft and the rules for its fields; see draft.h.
 */
#include "module/draft/draft.h"
#include "module/text/charset.h"
#include "module/text/params.h"
#include "module/text/word.h"
#include "common/protocol.h"
#include "common/text.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#define SHOWN_MAX 64 /* octets of a wrong value that are repeated */

anonid_draft_t *anonid_draft_make(apr_pool_t *pool)
{
    anonid_draft_t *draft = apr_pcalloc(pool, sizeof(*draft));

    draft->pool = pool;
    draft->to = apr_array_make(pool, 2, sizeof(const char *));
    draft->reply_to = apr_array_make(pool, 1, sizeof(anonid_mailbox_t));
    draft->attachments = apr_array_make(pool, 2, sizeof(anonid_attachment_t));
    return draft;
}

const anonid_problem_t *anonid_draft_take(const anonid_draft_t *draft,
                                          apr_size_t octets)
{
    return anonid_memory_take(draft->memory, octets)
               ? NULL
               : anonid_problem_busy(draft->pool);
}

/* A visitor counts characters: those of his that fit. */
static const anonid_problem_t *too_long(apr_pool_t *pool, const char *field,
                                        const char *value, apr_size_t max)
{
    apr_size_t characters = 0;

    for (apr_size_t i = 0; i <= max; i++)
        characters += ((unsigned char)value[i] & 0xc0u) != 0x80u;
    return anonid_problem_say(
        anonid_problem_make(pool, 400, field,
                            "The field is longer than %lu octets.",
                            (unsigned long)max),
        ANONID_PHRASE_ERROR_TOO_LONG,
        apr_psprintf(pool, "%lu", (unsigned long)(characters - 1)));
}

static int has_line_end(const char *text, size_t length)
{
    return memchr(text, '\r', length) || memchr(text, '\n', length)
           || memchr(text, '\0', length);
}

const anonid_problem_t *
anonid_draft_text_problem(apr_pool_t *pool, const char *field,
                          const char *value, apr_size_t length, apr_size_t max)
{
    if (has_line_end(value, length) || anonid_word_hides_line_end(value))
        return anonid_problem_in_field(
            pool, field, ANONID_PHRASE_ERROR_LINE_END,
            "The field must not hold line ends or NUL "
            "characters.");
    if (!anonid_text_is_utf8(value, length))
        return anonid_problem_in_field(pool, field,
                                       ANONID_PHRASE_ERROR_CHARACTERS,
                                       "The field is not valid UTF-8.");
    return length > max ? too_long(pool, field, value, max) : NULL;
}

/* ---- to ---- */

/* What a visitor reads of a value that may be anything. */
static const char *shown(apr_pool_t *pool, const char *value)
{
    char *copy = apr_palloc(pool, SHOWN_MAX + 1);

    anonid_text_show(copy, SHOWN_MAX + 1, value, strlen(value));
    return copy;
}

static int has_alias(const apr_array_header_t *to, const char *alias)
{
    for (int i = 0; i < to->nelts; i++)
        if (strcasecmp(APR_ARRAY_IDX(to, i, const char *), alias) == 0)
            return 1;
    return 0;
}

static const anonid_problem_t *set_to(anonid_draft_t *draft, char *value)
{
    char *last, *alias;

    for (alias = apr_strtok(value, ", \t", &last); alias;
         alias = apr_strtok(NULL, ", \t", &last)) {
        if (has_alias(draft->to, alias))
            continue;
        if (draft->to->nelts == ANONID_ALIASES_MAX)
            return anonid_problem_say(
                anonid_problem_make(draft->pool, 400, "to",
                                    "There are more than %d recipients.",
                                    ANONID_ALIASES_MAX),
                ANONID_PHRASE_ERROR_TO_MANY,
                apr_itoa(draft->pool, ANONID_ALIASES_MAX));
        APR_ARRAY_PUSH(draft->to, const char *) = alias;
    }
    return NULL;
}

static const anonid_problem_t *no_recipient(apr_pool_t *pool,
                                            const char *alias)
{
    const char *name = shown(pool, alias);

    return anonid_problem_say(
        anonid_problem_make(pool, 404, "to",
                            "There is no recipient '%s' here.", name),
        ANONID_PHRASE_ERROR_TO_UNKNOWN, name);
}

const anonid_problem_t *
anonid_draft_recipients(const anonid_draft_t *draft,
                        const anonid_service_t *service,
                        apr_array_header_t **recipients)
{
    *recipients = apr_array_make(draft->pool, draft->to->nelts,
                                 sizeof(const anonid_recipient_t *));
    for (int i = 0; i < draft->to->nelts; i++) {
        const char *alias = APR_ARRAY_IDX(draft->to, i, const char *);
        const anonid_recipient_t *recipient =
            anonid_service_recipient(service, alias);

        if (!recipient)
            return no_recipient(draft->pool, alias);
        APR_ARRAY_PUSH(*recipients, const anonid_recipient_t *) = recipient;
    }
    return NULL;
}

/* ---- reply-to ---- */

static char *trim(char *text)
{
    size_t length;

    while (*text == ' ' || *text == '\t')
        text++;
    length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        text[--length] = '\0';
    return text;
}

/* Takes one pair of quotes, and the backslashes inside, off a name. */
static char *unquote(char *text)
{
    size_t length = strlen(text);
    char *out = text;

    if (length < 2 || text[0] != '"' || text[length - 1] != '"')
        return text;
    text[length - 1] = '\0';
    for (const char *in = text + 1; *in; in++) {
        if (*in == '\\' && in[1])
            in++;
        *out++ = *in;
    }
    *out = '\0';
    return text;
}

int anonid_draft_has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return 1;
    return 0;
}

/* A name that turns its own direction would show "gpj.exe" as "exe.jpg". */
const char *anonid_draft_shown_name(apr_pool_t *pool, const char *name)
{
    char *copy = apr_pstrdup(pool, name);

    anonid_text_clean(copy);
    return copy;
}

static const anonid_problem_t *no_address(apr_pool_t *pool, const char *text,
                                          const char *error)
{
    return anonid_problem_say(
        anonid_problem_make(pool, 400, "reply-to",
                            "'%s' is no mail address: %s.", text, error),
        ANONID_PHRASE_ERROR_REPLY_TO, text);
}

/* mailbox = address / [ name ] "<" address ">" */
static const anonid_problem_t *set_reply_to(anonid_draft_t *draft, char *value)
{
    anonid_mailbox_t mailbox = { NULL, NULL };
    char *text = trim(value);
    char *bracket = strrchr(text, '<');
    const char *error;

    if (*text == '\0')
        return NULL;
    if (anonid_draft_has_control(text))
        return anonid_problem_in_field(
            draft->pool, "reply-to", ANONID_PHRASE_ERROR_CHARACTERS,
            "The address to reply to must not hold control "
            "characters.");
    mailbox.address = text;
    if (bracket && text[strlen(text) - 1] == '>') {
        text[strlen(text) - 1] = '\0';
        *bracket = '\0';
        mailbox.address = trim(bracket + 1);
        mailbox.name =
            anonid_draft_shown_name(draft->pool, unquote(trim(text)));
    }
    error = anonid_address_error(mailbox.address);
    if (error)
        return no_address(draft->pool, shown(draft->pool, mailbox.address),
                          error);
    APR_ARRAY_PUSH(draft->reply_to, anonid_mailbox_t) = mailbox;
    return NULL;
}

/* ---- fields ---- */

static const anonid_problem_t *set_subject(anonid_draft_t *draft, char *value)
{
    draft->subject = value;
    return NULL;
}

static const anonid_problem_t *set_body(anonid_draft_t *draft, char *value)
{
    draft->body = value;
    return NULL;
}

static const anonid_problem_t *set_trap(anonid_draft_t *draft, char *value)
{
    draft->is_trapped = *value != '\0';
    return NULL;
}

static const anonid_problem_t *set_token(anonid_draft_t *draft, char *value)
{
    draft->token = value;
    return NULL;
}

static const struct field {
    const char *name;
    apr_size_t max; /* octets; 0: a text of any length that may have lines */
    int repeats;
    const anonid_problem_t *(*set)(anonid_draft_t *draft, char *value);
} fields[] = {
    { "to", 8192, 1, set_to },
    { "subject", ANONID_SUBJECT_MAX, 0, set_subject },
    { "reply-to", ANONID_REPLY_TO_MAX, 0, set_reply_to },
    { "body", 0, 0, set_body },
    { ANONID_FIELD_TRAP, 8192, 1, set_trap },
    { ANONID_FIELD_TOKEN, 8192, 1, set_token },
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))
_Static_assert(N_FIELDS == ANONID_DRAFT_FIELDS, "one value given for each");

static const struct field *find_field(const char *name)
{
    for (size_t i = 0; i < N_FIELDS; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

/* The number of a further field; -1 if there is none of that name. */
static int find_extra(const anonid_draft_t *draft, const char *name)
{
    for (int i = 0; draft->extra && i < draft->extra->nelts; i++)
        if (strcmp(APR_ARRAY_IDX(draft->extra, i, anonid_mail_field_t).name,
                   name)
            == 0)
            return i;
    return -1;
}

int anonid_draft_has(const anonid_draft_t *draft, const char *field)
{
    return find_field(field) != NULL || find_extra(draft, field) >= 0;
}

int anonid_draft_repeats(const anonid_draft_t *draft, const char *field)
{
    const struct field *known = find_field(field);

    return known ? known->repeats : find_extra(draft, field) >= 0;
}

/* Browsers fill "_charset_" in by themselves (RFC 7578 section 4.6). */
const anonid_problem_t *anonid_draft_unknown(const anonid_draft_t *draft,
                                             const char *field)
{
    const char *name = shown(draft->pool, field);

    if (draft->ignores_unknown || strcmp(field, "_charset_") == 0)
        return NULL;
    return anonid_problem_say(
        anonid_problem_make(draft->pool, 400, name,
                            "There is no field '%s' here.", name),
        ANONID_PHRASE_ERROR_UNKNOWN_FIELD, name);
}

const char *anonid_draft_given(const anonid_draft_t *draft, const char *field)
{
    const struct field *known = find_field(field);
    int extra = find_extra(draft, field);

    if (known)
        return draft->given[known - fields];
    return extra >= 0 && draft->answers ? draft->answers[extra] : NULL;
}

static const anonid_problem_t *body_problem(const anonid_draft_t *draft,
                                            const char *field,
                                            const char *value,
                                            apr_size_t length)
{
    if (memchr(value, '\0', length))
        return anonid_problem_in_field(
            draft->pool, field, ANONID_PHRASE_ERROR_CHARACTERS,
            "The text must not hold NUL characters.");
    if (!anonid_text_is_utf8(value, length))
        return anonid_problem_in_field(draft->pool, field,
                                       ANONID_PHRASE_ERROR_CHARACTERS,
                                       "The text is not valid UTF-8.");
    return NULL;
}

static const anonid_problem_t *field_problem(const anonid_draft_t *draft,
                                             const struct field *field,
                                             const char *value,
                                             apr_size_t length)
{
    if (field->max == 0)
        return body_problem(draft, field->name, value, length);
    return anonid_draft_text_problem(draft->pool, field->name, value, length,
                                     field->max);
}

/* A value that no NUL cuts off, for the visitor's eyes. */
static void blank_nuls(char *value, apr_size_t length)
{
    for (apr_size_t i = 0; i < length; i++)
        if (value[i] == '\0')
            value[i] = ' ';
}

static const anonid_problem_t *set_known(anonid_draft_t *draft,
                                         const struct field *field,
                                         char *value, apr_size_t length)
{
    const anonid_problem_t *problem =
        field_problem(draft, field, value, length);
    size_t number = (size_t)(field - fields);
    unsigned bit = 1u << number;

    if (problem)
        blank_nuls(value, length);
    else if (!field->repeats && draft->seen & bit)
        problem = anonid_problem_in_field(
            draft->pool, field->name, ANONID_PHRASE_ERROR_TWICE,
            "The field is there more than once.");
    draft->seen |= bit;
    if (!draft->given[number])
        draft->given[number] = value;
    if (problem)
        return problem;
    /* Those of a header are short, and are taken apart. */
    return field->set(
        draft, field->max == 0 ? value : apr_pstrdup(draft->pool, value));
}

/* One value for each time it came: "a, b". */
static const anonid_problem_t *set_extra(anonid_draft_t *draft, int number,
                                         char *value, apr_size_t length)
{
    const anonid_problem_t *problem = body_problem(
        draft, APR_ARRAY_IDX(draft->extra, number, anonid_mail_field_t).name,
        value, length);
    const char *before;

    if (!draft->answers)
        draft->answers =
            apr_pcalloc(draft->pool, (apr_size_t)draft->extra->nelts
                                         * sizeof(*draft->answers));
    before = draft->answers[number];
    blank_nuls(value, length);
    if (!before || !*before) {
        draft->answers[number] = value;
        return problem;
    }
    if (!problem)
        problem = anonid_draft_take(draft, strlen(before) + length + 3);
    if (!problem && *value)
        draft->answers[number] =
            apr_pstrcat(draft->pool, before, ", ", value, NULL);
    return problem;
}

const anonid_problem_t *anonid_draft_set(anonid_draft_t *draft,
                                         const char *field, const char *value,
                                         apr_size_t length)
{
    const struct field *known = find_field(field);
    int extra = find_extra(draft, field);
    const anonid_problem_t *problem;
    char *copy;

    if (!known && extra < 0)
        return anonid_draft_unknown(draft, field);
    problem = anonid_draft_take(draft, length);
    if (problem)
        return problem;
    copy = apr_pstrmemdup(draft->pool, value, length);
    return known ? set_known(draft, known, copy, length)
                 : set_extra(draft, extra, copy, length);
}

/* ---- the text ---- */

static int has_answer(const anonid_draft_t *draft, int number)
{
    return draft->answers && draft->answers[number] && *draft->answers[number];
}

/* A value's further lines are indented, so that none looks like a field. */
static char *put_answer(char *out, const anonid_mail_field_t *field,
                        const char *answer)
{
    out = apr_cpystrn(out, field->label, strlen(field->label) + 1);
    *out++ = ':';
    *out++ = ' ';
    for (; *answer; answer++) {
        *out++ = *answer;
        if (*answer == '\n' || (*answer == '\r' && answer[1] != '\n')) {
            *out++ = ' ';
            *out++ = ' ';
        }
    }
    *out++ = '\n';
    return out;
}

const char *anonid_draft_text(const anonid_draft_t *draft)
{
    const char *body = draft->body ? draft->body : "";
    apr_size_t octets = strlen(body) + 2;
    char *text, *out;

    if (!draft->answers)
        return body;
    for (int i = 0; i < draft->extra->nelts; i++)
        if (has_answer(draft, i))
            octets +=
                3 * strlen(draft->answers[i]) + 3
                + strlen(
                    APR_ARRAY_IDX(draft->extra, i, anonid_mail_field_t).label);
    if (!anonid_memory_take(draft->memory, octets))
        return NULL;
    text = out = apr_palloc(draft->pool, octets);
    for (int i = 0; i < draft->extra->nelts; i++)
        if (has_answer(draft, i))
            out = put_answer(
                out, &APR_ARRAY_IDX(draft->extra, i, anonid_mail_field_t),
                draft->answers[i]);
    if (out > text && *body)
        *out++ = '\n';
    strcpy(out, body);
    return text;
}

/* ---- the whole ---- */

static int is_empty(const anonid_draft_t *draft)
{
    if (draft->entity)
        return draft->entity_length == 0 && *draft->fields == '\0';
    for (int i = 0; draft->answers && i < draft->extra->nelts; i++)
        if (has_answer(draft, i))
            return 0;
    return !(draft->body && *draft->body) && draft->attachments->nelts == 0;
}

static int is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n,")] == '\0';
}

static const anonid_problem_t *missing_answer(const anonid_draft_t *draft)
{
    for (int i = 0; draft->extra && i < draft->extra->nelts; i++) {
        const anonid_mail_field_t *field =
            &APR_ARRAY_IDX(draft->extra, i, anonid_mail_field_t);

        if (field->is_required
            && (!has_answer(draft, i) || is_blank(draft->answers[i])))
            return anonid_problem_say(
                anonid_problem_make(draft->pool, 400, field->name,
                                    "The field '%s' has to be filled in.",
                                    field->name),
                ANONID_PHRASE_ERROR_REQUIRED, field->label);
    }
    return NULL;
}

/* A whole message answers no questions. */
const anonid_problem_t *anonid_draft_check(const anonid_draft_t *draft)
{
    const anonid_problem_t *problem = NULL;

    if (draft->to->nelts == 0)
        return anonid_problem_in_field(draft->pool, "to",
                                       ANONID_PHRASE_ERROR_TO,
                                       "The message has no recipient.");
    if (!draft->entity)
        problem = missing_answer(draft);
    if (!problem && is_empty(draft))
        return anonid_problem_in_field(draft->pool, "body",
                                       ANONID_PHRASE_ERROR_BODY,
                                       "The message is empty.");
    return problem;
}
