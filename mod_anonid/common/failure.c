/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The failure table; see failure.h. It knows neither providers nor logs.
 */
#include "common/failure.h"
#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SECONDS(n) apr_time_from_sec(n)

static const anonid_failure_info_t failures[] = {
    { ANONID_LOGON_FAILURE, ANONID_PERMANENT, 0, "logon failure",
      "Logon failure: unknown user name or bad password." },
    { ANONID_ACCOUNT_RESTRICTION, ANONID_PERMANENT, 0, "account restriction",
      "Logon failure: user account restriction." },
    { ANONID_INVALID_LOGON_HOURS, ANONID_TRANSIENT, 0, "logon hours",
      "Logon failure: account logon time restriction violation." },
    { ANONID_INVALID_WORKSTATION, ANONID_PERMANENT, 0, "workstation",
      "Logon failure: user not allowed to log on to this computer." },
    { ANONID_PASSWORD_EXPIRED, ANONID_PERMANENT, 0, "password expired",
      "Logon failure: the specified account password has expired." },
    { ANONID_ACCOUNT_DISABLED, ANONID_PERMANENT, 0, "account disabled",
      "Logon failure: account currently disabled." },
    { ANONID_LOGON_TYPE_NOT_GRANTED, ANONID_PERMANENT, 0, "logon type",
      "Logon failure: the user has not been granted the requested logon type "
      "at this computer." },
    { ANONID_ACCOUNT_EXPIRED, ANONID_PERMANENT, 0, "account expired",
      "The user's account has expired." },
    { ANONID_PASSWORD_MUST_CHANGE, ANONID_PERMANENT, 0, "must change password",
      "The user's password must be changed before logging on the first "
      "time." },
    { ANONID_ACCOUNT_LOCKED_OUT, ANONID_TRANSIENT, SECONDS(60), "locked out",
      "The referenced account is currently locked out and may not be logged "
      "on to." },
    { ANONID_NO_LOGON_SERVERS, ANONID_TRANSIENT, 0, "no logon server",
      "There are currently no logon servers available to service the logon "
      "request." },
    { ANONID_NO_SUCH_DOMAIN, ANONID_TRANSIENT, 0, "no such domain",
      "The specified domain either does not exist or could not be "
      "contacted." },
    { ANONID_TIME_SKEW, ANONID_TRANSIENT, 0, "clock skew",
      "There is a time and/or date difference between the client and "
      "server." },
    /* Last: what an unknown code is taken for. */
    { ANONID_ACCESS_DENIED, ANONID_TRANSIENT, 0, "secret unreadable",
      "Access is denied." },
};

#define N_FAILURES ((int)(sizeof(failures) / sizeof(failures[0])))

static const anonid_failure_info_t success = { ANONID_LOGON_OK,
                                               ANONID_PERMANENT, 0,
                                               "logged on",
                                               "The account is logged "
                                               "on." };

const anonid_failure_info_t *anonid_failure_info(anonid_failure_t code)
{
    if (code == ANONID_LOGON_OK)
        return &success;
    for (int i = 0; i < N_FAILURES; i++) {
        if (failures[i].code == code)
            return &failures[i];
    }
    return &failures[N_FAILURES - 1];
}

const anonid_failure_info_t *anonid_failure_table(int *n)
{
    *n = N_FAILURES;
    return failures;
}

void anonid_outcome_set(anonid_outcome_t *outcome, anonid_failure_t code,
                        const char *detail, ...)
{
    va_list args;

    memset(outcome, 0, sizeof(*outcome));
    outcome->code = code;
    outcome->kind = anonid_failure_info(code)->kind;
    va_start(args, detail);
    vsnprintf(outcome->detail, sizeof(outcome->detail), detail, args);
    va_end(args);
    /* A server's words end up in a log line, a page and a terminal. */
    anonid_text_clean(outcome->detail);
}
