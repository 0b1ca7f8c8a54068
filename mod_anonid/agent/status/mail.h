/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health of mail in the status table: services, their servers, accounts
 * with services, listeners. Each has a slot, of which -1 is none, and then
 * everything is without effect. Texts are cleaned here: no address, and
 * nothing that would steer a terminal.
 */
#ifndef ANONID_AGENT_STATUS_MAIL_H
#define ANONID_AGENT_STATUS_MAIL_H

#include "common/mail_protocol.h"
#include "common/mechanism.h"
#include "common/status.h"

/* ---- servers ---- */

/* AUTH has ended. mechanism NULL: it was not chosen. */
void anonid_status_mail_auth(anonid_mail_protocol_t protocol,
                             const anonid_mechanism_info_t *mechanism,
                             anonid_login_result_t result);

/* A login there has worked; the server's certificate ends then (0: unknown, or
 * there was none). */
void anonid_status_mail_server_worked(int server, apr_time_t certificate);

/* The account was refused there; or, down, nobody can log on. */
void anonid_status_mail_server_refused(int server);
void anonid_status_mail_server_failed(int server, int down, const char *text);

/* So many sessions more (or, negative, fewer) are idle or in use. */
void anonid_status_mail_pool(int server, int idle, int busy);

/* ---- accounts with services ---- */

void anonid_status_mail_pair_worked(int pair);

/* Refused by a server, with these words. held: for so many seconds nobody logs
 * on; 0: the refusal says nothing about the account. */
void anonid_status_mail_pair_refused(int pair, int server, int held,
                                     const char *text);

/* What was held against the account is forgotten. */
void anonid_status_mail_pair_forgiven(int pair);

/* ---- services ---- */

/* A submission has ended; result is anonid_submit_result_t. */
void anonid_status_mail_submitted(int service, int result,
                                  apr_interval_time_t took);

/* Whether the store that limits are shared in works. */
void anonid_status_mail_limit_store(anonid_limit_store_t state);

/* The limit at that place of the service has refused something. */
void anonid_status_mail_limited(int service, int limit);

/* ---- listeners ---- */

void anonid_status_mail_client_came(int listener);
void anonid_status_mail_client_gone(int listener);
void anonid_status_mail_client_refused(int listener);
void anonid_status_mail_relayed(int listener, size_t to_server,
                                size_t to_client);

#endif
