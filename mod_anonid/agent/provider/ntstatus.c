/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of NTSTATUS values; see ntstatus.h.
 */
#include "agent/provider/ntstatus.h"

#include <stddef.h>

static const struct {
    uint32_t status;
    anonid_failure_t code;
    const char *name;
} statuses[] = {
    { 0xc0000064, ANONID_LOGON_FAILURE, "STATUS_NO_SUCH_USER" },
    { 0xc000006a, ANONID_LOGON_FAILURE, "STATUS_WRONG_PASSWORD" },
    { 0xc000006d, ANONID_LOGON_FAILURE, "STATUS_LOGON_FAILURE" },
    { 0xc000006e, ANONID_ACCOUNT_RESTRICTION, "STATUS_ACCOUNT_RESTRICTION" },
    { 0xc000006f, ANONID_INVALID_LOGON_HOURS, "STATUS_INVALID_LOGON_HOURS" },
    { 0xc0000070, ANONID_INVALID_WORKSTATION, "STATUS_INVALID_WORKSTATION" },
    { 0xc0000071, ANONID_PASSWORD_EXPIRED, "STATUS_PASSWORD_EXPIRED" },
    { 0xc0000072, ANONID_ACCOUNT_DISABLED, "STATUS_ACCOUNT_DISABLED" },
    { 0xc000015b, ANONID_LOGON_TYPE_NOT_GRANTED,
      "STATUS_LOGON_TYPE_NOT_GRANTED" },
    { 0xc0000193, ANONID_ACCOUNT_EXPIRED, "STATUS_ACCOUNT_EXPIRED" },
    { 0xc0000224, ANONID_PASSWORD_MUST_CHANGE, "STATUS_PASSWORD_MUST_CHANGE" },
    { 0xc0000234, ANONID_ACCOUNT_LOCKED_OUT, "STATUS_ACCOUNT_LOCKED_OUT" },
};

#define N_STATUSES (sizeof(statuses) / sizeof(statuses[0]))

int anonid_ntstatus_failure(uint32_t status, anonid_failure_t *code,
                            const char **name)
{
    for (size_t i = 0; i < N_STATUSES; i++) {
        if (statuses[i].status != status)
            continue;
        *code = statuses[i].code;
        *name = statuses[i].name;
        return 1;
    }
    return 0;
}
