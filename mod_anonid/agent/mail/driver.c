/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of protocol drivers; see driver.h.
 */
#include "agent/mail/driver.h"

static const anonid_mail_driver_t *const drivers[] = {
    &anonid_smtp_driver,
    &anonid_imap_driver,
    &anonid_pop3_driver,
};

const anonid_mail_driver_t *anonid_driver_find(anonid_mail_protocol_t id)
{
    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        if (drivers[i]->protocol == id)
            return drivers[i];
    }
    return NULL;
}
