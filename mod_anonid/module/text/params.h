/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header values with parameters: Content-Type and Content-Disposition of
 * requests and of the parts of a form. Knows nothing of httpd.
 *
 *   value      = token [ "/" token ] *( ";" name "=" ( token / quoted ) )
 *   quoted     = <"> *( any octet but <"> / "\" <"> / "\" "\" ) <">
 *
 * A backslash before anything else stands for itself, because browsers send
 * file names unescaped (RFC 7578 section 4.2 and the HTML standard).
 */
#ifndef ANONID_MODULE_TEXT_PARAMS_H
#define ANONID_MODULE_TEXT_PARAMS_H

#include <apr_pools.h>
#include <apr_tables.h>

typedef struct {
    const char *name; /* lower case */
    const char *value;
} anonid_param_t;

typedef struct {
    const char *value;          /* "text/plain", "form-data": lower case */
    apr_array_header_t *params; /* anonid_param_t, each name once */
} anonid_params_t;

/* Parses a value into the pool: NULL if it is malformed, has a NUL octet, or
 * says one parameter twice. */
const anonid_params_t *anonid_params_parse(apr_pool_t *pool, const char *text,
                                           apr_size_t length);

/* The value of a parameter (name in lower case), or NULL. */
const char *anonid_params_get(const anonid_params_t *params, const char *name);

/* The value of name, or that of name* in UTF-8 (RFC 8187) decoded; NULL if
 * neither is there. *bad is set when name* cannot be decoded. */
const char *anonid_params_get_extended(apr_pool_t *pool,
                                       const anonid_params_t *params,
                                       const char *name, int *bad);

/* 1 for the octets of a token (RFC 9110 section 5.6.2). */
int anonid_params_is_token(const char *text, apr_size_t length);

#endif
