/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anonidctl check: which account would this request get, and why. Gets a
 * token, has httpd asked with it, and prints what httpd says; see
 * module/probe/probe.h.
 */
#include "ctl/command.h"
#include "ctl/http.h"

#include <apr_strings.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define FIELD "Anonid-Check: "

typedef struct {
    anonid_http_request_t request;
    int as_json;
} check_t;

/* "/path" is this machine's; "host/path" is HTTP. */
static const char *url_of(apr_pool_t *pool, const char *where)
{
    if (*where == '/')
        return apr_pstrcat(pool, "http://localhost", where, NULL);
    if (strstr(where, "://"))
        return where;
    return apr_pstrcat(pool, "http://", where, NULL);
}

/* 0, or ANONID_CTL_USAGE after the reason. */
static int parse(check_t *check, const anonid_command_t *command,
                 apr_pool_t *pool, int argc, char **argv)
{
    int i = 0;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--json") == 0)
            check->as_json = 1;
        else if (strcmp(argv[i], "-H") == 0 && i + 1 < argc)
            APR_ARRAY_PUSH(check->request.headers, const char *) = argv[++i];
        else if (strcmp(argv[i], "--connect") == 0 && i + 1 < argc)
            check->request.address = argv[++i];
        else
            return anonid_command_misused(
                command, "is no option, or its value is missing", argv[i]);
    }
    if (i == argc || !argv[i][0])
        return anonid_command_misused(command, "no URL is given", NULL);
    if (argc - i > 1)
        return anonid_command_misused(command, "is one word too many",
                                      argv[i + 1]);
    check->request.url = url_of(pool, argv[i]);
    return 0;
}

/* ---- printing ---- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static const char *place_of(anonid_ctl_session_t *session,
                            const json_t *object)
{
    const char *file = text_of(object, "file");

    if (!*file)
        return "";
    return apr_psprintf(
        session->pool, " (%s:%ld)", file,
        (long)json_integer_value(json_object_get(object, "line")));
}

static void print_row(const anonid_ctl_session_t *session, const char *label,
                      const char *value, const char *more)
{
    if (*value)
        printf("%-13s %s%s\n", label, anonid_session_shown(session, value),
               anonid_session_shown(session, more));
}

static int is_mapped(const json_t *document)
{
    return json_is_true(json_object_get(document, "mapped"));
}

static long status_of(const json_t *document)
{
    return (long)json_integer_value(json_object_get(document, "status"));
}

static void print_account(anonid_ctl_session_t *session,
                          const json_t *document)
{
    const char *account = text_of(document, "account");
    const char *standing =
        apr_psprintf(session->pool, " (%s, %s)", text_of(document, "provider"),
                     text_of(document, "state"));
    unsigned code =
        (unsigned)json_integer_value(json_object_get(document, "code"));

    if (!*account)
        print_row(session, "Account:", "none", "");
    else if (is_mapped(document))
        print_row(session, "Account:", account, standing);
    else
        print_row(
            session, "Account:",
            apr_psprintf(session->pool, "none, but could be %s", account),
            standing);
    if (code != 0)
        print_row(session, "Failure:", text_of(document, "text"),
                  apr_psprintf(session->pool, " [data %08x]", code));
}

static void print_lines(const anonid_ctl_session_t *session,
                        const json_t *lines)
{
    size_t i;
    const json_t *line;

    json_array_foreach(lines, i, line)
    {
        const char *text = json_string_value(line);

        print_row(session, i == 0 ? "Because:" : "", text ? text : "", "");
    }
}

static void print_report(anonid_ctl_session_t *session, const check_t *check,
                         const json_t *document)
{
    const json_t *server = json_object_get(document, "server");
    const json_t *directive = json_object_get(document, "directive");
    const json_t *mail = json_object_get(document, "mail");

    print_row(session, "Request:", check->request.url, "");
    print_row(session, "Virtual host:", text_of(server, "name"),
              place_of(session, server));
    print_row(session, "Answer:",
              apr_psprintf(session->pool, "%ld %s", status_of(document),
                           text_of(document, "reason")),
              "");
    print_row(session, "Challenge:", text_of(document, "challenge"), "");
    print_row(session, "Location:", text_of(document, "location"), "");
    if (!is_mapped(document))
        print_row(session, "User:", text_of(document, "user"), "");
    print_account(session, document);
    if (json_is_object(directive))
        print_row(session, "Directive:", text_of(directive, "text"),
                  place_of(session, directive));
    else
        print_row(session, "Directive:", "no AnonIDMapTo is in force", "");
    print_row(session, "Mail service:", text_of(mail, "service"),
              place_of(session, mail));
    print_lines(session, json_object_get(document, "explanation"));
}

static int judge(const json_t *document)
{
    return is_mapped(document) && status_of(document) == 200
               ? ANONID_CTL_DONE
               : ANONID_CTL_FAILED;
}

static int print(anonid_ctl_session_t *session, const check_t *check,
                 const char *answer)
{
    json_t *document = json_loads(answer, 0, NULL);
    int status;

    if (!json_object_get(document, "anonid_check")) {
        fprintf(stderr,
                "anonidctl: what answers at %s does not know the question: "
                "it is another server than the one of this agent; give the "
                "address of the right one with --connect HOST:PORT\n",
                check->request.address ? check->request.address
                                       : check->request.url);
        json_decref(document);
        return ANONID_CTL_UNREACHABLE;
    }
    if (check->as_json) {
        json_dumpf(document, stdout,
                   JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
        putchar('\n');
    }
    else {
        print_report(session, check, document);
    }
    status = judge(document);
    json_decref(document);
    return status;
}

/* ---- asking ---- */

/* The token; NULL with *status after a line on standard error. */
static const char *get_token(anonid_ctl_session_t *session, int *status)
{
    anonid_writer_t request = ANONID_WRITER_INIT;
    anonid_frame_t reply;

    anonid_writer_begin(&request, ANONID_MSG_CHECK, 0, 1);
    *status = anonid_session_ask(session, &request, &reply);
    if (*status)
        return NULL;
    if (reply.type == ANONID_MSG_CHECK_REPLY)
        return anonid_frame_text(&reply, ANONID_TAG_TOKEN, session->pool);
    *status = anonid_session_print(session, &reply);
    return NULL;
}

int anonid_command_check(anonid_ctl_session_t *session,
                         const anonid_command_t *command, int argc,
                         char **argv)
{
    check_t check = { 0 };
    const char *token, *answer, *error;
    int status;

    check.request.headers =
        apr_array_make(session->pool, 4, sizeof(const char *));
    status = parse(&check, command, session->pool, argc, argv);
    if (status)
        return status;
    error = anonid_http_error(&check.request);
    if (error)
        return anonid_command_misused(command, error, NULL);
    token = get_token(session, &status);
    if (!token)
        return status ? status : ANONID_CTL_UNREACHABLE;
    APR_ARRAY_PUSH(check.request.headers, const char *) =
        apr_pstrcat(session->pool, FIELD, token, NULL);
    answer = anonid_http_get(&check.request, anonid_session_left(session));
    return answer ? print(session, &check, answer) : ANONID_CTL_UNREACHABLE;
}
