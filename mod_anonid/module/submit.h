/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handler anonid-submit: HTTP submission of mail.
 */
#ifndef ANONID_MODULE_SUBMIT_H
#define ANONID_MODULE_SUBMIT_H

#include <httpd.h>

/* Hooks: handler. */
void anonid_submit_register(apr_pool_t *p);

#endif
