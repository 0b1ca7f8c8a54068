/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of the form's languages: each that a section offers is there, and
 * what a language file has a name for exists.
 */
#include "module/validate/validate.h"

#include <apr_strings.h>
#include <string.h>

static const char *tags_of(apr_pool_t *p, const apr_array_header_t *catalogs)
{
    const char *tags = "";

    for (int i = 0; i < catalogs->nelts; i++)
        tags = apr_pstrcat(p, tags, i > 0 ? ", " : "",
                           APR_ARRAY_IDX(catalogs, i, anonid_catalog_t *)->tag,
                           NULL);
    return tags;
}

static anonid_catalog_t *find_catalog(const apr_array_header_t *catalogs,
                                      const char *tag)
{
    for (int i = 0; i < catalogs->nelts; i++) {
        anonid_catalog_t *catalog =
            APR_ARRAY_IDX(catalogs, i, anonid_catalog_t *);

        if (strcmp(catalog->tag, tag) == 0)
            return catalog;
    }
    return NULL;
}

static void resolve(anonid_check_t *check, anonid_form_languages_t *languages)
{
    const apr_array_header_t *all = anonid_global()->catalogs;

    languages->catalogs = apr_array_make(check->p, languages->tags->nelts,
                                         sizeof(anonid_catalog_t *));
    for (int i = 0; i < languages->tags->nelts; i++) {
        const char *tag = APR_ARRAY_IDX(languages->tags, i, const char *);
        anonid_catalog_t *catalog = find_catalog(all, tag);

        if (!catalog)
            anonid_check_error(check, languages->directive,
                               "AnonIDFormLanguages '%s': there is no such "
                               "language; write one of: %s; or add %s.conf to "
                               "a folder that AnonIDFormLanguageDir names",
                               tag, tags_of(check->p, all), tag);
        else if (find_catalog(languages->catalogs, tag))
            anonid_check_error(check, languages->directive,
                               "AnonIDFormLanguages '%s': it is listed twice; "
                               "remove one of them",
                               tag);
        else
            APR_ARRAY_PUSH(languages->catalogs, anonid_catalog_t *) = catalog;
    }
}

static int is_alias(const char *alias)
{
    const apr_array_header_t *services = anonid_global()->services;

    for (int i = 0; i < services->nelts; i++)
        if (anonid_service_recipient(
                APR_ARRAY_IDX(services, i, const anonid_service_t *), alias))
            return 1;
    return 0;
}

static int is_field(const char *name)
{
    return apr_hash_get(anonid_global()->field_names, name,
                        APR_HASH_KEY_STRING)
           != NULL;
}

/* What a file may have a label for. */
static const struct {
    const char *prefix;
    int (*exists)(const char *name);
    const char *missing;
} labels[] = {
    { "recipient.", is_alias, "no AnonIDMailRecipient has that alias" },
    { "field.", is_field, "no AnonIDMailFields has a field of that name" },
};

static void check_label(anonid_check_t *check, const char *tag,
                        const char *label)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        size_t length = strlen(labels[i].prefix);

        if (strncmp(label, labels[i].prefix, length) == 0
            && !labels[i].exists(label + length))
            anonid_check_warn(check, NULL,
                              "'%s' in a file %s.conf of "
                              "AnonIDFormLanguageDir: %s",
                              label, tag, labels[i].missing);
    }
}

static void check_labels(anonid_check_t *check,
                         const anonid_catalog_t *catalog)
{
    for (apr_hash_index_t *hi = apr_hash_first(check->p, catalog->labels); hi;
         hi = apr_hash_next(hi))
        check_label(check, catalog->tag, apr_hash_this_key(hi));
}

void anonid_check_forms(anonid_check_t *check)
{
    const anonid_global_t *global = anonid_global();

    for (int i = 0; i < global->form_languages->nelts; i++)
        resolve(check, APR_ARRAY_IDX(global->form_languages, i,
                                     anonid_form_languages_t *));
    for (int i = 0; i < global->catalogs->nelts; i++)
        check_labels(check,
                     APR_ARRAY_IDX(global->catalogs, i, anonid_catalog_t *));
}
