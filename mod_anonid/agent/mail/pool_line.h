/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool's own: what there is under one key (sessions, logins under way,
 * the line of requests), and which of it is for whom. Changes nothing.
 *
 * A session that the server was told a visitor of is for no other one: XCLIENT
 * makes a server forget the login as well. So visitors take the places of one
 * another, in the order in which they have come.
 */
#ifndef ANONID_AGENT_MAIL_POOL_LINE_H
#define ANONID_AGENT_MAIL_POOL_LINE_H

#include "agent/mail/growth.h"
#include "agent/mail/login.h"
#include "agent/mail/pool.h"

struct event;

struct anonid_pool_request_t {
    struct anonid_pool_request_t *next;
    struct anonid_pool_entry_t *entry;
    anonid_login_t *login;
    const anonid_mail_server_t *server;
    int fresh;
    anonid_pool_ready_t ready;
    void *context;
};

/* A login that is under way. */
typedef struct anonid_pool_attempt_t {
    struct anonid_pool_attempt_t *next;
    struct anonid_pool_entry_t *entry;
    anonid_login_t *login;
    const anonid_mail_server_t *server;
    anonid_dialogue_t *dialogue;
} anonid_pool_attempt_t;

/* What is shared under one key. */
typedef struct anonid_pool_entry_t {
    struct anonid_pool_entry_t *next;
    char *key;
    char *account;
    char *service;
    unsigned long version;
    int stale;    /* the version is not valid any more */
    int obsolete; /* of an account or service that is configured otherwise */
    int open;     /* sessions: idle, lent, logging on, or quitting */
    int quitting;
    anonid_growth_t growth;
    anonid_session_t *idle; /* the latest first */
    anonid_pool_attempt_t *attempts;
    int n_attempts;
    anonid_pool_request_t *first; /* the line */
    anonid_pool_request_t *last;
    int n_waiting;
    struct event *turn;
} anonid_pool_entry_t;

/* Sessions that there are, not counting logins that are under way. */
int anonid_pool_sessions(const anonid_pool_entry_t *entry);

/* 1 if one more login may be tried. */
int anonid_pool_may_grow(const anonid_pool_entry_t *entry);

/* 1 if one more could only be had in the place of another. */
int anonid_pool_is_full(const anonid_pool_entry_t *entry);

/* An idle session for a request, or NULL. One that has to be fresh gets
 * another only where there cannot be a fresh one. */
anonid_session_t *anonid_pool_idle(const anonid_pool_entry_t *entry,
                                   const anonid_pool_request_t *request);

/* 1 if a login that is under way will serve the request, and not one of those
 * that stand before it. */
int anonid_pool_is_covered(const anonid_pool_entry_t *entry,
                           const anonid_pool_request_t *request);

/* The first that no login is under way for; NULL: there is none. */
anonid_pool_request_t *anonid_pool_uncovered(const anonid_pool_entry_t *entry);

/* The session of another visitor that has been idle for longest; NULL: there
 * is none. */
anonid_session_t *anonid_pool_other(const anonid_pool_entry_t *entry,
                                    const anonid_pool_request_t *request);

#endif
