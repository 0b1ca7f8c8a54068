/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a visitor wants to be sent, whatever form it came in: the draft.
 *
 * Owns the rules for its fields: what is too long, malformed, said twice or
 * missing, and that no field of a header ever holds CR, LF or NUL. Knows
 * neither the format it came in nor httpd.
 */
#ifndef ANONID_MODULE_DRAFT_DRAFT_H
#define ANONID_MODULE_DRAFT_DRAFT_H

#include "common/service.h"
#include "module/config/mail_fields.h"
#include "module/draft/memory.h"
#include "module/draft/problem.h"

#define ANONID_FIELDS_MAX 256     /* fields of one form, known or not */
#define ANONID_ATTACHMENTS_MAX 64 /* of one message */
#define ANONID_SUBJECT_MAX 998    /* octets */
#define ANONID_REPLY_TO_MAX 512   /* octets of name and address */
#define ANONID_FILE_NAME_MAX 255  /* octets */
#define ANONID_MAILBOXES_MAX 16   /* addresses to reply to */

/* Fields of our own page that nobody sees: one that only robots fill in, and
 * one that says when the page was made. */
#define ANONID_FIELD_TRAP "anonid-url"
#define ANONID_FIELD_TOKEN "anonid-token"

/* Fields that every form has: to, subject, reply-to, body, and those. */
#define ANONID_DRAFT_FIELDS 6

/* Somebody to reply to. */
typedef struct {
    const char *name;    /* UTF-8 without control characters, or NULL */
    const char *address; /* anonid_address_error() says nothing against it */
} anonid_mailbox_t;

/* The content belongs to the request's body and is not copied. */
typedef struct {
    const char *name;    /* of the file, without folders; or NULL */
    const char *type;    /* "image/png"; never multipart or message */
    const char *charset; /* of a text, as its sender says; or NULL */
    const char *content;
    apr_size_t length;
} anonid_attachment_t;

typedef struct {
    apr_pool_t *pool;
    anonid_memory_t *memory; /* what is counted in; NULL: nothing is */
    unsigned seen;           /* bits of the fields that were set */
    apr_array_header_t *to;  /* const char *: aliases as the visitor says */
    const char *subject;     /* NULL: none */
    const char *body;        /* NULL: none */
    const char *given[ANONID_DRAFT_FIELDS]; /* as it was written; see
                                               anonid_draft_given */
    const apr_array_header_t *extra; /* anonid_mail_field_t: further fields;
                                        NULL: none. Set before all others */
    const char **answers;            /* to the further fields, NULL: none */
    int ignores_unknown;          /* fields that are not known do not matter */
    int has_files;                /* 1: there were files, good or not */
    int is_form;                  /* 1: it came as a form */
    int is_trapped;               /* 1: what nobody sees was filled in */
    const char *token;            /* when the page was made; NULL: none */
    apr_array_header_t *reply_to; /* anonid_mailbox_t */
    apr_array_header_t *attachments; /* anonid_attachment_t */

    /* A whole message (rfc822.c) instead of subject, body and
     * attachments; entity is NULL otherwise. */
    const char *fields; /* header fields to keep: ASCII, CRLF, folded */
    const char *date;   /* of its own, or NULL */
    const char *entity; /* its body: CRLF line ends only */
    apr_size_t entity_length;
    int entity_8bit; /* 1: it has octets over 127 */
} anonid_draft_t;

/* An empty draft. */
anonid_draft_t *anonid_draft_make(apr_pool_t *pool);

/* Counts octets that are about to be allocated for the draft; they belong to
 * it until its end. NULL, or a problem (503) if there is no room. */
const anonid_problem_t *anonid_draft_take(const anonid_draft_t *draft,
                                          apr_size_t octets);

/* Sets one of `to` (may come again, and may name several with commas),
 * `subject`, `body`, `reply-to` and the further fields (may come again). The
 * value is copied. NULL, or what is wrong with it; what was written is kept
 * for the visitor's eyes all the same. */
const anonid_problem_t *anonid_draft_set(anonid_draft_t *draft,
                                         const char *field, const char *value,
                                         apr_size_t length);

/* 1 if anonid_draft_set knows the field. */
int anonid_draft_has(const anonid_draft_t *draft, const char *field);

/* 1 if a field that it knows may come again. */
int anonid_draft_repeats(const anonid_draft_t *draft, const char *field);

/* A field that it does not know: a problem, or NULL if that is no matter. */
const anonid_problem_t *anonid_draft_unknown(const anonid_draft_t *draft,
                                             const char *field);

/* What the visitor wrote in a field, good or not; NULL: nothing. */
const char *anonid_draft_given(const anonid_draft_t *draft, const char *field);

/* The text of the message: the further fields, a line each with its label,
 * and the body. NULL if there is no room for it. */
const char *anonid_draft_text(const anonid_draft_t *draft);

/* Attaches a file (attachment.c): its name (or NULL), its media type with
 * parameters (or NULL) and its content (not copied). field names it in a
 * problem. */
const anonid_problem_t *
anonid_draft_attach(anonid_draft_t *draft, const char *field, const char *name,
                    const char *type, const char *content, apr_size_t length);

/* What is still missing when all has been said; NULL if nothing is. */
const anonid_problem_t *anonid_draft_check(const anonid_draft_t *draft);

/* The recipients that the draft's aliases name, each once: const
 * anonid_recipient_t *. Or what is wrong (404: there is no such alias). */
const anonid_problem_t *
anonid_draft_recipients(const anonid_draft_t *draft,
                        const anonid_service_t *service,
                        apr_array_header_t **recipients);

/* NULL if a text can stand in a header field: UTF-8 without CR, LF and NUL,
 * also after encoded words (RFC 2047) in it are decoded; max octets at most.
 */
const anonid_problem_t *anonid_draft_text_problem(apr_pool_t *pool,
                                                  const char *field,
                                                  const char *value,
                                                  apr_size_t length,
                                                  apr_size_t max);

/* 1 if a text of one line holds a control character of ASCII. */
int anonid_draft_has_control(const char *text);

/* A name as it may be shown. */
const char *anonid_draft_shown_name(apr_pool_t *pool, const char *name);

#endif
