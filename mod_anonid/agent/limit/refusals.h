/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What limits have refused: counted in the status table, and said in the log
 * where an operator has to know. Event loop only.
 */
#ifndef ANONID_AGENT_LIMIT_REFUSALS_H
#define ANONID_AGENT_LIMIT_REFUSALS_H

#include "common/service.h"

/* A limit of that service has refused somebody. One of a "total" limit is
 * warned of, at most once an hour; `now` is of the monotonic clock. */
void anonid_limit_refused(const anonid_service_t *service,
                          const anonid_limit_t *limit, apr_time_t now);

#endif
