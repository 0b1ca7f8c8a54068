/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times and texts; see text.h.
 */
#include "ctl/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *anonid_time_text(apr_time_t at, char room[ANONID_TIME_ROOM])
{
    time_t when = (time_t)apr_time_sec(at);
    struct tm tm;

    if (when == 0 || !localtime_r(&when, &tm)
        || strftime(room, ANONID_TIME_ROOM, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        return "-";
    return room;
}

json_t *anonid_time_json(apr_time_t when)
{
    return when ? json_integer(apr_time_sec(when)) : json_null();
}

json_t *anonid_text_json(const char *text)
{
    json_t *value = text ? json_string(text) : json_null();
    size_t length;
    char *escaped, *end;

    if (value)
        return value;
    length = strlen(text);
    escaped = end = malloc(4 * length + 1);
    if (!escaped)
        return NULL;
    for (size_t i = 0; i < length; i++)
        end += snprintf(end, 5, text[i] & 0x80 ? "\\x%02x" : "%c",
                        (unsigned char)text[i]);
    value = json_string(escaped);
    free(escaped);
    return value;
}

void anonid_json_print(json_t *document)
{
    json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(document);
}
