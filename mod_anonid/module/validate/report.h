/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the checks at the end of the configuration share: their state, and how
 * they say what is wrong.
 */
#ifndef ANONID_MODULE_VALIDATE_REPORT_H
#define ANONID_MODULE_VALIDATE_REPORT_H

#include <httpd.h>
#include <http_config.h>

#include "module/config/config.h"

typedef struct {
    apr_pool_t *p;                    /* the configuration's */
    server_rec *main;                 /* the main server */
    int errors;                       /* reported so far */
    const anonid_account_t *standard; /* the default account, if in use */
    apr_array_header_t *uses;         /* anonid_use_t: see pairs.h */
} anonid_check_t;

/* Reports an error with the line of the directive; NULL: no line. */
void anonid_check_error(anonid_check_t *check, const ap_directive_t *at,
                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for what lets httpd start. */
void anonid_check_warn(anonid_check_t *check, const ap_directive_t *at,
                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
