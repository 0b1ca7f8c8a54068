/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header values with parameters; see params.h.
 */
#include "module/text/params.h"
#include "module/text/percent.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#define PARAMS_MAX 16

typedef struct {
    const char *next;
    const char *end;
} cursor_t;

static int is_token_octet(unsigned char c)
{
    return apr_isalnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

int anonid_params_is_token(const char *text, apr_size_t length)
{
    for (apr_size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] >= 0x80
            || !is_token_octet((unsigned char)text[i]))
            return 0;
    return length > 0;
}

/* Folded lines count as space (RFC 5322 section 2.2.3). */
static void skip_space(cursor_t *in)
{
    while (in->next < in->end && strchr(" \t\r\n", *in->next))
        in->next++;
}

static int skip_octet(cursor_t *in, char octet)
{
    if (in->next == in->end || *in->next != octet)
        return 0;
    in->next++;
    return 1;
}

static char *lower_case(char *text)
{
    for (char *c = text; *c; c++)
        *c = (char)apr_tolower((unsigned char)*c);
    return text;
}

/* The token that is next; NULL if there is none. */
static char *take_token(apr_pool_t *pool, cursor_t *in)
{
    const char *start = in->next;

    while (in->next < in->end && anonid_params_is_token(in->next, 1))
        in->next++;
    if (in->next == start)
        return NULL;
    return apr_pstrmemdup(pool, start, (apr_size_t)(in->next - start));
}

/* The rest of a quoted string, its closing quote included. */
static char *take_quoted(apr_pool_t *pool, cursor_t *in)
{
    char *value = apr_palloc(pool, (apr_size_t)(in->end - in->next) + 1);
    char *out = value;

    while (in->next < in->end) {
        char c = *in->next++;

        if (c == '"') {
            *out = '\0';
            return value;
        }
        if (c == '\\' && in->next < in->end && strchr("\\\"", *in->next))
            c = *in->next++;
        *out++ = c;
    }
    return NULL;
}

static int take_param(apr_pool_t *pool, anonid_params_t *params, cursor_t *in)
{
    anonid_param_t param;
    char *name = take_token(pool, in);

    if (!name || params->params->nelts == PARAMS_MAX)
        return 0;
    param.name = lower_case(name);
    skip_space(in);
    if (!skip_octet(in, '=') || anonid_params_get(params, name))
        return 0;
    skip_space(in);
    param.value =
        skip_octet(in, '"') ? take_quoted(pool, in) : take_token(pool, in);
    if (!param.value)
        return 0;
    APR_ARRAY_PUSH(params->params, anonid_param_t) = param;
    return 1;
}

/* token [ "/" token ] */
static const char *take_value(apr_pool_t *pool, cursor_t *in)
{
    char *type = take_token(pool, in);
    char *subtype;

    if (!type)
        return NULL;
    if (!skip_octet(in, '/'))
        return lower_case(type);
    subtype = take_token(pool, in);
    if (!subtype)
        return NULL;
    return lower_case(apr_pstrcat(pool, type, "/", subtype, NULL));
}

const anonid_params_t *anonid_params_parse(apr_pool_t *pool, const char *text,
                                           apr_size_t length)
{
    anonid_params_t *params = apr_pcalloc(pool, sizeof(*params));
    cursor_t in = { text, text + length };

    if (memchr(text, '\0', length))
        return NULL;
    params->params = apr_array_make(pool, 2, sizeof(anonid_param_t));
    skip_space(&in);
    params->value = take_value(pool, &in);
    if (!params->value)
        return NULL;
    for (skip_space(&in); in.next < in.end; skip_space(&in)) {
        if (!skip_octet(&in, ';'))
            return NULL;
        skip_space(&in);
        if (in.next < in.end && *in.next != ';'
            && !take_param(pool, params, &in))
            return NULL;
    }
    return params;
}

const char *anonid_params_get(const anonid_params_t *params, const char *name)
{
    for (int i = 0; i < params->params->nelts; i++) {
        const anonid_param_t *param =
            &APR_ARRAY_IDX(params->params, i, anonid_param_t);

        if (strcmp(param->name, name) == 0)
            return param->value;
    }
    return NULL;
}

/* ext-value = "UTF-8" "'" [ language ] "'" *( pct-encoded / attr-char ) */
static const char *decode_extended(apr_pool_t *pool, const char *value)
{
    const char *quote = strchr(value, '\'');
    const char *text = quote ? strchr(quote + 1, '\'') : NULL;
    apr_size_t length;
    char *decoded;

    if (!text || strncasecmp(value, "utf-8'", 6) != 0)
        return NULL;
    text++;
    decoded = anonid_percent_decode(pool, text, strlen(text), 0, &length);
    return decoded && !memchr(decoded, '\0', length) ? decoded : NULL;
}

const char *anonid_params_get_extended(apr_pool_t *pool,
                                       const anonid_params_t *params,
                                       const char *name, int *bad)
{
    const char *value = anonid_params_get(params, name);
    const char *decoded;

    if (value)
        return value;
    value = anonid_params_get(params, apr_pstrcat(pool, name, "*", NULL));
    if (!value)
        return NULL;
    decoded = decode_extended(pool, value);
    *bad |= decoded == NULL;
    return decoded;
}
