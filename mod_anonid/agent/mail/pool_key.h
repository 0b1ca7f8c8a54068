/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Under which key the pool keeps sessions: all that a session's being logged
 * on depends on, in one string. Sessions of two keys are never the same.
 */
#ifndef ANONID_AGENT_MAIL_POOL_KEY_H
#define ANONID_AGENT_MAIL_POOL_KEY_H

#include "agent/logon/registry.h"

/* To be freed; NULL without memory. url: of the server. */
char *anonid_pool_key_make(const anonid_account_t *account,
                           unsigned long version,
                           const anonid_service_t *service, const char *url);

/* 1 if a configuration has account and service so that a server of it has
 * that very key. */
int anonid_pool_key_is_configured(const char *key, const char *account,
                                  const char *service, unsigned long version,
                                  const anonid_config_t *config);

#endif
