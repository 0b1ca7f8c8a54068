/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of certificates, as far as that can be told without a TLS library.
 */
#ifndef ANONID_MODULE_CONFIG_CERTIFICATE_FILE_H
#define ANONID_MODULE_CONFIG_CERTIFICATE_FILE_H

#include <apr_pools.h>

/* NULL if the file can be read and holds a certificate in PEM; else what is
 * wrong and how to mend it: "does not exist; ...". */
const char *anonid_certificate_file_check(apr_pool_t *p, const char *path);

#endif
