/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of SetHandler and AddHandler: a handler's name that is nearly ours
 * serves the form's location as a missing file, and one that is ours needs an
 * account and a mail service somewhere.
 */
#include "module/validate/validate.h"
#include "module/config/directives.h"

#include <apr_strings.h>

#define HANDLER "anonid-submit"
#define STATUS_HANDLER "anonid-status"

/* What is between small letters does not count: Anonid_Submit, say. */
static int same_letters(const char *a, const char *b)
{
    while (*a || *b) {
        while (*a == '-' || *a == '_')
            a++;
        while (*b == '-' || *b == '_')
            b++;
        if (ap_cstr_casecmpn(a, b, 1) != 0)
            return 0;
        a += *a != '\0';
        b += *b != '\0';
    }
    return 1;
}

/* 1 if one letter more, less or otherwise makes one word the other. */
static int one_letter_off(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b), same = 0;

    if (m > n)
        return one_letter_off(b, a);
    while (same < m && a[same] == b[same])
        same++;
    return n - m <= 1 && strcmp(a + same + (m == n), b + same + 1) == 0;
}

static int is_nearly_ours(const char *name)
{
    if (strcmp(name, HANDLER) == 0 || strcmp(name, STATUS_HANDLER) == 0)
        return 0;
    return same_letters(name, HANDLER) || one_letter_off(name, HANDLER)
           || same_letters(name, STATUS_HANDLER)
           || one_letter_off(name, STATUS_HANDLER)
           || ap_cstr_casecmpn(name, "anonid-", 7) == 0;
}

static void check_status(anonid_check_t *check, const ap_directive_t *at)
{
    if (ap_cstr_casecmp(at->directive, "SetHandler") != 0)
        anonid_check_error(check, at,
                           "%s " STATUS_HANDLER ": the status is shown by "
                           "SetHandler alone; write it into a section with "
                           "Require",
                           at->directive);
    else if (!anonid_has_require(at))
        anonid_check_warn(check, at,
                          "SetHandler " STATUS_HANDLER ": everybody will "
                          "be refused (403), because its section does not "
                          "say who may see the status; write Require "
                          "there (\"Require local\", say)");
}

static void check_directive(anonid_check_t *check, const ap_directive_t *at)
{
    const char *args = at->args;
    const char *name = ap_getword_conf(check->p, &args);
    const anonid_global_t *global = anonid_global();

    if (is_nearly_ours(name))
        anonid_check_error(check, at,
                           "%s '%s': there is no such handler; write "
                           "SetHandler " HANDLER " or " STATUS_HANDLER,
                           at->directive, name);
    if (strcmp(name, STATUS_HANDLER) == 0)
        check_status(check, at);
    if (strcmp(name, HANDLER) != 0)
        return;
    if (global->services->nelts == 0)
        anonid_check_error(check, at,
                           "%s " HANDLER ": there is no mail service to "
                           "submit to; define one with <AnonIDMailService>, "
                           "and name it with AnonIDMail where this handler is",
                           at->directive);
    if (global->accounts->nelts == 0)
        anonid_check_error(check, at,
                           "%s " HANDLER ": no request is mapped to an "
                           "account that could submit; write AnonIDMapTo "
                           "where this handler is",
                           at->directive);
}

static void check_tree(anonid_check_t *check, const ap_directive_t *at)
{
    for (; at; at = at->next) {
        if (ap_cstr_casecmp(at->directive, "SetHandler") == 0
            || ap_cstr_casecmp(at->directive, "AddHandler") == 0)
            check_directive(check, at);
        if (at->first_child)
            check_tree(check, at->first_child);
    }
}

void anonid_check_handlers(anonid_check_t *check)
{
    check_tree(check, ap_conftree);
}
