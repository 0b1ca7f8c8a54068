/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON (RFC 8259) into memory. Commas come by themselves; that what is
 * opened is closed is the caller's business.
 */
#ifndef ANONID_AGENT_REQUEST_JSON_TEXT_H
#define ANONID_AGENT_REQUEST_JSON_TEXT_H

#include <stddef.h>

typedef struct {
    char *text; /* NUL-terminated; NULL before the first call */
    size_t length;
    size_t capacity;
    int failed; /* there was no memory: text is not whole */
    int comma;  /* the next item needs one before it */
} anonid_json_text_t;

#define ANONID_JSON_TEXT_INIT                                                 \
    {                                                                         \
        NULL, 0, 0, 0, 0                                                      \
    }

/* "{" or "[", after "name": if name is not NULL; and their ends. */
void anonid_json_open(anonid_json_text_t *json, const char *name,
                      char bracket);
void anonid_json_close(anonid_json_text_t *json, char bracket);

/* Members of an object. A NULL value is null; bytes that are not UTF-8 become
 * U+FFFD. Names need no escape. */
void anonid_json_string(anonid_json_text_t *json, const char *name,
                        const char *value);
void anonid_json_number(anonid_json_text_t *json, const char *name,
                        long long value);
void anonid_json_bool(anonid_json_text_t *json, const char *name, int value);
void anonid_json_null(anonid_json_text_t *json, const char *name);

void anonid_json_free(anonid_json_text_t *json);

#endif
