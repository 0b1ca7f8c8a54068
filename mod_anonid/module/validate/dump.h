/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `httpd -t -D DUMP_ANONID`: prints which account and which mail service
 * serve where, one line for each server and each section that says so:
 *
 *   virtual host -> path -> account -> provider -> mail service (file:line)
 */
#ifndef ANONID_MODULE_VALIDATE_DUMP_H
#define ANONID_MODULE_VALIDATE_DUMP_H

#include <apr_pools.h>

/* Hooks: test_config. */
void anonid_dump_register(apr_pool_t *p);

#endif
