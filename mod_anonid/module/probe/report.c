/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of a request, as JSON; see report.h.
 */
#include "module/probe/report.h"
#include "module/config/config.h"
#include "module/map/map.h"
#include "module/supervisor/parent.h"

#include "common/account_status.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <jansson.h>
#include <stdlib.h>

#define TYPE "application/json"

/* A string; null for none, and a replacement for what is not UTF-8. */
static json_t *text(const char *string)
{
    json_t *json = string ? json_string(string) : json_null();

    return json ? json : json_string("\xef\xbf\xbd");
}

static void add_place(json_t *object, const char *file, unsigned line)
{
    json_object_set_new(object, "file", text(file));
    json_object_set_new(object, "line", json_integer(line));
}

static json_t *describe_server(const request_rec *r)
{
    const server_rec *s = r->server;
    json_t *json = json_object();
    const char *name = s->server_hostname ? s->server_hostname : "*";

    if (s->is_virtual && s->addrs && s->addrs->host_port)
        name = apr_psprintf(r->pool, "%s:%u", name,
                            (unsigned)s->addrs->host_port);
    json_object_set_new(json, "name", text(name));
    add_place(json, s->defn_name, s->defn_line_number);
    return json;
}

static json_t *describe_directive(const request_rec *r,
                                  const anonid_reference_t *reference)
{
    const ap_directive_t *directive = reference ? reference->directive : NULL;
    json_t *json;

    if (!directive)
        return json_null();
    json = json_object();
    json_object_set_new(
        json, "text",
        text(apr_pstrcat(r->pool, directive->directive,
                         *directive->args ? " " : "", directive->args, NULL)));
    add_place(json, directive->filename, (unsigned)directive->line_num);
    return json;
}

static json_t *describe_mail(const anonid_reference_t *mail)
{
    json_t *json;

    if (!mail || !mail->service)
        return json_null();
    json = json_object();
    json_object_set_new(json, "service", text(mail->service->name));
    if (mail->directive)
        add_place(json, mail->directive->filename,
                  (unsigned)mail->directive->line_num);
    return json;
}

/* The account that counts here, and how it stands. */
static void add_account(json_t *json, const anonid_account_t *account)
{
    const anonid_status_table_t *table = anonid_parent_status();
    anonid_failure_t code = ANONID_LOGON_OK;
    anonid_state_t state;

    json_object_set_new(json, "account", text(account ? account->name : NULL));
    if (!account || !table)
        return;
    state = anonid_status_state(table, account->slot);
    if (state == ANONID_STATE_FAILED)
        code = anonid_status_code(table, account->slot);
    json_object_set_new(json, "provider",
                        text(anonid_provider_name(account->provider)));
    json_object_set_new(json, "state", text(anonid_state_name(state)));
    json_object_set_new(json, "code", json_integer(code));
    if (code != ANONID_LOGON_OK)
        json_object_set_new(json, "text",
                            text(anonid_failure_info(code)->text));
}

static json_t *describe_lines(const apr_array_header_t *lines)
{
    json_t *json = json_array();

    for (int i = 0; i < lines->nelts; i++)
        json_array_append_new(json,
                              text(APR_ARRAY_IDX(lines, i, const char *)));
    return json;
}

static const char *response_field(const request_rec *r, const char *name)
{
    const char *value = apr_table_get(r->err_headers_out, name);

    return value ? value : apr_table_get(r->headers_out, name);
}

static json_t *describe(request_rec *r, int status,
                        const apr_array_header_t *lines)
{
    const anonid_dir_t *dir = anonid_dir(r);
    const anonid_account_t *mapped = anonid_mapped_account(r);
    const anonid_account_t *account =
        mapped || !dir->map_to ? mapped : dir->map_to->account;
    const char *challenge = response_field(r, "WWW-Authenticate");
    const char *location = response_field(r, "Location");
    json_t *json = json_object();

    json_object_set_new(json, "anonid_check", json_integer(1));
    json_object_set_new(json, "uri", text(r->uri));
    json_object_set_new(json, "method", text(r->method));
    json_object_set_new(json, "server", describe_server(r));
    json_object_set_new(json, "status", json_integer(status));
    json_object_set_new(json, "reason", text(ap_get_status_line(status) + 4));
    json_object_set_new(json, "challenge", text(challenge));
    json_object_set_new(json, "location", text(location));
    json_object_set_new(json, "auth_type", text(ap_auth_type(r)));
    json_object_set_new(json, "user", text(r->user));
    json_object_set_new(json, "mapped", json_boolean(mapped != NULL));
    add_account(json, account);
    json_object_set_new(json, "directive", describe_directive(r, dir->map_to));
    json_object_set_new(json, "mail", describe_mail(dir->mail));
    json_object_set_new(json, "explanation", describe_lines(lines));
    return json;
}

int anonid_check_report(request_rec *r, int status,
                        const apr_array_header_t *lines)
{
    json_t *json = describe(
        r, ap_is_HTTP_VALID_RESPONSE(status) ? status : HTTP_OK, lines);
    char *document = json_dumps(json, JSON_COMPACT);

    json_decref(json);
    apr_table_clear(r->headers_out);
    apr_table_clear(r->err_headers_out);
    r->status = HTTP_OK;
    r->status_line = NULL;
    ap_set_content_type(r, TYPE);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    if (document)
        ap_rvputs(r, document, "\n", NULL);
    free(document);
    return OK;
}
