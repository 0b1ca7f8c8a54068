/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known about each server of each mail service: whether it is down,
 * since when and why, and how logins there went. A server that is down is
 * warned about once and passed over, but for one try every 10 to 60 seconds.
 * Event loop only.
 */
#ifndef ANONID_AGENT_MAIL_SERVER_H
#define ANONID_AGENT_MAIL_SERVER_H

#include "agent/base/deadline.h"
#include "agent/logon/registry.h"
#include "agent/net/mail_error.h"

/* 1 if a message should be taken there: the server is up, or it is time to
 * try it again, and then this is the one who does. */
int anonid_server_turn(const char *service, const char *url);

/* A login there has worked. Says so if the server was down, and warns if its
 * certificate comes to its end. offers: what it has offered then,
 * ANONID_CAP_...; certificate: the end of its certificate, 0 without TLS or if
 * it has none. */
void anonid_server_worked(const char *service,
                          const anonid_mail_server_t *server, unsigned offers,
                          apr_time_t certificate);

/* What every server of a protocol that the service has is known to offer. 0
 * as long as one of them was never logged on to. */
unsigned anonid_server_offers(const anonid_service_t *service,
                              anonid_mail_protocol_t protocol);

/* A login there has failed; says so, as a warning or an error the first time,
 * and once an hour while the reason stays. */
void anonid_server_failed(const char *service,
                          const anonid_mail_server_t *server,
                          const char *account,
                          const anonid_mail_error_t *error);

/* The server cannot be told of visitors (AnonIDMailClientAddress), and why;
 * says so, as a warning, once an hour. */
void anonid_server_untold(const char *service, const char *url,
                          const char *why);

/* Forgets the servers that a configuration does not have; NULL: all. */
void anonid_server_prune(const anonid_config_t *config);

#endif
