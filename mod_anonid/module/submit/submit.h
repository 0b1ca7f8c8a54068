/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handler anonid-submit: HTTP submission of mail.
 */
#ifndef ANONID_MODULE_SUBMIT_SUBMIT_H
#define ANONID_MODULE_SUBMIT_SUBMIT_H

#include <httpd.h>

/* Hooks: handler. Answers 503 in the form that a visitor accepts while the
 * account is not logged on (map/logon_state.h). */
void anonid_submit_register(apr_pool_t *p);

#endif
