/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl and Jansson, which tokens and clients' secrets go through.
 */
#ifndef ANONID_AGENT_OAUTH_LIBRARY_H
#define ANONID_AGENT_OAUTH_LIBRARY_H

/* Readies both, once per program, before there are threads. */
void anonid_oauth_library_start(void);

#endif
