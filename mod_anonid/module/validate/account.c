/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of local accounts and account files, and of secrets that only
 * the environment of a running server can tell the place of.
 */
#include "module/validate/validate.h"
#include "module/validate/account_line.h"
#include "module/config/secret_source.h"

#include <apr_strings.h>
#include <errno.h>
#include <http_core.h>
#include <sys/stat.h>

/* The account's definition, or for the default account nothing. */
static const ap_directive_t *place(const anonid_account_t *account)
{
    return anonid_global_definition(account);
}

static const char *folder_of(apr_pool_t *p, const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash > path ? apr_pstrmemdup(p, path, slash - path) : "/";
}

/* The server itself makes the runtime folder, and at the first start the
 * account file with the synchronised accounts. */
static void check_missing_file(anonid_check_t *check,
                               const anonid_account_t *account)
{
    const char *folder = folder_of(check->p, account->path);
    struct stat st;

    if (!account->sync) {
        anonid_check_error(check, place(account),
                           "AnonIDLogon file: the account file '%s' of '%s' "
                           "does not exist; create it with a line "
                           "%s:<verifier> (htpasswd, doveadm pw)",
                           account->path, account->name, account->user);
        return;
    }
    if (strcmp(folder, anonid_global()->state_dir) == 0)
        return;
    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
        anonid_check_error(check, place(account),
                           "the account file '%s' of '%s' cannot be created: "
                           "'%s' is not a directory; create it, or name "
                           "another file with AnonIDAccountFile",
                           account->path, account->name, folder);
}

static void check_account_file(anonid_check_t *check,
                               anonid_account_lines_t *lines,
                               const anonid_account_t *account)
{
    struct stat st;

    if (stat(account->path, &st) != 0) {
        if (errno == ENOENT)
            check_missing_file(check, account);
        else
            anonid_check_error(check, place(account),
                               "the account file '%s' of '%s' cannot be "
                               "looked at by this user: %s; run httpd -t as "
                               "the user that starts httpd",
                               account->path, account->name, strerror(errno));
    }
    else if (!S_ISREG(st.st_mode)) {
        anonid_check_error(check, place(account),
                           "the account file '%s' of '%s' is not a regular "
                           "file; name one with AnonIDAccountFile",
                           account->path, account->name);
    }
    else if (st.st_mode & S_IWOTH) {
        anonid_check_error(check, place(account),
                           "the account file '%s' of '%s' can be written by "
                           "everybody (mode %04o); run: chmod o-w",
                           account->path, account->name,
                           (unsigned)(st.st_mode & 07777));
    }
    else if (account->sync) {
        anonid_check_account_line(check, lines, account);
    }
}

/* Two accounts that control the password of one line would fight for it. */
static void check_unique(anonid_check_t *check, apr_hash_t *lines,
                         const anonid_account_t *account)
{
    const char *line =
        apr_pstrcat(check->p, account->path, ":", account->user, NULL);
    const anonid_account_t *other;

    if (!account->sync)
        return;
    other = apr_hash_get(lines, line, APR_HASH_KEY_STRING);
    if (other)
        anonid_check_error(check, place(account),
                           "AnonIDPasswordSync: the accounts '%s' and '%s' "
                           "are both '%s' in the account file '%s', and each "
                           "would overwrite the other's password; give one "
                           "of them another name or file",
                           other->name, account->name, account->user,
                           account->path);
    else
        apr_hash_set(lines, line, APR_HASH_KEY_STRING, account);
}

/* Outside of its unit, httpd -t cannot know where a credential is. */
static void check_credential(anonid_check_t *check,
                             const anonid_account_t *account)
{
    if (!account->secret
        || anonid_secret_source_path(check->p, account->secret))
        return;
    if (ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_NORMAL)
        anonid_check_error(check, place(account),
                           "AnonIDSecret %s: systemd gave this process no "
                           "credentials (CREDENTIALS_DIRECTORY is not set); "
                           "add LoadCredential= to httpd's unit and start "
                           "httpd by systemctl",
                           account->secret);
    else
        anonid_check_warn(check, place(account),
                          "AnonIDSecret %s cannot be checked here: "
                          "CREDENTIALS_DIRECTORY is set only in what systemd "
                          "starts",
                          account->secret);
}

void anonid_check_accounts(anonid_check_t *check)
{
    const anonid_global_t *global = anonid_global();
    apr_hash_t *seen = apr_hash_make(check->p);
    anonid_account_lines_t lines = { NULL };
    int i;

    for (i = 0; i < global->accounts->nelts; i++) {
        anonid_account_t *account =
            APR_ARRAY_IDX(global->accounts, i, anonid_account_t *);

        check_credential(check, account);
        if (account->provider != ANONID_PROVIDER_FILE)
            continue;
        if (!account->path)
            account->path = global->account_file;
        if (!anonid_config_is_restart())
            check_account_file(check, &lines, account);
        check_unique(check, seen, account);
    }
}
