/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check that synchronised accounts have a line in their account files.
 */
#ifndef ANONID_MODULE_VALIDATE_ACCOUNT_LINE_H
#define ANONID_MODULE_VALIDATE_ACCOUNT_LINE_H

#include "module/validate/validate.h"

/* Account files that were read: path -> users, see account_line.c. */
typedef struct {
    apr_hash_t *files;
} anonid_account_lines_t;

/* Warns of an account whose file is there and has no line of it, and names
 * what to do; of a machine that was renamed since, too. A file that cannot
 * be read here is passed over. */
void anonid_check_account_line(anonid_check_t *check,
                               anonid_account_lines_t *lines,
                               const anonid_account_t *account);

#endif
