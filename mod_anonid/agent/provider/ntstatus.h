/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NTSTATUS values (MS-ERREF 2.3.1) that tell why a logon was refused. Owns
 * their translation into failure codes; knows no protocol.
 */
#ifndef ANONID_AGENT_PROVIDER_NTSTATUS_H
#define ANONID_AGENT_PROVIDER_NTSTATUS_H

#include <stdint.h>

#include "common/failure.h"

/* 1 with the failure code and the status' name, or 0 for a status that says
 * nothing about logons. */
int anonid_ntstatus_failure(uint32_t status, anonid_failure_t *code,
                            const char **name);

#endif
