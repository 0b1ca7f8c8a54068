/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When something that comes to its end (a password, a certificate) is warned
 * of: 14, 7, 3 and 1 days ahead. What never had so long to live is warned of
 * once, in the last quarter of its life.
 */
#ifndef ANONID_AGENT_BASE_COUNTDOWN_H
#define ANONID_AGENT_BASE_COUNTDOWN_H

#include <apr_time.h>

/* How many of these moments are over. life is how long it was good for, and
 * has to be four times as long as a moment is ahead; 0: nobody knows, and all
 * count. */
int anonid_countdown_passed(apr_time_t end, apr_interval_time_t life,
                            apr_time_t now);

/* When the next one is, after so many; 0: there is no more. */
apr_time_t anonid_countdown_next(apr_time_t end, apr_interval_time_t life,
                                 int passed);

#endif
