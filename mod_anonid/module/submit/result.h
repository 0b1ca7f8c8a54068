/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of a message, told twice: to the operator in the virtual host's
 * error log and to the visitor as a problem. Owns the table from results to
 * HTTP statuses.
 */
#ifndef ANONID_MODULE_SUBMIT_RESULT_H
#define ANONID_MODULE_SUBMIT_RESULT_H

#include <httpd.h>

#include "module/channel/agent_client.h"
#include "module/submit/header.h"
#include "module/draft/problem.h"

/* Logs the outcome of anonid_agent_submit (its status and, if that is
 * APR_SUCCESS, *receipt). NULL if the mail server has the message. */
const anonid_problem_t *
anonid_result_report(request_rec *r, const anonid_submit_request_t *request,
                     const anonid_letter_t *letter, apr_status_t status,
                     const anonid_receipt_t *receipt);

#endif
