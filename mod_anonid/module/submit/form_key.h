/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key that seals what a visitor carries from one page to the next. It is
 * made once in httpd's parent and kept over restarts, and every worker has it:
 * it protects nothing but these pages. Owns where the key comes from.
 */
#ifndef ANONID_MODULE_SUBMIT_FORM_KEY_H
#define ANONID_MODULE_SUBMIT_FORM_KEY_H

#include "module/text/seal.h"

/* In the parent, before its first child. An error, or APR_SUCCESS. */
apr_status_t anonid_form_key_start(void);

const anonid_seal_key_t *anonid_form_key(void);

#endif
