/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header fields by which a visitor could forge an identity; see forged.h.
 *
 * What is in force is known only after the URL has been looked up, and by
 * then the operator's own `RequestHeader ... early` has been done. So what a
 * visitor has sent is noted first of all, and taken out later: that, and not
 * a field of the same name that somebody has added meanwhile. httpd copies
 * tables of header fields but not their values, which tells them apart.
 */
#include "module/map/forged.h"
#include "module/config/config.h"
#include "module/map/decision.h"
#include "module/map/map.h"
#include "module/map/mapping.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <string.h>

#define SENT "anonid-forged" /* key of the note in the request's pool */

/* Field names that back ends take an identity from, in lower case. */
static const anonid_header_name_t forgeable[] = {
    { "remote-user", 0 },      { "x-remote-user", 0 },
    { "x-forwarded-user", 0 }, { "x-forwarded-preferred-username", 0 },
    { "x-auth-request-", 1 },  { "x-webauth-user", 0 },
    { "anonid-", 1 },
};

#define N_FORGEABLE ((int)(sizeof(forgeable) / sizeof(forgeable[0])))

/* Field names are equal for CGI, WSGI and their like when they differ only in
 * case and in '-' or '_'. */
static char canonical(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '_' ? '-' : c;
}

static int names_field(const char *field, const anonid_header_name_t *name)
{
    const char *wanted = name->name;

    while (*wanted && canonical(*field) == *wanted) {
        field++;
        wanted++;
    }
    return *wanted == '\0' && (name->is_prefix || *field == '\0');
}

static int is_one_of(const char *field, const anonid_header_name_t *names,
                     int n)
{
    for (int i = 0; i < n; i++)
        if (names_field(field, &names[i]))
            return 1;
    return 0;
}

static int is_forgeable(const char *field)
{
    const apr_array_header_t *more = anonid_global()->header_names;

    return is_one_of(field, forgeable, N_FORGEABLE)
           || is_one_of(field, (const anonid_header_name_t *)more->elts,
                        more->nelts);
}

static const apr_table_entry_t *entry_at(const apr_array_header_t *fields,
                                         int i)
{
    return &APR_ARRAY_IDX(fields, i, apr_table_entry_t);
}

/* Notes what the visitor has sent, before any module changes it. */
static int hook_post_read_request(request_rec *r)
{
    const apr_array_header_t *fields = apr_table_elts(r->headers_in);
    apr_array_header_t *sent = NULL;

    if (anonid_mapping_origin(r) || anonid_global()->references->nelts == 0)
        return DECLINED;
    for (int i = 0; i < fields->nelts; i++) {
        if (!entry_at(fields, i)->key
            || !is_forgeable(entry_at(fields, i)->key))
            continue;
        if (!sent)
            sent = apr_array_make(r->pool, 2, sizeof(apr_table_entry_t));
        APR_ARRAY_PUSH(sent, apr_table_entry_t) = *entry_at(fields, i);
    }
    if (sent)
        apr_pool_userdata_setn(sent, SENT, NULL, r->pool);
    return DECLINED;
}

static const apr_array_header_t *sent_by_visitor(const request_rec *r)
{
    const request_rec *before = r;
    void *sent = NULL;

    for (; before; before = anonid_mapping_origin(before))
        r = before;
    apr_pool_userdata_get(&sent, SENT, r->pool);
    return sent;
}

/* What a value owes to others than the visitor: all of it, nothing (NULL), or
 * what RequestHeader append has put behind the visitor's. */
static const char *others_part(const char *value, const char *visitors)
{
    size_t length = strlen(visitors);

    if (value == visitors)
        return NULL;
    if (strncmp(value, visitors, length) == 0
        && strncmp(value + length, ", ", 2) == 0)
        return value + length + 2;
    return value;
}

static void take_out(request_rec *r, const apr_table_entry_t *sent)
{
    const apr_array_header_t *fields = apr_table_elts(r->headers_in);
    apr_array_header_t *others = apr_array_make(r->pool, 1, sizeof(char *));

    for (int i = 0; i < fields->nelts; i++) {
        const apr_table_entry_t *field = entry_at(fields, i);
        const char *value = NULL;

        if (field->key && strcasecmp(field->key, sent->key) == 0)
            value = others_part(field->val, sent->val);
        if (value)
            APR_ARRAY_PUSH(others, const char *) = value;
    }
    apr_table_unset(r->headers_in, sent->key);
    for (int i = 0; i < others->nelts; i++)
        apr_table_addn(r->headers_in, sent->key,
                       APR_ARRAY_IDX(others, i, const char *));
}

void anonid_forged_remove(request_rec *r)
{
    const apr_array_header_t *sent;

    if (!anonid_maps_here(r))
        return;
    sent = sent_by_visitor(r);
    for (int i = 0; sent && i < sent->nelts; i++)
        take_out(r, entry_at(sent, i));
}

/* As soon as it is known what is in force, before anybody authenticates. */
static int hook_post_perdir_config(request_rec *r)
{
    anonid_forged_remove(r);
    return DECLINED;
}

void anonid_forged_register(apr_pool_t *p)
{
    static const char *const after[] = { "mod_headers.c", "mod_setenvif.c",
                                         NULL };

    (void)p;
    ap_hook_post_read_request(hook_post_read_request, NULL, after,
                              APR_HOOK_REALLY_FIRST);
    ap_hook_post_perdir_config(hook_post_perdir_config, NULL, NULL,
                               APR_HOOK_REALLY_FIRST);
}
