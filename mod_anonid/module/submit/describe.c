/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The description of a place; see describe.h.
 */
#include "module/submit/describe.h"
#include "module/submit/body.h"
#include "module/submit/fields.h"
#include "common/protocol.h"

static json_t *describe_aliases(const anonid_page_t *page)
{
    const apr_array_header_t *recipients = page->service->recipients;
    json_t *list = json_array();

    for (int i = 0; i < recipients->nelts; i++)
        json_array_append_new(
            list, json_string(
                      APR_ARRAY_IDX(recipients, i, anonid_recipient_t).alias));
    return list;
}

/* max: octets; 0: as many as the body has. */
static void add_field(json_t *list, const char *name, const char *label,
                      int is_required, apr_size_t max)
{
    json_t *field = json_object();

    json_object_set_new(field, "name", json_string(name));
    json_object_set_new(field, "label", json_string(label));
    json_object_set_new(field, "required", json_boolean(is_required));
    if (max > 0)
        json_object_set_new(field, "max_octets",
                            json_integer((json_int_t)max));
    json_array_append_new(list, field);
}

static json_t *describe_fields(request_rec *r, const anonid_page_t *page)
{
    const char *const *texts = page->catalog->texts;
    const apr_array_header_t *extra = page->draft->extra;
    int count = extra ? extra->nelts : 0;
    json_t *list = json_array();

    add_field(list, "to", texts[ANONID_PHRASE_TO], 1, 0);
    add_field(list, "reply-to", texts[ANONID_PHRASE_REPLY_TO], 0,
              ANONID_REPLY_TO_MAX);
    add_field(list, "subject", texts[ANONID_PHRASE_SUBJECT], 0,
              ANONID_SUBJECT_MAX);
    for (int i = 0; i < count; i++) {
        const anonid_mail_field_t *field =
            &APR_ARRAY_IDX(extra, i, anonid_mail_field_t);

        add_field(list, field->name, anonid_fields_label(r, page, field),
                  field->is_required, 0);
    }
    add_field(list, "body", texts[ANONID_PHRASE_BODY], count == 0, 0);
    add_field(list, "attachments", texts[ANONID_PHRASE_FILES], 0, 0);
    return list;
}

/* "10/minute per-client": how often; logins are a listener's. */
static json_t *describe_rates(const anonid_page_t *page)
{
    const apr_array_header_t *limits = page->service->limits;
    json_t *list = json_array();

    for (int i = 0; i < limits->nelts; i++) {
        const anonid_limit_t *limit =
            &APR_ARRAY_IDX(limits, i, anonid_limit_t);

        if (limit->kind != ANONID_LIMIT_LOGINS)
            json_array_append_new(list, json_string(limit->text));
    }
    return list;
}

json_t *anonid_describe(request_rec *r, const anonid_page_t *page)
{
    json_t *document = json_object();

    json_object_set_new(document, "aliases", describe_aliases(page));
    json_object_set_new(document, "fields", describe_fields(r, page));
    json_object_set_new(document, "limits",
                        json_pack("{s:I, s:i, s:i, s:i, s:o}", "body_octets",
                                  (json_int_t)anonid_body_limit(r), "aliases",
                                  ANONID_ALIASES_MAX, "attachments",
                                  ANONID_ATTACHMENTS_MAX, "file_name_octets",
                                  ANONID_FILE_NAME_MAX, "rates",
                                  describe_rates(page)));
    return document;
}
