/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As whom, to which service, and the proof of it: what sessions, the gate and
 * submissions share. Event loop only.
 */
#ifndef ANONID_AGENT_MAIL_IDENTITY_H
#define ANONID_AGENT_MAIL_IDENTITY_H

#include "agent/logon/registry.h"

struct event_base;

/* Counted; what it points to lives as long as it does. */
typedef struct {
    unsigned holders;
    struct event_base *base;
    anonid_config_t *config;
    const anonid_account_t *account;
    const anonid_service_t *service;
    int pair; /* of account and service, in the status table; -1: none */
    anonid_proof_t proof;
} anonid_login_t;

/* Takes the proof over and holds the configuration. NULL without memory (the
 * proof is released). */
anonid_login_t *anonid_login_make(struct event_base *base,
                                  anonid_config_t *config,
                                  const anonid_account_t *account,
                                  const anonid_service_t *service,
                                  const anonid_proof_t *proof);
anonid_login_t *anonid_login_hold(anonid_login_t *login);
void anonid_login_drop(anonid_login_t *login);

/* 1 if the proof is the account's present one: with an older one nobody logs
 * on. */
int anonid_login_is_current(const anonid_login_t *login);

#endif
