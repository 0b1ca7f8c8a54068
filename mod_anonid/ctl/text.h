/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How commands show what they were told: times and texts, for people and in
 * JSON.
 */
#ifndef ANONID_CTL_TEXT_H
#define ANONID_CTL_TEXT_H

#include <apr_time.h>
#include <jansson.h>

#define ANONID_TIME_ROOM 32

/* "2026-01-31 23:59:59" in local time, or "-". */
const char *anonid_time_text(apr_time_t at, char room[ANONID_TIME_ROOM]);

/* Seconds since 1970, or null. */
json_t *anonid_time_json(apr_time_t when);

/* A string, or null for NULL. Text that is not UTF-8 came from elsewhere, and
 * is shown octet by octet. */
json_t *anonid_text_json(const char *text);

/* Prints a document, which ends. Characters beyond ASCII are escaped: a
 * terminal may be what reads it. */
void anonid_json_print(json_t *document);

#endif
