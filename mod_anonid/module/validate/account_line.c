/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of synchronised accounts; see account_line.h. Each file is read once,
 * however many accounts are in it.
 */
#include "module/validate/account_line.h"

#include "common/accountfile.h"
#include "common/protocol.h"

#include <apr_file_io.h>
#include <apr_strings.h>

/* What accounts of this kind are called by default, here and elsewhere. */
#define PREFIX "IUSR_"

/* The users of one file. */
typedef struct {
    apr_hash_t *users; /* name -> "" */
    const char *iusr;  /* the first IUSR_... of them; NULL: none */
} file_t;

static int is_iusr(const char *name)
{
    return ap_cstr_casecmpn(name, PREFIX, strlen(PREFIX)) == 0;
}

/* The text in the pool; NULL if it cannot be read. */
static char *read_text(apr_pool_t *p, const char *path, apr_size_t *length)
{
    apr_file_t *file;
    apr_finfo_t info;
    char *text = NULL;

    if (apr_file_open(&file, path, APR_READ, APR_OS_DEFAULT, p) != APR_SUCCESS)
        return NULL;
    if (apr_file_info_get(&info, APR_FINFO_SIZE, file) == APR_SUCCESS
        && info.size <= ANONID_ACCOUNT_FILE_MAX) {
        text = apr_palloc(p, (apr_size_t)info.size + 1);
        if (apr_file_read_full(file, text, (apr_size_t)info.size, length)
            != APR_SUCCESS)
            text = NULL;
    }
    apr_file_close(file);
    return text;
}

/* The users of a file; NULL if it cannot be read. */
static file_t *read_users(apr_pool_t *p, const char *path)
{
    apr_size_t length, user_length;
    size_t at = 0;
    const char *user, *name, *text = read_text(p, path, &length);
    file_t *file;

    if (!text)
        return NULL;
    file = apr_pcalloc(p, sizeof(*file));
    file->users = apr_hash_make(p);
    while (anonid_accountfile_next(text, length, &at, &user, &user_length)) {
        name = apr_pstrmemdup(p, user, user_length);
        apr_hash_set(file->users, name, APR_HASH_KEY_STRING, "");
        if (!file->iusr && is_iusr(name))
            file->iusr = name;
    }
    return file;
}

static const file_t *users_of(anonid_check_t *check,
                              anonid_account_lines_t *lines, const char *path)
{
    file_t *file;

    if (!lines->files)
        lines->files = apr_hash_make(check->p);
    file = apr_hash_get(lines->files, path, APR_HASH_KEY_STRING);
    if (!file) {
        file = read_users(check->p, path);
        if (file)
            apr_hash_set(lines->files, path, APR_HASH_KEY_STRING, file);
    }
    return file;
}

void anonid_check_account_line(anonid_check_t *check,
                               anonid_account_lines_t *lines,
                               const anonid_account_t *account)
{
    const ap_directive_t *at = anonid_global_definition(account);
    const file_t *file = users_of(check, lines, account->path);

    if (!file || apr_hash_get(file->users, account->user, APR_HASH_KEY_STRING))
        return;
    if (file->iusr && is_iusr(account->user))
        anonid_check_warn(
            check, at,
            "the account file '%s' knows '%s' and not '%s': the machine was "
            "renamed. Run: anonidctl create %s (httpd has to run), and tell "
            "who names the old account; or keep the old name with "
            "<AnonIDAccount %s>, AnonIDPasswordSync On and AnonIDMapTo %s",
            account->path, file->iusr, account->user, account->name,
            file->iusr, file->iusr);
    else
        anonid_check_warn(
            check, at,
            "the synchronised account '%s' has no line in the account file "
            "'%s' and cannot be logged on. Before httpd is restarted, add "
            "the line %s:* to the file; or run afterwards: anonidctl create "
            "%s",
            account->name, account->path, account->user, account->name);
}
