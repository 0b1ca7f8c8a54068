/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directives AnonIDFormLanguageDir and AnonIDFormLanguages: which
 * languages there are, and which of them a form has. Knows no HTTP.
 */
#include "module/config/config.h"
#include "module/config/directives.h"
#include "module/config/form_file.h"

#include <apr_strings.h>
#include <string.h>

#define NOT_HERE (NOT_IN_HTACCESS | NOT_IN_LIMIT)

/* ---- AnonIDFormLanguageDir ---- */

static anonid_catalog_t **find_language(const char *tag)
{
    apr_array_header_t *catalogs = anonid_global()->catalogs;

    for (int i = 0; i < catalogs->nelts; i++)
        if (strcmp(APR_ARRAY_IDX(catalogs, i, anonid_catalog_t *)->tag, tag)
            == 0)
            return &APR_ARRAY_IDX(catalogs, i, anonid_catalog_t *);
    return NULL;
}

/* A language that is there already keeps the texts that the file has not. */
static void add_language(anonid_catalog_t *catalog)
{
    anonid_catalog_t **there = find_language(catalog->tag);

    if (!there)
        there = apr_array_push(anonid_global()->catalogs);
    *there = catalog;
}

static const char *read_language(cmd_parms *cmd, const char *path,
                                 const char *tag)
{
    anonid_catalog_t **there = find_language(tag);
    anonid_catalog_t *catalog =
        anonid_catalog_make(cmd->pool, tag, there ? *there : NULL);
    const char *text, *error;
    apr_size_t length;
    int line;

    if (!anonid_catalog_is_tag(tag))
        return anonid_form_file_error(
            cmd, path, 0,
            "it is not named for a language; write its tag in lower case, as "
            "in de.conf or pt-br.conf");
    error = anonid_form_file_read(cmd->pool, path, ANONID_CATALOG_MAX, &text,
                                  &length);
    if (error)
        return anonid_form_file_error(cmd, path, 0, error);
    error = anonid_catalog_read(cmd->pool, catalog, text, length, &line);
    if (error)
        return anonid_form_file_error(cmd, path, line, error);
    if (anonid_catalog_missing(catalog))
        return anonid_form_file_error(
            cmd, path, 0,
            apr_psprintf(cmd->pool,
                         "the text '%s' is missing; a language that is not "
                         "built in needs all those of languages/en.conf among "
                         "the examples",
                         anonid_catalog_missing(catalog)));
    add_language(catalog);
    return NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their names, so that every start has the same languages in
 * the same order. */
static const char *read_folder(cmd_parms *cmd, const char *path,
                               apr_dir_t *folder)
{
    apr_array_header_t *names =
        apr_array_make(cmd->pool, 8, sizeof(const char *));
    const char *error = NULL;
    apr_finfo_t finfo;

    while (apr_dir_read(&finfo, APR_FINFO_NAME, folder) == APR_SUCCESS)
        if (anonid_catalog_file_tag(cmd->temp_pool, finfo.name))
            APR_ARRAY_PUSH(names, const char *) =
                apr_pstrdup(cmd->pool, finfo.name);
    if (names->nelts == 0)
        return anonid_form_file_error(
            cmd, path, 0,
            "there is no language in it; name a file for one, as in pt.conf");
    qsort(names->elts, (size_t)names->nelts, sizeof(const char *),
          compare_names);
    for (int i = 0; i < names->nelts && !error; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        error =
            read_language(cmd, apr_pstrcat(cmd->pool, path, "/", name, NULL),
                          anonid_catalog_file_tag(cmd->pool, name));
    }
    return error;
}

const char *anonid_set_form_language_dir(cmd_parms *cmd, void *dir,
                                         const char *arg)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *path = ap_server_root_relative(cmd->pool, arg);
    apr_dir_t *folder;
    apr_status_t rv;

    (void)dir;
    if (error)
        return error;
    rv = path ? apr_dir_open(&folder, path, cmd->temp_pool) : APR_EBADPATH;
    if (rv != APR_SUCCESS)
        return apr_psprintf(cmd->pool,
                            "AnonIDFormLanguageDir '%s' cannot be read "
                            "(%pm); write the path of a folder of language "
                            "files, as pt.conf",
                            arg, &rv);
    error = read_folder(cmd, path, folder);
    apr_dir_close(folder);
    return error;
}

/* ---- AnonIDFormLanguages ---- */

/* Called for each tag of the line. */
const char *anonid_set_form_languages(cmd_parms *cmd, void *dir,
                                      const char *arg)
{
    const char *error = ap_check_cmd_context(cmd, NOT_HERE);
    anonid_dir_t *section = dir;
    anonid_form_languages_t *languages = section->form_languages;
    char *tag = apr_pstrdup(cmd->pool, arg);

    if (error)
        return error;
    if (!languages || languages->directive != cmd->directive) {
        languages = apr_pcalloc(cmd->pool, sizeof(*languages));
        languages->tags = apr_array_make(cmd->pool, 4, sizeof(const char *));
        languages->directive = cmd->directive;
        APR_ARRAY_PUSH(anonid_global()->form_languages,
                       anonid_form_languages_t *) = languages;
        section->form_languages = languages;
    }
    ap_str_tolower(tag);
    APR_ARRAY_PUSH(languages->tags, const char *) = tag;
    return NULL;
}
