/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thank-you page's URL; see thanks.h.
 *
 *   ?sent=SEAL of  Message-ID *( LF "+" alias ) *( LF "-" alias " " reply )
 */
#include "module/submit/thanks.h"
#include "module/config/config.h"
#include "module/submit/form_key.h"

#include <apr_strings.h>
#include <string.h>

#define PURPOSE "sent"
#define QUERY "sent="
#define TEXT_MAX 1500 /* octets, of which a URL has room for sealed ones */
#define AGE_MAX apr_time_from_sec(86400)

static const char *describe(request_rec *r, const anonid_receipt_t *receipt,
                            const char *message_id)
{
    const char *text = message_id;

    for (int i = 0; i < receipt->accepted->nelts; i++)
        text = apr_pstrcat(r->pool, text, "\n+",
                           APR_ARRAY_IDX(receipt->accepted, i, const char *),
                           NULL);
    for (int i = 0; receipt->rejected && i < receipt->rejected->nelts; i++) {
        const anonid_rejection_t *rejection =
            &APR_ARRAY_IDX(receipt->rejected, i, anonid_rejection_t);

        text = apr_pstrcat(r->pool, text, "\n-", rejection->alias, " ",
                           rejection->reply, NULL);
    }
    return text;
}

/* A path that begins with two slashes would be another host's; a backslash is
 * a slash to browsers. */
const char *anonid_thanks_path(request_rec *r)
{
    const char *path = r->unparsed_uri;
    size_t length;

    if (*path != '/') {
        const char *host = strstr(path, "://");

        path = host ? host + 3 + strcspn(host + 3, "/?#") : "/";
    }
    while (*path == '/' || *path == '\\')
        path++;
    length = strcspn(path, "?#");
    return apr_pstrcat(r->pool, "/", apr_pstrmemdup(r->pool, path, length),
                       NULL);
}

const char *anonid_thanks_location(request_rec *r,
                                   const anonid_receipt_t *receipt,
                                   const char *message_id)
{
    const char *own = anonid_dir(r)->form_thanks;
    const char *text;

    if (own && *own && (!receipt->rejected || receipt->rejected->nelts == 0))
        return own;
    text = describe(r, receipt, message_id);
    if (strlen(text) > TEXT_MAX)
        return NULL;
    return apr_pstrcat(r->pool, anonid_thanks_path(r), "?" QUERY,
                       anonid_seal_make(r->pool, anonid_form_key(r), PURPOSE,
                                        text, apr_time_now()),
                       NULL);
}

static const char *find_seal(request_rec *r)
{
    const char *args = r->args;

    while (args && *args) {
        size_t length = strcspn(args, "&");

        if (strncmp(args, QUERY, strlen(QUERY)) == 0)
            return apr_pstrmemdup(r->pool, args + strlen(QUERY),
                                  length - strlen(QUERY));
        args += length + (args[length] != '\0');
    }
    return NULL;
}

static void take_line(anonid_receipt_t *receipt, char *line)
{
    anonid_rejection_t rejection = { 0 };
    char *space = strchr(line, ' ');

    if (*line == '+') {
        APR_ARRAY_PUSH(receipt->accepted, const char *) = line + 1;
        return;
    }
    if (*line != '-' || !space)
        return;
    *space = '\0';
    rejection.alias = line + 1;
    rejection.reply = space + 1;
    APR_ARRAY_PUSH(receipt->rejected, anonid_rejection_t) = rejection;
}

int anonid_thanks_open(request_rec *r, anonid_receipt_t *receipt,
                       const char **message_id)
{
    const char *seal = find_seal(r);
    const char *text = NULL;
    char *line, *last;
    apr_time_t made;

    if (seal)
        text = anonid_seal_open(r->pool, anonid_form_key(r), PURPOSE, seal,
                                &made);
    if (!text || r->request_time - made > AGE_MAX)
        return 0;
    receipt->accepted = apr_array_make(r->pool, 2, sizeof(const char *));
    receipt->rejected = apr_array_make(r->pool, 2, sizeof(anonid_rejection_t));
    *message_id = apr_strtok(apr_pstrdup(r->pool, text), "\n", &last);
    while (*message_id && (line = apr_strtok(NULL, "\n", &last)) != NULL)
        take_line(receipt, line);
    return *message_id != NULL;
}
