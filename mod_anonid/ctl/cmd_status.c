/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonidctl status [--json] [ACCOUNT]: how the accounts stand, as a table or
 * as the agent's own JSON.
 */
#include "ctl/commands.h"

#include <apr_strings.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIME_ROOM 32

#define ROW "%-*s  %-8s  %-9s  %-19s  %-19s  %s\n"

/* One account's object, with its name at hand for sorting. */
typedef struct {
    const char *name;
    json_t *object;
} row_t;

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static long long number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* "2026-01-31 23:59:59" in local time, or "-". */
static const char *time_of(const json_t *object, const char *name,
                           char room[TIME_ROOM])
{
    time_t when = (time_t)number_of(object, name);
    struct tm tm;

    if (when == 0 || !localtime_r(&when, &tm)
        || strftime(room, TIME_ROOM, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        return "-";
    return room;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const row_t *)a)->name, ((const row_t *)b)->name);
}

/* The accounts in the order of their names. */
static row_t *sorted(anonid_ctl_session_t *session, const json_t *accounts,
                     size_t *n)
{
    row_t *rows;

    *n = json_array_size(accounts);
    rows = apr_pcalloc(session->pool, (*n + 1) * sizeof(*rows));
    for (size_t i = 0; i < *n; i++) {
        rows[i].object = json_array_get(accounts, i);
        rows[i].name = text_of(rows[i].object, "name");
    }
    qsort(rows, *n, sizeof(*rows), by_name);
    return rows;
}

static size_t widest_name(const row_t *rows, size_t n)
{
    size_t width = strlen("ACCOUNT");

    for (size_t i = 0; i < n; i++) {
        if (strlen(rows[i].name) > width)
            width = strlen(rows[i].name);
    }
    return width;
}

/* What has failed is tried again, what is good is renewed. */
static const char *next_of(const json_t *object, char room[TIME_ROOM])
{
    return time_of(
        object, number_of(object, "next_attempt") ? "next_attempt" : "renewal",
        room);
}

static void print_row(const json_t *object, int width)
{
    char since[TIME_ROOM], next[TIME_ROOM], until[TIME_ROOM];
    long long code = number_of(object, "code");

    printf(ROW, width, text_of(object, "name"), text_of(object, "provider"),
           text_of(object, "state"), time_of(object, "since", since),
           next_of(object, next), time_of(object, "expires", until));
    if (code != 0)
        printf("    %s%s [data %08llx%s%s]\n",
               json_is_true(json_object_get(object, "kept"))
                   ? "The last good logon is in use; since then: "
                   : "",
               text_of(object, "text"), code,
               *text_of(object, "detail") ? ", " : "",
               text_of(object, "detail"));
}

static void print_table(anonid_ctl_session_t *session, const json_t *document)
{
    size_t n;
    row_t *rows = sorted(session, json_object_get(document, "accounts"), &n);
    int width = (int)widest_name(rows, n);

    printf(ROW, width, "ACCOUNT", "PROVIDER", "STATE", "SINCE", "NEXT ATTEMPT",
           "GOOD UNTIL");
    for (size_t i = 0; i < n; i++)
        print_row(rows[i].object, width);
}

static int print(anonid_ctl_session_t *session, const char *text, int as_json)
{
    json_t *document = text ? json_loads(text, 0, NULL) : NULL;

    if (!document) {
        fprintf(stderr, "anonidctl: the agent's answer is not JSON: are both "
                        "of one version?\n");
        return ANONID_CTL_UNREACHABLE;
    }
    if (as_json) {
        json_dumpf(document, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    }
    else {
        print_table(session, document);
    }
    json_decref(document);
    return ANONID_CTL_DONE;
}

int anonid_cmd_status(anonid_ctl_session_t *session, int argc, char **argv)
{
    anonid_writer_t request = ANONID_WRITER_INIT;
    int as_json = argc > 0 && strcmp(argv[0], "--json") == 0;
    anonid_frame_t answer;
    int status;

    if (argc - as_json > 1 || (argc > as_json && argv[as_json][0] == '-'))
        return ANONID_CTL_USAGE;
    anonid_writer_begin(&request, ANONID_MSG_STATUS, 0, 1);
    if (argc > as_json)
        anonid_writer_text(&request, ANONID_TAG_ACCOUNT, argv[as_json]);
    status = anonid_session_ask(session, &request, &answer);
    if (status)
        return status;
    if (answer.type != ANONID_MSG_STATUS_REPLY)
        return anonid_session_print(session, &answer);
    return print(session,
                 anonid_frame_text(&answer, ANONID_TAG_JSON, session->pool),
                 as_json);
}
