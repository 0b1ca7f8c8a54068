/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs: see pairs.h. The one place that knows how AnonIDMapTo and AnonIDMail
 * come together.
 *
 * Of all sections that apply to a request the last one that names an account
 * gives the account, and the last one that names a mail service gives that;
 * the server's own come before all. In which order sections apply is not
 * looked into, so a pair may be found that no request ever has; none that a
 * request can have is missing.
 */
#include "module/validate/pairs.h"

#include <apr_lib.h>
#include <string.h>

/* An account and a service, as a key. */
typedef struct {
    const anonid_account_t *account;
    const anonid_service_t *service;
} joint_t;

typedef struct {
    anonid_check_t *check;
    apr_hash_t *seen; /* joint_t -> itself */
} finder_t;

static void add(const finder_t *finder, const anonid_reference_t *map_to,
                const anonid_reference_t *mail)
{
    anonid_pair_t *pair;
    anonid_use_t *use;
    joint_t *joint;

    if (!map_to || !map_to->account || !mail || !mail->service)
        return;
    if (apr_hash_get(finder->seen,
                     &(joint_t){ map_to->account, mail->service },
                     sizeof(*joint)))
        return;
    joint = apr_pcalloc(finder->check->p, sizeof(*joint));
    joint->account = map_to->account;
    joint->service = mail->service;
    apr_hash_set(finder->seen, joint, sizeof(*joint), joint);
    use = apr_array_push(finder->check->uses);
    use->account = joint->account;
    use->service = joint->service;
    use->at = mail->directive;
    pair = apr_array_push(anonid_global()->pairs);
    pair->account = joint->account->name;
    pair->service = joint->service->name;
    pair->slot = -1;
}

/* ---- whether two sections can apply to one request ---- */

/* "<Location" or "<Directory" if the directive stands right in such a section
 * for one plain path; NULL: it may apply anywhere. */
static const char *plain_container(const anonid_reference_t *reference)
{
    static const char *const containers[] = { "<Location", "<Directory" };
    const ap_directive_t *parent = reference->directive->parent;
    const char *argument = parent ? parent->args : NULL;

    if (!argument || *reference->path != '/'
        || strpbrk(reference->path, "*?[\\") || strstr(reference->path, "//"))
        return NULL;
    while (apr_isspace(*argument))
        argument++;
    if (*argument == '~')
        return NULL;
    for (size_t i = 0; i < sizeof(containers) / sizeof(containers[0]); i++) {
        if (ap_cstr_casecmp(parent->directive, containers[i]) == 0)
            return containers[i];
    }
    return NULL;
}

/* Octets of a path without the slashes at its end. */
static size_t path_length(const char *path)
{
    size_t length = strlen(path);

    while (length > 0 && path[length - 1] == '/')
        length--;
    return length;
}

/* 1 if one path is the other one, or leads to it. */
static int is_below(const char *a, const char *b)
{
    size_t m = path_length(a), n = path_length(b);
    size_t shorter = m < n ? m : n;

    if (strncmp(a, b, shorter) != 0)
        return 0;
    return m == n || (m < n ? b : a)[shorter] == '/';
}

static int may_meet(const anonid_reference_t *a, const anonid_reference_t *b)
{
    const char *first = plain_container(a), *second = plain_container(b);

    return !first || first != second || is_below(a->path, b->path);
}

/* 1 if a request can have the account of one and the service of the other
 * section. Where each names both, the later one gives both. */
static int may_join(const anonid_reference_t *map_to,
                    const anonid_reference_t *mail)
{
    if (map_to->section == mail->section)
        return 1;
    if (map_to->section->mail && mail->section->map_to)
        return 0;
    return may_meet(map_to, mail);
}

/* ---- the references of a server ---- */

/* The references in the sections that stand in a server's configuration. */
static const apr_array_header_t *references_of(const server_rec *s)
{
    static const apr_array_header_t none;
    const anonid_server_t *server =
        ap_get_module_config(s->module_config, &anonid_module);

    return server->references ? server->references : &none;
}

static const anonid_reference_t *at(const apr_array_header_t *references,
                                    int i)
{
    return APR_ARRAY_IDX(references, i, const anonid_reference_t *);
}

/* 1 if it stands in a section, and no other there takes its place. */
static int counts(const anonid_reference_t *reference, int is_mail)
{
    if (!reference->path || reference->is_mail != is_mail)
        return 0;
    return reference
           == (is_mail ? reference->section->mail
                       : reference->section->map_to);
}

/* Sections together with what the server says outside of them. */
static void find_with_defaults(const finder_t *finder,
                               const apr_array_header_t *references,
                               const anonid_dir_t *defaults)
{
    for (int i = 0; i < references->nelts; i++) {
        const anonid_reference_t *reference = at(references, i);

        if (counts(reference, 0) && !reference->section->mail)
            add(finder, reference, defaults->mail);
        if (counts(reference, 1) && !reference->section->map_to)
            add(finder, defaults->map_to, reference);
    }
}

/* Accounts of sections on one side, services on the other. */
static void find_between(const finder_t *finder,
                         const apr_array_header_t *accounts,
                         const apr_array_header_t *services)
{
    for (int i = 0; i < accounts->nelts; i++) {
        if (!counts(at(accounts, i), 0))
            continue;
        for (int j = 0; j < services->nelts; j++) {
            if (counts(at(services, j), 1)
                && may_join(at(accounts, i), at(services, j)))
                add(finder, at(accounts, i), at(services, j));
        }
    }
}

void anonid_pairs_find(anonid_check_t *check)
{
    const finder_t finder = { check, apr_hash_make(check->p) };
    const apr_array_header_t *main = references_of(check->main);
    const server_rec *s;

    check->uses = apr_array_make(check->p, 4, sizeof(anonid_use_t));
    apr_array_clear(anonid_global()->pairs);
    for (s = check->main; s; s = s->next) {
        const anonid_dir_t *defaults = anonid_dir_of_server(s);
        const apr_array_header_t *own = references_of(s);

        add(&finder, defaults->map_to, defaults->mail);
        find_with_defaults(&finder, own, defaults);
        find_between(&finder, own, own);
        if (s == check->main)
            continue;
        find_with_defaults(&finder, main, defaults);
        find_between(&finder, own, main);
        find_between(&finder, main, own);
    }
}
