/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an agent needs before it is started: the status table and a slot in
 * it for each account, the state folder with its sockets, and those of
 * listeners. Knows no
 * process.
 */
#ifndef ANONID_MODULE_SUPERVISOR_SETUP_H
#define ANONID_MODULE_SUPERVISOR_SETUP_H

#include <httpd.h>

#include "module/supervisor/retained.h"

/* 1 if what is set up, if anything, is as the configuration wants it; 0 if it
 * has to be undone first. */
int anonid_setup_fits(const anonid_retained_t *retained);

/* Sets up what is not there yet, for the configuration in force. NULL, or
 * what is wrong, in the pool. */
const char *anonid_setup(anonid_retained_t *retained, server_rec *s,
                         apr_pool_t *pool);

/* Gives the state folder and the control of accounts back. The table stays,
 * because workers of a former configuration may still read it; and so do the
 * sockets of listeners. */
void anonid_setup_undo(anonid_retained_t *retained);

#endif
