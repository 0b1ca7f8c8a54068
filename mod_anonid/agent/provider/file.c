/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider of local accounts: checks the secret against the account's
 * verifier in the account file. Owns reading that file; its format is in
 * common/accountfile.h, verifiers are in secret/verifier.h.
 */
#include "agent/provider/provider.h"
#include "agent/secret/verifier.h"

#include "common/protocol.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_STEP 65536

typedef struct {
    char *data;
    size_t length;
    size_t capacity;
} text_t;

static int grow(text_t *text)
{
    size_t capacity = text->capacity ? text->capacity * 2 : READ_STEP;
    char *data = realloc(text->data, capacity);

    if (!data)
        return 0;
    text->data = data;
    text->capacity = capacity;
    return 1;
}

/* Reads all of the file with pread, because the descriptor's offset is
 * everybody's. NULL is good, else what is wrong. */
static const char *read_text(text_t *text, int fd)
{
    for (;;) {
        ssize_t n;

        if (text->length == text->capacity && !grow(text))
            return "there is no memory for it";
        n = pread(fd, text->data + text->length, text->capacity - text->length,
                  (off_t)text->length);
        if (n == 0)
            return NULL;
        if (n < 0 && errno != EINTR)
            return strerror(errno);
        if (n > 0)
            text->length += (size_t)n;
        if (text->length > ANONID_ACCOUNT_FILE_MAX)
            return "it is over 16 MB";
    }
}

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
    unsigned char digest[ANONID_DIGEST_OCTETS];
    int same;

    if (!EVP_Digest(verifier, strlen(verifier), digest, NULL, EVP_sha256(),
                    NULL))
        return 0;
    same = memcmp(digest, attempt->checked, sizeof(digest)) == 0;
    memcpy(attempt->checked, digest, sizeof(digest));
    return same;
}

static void judge(anonid_attempt_t *attempt, const char *verifier)
{
    anonid_verifier_result_t verdict =
        anonid_verifier_check(verifier, attempt->secret);

    anonid_outcome_set(&attempt->outcome, ANONID_LOGON_OK, "%s", "");
    for (size_t i = 0; i < N_MEANINGS; i++) {
        if (meanings[i].verdict == verdict)
            anonid_outcome_set(&attempt->outcome, meanings[i].code, "%s %s",
                               meanings[i].detail, attempt->account->path);
    }
}

/* An account of a file always has a secret: configuration sees to it. */
static void check(anonid_attempt_t *attempt, const text_t *text)
{
    char verifier[ANONID_VERIFIER_ROOM];
    anonid_verifier_span_t span;
    anonid_accountfile_t found = anonid_accountfile_find(
        text->data, text->length, attempt->account->user, &span);

    if (found != ANONID_ACCOUNTFILE_OK) {
        memset(attempt->checked, 0, sizeof(attempt->checked));
        explain_line(attempt, found);
        return;
    }
    memcpy(verifier, text->data + span.offset, span.length);
    verifier[span.length] = '\0';
    attempt->unchanged = same_again(attempt, verifier);
    if (!attempt->unchanged)
        judge(attempt, verifier);
}

static void logon(anonid_attempt_t *attempt)
{
    text_t text = { NULL, 0, 0 };
    const char *error = read_text(&text, attempt->file);

    if (!error) {
        check(attempt, &text);
    }
    else {
        memset(attempt->checked, 0, sizeof(attempt->checked));
        anonid_outcome_set(&attempt->outcome, ANONID_ACCESS_DENIED, "%s: %s",
                           attempt->account->path, error);
    }
    free(text.data);
}

const anonid_provider_ops_t anonid_provider_file = { "file",
                                                     ANONID_PROVIDER_FILE,
                                                     logon, NULL };
