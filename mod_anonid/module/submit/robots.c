/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Robots; see robots.h.
 */
#include "module/submit/robots.h"
#include "module/config/config.h"
#include "module/submit/form_key.h"
#include "module/supervisor/parent.h"
#include "common/lognos.h"

#include <http_log.h>

APLOG_USE_MODULE(anonid);

#define PURPOSE "form"

const anonid_form_robots_t *anonid_robots(const request_rec *r)
{
    const anonid_form_robots_t *robots = anonid_dir(r)->form_robots;

    return robots ? robots : &anonid_form_robots_default;
}

/* Seconds since the form was made; -1: it has no seal of ours. */
static apr_int64_t age(request_rec *r, const anonid_draft_t *draft)
{
    apr_time_t made;

    if (!draft || !draft->token
        || !anonid_seal_open(r->pool, anonid_form_key(r), PURPOSE,
                             draft->token, &made))
        return -1;
    return apr_time_sec(r->request_time) - apr_time_sec(made);
}

const char *anonid_robots_token(request_rec *r, const anonid_draft_t *draft)
{
    const anonid_form_robots_t *robots = anonid_robots(r);
    apr_int64_t seconds = age(r, draft);

    if (!robots->has_age)
        return NULL;
    if (seconds >= 0 && seconds <= robots->age_max)
        return draft->token;
    return anonid_seal_make(r->pool, anonid_form_key(r), PURPOSE, "",
                            r->request_time);
}

/* The access log has what gave a robot away, and the status counts it. */
static void note(request_rec *r, anonid_robot_t robot)
{
    anonid_worker_page_t *page = anonid_parent_page();

    apr_table_setn(r->subprocess_env, "ANONID_ROBOT",
                   anonid_robot_name(robot));
    if (page)
        atomic_fetch_add_explicit(&page->robots[robot], 1,
                                  memory_order_relaxed);
}

int anonid_robots_is_trapped(request_rec *r, const anonid_draft_t *draft)
{
    if (!anonid_robots(r)->has_trap || !draft->is_trapped)
        return 0;
    note(r, ANONID_ROBOT_HONEYPOT);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  ANONID_LOGNO(0313) "A message was thrown away: a robot "
                                     "filled in the field that no visitor "
                                     "sees (AnonIDFormRobots honeypot).");
    return 1;
}

static const anonid_problem_t *refuse(request_rec *r, anonid_phrase_t phrase,
                                      const char *detail)
{
    note(r, ANONID_ROBOT_AGE);
    return anonid_problem_in_field(r->pool, ANONID_FIELD_TOKEN, phrase,
                                   detail);
}

const anonid_problem_t *anonid_robots_problem(request_rec *r,
                                              const anonid_draft_t *draft)
{
    const anonid_form_robots_t *robots = anonid_robots(r);
    apr_int64_t seconds;

    if (!robots->has_age || !draft->is_form)
        return NULL;
    seconds = age(r, draft);
    if (seconds >= 0 && seconds < robots->age_min)
        return refuse(r, ANONID_PHRASE_ERROR_TOO_FAST,
                      "The form was sent too soon after it was got.");
    if (seconds < 0 || seconds > robots->age_max)
        return refuse(r, ANONID_PHRASE_ERROR_EXPIRED,
                      "The form has no valid token of its page, or was got "
                      "too long ago. Get it again with GET, or send JSON.");
    return NULL;
}
