/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider of local accounts: checks the secret against the account's
 * verifier in the account file. What is in the file is found by
 * account_table.h; verifiers are in secret/verifier.h.
 */
#include "agent/provider/account_table.h"
#include "agent/provider/provider.h"
#include "agent/secret/verifier.h"

#include <string.h>

/* Why there is no one line of the account. */
static void explain_line(anonid_attempt_t *attempt, anonid_accountfile_t found)
{
    const anonid_account_t *account = attempt->account;
    anonid_outcome_t *outcome = &attempt->outcome;

    if (found == ANONID_ACCOUNTFILE_MISSING)
        anonid_outcome_set(outcome, ANONID_LOGON_FAILURE,
                           "%s has no line of '%s'%s", account->path,
                           account->user, account->sync ? ": restore it" : "");
    else if (found == ANONID_ACCOUNTFILE_TWICE)
        anonid_outcome_set(outcome, ANONID_LOGON_FAILURE,
                           "%s has more than one line of '%s'", account->path,
                           account->user);
    else
        anonid_outcome_set(outcome, ANONID_LOGON_FAILURE,
                           "%s is malformed at '%s'", account->path,
                           account->user);
}

/* What each verdict means to the account; %s is the account file. */
static const struct {
    anonid_verifier_result_t verdict;
    anonid_failure_t code;
    const char *detail;
} meanings[] = {
    { ANONID_VERIFIER_DIFFERS, ANONID_LOGON_FAILURE,
      "the secret does not fit the verifier in" },
    { ANONID_VERIFIER_DISABLED, ANONID_ACCOUNT_DISABLED,
      "the verifier begins with '!' or '*' in" },
    { ANONID_VERIFIER_COSTLY, ANONID_LOGON_FAILURE,
      "the verifier asks for too much work in" },
    { ANONID_VERIFIER_UNKNOWN, ANONID_LOGON_FAILURE,
      "the verifier is malformed or of an unknown scheme in" },
};

#define N_MEANINGS (sizeof(meanings) / sizeof(meanings[0]))

/* Notes which verifier is checked: 1 if it is the one of the last time. */
static int same_again(anonid_attempt_t *attempt, const char *verifier)
{
    int same = anonid_verifier_is(verifier, attempt->checked);

    anonid_verifier_digest(attempt->checked, verifier);
    return same;
}

static void judge(anonid_attempt_t *attempt, const char *verifier)
{
    anonid_verifier_result_t verdict =
        anonid_verifier_is(verifier, attempt->made)
            ? ANONID_VERIFIER_FITS
            : anonid_verifier_check(verifier, attempt->secret);

    anonid_outcome_set(&attempt->outcome, ANONID_LOGON_OK, "%s", "");
    for (size_t i = 0; i < N_MEANINGS; i++) {
        if (meanings[i].verdict == verdict)
            anonid_outcome_set(&attempt->outcome, meanings[i].code, "%s %s",
                               meanings[i].detail, attempt->account->path);
    }
}

static void forget_checked(anonid_attempt_t *attempt)
{
    memset(attempt->checked, 0, sizeof(attempt->checked));
}

/* An account of a file always has a secret: configuration sees to it. */
static void logon(anonid_attempt_t *attempt)
{
    const anonid_account_t *account = attempt->account;
    char verifier[ANONID_VERIFIER_ROOM];
    const char *why;
    anonid_accountfile_t found = anonid_account_table_find(
        attempt->table, account->user, verifier, &why);

    if (why) {
        forget_checked(attempt);
        anonid_outcome_set(&attempt->outcome, ANONID_ACCESS_DENIED, "%s: %s",
                           account->path, why);
        return;
    }
    if (found != ANONID_ACCOUNTFILE_OK) {
        forget_checked(attempt);
        explain_line(attempt, found);
        return;
    }
    attempt->unchanged = same_again(attempt, verifier);
    if (!attempt->unchanged)
        judge(attempt, verifier);
}

const anonid_provider_ops_t anonid_provider_file = { "file",
                                                     ANONID_PROVIDER_FILE,
                                                     logon, NULL };
