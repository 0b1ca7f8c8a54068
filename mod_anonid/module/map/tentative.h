/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tentative authorization: would this user be let in?
 *
 * Owns asking httpd's authorization without leaving a trace of the question.
 * Knows nothing of accounts.
 */
#ifndef ANONID_MODULE_MAP_TENTATIVE_H
#define ANONID_MODULE_MAP_TENTATIVE_H

#include <httpd.h>

/* Runs the authorization of the request for r->user as it is now. Nothing is
 * logged, and the request's tables are what they were. Returns OK, or the
 * status that the visitor would have got. */
int anonid_authorize_tentatively(request_rec *r);

#endif
