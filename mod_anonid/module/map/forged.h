/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header fields by which a visitor could forge an identity.
 *
 * Owns the list of their names, and taking them out of every request where
 * AnonIDMapTo is in force, mapped or not. What the operator's configuration
 * or another module puts under the same names stays.
 */
#ifndef ANONID_MODULE_MAP_FORGED_H
#define ANONID_MODULE_MAP_FORGED_H

#include <httpd.h>

/* Takes out what the visitor sent, where AnonIDMapTo names an account. Done
 * by a hook for every configuration that httpd looks up; to be repeated where
 * it exchanges one for another (a fast redirect). */
void anonid_forged_remove(request_rec *r);

#endif
