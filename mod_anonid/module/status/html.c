/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status as a page for people; see faces.h. First what needs attention,
 * then accounts, mail services and listeners, each in a box of its own, which
 * is readable at any width. No script, no image; light or dark as the reader
 * has it.
 */
#include "module/status/faces.h"

#include "common/build.h"
#include "common/text.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <string.h>

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"robots\" content=\"noindex\">\n"
    "<title>Anonymous accounts and mail</title>\n"
    "<style>\n"
    ":root{--fg:#1d2430;--dim:#566072;--bg:#f4f5f8;--box:#fff;--line:#dcdfe6;"
    "--good:#14663a;--goodbg:#dff3e6;--bad:#9b1c1c;--badbg:#fde5e3;"
    "--wait:#7a4d00;--waitbg:#fdf0d2;--link:#1a5fb4}\n"
    "@media(prefers-color-scheme:dark){:root{--fg:#e6e9ef;--dim:#a3adbd;"
    "--bg:#14171c;--box:#1d2229;--line:#343b46;--good:#8fe0ae;--goodbg:"
    "#16382a;--bad:#ffb4ab;--badbg:#4a1c1c;--wait:#f6cf7a;--waitbg:#42330f;"
    "--link:#8ab8f5}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 "
    "system-ui,sans-serif}\n"
    "main{max-width:64rem;margin:0 auto;padding:1.25rem 1rem 3rem}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:0}\n"
    "h2{font-size:1.125rem;margin:2rem 0 .625rem}\n"
    "h3{font-size:1rem;margin:0;overflow-wrap:anywhere}\n"
    "p{margin:.25rem 0}\n"
    "a{color:var(--link)}\n"
    ".dim,dt{color:var(--dim)}\n"
    ".sum{border-radius:.5rem;padding:.625rem .875rem;margin:1rem 0 0;"
    "font-weight:600}\n"
    ".good{background:var(--goodbg);color:var(--good)}\n"
    ".bad{background:var(--badbg);color:var(--bad)}\n"
    ".wait{background:var(--waitbg);color:var(--wait)}\n"
    ".calm{background:var(--line);color:var(--fg)}\n"
    ".box{background:var(--box);border:1px solid var(--line);"
    "border-radius:.5rem;padding:.75rem .875rem;margin:0 0 .625rem}\n"
    ".top{display:flex;flex-wrap:wrap;gap:.25rem .625rem;align-items:center}\n"
    ".tag{border-radius:1rem;padding:0 .625rem;font-size:.875rem;"
    "font-weight:600}\n"
    ".why{margin:.5rem 0 0;padding:.375rem .625rem;border-radius:.375rem;"
    "overflow-wrap:anywhere}\n"
    "dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(6.25rem,"
    "1fr));gap:.5rem 1rem;margin:.625rem 0 0}\n"
    "dl div{min-width:0}\n"
    "dt{font-size:.8125rem}\n"
    "dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}\n"
    ".box .box{margin:.625rem 0 0;background:none}\n"
    "@media(min-width:40rem){dl{grid-template-columns:repeat(auto-fill,"
    "minmax(9.5rem,1fr))}}\n"
    "footer{margin-top:2rem;font-size:.875rem}\n"
    "</style>\n</head>\n<body>\n<main>\n";

static const char *escape(request_rec *r, const char *text)
{
    char *shown = apr_pstrdup(r->pool, text ? text : "");

    anonid_text_clean(shown);
    return ap_escape_html(r->pool, shown);
}

/* ---- numbers and times ---- */

static const char *count_text(request_rec *r, uint64_t n)
{
    return apr_psprintf(r->pool, "%" APR_UINT64_T_FMT, n);
}

/* "3 minutes": the largest unit that it has two of. */
static const char *span_text(request_rec *r, apr_interval_time_t span)
{
    static const struct {
        apr_int64_t seconds;
        const char *name;
    } units[] = {
        { 86400, "days" },
        { 3600, "hours" },
        { 60, "minutes" },
        { 1, "seconds" },
    };
    apr_int64_t seconds = apr_time_sec(span < 0 ? -span : span);
    size_t i = 0;

    while (i < 3 && seconds < 2 * units[i].seconds)
        i++;
    if (seconds == 1)
        return "1 second";
    return apr_psprintf(r->pool, "%" APR_INT64_T_FMT " %s",
                        seconds / units[i].seconds, units[i].name);
}

static const char *time_text(request_rec *r, const anonid_status_view_t *view,
                             apr_time_t when)
{
    apr_interval_time_t ago = view->now - when;
    char date[64];
    apr_size_t length;
    apr_time_exp_t parts;

    if (!when)
        return "<span class=\"dim\">never</span>";
    if (ago > -APR_USEC_PER_SEC && ago < APR_USEC_PER_SEC)
        return "now";
    apr_time_exp_gmt(&parts, when);
    apr_strftime(date, &length, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return apr_psprintf(
        r->pool, "<time datetime=\"%s\" title=\"%s\">%s%s%s</time>", date,
        date, ago < 0 ? "in " : "", span_text(r, ago), ago < 0 ? "" : " ago");
}

/* ---- pieces ---- */

/* A name and its value, which is HTML already. */
static void put_fact(request_rec *r, const char *name, const char *value)
{
    ap_rvputs(r, "<div><dt>", name, "</dt><dd>", value, "</dd></div>", NULL);
}

static void put_count(request_rec *r, const char *name, uint64_t n)
{
    put_fact(r, name, count_text(r, n));
}

static void put_time(request_rec *r, const anonid_status_view_t *view,
                     const char *name, apr_time_t when)
{
    if (when)
        put_fact(r, name, time_text(r, view, when));
}

static void put_top(request_rec *r, const char *name, const char *class,
                    const char *tag, const char *more)
{
    ap_rvputs(r, "<div class=\"top\"><h3>", escape(r, name),
              "</h3><span class=\"tag ", class, "\">", tag,
              "</span><span class=\"dim\">", more, "</span></div>\n", NULL);
}

/* ---- the beginning ---- */

static void put_summary(request_rec *r, const anonid_status_view_t *view)
{
    int troubles = anonid_status_view_troubles(view);

    if (view->agent_pid == 0)
        ap_rputs("<p class=\"sum bad\">The agent is not there, or does not "
                 "respond: nobody logs on and no mail is sent. The error log "
                 "says why.</p>\n",
                 r);
    else if (troubles > 0)
        ap_rprintf(r,
                   "<p class=\"sum bad\">%d %s attention; see what is marked "
                   "below.</p>\n",
                   troubles, troubles == 1 ? "thing needs" : "things need");
    else
        ap_rputs("<p class=\"sum good\">All is well.</p>\n", r);
}

static void put_agent(request_rec *r, const anonid_status_view_t *view)
{
    ap_rvputs(r, "<h1>Anonymous accounts and mail</h1>\n<p class=\"dim\">",
              escape(r, ap_get_server_name(r)), " \u00b7 mod_anonid ",
              ANONID_VERSION, NULL);
    if (view->agent_pid)
        ap_rvputs(r, " \u00b7 agent started ",
                  time_text(r, view, view->agent_started), NULL);
    if (view->agent_restarts)
        ap_rvputs(r, " \u00b7 restarts: ", count_text(r, view->agent_restarts),
                  NULL);
    ap_rputs("</p>\n", r);
    if (!view->is_part)
        put_summary(r, view);
    if (view->robots[ANONID_ROBOT_HONEYPOT] + view->robots[ANONID_ROBOT_AGE])
        ap_rvputs(r, "<p class=\"dim\">Robots kept off the form: ",
                  count_text(r, view->robots[ANONID_ROBOT_HONEYPOT]),
                  " by the honeypot, ",
                  count_text(r, view->robots[ANONID_ROBOT_AGE]),
                  " by their age.</p>\n", NULL);
}

/* ---- accounts ---- */

static void put_account_tag(request_rec *r, const anonid_account_view_t *a)
{
    static const char *const classes[] = {
        [ANONID_STATE_PENDING] = "wait",
        [ANONID_STATE_LOGGED_ON] = "good",
        [ANONID_STATE_FAILED] = "bad",
    };
    const char *more = apr_psprintf(r->pool, "%s%s",
                                    anonid_provider_name(a->account->provider),
                                    a->account->sync ? ", synchronised" : "");

    put_top(r, a->account->name, classes[a->state],
            anonid_state_name(a->state), more);
}

static void put_why(request_rec *r, const anonid_status_view_t *view,
                    const anonid_account_view_t *a)
{
    const anonid_pair_status_t *refused = a->refused;

    if (a->code != ANONID_LOGON_OK)
        ap_rprintf(r, "<p class=\"why %s\">%s%s (code %d)</p>\n",
                   a->state == ANONID_STATE_LOGGED_ON ? "wait" : "bad",
                   a->state == ANONID_STATE_LOGGED_ON
                       ? "The last good logon is in use; since then: "
                       : "",
                   anonid_failure_info(a->code)->text, (int)a->code);
    if (refused && a->state == ANONID_STATE_LOGGED_ON)
        ap_rvputs(r, "<p class=\"why bad\">Logged on, refused by mail server ",
                  escape(r, refused->refused_by), " for ",
                  span_text(r, view->now - refused->refused_since), ": ",
                  escape(r, refused->reply), "</p>\n", NULL);
}

static void put_account(request_rec *r, const anonid_status_view_t *view,
                        const anonid_account_view_t *a)
{
    ap_rputs("<div class=\"box\">\n", r);
    put_account_tag(r, a);
    put_why(r, view, a);
    ap_rputs("<dl>", r);
    put_time(r, view, "In this state since", a->since);
    put_time(r, view, "Next attempt", a->next_attempt);
    put_time(r, view, "Logon ends", a->expires);
    put_time(r, view, "Password ends", a->password_expires);
    put_time(r, view, "Secret changed", a->secret_since);
    put_count(r, "Attempts to log on", a->attempts);
    put_count(r, "Requests mapped", a->mapped);
    ap_rputs("</dl>\n</div>\n", r);
}

static void put_accounts(request_rec *r, const anonid_status_view_t *view)
{
    if (view->accounts->nelts == 0)
        return;
    ap_rprintf(r, "<h2>Accounts: %d of %d logged on</h2>\n",
               anonid_status_view_logged_on(view), view->accounts->nelts);
    ANONID_EACH(anonid_account_view_t, a, view->accounts)
    {
        put_account(r, view, a);
    }
}

/* ---- mail services ---- */

static void put_server(request_rec *r, const anonid_status_view_t *view,
                       const anonid_server_status_t *s)
{
    const int up = s->down_since == 0;

    ap_rputs("<div class=\"box\">\n", r);
    put_top(r, s->url,
            up && !s->last_login ? "calm"
            : up                 ? "good"
                                 : "bad",
            up && !s->last_login ? "not used yet"
            : up                 ? "up"
                                 : "down",
            "");
    if (!up)
        ap_rvputs(r, "<p class=\"why bad\">For ",
                  span_text(r, view->now - s->down_since), ": ",
                  escape(r, s->problem), "</p>\n", NULL);
    ap_rputs("<dl>", r);
    put_fact(r, "Last login", time_text(r, view, s->last_login));
    put_time(r, view, "Certificate ends", s->certificate_expires);
    put_count(r, "Logins", s->logins);
    put_count(r, "Logins refused", s->refusals);
    put_count(r, "Failures", s->failures);
    put_fact(r, "Sessions",
             apr_psprintf(r->pool, "%s idle, %s busy", count_text(r, s->idle),
                          count_text(r, s->busy)));
    ap_rputs("</dl>\n</div>\n", r);
}

/* What a service's servers have said to an account, where that was a
 * refusal. */
static void put_pair(request_rec *r, const anonid_status_view_t *view,
                     const anonid_pair_status_t *pair)
{
    if (!pair->last_refusal)
        return;
    ap_rvputs(
        r, "<p class=\"why ", pair->refused_since ? "bad" : "wait",
        "\">Account ", escape(r, pair->account), ": ",
        pair->refused_since ? "refused" : "last refused", " by ",
        escape(r, pair->refused_by ? pair->refused_by : "a server of before"),
        " ", time_text(r, view, pair->last_refusal), ": ",
        escape(r, pair->reply), NULL);
    if (pair->refused_since && pair->held_until > view->now)
        ap_rvputs(r, " (tried again ", time_text(r, view, pair->held_until),
                  ", or by <code>anonidctl logon</code>)", NULL);
    ap_rputs("</p>\n", r);
}

static void put_limits(request_rec *r, const anonid_service_view_t *s)
{
    const apr_array_header_t *limits = s->service->limits;

    for (int i = 0; i < limits->nelts && i < ANONID_STATUS_LIMITS; i++) {
        const anonid_limit_t *limit =
            &APR_ARRAY_IDX(limits, i, anonid_limit_t);

        put_count(r,
                  apr_pstrcat(r->pool, "Over ", escape(r, limit->text), NULL),
                  s->limited[i]);
    }
}

static void put_submissions(request_rec *r, const anonid_service_view_t *s)
{
    uint64_t sent = s->results[0], others = 0;

    for (int i = 1; anonid_submit_result_name(i); i++)
        others += s->results[i];
    ap_rputs("<dl>", r);
    put_count(r, "Messages sent", sent);
    put_count(r, "Not sent", others);
    for (int i = 1; anonid_submit_result_name(i); i++) {
        if (s->results[i])
            put_count(r,
                      apr_pstrcat(r->pool, "\u2026 ",
                                  anonid_submit_result_name(i), NULL),
                      s->results[i]);
    }
    put_limits(r, s);
    ap_rputs("</dl>\n", r);
}

static void put_services(request_rec *r, const anonid_status_view_t *view)
{
    if (view->services->nelts > 0)
        ap_rputs("<h2>Mail services</h2>\n", r);
    ANONID_EACH(anonid_service_view_t, s, view->services)
    {
        ap_rvputs(r, "<div class=\"box\">\n<h3>", escape(r, s->service->name),
                  "</h3>\n", NULL);
        ANONID_EACH(anonid_pair_status_t, pair, s->pairs)
        {
            put_pair(r, view, pair);
        }
        put_submissions(r, s);
        ANONID_EACH(anonid_server_status_t, server, s->servers)
        {
            put_server(r, view, server);
        }
        ap_rputs("</div>\n", r);
    }
}

/* ---- listeners ---- */

static void put_listener(request_rec *r, const anonid_listener_status_t *l)
{
    ap_rputs("<div class=\"box\">\n", r);
    put_top(r, l->url, l->clients < l->max ? "good" : "bad",
            l->clients < l->max ? "open" : "full", "");
    ap_rputs("<dl>", r);
    put_fact(r, "Account", escape(r, l->account));
    put_fact(r, "Mail service", escape(r, l->service));
    put_fact(r, "Connected",
             apr_psprintf(r->pool, "%s of %s", count_text(r, l->clients),
                          count_text(r, l->max)));
    put_count(r, "Connections", l->accepted);
    put_count(r, "Refused", l->refused);
    put_fact(r, "Octets relayed",
             apr_psprintf(r->pool, "%s to the server, %s back",
                          count_text(r, l->to_server),
                          count_text(r, l->to_client)));
    ap_rputs("</dl>\n</div>\n", r);
}

static void put_listeners(request_rec *r, const anonid_status_view_t *view)
{
    if (view->listeners->nelts > 0)
        ap_rputs("<h2>Listeners for applications</h2>\n", r);
    ANONID_EACH(anonid_listener_view_t, l, view->listeners)
    {
        put_listener(r, &l->status);
    }
}

void anonid_status_html(request_rec *r, const anonid_status_view_t *view)
{
    ap_rputs(head, r);
    put_agent(r, view);
    put_accounts(r, view);
    put_services(r, view);
    put_listeners(r, view);
    ap_rputs("<footer class=\"dim\">For programs: "
             "<a href=\"?format=json\">JSON</a> and "
             "<a href=\"?format=prometheus\">Prometheus</a>. Counters are "
             "since httpd was started.</footer>\n"
             "</main>\n</body>\n</html>\n",
             r);
}
