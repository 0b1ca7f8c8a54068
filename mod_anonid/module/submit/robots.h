/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps robots off the form without a foreign service
 * (AnonIDFormRobots): a field that nobody sees, and a seal that says when the
 * form was made. Only forms are asked for a seal; JSON and whole messages are
 * what programs send.
 */
#ifndef ANONID_MODULE_SUBMIT_ROBOTS_H
#define ANONID_MODULE_SUBMIT_ROBOTS_H

#include <httpd.h>

#include "module/config/form.h"
#include "module/draft/draft.h"

/* What is in force at a request's place. Never NULL. */
const anonid_form_robots_t *anonid_robots(const request_rec *r);

/* The seal of the form that a visitor gets: a new one, or, after an error,
 * the one that he had if it is not too old, so that his time counts on. NULL:
 * forms have none here. */
const char *anonid_robots_token(request_rec *r, const anonid_draft_t *draft);

/* 1 if a robot filled the form in, which is logged; it is not to be told. */
int anonid_robots_is_trapped(request_rec *r, const anonid_draft_t *draft);

/* NULL, or a problem: a form was sent too soon, too late or without a seal. */
const anonid_problem_t *anonid_robots_problem(request_rec *r,
                                              const anonid_draft_t *draft);

#endif
