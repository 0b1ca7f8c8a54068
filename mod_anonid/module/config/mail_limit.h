/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AnonIDMailLimit: what a mail service's limits are when all its lines are
 * read.
 */
#ifndef ANONID_MODULE_CONFIG_MAIL_LIMIT_H
#define ANONID_MODULE_CONFIG_MAIL_LIMIT_H

#include "module/config/config.h"

/* The end of <AnonIDMailService>: adds the limits that hold where none of
 * messages is written, and checks that the lines go together. NULL, or what is
 * wrong. */
const char *anonid_mail_limits_conclude(cmd_parms *cmd,
                                        anonid_service_t *service);

#endif
