/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key that seals what a visitor carries from one page to the next. Every
 * worker has it: it protects nothing but these pages. Owns where it comes
 * from: where several machines share a store (AnonIDLimitStore), the agent
 * derives it from the store's secret, so that each machine knows the others'
 * seals; else it is made once in httpd's parent and kept over restarts.
 */
#ifndef ANONID_MODULE_SUBMIT_FORM_KEY_H
#define ANONID_MODULE_SUBMIT_FORM_KEY_H

#include <httpd.h>

#include "module/text/seal.h"

/* In the parent, before its first child. An error, or APR_SUCCESS. */
apr_status_t anonid_form_key_start(void);

/* In a child, before its first request. */
apr_status_t anonid_form_key_start_child(apr_pool_t *p);

/* For the time of a request. */
const anonid_seal_key_t *anonid_form_key(request_rec *r);

#endif
