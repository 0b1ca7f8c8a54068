/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the operator's files that the form is made of, and saying what is
 * wrong with one. Knows nothing of what is in them.
 */
#ifndef ANONID_MODULE_CONFIG_FORM_FILE_H
#define ANONID_MODULE_CONFIG_FORM_FILE_H

#include <httpd.h>
#include <http_config.h>

/* The whole of a regular file of max octets at most; NUL follows it. NULL, or
 * what is wrong. */
const char *anonid_form_file_read(apr_pool_t *p, const char *path,
                                  apr_size_t max, const char **text,
                                  apr_size_t *length);

/* "AnonIDFormTemplate: on line 3 of /etc/x.html: ..."; line 0: none. */
const char *anonid_form_file_error(cmd_parms *cmd, const char *path, int line,
                                   const char *error);

#endif
