/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's question to the agent whether somebody may have a request
 * explained. Knows the protocol and nothing of httpd.
 */
#ifndef ANONID_MODULE_PROBE_TOKEN_H
#define ANONID_MODULE_PROBE_TOKEN_H

#include <apr_errno.h>

/* APR_SUCCESS: the token was good, and is not any more. Else it was not, or
 * the agent could not be asked. Waits for some seconds at most. */
apr_status_t anonid_check_token_redeem(const char *socket_path,
                                       const char *token);

#endif
