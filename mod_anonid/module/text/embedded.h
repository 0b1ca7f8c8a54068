/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of the source tree that the module carries with it: the languages of
 * conf/languages/, and what the form looks like. build/embed writes the table.
 */
#ifndef ANONID_MODULE_TEXT_EMBEDDED_H
#define ANONID_MODULE_TEXT_EMBEDDED_H

typedef struct {
    const char *name; /* "de.conf"; NULL ends the table */
    const char *text;
} anonid_embedded_t;

extern const anonid_embedded_t anonid_embedded[];

/* The text of a file, which must be there. */
const char *anonid_embedded_text(const char *name);

#endif
