/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One configuration as pushed by the parent: its accounts and services, and
 * which of them may be used together.
 *
 * Owns staging (frame by frame, until it is whole) and the configuration's
 * counted life. What is known about an account's logon is in the registry.
 * Main thread only.
 */
#ifndef ANONID_AGENT_LOGON_CONFIG_H
#define ANONID_AGENT_LOGON_CONFIG_H

#include "agent/logon/registry.h"

#include "common/listener.h"
#include "common/shared_store.h"

#include <apr_hash.h>

struct anonid_config_t {
    apr_pool_t *pool;
    unsigned holders;
    uint32_t generation;
    uint32_t workers;     /* that httpd has at most; 0: not known */
    apr_hash_t *accounts; /* name -> anonid_account_t */
    apr_hash_t *services; /* name -> anonid_service_t */
    apr_hash_t *helpers;  /* names of accounts that others need */
    apr_hash_t *pairs;    /* anonid_joint_t -> const anonid_pair_t */
    apr_hash_t *tickets;  /* anonid_account_t * -> names of krb5/services.h */
    apr_array_header_t *listeners; /* anonid_config_listener_t */
    anonid_shared_store_t *store;  /* NULL: none */
};

/* A pair, as a key: both are of that configuration. */
typedef struct {
    const anonid_account_t *account;
    const anonid_service_t *service;
} anonid_joint_t;

/* A listener, and its socket until somebody takes it (-1). */
typedef struct {
    const anonid_listener_t *listener;
    const anonid_account_t *account;
    const anonid_service_t *service;
    int fd;
} anonid_config_listener_t;

/* The pair's slot in the status table; -1: it is none, or has none. */
int anonid_config_pair_slot(const anonid_config_t *config,
                            const anonid_account_t *account,
                            const anonid_service_t *service);

/* The Kerberos services (const char *) that an account's tickets are for;
 * NULL: none. */
const apr_array_header_t *
anonid_config_tickets(const anonid_config_t *config,
                      const anonid_account_t *account);

/* The six messages of a configuration, in their order. What is wrong with
 * one of them spoils all of it, which `end` tells: it returns the whole
 * configuration, held once for the caller, or NULL with a sentence in *why
 * that lives until the next `begin`. */
void anonid_staging_begin(const anonid_frame_t *frame);
void anonid_staging_account(const anonid_frame_t *frame);
void anonid_staging_service(const anonid_frame_t *frame);
void anonid_staging_pair(const anonid_frame_t *frame);
void anonid_staging_store(const anonid_frame_t *frame);
void anonid_staging_listener(const anonid_frame_t *frame, int fd);
anonid_config_t *anonid_staging_end(const anonid_frame_t *frame,
                                    const char **why);

#endif
