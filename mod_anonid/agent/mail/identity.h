/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As whom, to which service, and the proof of it: what sessions, the gate and
 * submissions share. Event loop only.
 */
#ifndef ANONID_AGENT_MAIL_IDENTITY_H
#define ANONID_AGENT_MAIL_IDENTITY_H

#include "agent/logon/registry.h"
#include "agent/mail/visitor.h"

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
    anonid_visitor_t visitor; /* whom the server is told of, where the service
                                 has AnonIDMailClientAddress */
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

/* What is sent is a visitor's, by his address, which may be any text. Only
 * services with AnonIDMailClientAddress are told of visitors: for others all
 * are the same. */
void anonid_login_for(anonid_login_t *login, const anonid_visitor_t *visitor);
void anonid_login_for_address(anonid_login_t *login, const char *address);

/* 1 if the proof is the account's present one: with an older one nobody logs
 * on. */
int anonid_login_is_current(const anonid_login_t *login);

#endif
