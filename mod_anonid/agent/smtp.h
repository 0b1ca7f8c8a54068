/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMTP submission (RFC 6409) as a protocol driver: its words up to the end
 * of the login. What comes after is in smtp_transaction.h.
 */
#ifndef ANONID_AGENT_SMTP_H
#define ANONID_AGENT_SMTP_H

#include "driver.h"

extern const anonid_mail_driver_t anonid_smtp_driver;

#endif
