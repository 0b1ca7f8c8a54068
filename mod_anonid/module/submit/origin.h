/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a request comes from: forms of other sites are refused, because their
 * visitors did not mean to write to this one. Owns the comparison of origins:
 * one is ours if it has the URL's scheme and port, and a name of this virtual
 * host (ServerName, ServerAlias) or the address that was connected to.
 */
#ifndef ANONID_MODULE_SUBMIT_ORIGIN_H
#define ANONID_MODULE_SUBMIT_ORIGIN_H

#include <httpd.h>

/* The environment variable that lets another site post, set by the operator:
 *
 *   SetEnvIf Origin "^https://forms\.example\.com$" anonid-allow-cross-site
 */
#define ANONID_ALLOW_CROSS_SITE "anonid-allow-cross-site"

/* 1 if a browser says that the request was caused by another site and the
 * operator does not allow it. What is no browser says nothing, and may. */
int anonid_origin_is_foreign(request_rec *r);

#endif
