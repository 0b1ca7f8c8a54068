/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store that several machines share (AnonIDLimitStore): whether it is
 * there, and asking it. What is asked for is limit/shared.h's and
 * logon/farm.h's.
 *
 * Nobody waits for a store that is not there: once it has failed, it is left
 * alone for a while and then tried by the agent itself. Event loop only.
 */
#ifndef ANONID_AGENT_STORE_STORE_H
#define ANONID_AGENT_STORE_STORE_H

#include "agent/store/connection.h"

/* Once, at start and at the end. */
void anonid_store_start(struct event_base *base);
void anonid_store_stop(void);

/* The store as configured now (copied), or NULL for none. One that is
 * unchanged keeps its connection. */
void anonid_store_configure(const anonid_shared_store_t *store);

/* Its secret, or why there is none. The same one again is no news. */
void anonid_store_secret(anonid_secret_t *secret);
void anonid_store_no_secret(const char *why);

/* 1 if `url` is that of the store. */
int anonid_store_is(const char *url);

/* 1 if it can be asked. */
int anonid_store_is_up(void);

/* 1 if it is not known yet whether it can: there is one, and it is being
 * connected to for the first time. */
int anonid_store_is_settling(void);

/* A key in the store, for what the octets are: a hash of them under a key that
 * is derived from the store's secret, so that whoever reads the store learns
 * nothing from it. `use` keeps the uses apart. 0 if there is no secret. */
#define ANONID_STORE_KEY 56
int anonid_store_key(char key[ANONID_STORE_KEY], const char *use,
                     const void *octets, size_t length);

/* A script of the store's language, which is sent once. */
typedef struct {
    const char *text;
    char sha1[41]; /* made when it is needed */
} anonid_store_script_t;

typedef struct anonid_store_request_t anonid_store_request_t;

/* The script's result, never an error; NULL: the store has failed. */
typedef void (*anonid_store_result_t)(void *context, const redisReply *reply);

/* Runs a script with that many keys, which come first in argv (argc of them in
 * all). done is called later, within ANONID_STORE_DEADLINE; NULL: not at all,
 * since the store is not there. done may be NULL for what nobody awaits. */
anonid_store_request_t *anonid_store_run(anonid_store_script_t *script,
                                         int keys, int argc, const char **argv,
                                         anonid_store_result_t done,
                                         void *context);

/* done is not called. NULL is fine. */
void anonid_store_cancel(anonid_store_request_t *request);

#endif
