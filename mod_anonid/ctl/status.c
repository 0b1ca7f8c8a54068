/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonidctl status: how the accounts stand, as a table, as their names, or as
 * JSON. Times in JSON are seconds since 1970; null says that there is none.
 *
 *   {"version": 1,
 *    "agent": {"version", "pid", "started", "generation"},
 *    "accounts": [{"name", "provider", "synchronised", "state", "since",
 *                  "code", "text", "detail", "kept", "failures", "attempts",
 *                  "next_attempt", "renewal", "expires",
 *                  "secret_expires"}...],
 *    "mail": that of mail_status.h}
 *
 * With --watch it is printed anew every few seconds, until it is interrupted.
 */
#include "ctl/command.h"
#include "ctl/mail_status.h"
#include "ctl/text.h"

#include "common/account_status.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION 1 /* of the JSON */

/* From when on the end of a password is shown: when it is warned of. */
#define SOON apr_time_from_sec(14 * 86400)

#define ROW "%-*s  %-8s  %-9s  %-19s  %-19s  %s\n"

typedef struct {
    anonid_agent_status_t agent;
    apr_array_header_t *accounts; /* anonid_account_status_t */
    anonid_mail_status_t mail;
} report_t;

static const anonid_account_status_t *account_at(const report_t *report, int i)
{
    return &APR_ARRAY_IDX(report->accounts, i, const anonid_account_status_t);
}

/* ---- as a table, in the order of names ---- */

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
    anonid_mail_status_clean(session, &report->mail);
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
    char since[ANONID_TIME_ROOM], next[ANONID_TIME_ROOM],
        until[ANONID_TIME_ROOM];
    const char *detail = account->detail ? account->detail : "";

    printf(ROW, width, account->name, anonid_provider_name(account->provider),
           anonid_state_name(account->state),
           anonid_time_text(account->since, since),
           anonid_time_text(account->next_attempt ? account->next_attempt
                                                  : account->renewal,
                            next),
           anonid_time_text(account->expires, until));
    if (account->attempted && account->code != ANONID_LOGON_OK)
        printf("    %s%s [data %08x%s%s]\n",
               anonid_account_status_kept(account)
                   ? "The last good logon is in use; since then: "
                   : "",
               anonid_failure_info(account->code)->text,
               (unsigned)account->code, *detail ? ", " : "", detail);
}

/* What will end, where that is known and near. */
static void print_expiry(const anonid_account_status_t *account)
{
    char when[ANONID_TIME_ROOM];

    if (account->secret_expires
        && account->secret_expires - apr_time_now() < SOON)
        printf("    The %s expires at %s.\n",
               account->provider == ANONID_PROVIDER_TOKEN ? "token"
                                                          : "password",
               anonid_time_text(account->secret_expires, when));
}

static void print_table(const report_t *report)
{
    int width = (int)widest_name(report);

    printf(ROW, width, "ACCOUNT", "PROVIDER", "STATE", "SINCE", "NEXT ATTEMPT",
           "GOOD UNTIL");
    for (int i = 0; i < report->accounts->nelts; i++) {
        print_account(account_at(report, i), width);
        print_expiry(account_at(report, i));
        anonid_mail_status_print_refusals(&report->mail,
                                          account_at(report, i)->name);
    }
    anonid_mail_status_print(&report->mail);
}

static void print_names(const report_t *report)
{
    for (int i = 0; i < report->accounts->nelts; i++)
        puts(account_at(report, i)->name);
}

/* Servers are in the order of their services. */
static void print_services(const report_t *report)
{
    const char *last = "";

    for (int i = 0; i < report->mail.servers->nelts; i++) {
        const char *name =
            APR_ARRAY_IDX(report->mail.servers, i, anonid_server_status_t)
                .service;

        if (strcmp(name, last) != 0)
            puts(name);
        last = name;
    }
}

/* ---- as JSON ---- */

static json_t *agent_json(const anonid_agent_status_t *agent)
{
    return json_pack("{s:o, s:I, s:o, s:I}", "version",
                     anonid_text_json(agent->version), "pid",
                     (json_int_t)agent->pid, "started",
                     anonid_time_json(agent->started), "generation",
                     (json_int_t)agent->generation);
}

static json_t *account_json(const anonid_account_status_t *account)
{
    int tried = account->attempted;

    return json_pack(
        "{s:o, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:b, s:I, s:I, s:o, s:o, "
        "s:o, s:o}",
        "name", anonid_text_json(account->name), "provider",
        anonid_provider_name(account->provider), "synchronised", account->sync,
        "state", anonid_state_name(account->state), "since",
        anonid_time_json(account->since), "code",
        tried ? json_integer(account->code) : json_null(), "text",
        anonid_text_json(tried ? anonid_failure_info(account->code)->text
                               : NULL),
        "detail", anonid_text_json(account->detail), "kept",
        anonid_account_status_kept(account), "failures",
        (json_int_t)account->failures, "attempts",
        (json_int_t)account->attempts, "next_attempt",
        anonid_time_json(account->next_attempt), "renewal",
        anonid_time_json(account->renewal), "expires",
        anonid_time_json(account->expires), "secret_expires",
        anonid_time_json(account->secret_expires));
}

static void print_json(const report_t *report)
{
    json_t *accounts = json_array();

    for (int i = 0; i < report->accounts->nelts; i++)
        (void)json_array_append_new(accounts,
                                    account_json(account_at(report, i)));
    anonid_json_print(json_pack("{s:i, s:o, s:o, s:o}", "version", VERSION,
                                "agent", agent_json(&report->agent),
                                "accounts", accounts, "mail",
                                anonid_mail_status_json(&report->mail)));
}

/* ---- the command ---- */

static const struct {
    const char *option;
    void (*print)(const report_t *report);
} formats[] = {
    { "--json", print_json },
    { "--names", print_names },
    { "--services", print_services },
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

/* ANONID_CTL_FAILED if an account is not logged on, or refused by a mail
 * server. */
static int judge(const report_t *report)
{
    for (int i = 0; i < report->accounts->nelts; i++) {
        if (account_at(report, i)->state != ANONID_STATE_LOGGED_ON)
            return ANONID_CTL_FAILED;
    }
    return anonid_mail_status_refuses(&report->mail) ? ANONID_CTL_FAILED
                                                     : ANONID_CTL_DONE;
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
    status = anonid_mail_status_ask(session, &report->mail);
    if (!status && account)
        anonid_mail_status_of(&report->mail, account);
    return status;
}

typedef struct {
    void (*print)(const report_t *report);
    int every; /* seconds; 0: once */
    const char *account;
} wish_t;

/* "--watch" or "--watch=SECONDS": 1 if it is that. */
static int set_watch(wish_t *wish, const char *option)
{
    static const char name[] = "--watch";
    const char *rest = option + strlen(name);
    char *end;
    long seconds = 2;

    if (strncmp(option, name, strlen(name)) != 0)
        return 0;
    if (*rest == '=')
        seconds = strtol(rest + 1, &end, 10);
    else if (*rest)
        return 0;
    if (seconds < 1 || seconds > 3600 || (*rest == '=' && *end))
        return 0;
    wish->every = (int)seconds;
    return 1;
}

static int set_option(wish_t *wish, const char *option)
{
    for (size_t i = 0; i < N_FORMATS; i++) {
        if (strcmp(option, formats[i].option) != 0)
            continue;
        wish->print = formats[i].print;
        return 1;
    }
    return set_watch(wish, option);
}

/* 0, or ANONID_CTL_USAGE after the reason. */
static int parse(wish_t *wish, const anonid_command_t *command, int argc,
                 char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-' && !set_option(wish, argv[i]))
            return anonid_command_misused(command, "is no option", argv[i]);
        if (argv[i][0] == '-')
            continue;
        if (wish->account)
            return anonid_command_misused(
                command, "is one word too many; quote a name with blanks",
                argv[i]);
        wish->account = argv[i];
    }
    return 0;
}

static int show(anonid_ctl_session_t *session, const wish_t *wish)
{
    report_t report;
    int status = ask(session, wish->account, &report);

    if (status)
        return status;
    if (wish->print != print_json)
        make_shown(session, &report);
    wish->print(&report);
    return judge(&report);
}

/* Home, and clear what is there: of a terminal only. */
static void clear_screen(void)
{
    if (isatty(STDOUT_FILENO))
        fputs("\033[H\033[J", stdout);
}

/* An agent that is being restarted will be there again. Ends with its reader,
 * or when it is interrupted. */
static int watch(anonid_ctl_session_t *session, const wish_t *wish)
{
    int status;

    do {
        anonid_session_again(session);
        clear_screen();
        status = show(session, wish);
        (void)fflush(stdout);
        if (ferror(stdout))
            return status;
        (void)sleep((unsigned)wish->every);
    } while (1);
}

int anonid_command_status(anonid_ctl_session_t *session,
                          const anonid_command_t *command, int argc,
                          char **argv)
{
    wish_t wish = { print_table, 0, NULL };
    int status = parse(&wish, command, argc, argv);

    if (status)
        return status;
    return wish.every ? watch(session, &wish) : show(session, &wish);
}
