/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the configuration says about the place of a request: as whom and
 * through which mail service messages are sent here.
 */
#ifndef ANONID_MODULE_SUBMIT_PLACE_H
#define ANONID_MODULE_SUBMIT_PLACE_H

#include <httpd.h>

#include "common/account.h"
#include "common/service.h"
#include "module/draft/problem.h"

#define ANONID_SUBMIT_HANDLER "anonid-submit"

typedef struct {
    const anonid_account_t *account; /* that the request is mapped to */
    const anonid_service_t *service;
} anonid_place_t;

/* 503: the account is not logged on. */
const anonid_problem_t *anonid_place_unavailable(request_rec *r,
                                                 int retry_after);

/* NULL with both filled; or what is wrong, which is logged where it is the
 * operator's to mend. */
const anonid_problem_t *anonid_place_find(request_rec *r,
                                          anonid_place_t *place);

#endif
