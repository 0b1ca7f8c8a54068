/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What anonidctl learns from httpd's configuration, by running apachectl.
 */
#ifndef ANONID_CTL_HTTPD_CONFIG_H
#define ANONID_CTL_HTTPD_CONFIG_H

#include <apr_pools.h>
#include <apr_time.h>

/* The state folder of the configuration that apachectl finds (the program
 * that APACHECTL names in the environment, else httpd's own), in the pool.
 * NULL if it does not say one within the timeout. */
const char *anonid_httpd_state_dir(apr_interval_time_t timeout,
                                   apr_pool_t *pool);

#endif
