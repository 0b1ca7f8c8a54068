/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonidctl status: how the accounts stand, as a table, as their names, or as
 * JSON. Times in JSON are seconds since 1970; null says that there is none.
 *
 *   {"agent": {"version", "pid", "started", "generation"},
 *    "accounts": [{"name", "provider", "synchronised", "state", "since",
 *                  "code", "text", "detail", "kept", "failures", "attempts",
 *                  "next_attempt", "renewal", "expires"}...]}
 */
#include "ctl/command.h"

#include "common/account_status.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIME_ROOM 32

#define ROW "%-*s  %-8s  %-9s  %-19s  %-19s  %s\n"

typedef struct {
    anonid_agent_status_t agent;
    apr_array_header_t *accounts; /* anonid_account_status_t */
} report_t;

static const anonid_account_status_t *account_at(const report_t *report, int i)
{
    return &APR_ARRAY_IDX(report->accounts, i, const anonid_account_status_t);
}

/* ---- as a table, in the order of names ---- */

/* "2026-01-31 23:59:59" in local time, or "-". */
static const char *time_text(apr_time_t at, char room[TIME_ROOM])
{
    time_t when = (time_t)apr_time_sec(at);
    struct tm tm;

    if (when == 0 || !localtime_r(&when, &tm)
        || strftime(room, TIME_ROOM, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        return "-";
    return room;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const anonid_account_status_t *)a)->name,
                  ((const anonid_account_status_t *)b)->name);
}

static size_t widest_name(const report_t *report)
{
    size_t width = strlen("ACCOUNT");

    for (int i = 0; i < report->accounts->nelts; i++) {
        size_t length = strlen(account_at(report, i)->name);

        width = length > width ? length : width;
    }
    return width;
}

/* Makes what comes from elsewhere fit for a terminal. */
static void make_shown(const anonid_ctl_session_t *session, report_t *report)
{
    for (int i = 0; i < report->accounts->nelts; i++) {
        anonid_account_status_t *account =
            &APR_ARRAY_IDX(report->accounts, i, anonid_account_status_t);

        account->name = anonid_session_shown(session, account->name);
        if (account->detail)
            account->detail = anonid_session_shown(session, account->detail);
    }
}

/* What has failed is tried again, what is good is renewed. */
static void print_account(const anonid_account_status_t *account, int width)
{
    char since[TIME_ROOM], next[TIME_ROOM], until[TIME_ROOM];
    const char *detail = account->detail ? account->detail : "";

    printf(ROW, width, account->name, anonid_provider_name(account->provider),
           anonid_state_name(account->state), time_text(account->since, since),
           time_text(account->next_attempt ? account->next_attempt
                                           : account->renewal,
                     next),
           time_text(account->expires, until));
    if (account->attempted && account->code != ANONID_LOGON_OK)
        printf("    %s%s [data %08x%s%s]\n",
               anonid_account_status_kept(account)
                   ? "The last good logon is in use; since then: "
                   : "",
               anonid_failure_info(account->code)->text,
               (unsigned)account->code, *detail ? ", " : "", detail);
}

static void print_table(const report_t *report)
{
    int width = (int)widest_name(report);

    printf(ROW, width, "ACCOUNT", "PROVIDER", "STATE", "SINCE", "NEXT ATTEMPT",
           "GOOD UNTIL");
    for (int i = 0; i < report->accounts->nelts; i++)
        print_account(account_at(report, i), width);
}

static void print_names(const report_t *report)
{
    for (int i = 0; i < report->accounts->nelts; i++)
        puts(account_at(report, i)->name);
}

/* ---- as JSON ---- */

static json_t *time_json(apr_time_t when)
{
    return when ? json_integer(apr_time_sec(when)) : json_null();
}

/* Text that is not UTF-8 came from elsewhere, and is shown octet by octet. */
static json_t *text_json(const char *text)
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

static json_t *agent_json(const anonid_agent_status_t *agent)
{
    return json_pack("{s:o, s:I, s:o, s:I}", "version",
                     text_json(agent->version), "pid", (json_int_t)agent->pid,
                     "started", time_json(agent->started), "generation",
                     (json_int_t)agent->generation);
}

static json_t *account_json(const anonid_account_status_t *account)
{
    int tried = account->attempted;

    return json_pack(
        "{s:o, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:b, s:I, s:I, s:o, s:o, "
        "s:o}",
        "name", text_json(account->name), "provider",
        anonid_provider_name(account->provider), "synchronised", account->sync,
        "state", anonid_state_name(account->state), "since",
        time_json(account->since), "code",
        tried ? json_integer(account->code) : json_null(), "text",
        text_json(tried ? anonid_failure_info(account->code)->text : NULL),
        "detail", text_json(account->detail), "kept",
        anonid_account_status_kept(account), "failures",
        (json_int_t)account->failures, "attempts",
        (json_int_t)account->attempts, "next_attempt",
        time_json(account->next_attempt), "renewal",
        time_json(account->renewal), "expires", time_json(account->expires));
}

static void print_json(const report_t *report)
{
    json_t *accounts = json_array();
    json_t *document;

    for (int i = 0; i < report->accounts->nelts; i++)
        (void)json_array_append_new(accounts,
                                    account_json(account_at(report, i)));
    document = json_pack("{s:o, s:o}", "agent", agent_json(&report->agent),
                         "accounts", accounts);
    /* Other characters are escaped: a terminal may be what reads it. */
    json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(document);
}

/* ---- the command ---- */

static const struct {
    const char *option;
    void (*print)(const report_t *report);
} formats[] = {
    { "--json", print_json },
    { "--names", print_names },
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

/* ANONID_CTL_FAILED if an account is not logged on. */
static int judge(const report_t *report)
{
    for (int i = 0; i < report->accounts->nelts; i++) {
        if (account_at(report, i)->state != ANONID_STATE_LOGGED_ON)
            return ANONID_CTL_FAILED;
    }
    return ANONID_CTL_DONE;
}

static int ask(anonid_ctl_session_t *session, const char *account,
               report_t *report)
{
    anonid_writer_t request = ANONID_WRITER_INIT;
    anonid_frame_t answer;
    int status;

    anonid_writer_begin(&request, ANONID_MSG_STATUS, 0, 1);
    anonid_writer_text(&request, ANONID_TAG_ACCOUNT, account);
    status = anonid_session_ask(session, &request, &answer);
    if (status)
        return status;
    if (answer.type != ANONID_MSG_STATUS_REPLY
        || !anonid_account_status_decode(&answer, &report->agent,
                                         &report->accounts, session->pool))
        return anonid_session_print(session, &answer);
    qsort(report->accounts->elts, (size_t)report->accounts->nelts,
          (size_t)report->accounts->elt_size, by_name);
    return 0;
}

int anonid_command_status(anonid_ctl_session_t *session,
                          const anonid_command_t *command, int argc,
                          char **argv)
{
    void (*print)(const report_t *report) = print_table;
    report_t report;
    int n = 0, status;

    for (size_t i = 0; argc > 0 && i < N_FORMATS; i++) {
        if (strcmp(argv[0], formats[i].option) != 0)
            continue;
        print = formats[i].print;
        n = 1;
    }
    if (argc > n && argv[n][0] == '-')
        return anonid_command_misused(command, "is no option", argv[n]);
    if (argc > n + 1)
        return anonid_command_misused(
            command, "is one word too many; quote a name with blanks",
            argv[n + 1]);
    status = ask(session, argc > n ? argv[n] : NULL, &report);
    if (status)
        return status;
    if (print != print_json)
        make_shown(session, &report);
    print(&report);
    return judge(&report);
}
