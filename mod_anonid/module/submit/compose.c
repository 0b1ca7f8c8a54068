/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composes a letter; see compose.h.
 */
#include "module/submit/compose.h"
#include "common/protocol.h"

#include <apr_strings.h>
#include <gmime/gmime.h>
#include <string.h>

#define CRLF "\r\n"

/* Octets of a part's own header, its file name encoded, and boundary. */
#define PART_HEADER_MAX 4096

void anonid_compose_start(void)
{
    g_mime_init();
}

static apr_status_t free_array(void *array)
{
    g_byte_array_free(array, FALSE);
    return APR_SUCCESS;
}

/* Gives a part content that stays where it is. */
static void set_content(apr_pool_t *pool, GMimePart *part, const char *text,
                        apr_size_t length)
{
    GByteArray *array = g_byte_array_new_take((guint8 *)text, length);
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(array);
    GMimeDataWrapper *content;

    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
    apr_pool_cleanup_register(pool, array, free_array, apr_pool_cleanup_null);
    content = g_mime_data_wrapper_new_with_stream(
        stream, GMIME_CONTENT_ENCODING_DEFAULT);
    g_mime_part_set_content(part, content);
    g_object_unref(content);
    g_object_unref(stream);
}

/* Octets of a text with CRLF line ends, and a NUL. */
static apr_size_t canonical_octets(const char *text)
{
    apr_size_t octets = sizeof(CRLF);

    for (; *text; text++)
        octets += *text == '\r' || *text == '\n' ? 2 : 1;
    return octets;
}

/* Any line ends made CRLF, and one at the end. */
static const char *canonical_text(apr_pool_t *pool, const char *text)
{
    char *canonical = apr_palloc(pool, canonical_octets(text));
    char *out = canonical;

    for (; *text; text++) {
        if (*text == '\r' && text[1] == '\n')
            text++;
        if (*text == '\r' || *text == '\n')
            *out++ = '\r';
        *out++ = *text == '\r' ? '\n' : *text;
    }
    if (out == canonical || out[-1] != '\n') {
        *out++ = '\r';
        *out++ = '\n';
    }
    *out = '\0';
    return canonical;
}

static GMimeObject *text_part(apr_pool_t *pool, const char *body)
{
    const char *text = canonical_text(pool, body);
    GMimePart *part = g_mime_part_new_with_type("text", "plain");

    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset",
                                             "utf-8");
    set_content(pool, part, text, strlen(text));
    g_mime_part_set_content_encoding(
        part, g_mime_part_get_best_content_encoding(
                  part, GMIME_ENCODING_CONSTRAINT_7BIT));
    return GMIME_OBJECT(part);
}

static void use_utf8(GMimeParamList *params, const char *name)
{
    GMimeParam *param = g_mime_param_list_get_parameter(params, name);

    if (param)
        g_mime_param_set_charset(param, "utf-8");
}

/* RFC 2231 in UTF-8; left to itself GMime takes what fits best. */
static void set_file_name(GMimePart *part, const char *name)
{
    GMimeObject *object = GMIME_OBJECT(part);

    g_mime_part_set_filename(part, name);
    use_utf8(g_mime_content_type_get_parameters(
                 g_mime_object_get_content_type(object)),
             "name");
    use_utf8(g_mime_content_disposition_get_parameters(
                 g_mime_object_get_content_disposition(object)),
             "filename");
}

/* Always base64: that is the one encoding that keeps every octet of a text
 * file, too. */
static GMimeObject *file_part(apr_pool_t *pool,
                              const anonid_attachment_t *attachment)
{
    const char *slash = strchr(attachment->type, '/');
    GMimePart *part = g_mime_part_new_with_type(
        apr_pstrmemdup(pool, attachment->type,
                       (apr_size_t)(slash - attachment->type)),
        slash + 1);

    if (attachment->charset)
        g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset",
                                                 attachment->charset);
    g_mime_object_set_disposition(GMIME_OBJECT(part),
                                  GMIME_DISPOSITION_ATTACHMENT);
    if (attachment->name)
        set_file_name(part, attachment->name);
    set_content(pool, part, attachment->content, attachment->length);
    g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
    return GMIME_OBJECT(part);
}

static void add_part(GMimeMultipart *multipart, GMimeObject *part)
{
    g_mime_multipart_add(multipart, part);
    g_object_unref(part);
}

static GMimeObject *make_entity(apr_pool_t *pool, const anonid_draft_t *draft,
                                const char *body)
{
    GMimeObject *text = text_part(pool, body);
    GMimeMultipart *multipart;

    if (draft->attachments->nelts == 0)
        return text;
    multipart = g_mime_multipart_new_with_subtype("mixed");
    add_part(multipart, text);
    for (int i = 0; i < draft->attachments->nelts; i++)
        add_part(multipart,
                 file_part(pool, &APR_ARRAY_IDX(draft->attachments, i,
                                                anonid_attachment_t)));
    return GMIME_OBJECT(multipart);
}

static apr_status_t write_entity(GMimeObject *entity,
                                 anonid_submit_message_t *message)
{
    GMimeFormatOptions *format = g_mime_format_options_clone(NULL);
    GMimeStream *stream = g_mime_stream_fs_new(message->fd);
    ssize_t written;

    g_mime_stream_fs_set_owner(GMIME_STREAM_FS(stream), FALSE);
    g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
    written = g_mime_object_write_to_stream(entity, format, stream);
    if (g_mime_stream_flush(stream) != 0)
        written = -1;
    g_object_unref(stream);
    g_mime_format_options_free(format);
    return written < 0 ? APR_ENOSPC : APR_SUCCESS;
}

static apr_status_t write_body(apr_pool_t *pool, const anonid_draft_t *draft,
                               const char *body,
                               anonid_submit_message_t *message)
{
    static const char version[] = "MIME-Version: 1.0" CRLF;
    GMimeObject *entity;
    apr_status_t rv;

    if (draft->entity) {
        rv = anonid_message_append(message, CRLF, 2);
        return rv ? rv
                  : anonid_message_append(message, draft->entity,
                                          draft->entity_length);
    }
    rv = anonid_message_append(message, version, sizeof(version) - 1);
    if (rv)
        return rv;
    entity = make_entity(pool, draft, body);
    rv = write_entity(entity, message);
    g_object_unref(entity);
    return rv;
}

static int is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return 0;
    return 1;
}

/* What the composed message has at most: base64, and quoted-printable where
 * GMime takes it, are less than half as long again as what they encode. */
static apr_size_t composed_octets(const anonid_draft_t *draft,
                                  const char *body, apr_size_t header)
{
    apr_size_t octets = draft->entity_length + strlen(body);

    for (int i = 0; i < draft->attachments->nelts; i++)
        octets +=
            APR_ARRAY_IDX(draft->attachments, i, anonid_attachment_t).length
            + PART_HEADER_MAX;
    return header + PART_HEADER_MAX + octets + octets / 2;
}

static apr_status_t write_message(apr_pool_t *pool,
                                  const anonid_draft_t *draft,
                                  const char *header, const char *body,
                                  anonid_submit_message_t *message)
{
    apr_status_t rv = anonid_message_create(message, pool);

    if (!rv)
        rv = anonid_message_append(message, header, strlen(header));
    if (!rv)
        rv = write_body(pool, draft, body, message);
    return rv ? rv : anonid_message_seal(message);
}

apr_status_t anonid_compose_write(apr_pool_t *pool,
                                  const anonid_letter_t *letter,
                                  anonid_submit_message_t *message,
                                  unsigned *flags)
{
    const anonid_draft_t *draft = letter->draft;
    const char *header = anonid_header_compose(pool, letter);
    const char *body = draft->entity ? "" : anonid_draft_text(draft);
    apr_size_t octets;
    apr_status_t rv;

    *flags = draft->entity_8bit ? ANONID_SUBMIT_8BIT : 0;
    if (!is_ascii(header))
        *flags |= ANONID_SUBMIT_UTF8 | ANONID_SUBMIT_8BIT;
    if (!body)
        return APR_ENOMEM;
    octets = composed_octets(draft, body, strlen(header));
    if (!anonid_memory_take(draft->memory, octets + canonical_octets(body)))
        return APR_ENOMEM;
    rv = write_message(pool, draft, header, body, message);
    if (!rv && message->size < octets)
        anonid_memory_give(draft->memory, octets - message->size);
    return rv;
}
