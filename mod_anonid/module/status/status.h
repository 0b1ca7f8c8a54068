/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status for operators: the handler anonid-status, the section of
 * mod_status, and the variables for logs and expressions. All of it is read
 * from shared memory; nobody is asked.
 */
#ifndef ANONID_MODULE_STATUS_STATUS_H
#define ANONID_MODULE_STATUS_STATUS_H

#include <httpd.h>

#define ANONID_STATUS_HANDLER "anonid-status"

/* Hooks: the handler (handler.c). */
void anonid_status_register(apr_pool_t *p);

/* Hooks: mod_status' (server_status.c). */
void anonid_server_status_register(apr_pool_t *p);

/* Hooks: expr_lookup and log_transaction (variables.c). */
void anonid_variables_register(apr_pool_t *p);

#endif
