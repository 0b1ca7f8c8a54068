/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handler anonid-submit: HTTP submission of mail.
 */
#ifndef ANONID_MODULE_SUBMIT_H
#define ANONID_MODULE_SUBMIT_H

#include <httpd.h>

/* Whether the configuration gives the request to this handler. Any phase. */
int anonid_submit_is_here(request_rec *r);

/* Answers 503 with Retry-After, in the form that the visitor accepts, before
 * the handlers' phase: the account is not logged on. DONE, or an error of the
 * connection. */
int anonid_submit_unavailable(request_rec *r, int retry_after);

/* Hooks: handler. */
void anonid_submit_register(apr_pool_t *p);

#endif
