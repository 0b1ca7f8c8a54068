/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directives AnonIDFormTemplate, AnonIDFormThanks and AnonIDFormRobots.
 * Knows nothing of how a form is made.
 */
#include "module/config/config.h"
#include "module/config/directives.h"
#include "module/config/form_file.h"
#include "common/text.h"

#include <apr_strings.h>
#include <apr_uri.h>
#include <string.h>

#define NOT_HERE (NOT_IN_HTACCESS | NOT_IN_LIMIT)

const anonid_form_robots_t anonid_form_robots_default = { 1, 0, 0, 0 };
const anonid_template_t anonid_form_no_template;

static int is_none(const char *arg)
{
    return ap_cstr_casecmp(arg, "none") == 0;
}

const char *anonid_set_form_template(cmd_parms *cmd, void *dir,
                                     const char *arg)
{
    const char *error = ap_check_cmd_context(cmd, NOT_HERE);
    const char *path = ap_server_root_relative(cmd->pool, arg);
    anonid_dir_t *section = dir;
    anonid_template_t *template;
    const char *text;
    apr_size_t length;
    int line;

    if (error)
        return error;
    if (is_none(arg)) {
        section->form_template = &anonid_form_no_template;
        return NULL;
    }
    if (!path)
        return apr_psprintf(cmd->pool,
                            "AnonIDFormTemplate '%s' is no path; write the "
                            "path of an HTML file",
                            arg);
    error = anonid_form_file_read(cmd->pool, path, ANONID_TEMPLATE_MAX, &text,
                                  &length);
    if (error)
        return anonid_form_file_error(cmd, path, 0, error);
    error = anonid_template_read(cmd->pool, text, length, &template, &line);
    if (error)
        return anonid_form_file_error(cmd, path, line, error);
    template->is_own = 1;
    section->form_template = template;
    return NULL;
}

/* What stands in a Location field and, its origin, in a policy. */
static int is_location(apr_pool_t *p, const char *url)
{
    apr_uri_t uri;

    if (strpbrk(url, " \"'<>\\;,") || !anonid_text_is_plain(url))
        return 0;
    if (*url == '/')
        return url[1] != '/';
    return apr_uri_parse(p, url, &uri) == APR_SUCCESS && uri.scheme
           && (strcmp(uri.scheme, "https") == 0
               || strcmp(uri.scheme, "http") == 0)
           && uri.hostname && *uri.hostname && !uri.user;
}

const char *anonid_set_form_thanks(cmd_parms *cmd, void *dir, const char *arg)
{
    const char *error = ap_check_cmd_context(cmd, NOT_HERE);
    anonid_dir_t *section = dir;

    if (error)
        return error;
    if (!is_none(arg) && !is_location(cmd->temp_pool, arg))
        return apr_psprintf(cmd->pool,
                            "AnonIDFormThanks '%s' is no URL of a page; write "
                            "a path as /thanks.html, a URL that begins with "
                            "https:// or http://, or None",
                            arg);
    section->form_thanks = is_none(arg) ? "" : arg;
    return NULL;
}

/* ---- AnonIDFormRobots ---- */

/* A number of seconds that ends at a character; -1: it is none. */
static int read_seconds(const char **text, char stop)
{
    char *end;
    apr_int64_t seconds;

    if (**text < '0' || **text > '9')
        return -1;
    seconds = apr_strtoi64(*text, &end, 10);
    if (*end != stop || seconds > ANONID_ROBOTS_AGE_TOP)
        return -1;
    *text = end + (stop != '\0');
    return (int)seconds;
}

static int read_age(anonid_form_robots_t *robots, const char *text)
{
    robots->has_age = 1;
    robots->age_min = ANONID_ROBOTS_AGE_MIN;
    robots->age_max = ANONID_ROBOTS_AGE_MAX;
    if (*text == '\0')
        return 1;
    if (*text++ != '=')
        return 0;
    robots->age_min = read_seconds(&text, '-');
    if (robots->age_min >= 0)
        robots->age_max = read_seconds(&text, '\0');
    return robots->age_min >= 0 && robots->age_max > robots->age_min;
}

static const char *read_word(cmd_parms *cmd, anonid_form_robots_t *robots,
                             const char *word, int alone)
{
    if (alone && ap_cstr_casecmp(word, "off") == 0)
        return NULL;
    if (ap_cstr_casecmp(word, "honeypot") == 0) {
        robots->has_trap = 1;
        return NULL;
    }
    if (ap_cstr_casecmpn(word, "age", 3) == 0 && read_age(robots, word + 3))
        return NULL;
    return apr_psprintf(cmd->pool,
                        "AnonIDFormRobots '%s' is unknown: write Off, or "
                        "honeypot and age or age=LEAST-GREATEST, in seconds "
                        "up to %d, as age=%d-%d",
                        word, ANONID_ROBOTS_AGE_TOP, ANONID_ROBOTS_AGE_MIN,
                        ANONID_ROBOTS_AGE_MAX);
}

const char *anonid_set_form_robots(cmd_parms *cmd, void *dir, int argc,
                                   char *const argv[])
{
    const char *error = ap_check_cmd_context(cmd, NOT_HERE);
    anonid_form_robots_t *robots = apr_pcalloc(cmd->pool, sizeof(*robots));

    if (!error && argc == 0)
        error = read_word(cmd, robots, "", 0);
    for (int i = 0; i < argc && !error; i++)
        error = read_word(cmd, robots, argv[i], argc == 1);
    ((anonid_dir_t *)dir)->form_robots = robots;
    return error;
}
