/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The login of a client that reads mail, as far as it is the same in IMAP and
 * POP3: what the client says may be anything, the account's own login at the
 * mail server counts.
 *
 *   COMMANDS -> [RESPONSES of AUTH] -> LOGGING_ON -> the protocol joins
 *                                      failed     -> COMMANDS
 *
 * A protocol has its parser and its words in a row of functions; its dialogue
 * begins with an anonid_relay_login_t, which it gets back in them. What was
 * sent behind the login waits, and goes to the server once.
 */
#ifndef ANONID_AGENT_RELAY_LOGIN_H
#define ANONID_AGENT_RELAY_LOGIN_H

#include "agent/mail/failover.h"
#include "agent/relay/places.h"
#include "agent/relay/protocol.h"

/* Of a command or a response, without its end. */
#define ANONID_RELAY_LINE_MAX 8192

typedef struct anonid_relay_login_t anonid_relay_login_t;

typedef struct {
    anonid_mail_protocol_t protocol;
    const char *name;
    const char *bye; /* how the last line begins: "* BYE" */

    /* Response codes of a login that failed: the administrator has to do
     * something about it, or only time; or it was one too many. Never one
     * after which a client would ask somebody for another password (RFC 3206,
     * RFC 5530). */
    const char *lasting, *for_now, *limited;

    /* A command, or a part of one, at the beginning of data: answers it and
     * returns its octets; 0: there have to be more. */
    size_t (*command)(anonid_relay_login_t *login, const char *data,
                      size_t length);

    /* The client has cancelled its AUTH: says so. */
    void (*cancelled)(anonid_relay_login_t *login);

    /* It has said whatever it wanted to log on with. */
    void (*complete)(anonid_relay_login_t *login);

    /* There is a session, which is the callee's from now on. */
    void (*logged_on)(anonid_relay_login_t *login, anonid_session_t *session);

    /* There is none: says so. text: "[CODE] ...". */
    void (*refuse)(anonid_relay_login_t *login, const char *text);
} anonid_relay_login_protocol_t;

typedef enum {
    ANONID_RELAY_COMMANDS,
    ANONID_RELAY_RESPONSES,
    ANONID_RELAY_LOGGING_ON
} anonid_relay_login_state_t;

struct anonid_relay_login_t {
    const anonid_relay_login_protocol_t *protocol;
    anonid_relay_client_t *client;
    anonid_relay_login_state_t state;
    int errors;
    int begun;                  /* a command has come */
    const char *const *prompts; /* of AUTH, that are to come */
    anonid_visitor_t visitor;   /* whom the client says that it is for */
    anonid_failover_t *failover;
    anonid_gate_pass_t *pass;     /* of the server's connection */
    anonid_relay_places_t places; /* in the service's limits */
};

/* For the row of a listener's protocol (protocol.h): those three calls. */
size_t anonid_relay_login_input(void *login, const char *data, size_t length);
void anonid_relay_login_overdue(void *login);
/* Releases what the login holds, not the login. */
void anonid_relay_login_close(anonid_relay_login_t *login);

/* Takes a line out of data: 1 with the octets of its text and of all of it;
 * 0: its end has not come yet, or it is too long, and the client was sent
 * away. */
int anonid_relay_login_line(anonid_relay_login_t *login, const char *data,
                            size_t length, size_t *text, size_t *all);

/* Waits for the next command, with a deadline. */
void anonid_relay_login_await(anonid_relay_login_t *login);

/* AUTH with that mechanism: 1 and asks for the responses that are still to
 * come, or 0 if it is none that is known here. has_response: the first one
 * stood in the command. */
int anonid_relay_login_auth(anonid_relay_login_t *login, const char *mechanism,
                            size_t length, int has_response);

/* Logs the account on at a server of its service; logged_on or refuse
 * follows, perhaps from inside this call. */
void anonid_relay_login_start(anonid_relay_login_t *login);

/* Takes the connection out of a session, to join it; keeps its pass. */
struct bufferevent *anonid_relay_login_detach(anonid_relay_login_t *login,
                                              anonid_session_t *session);

/* The login has failed after all, after logged_on: refuse follows. */
void anonid_relay_login_fail(anonid_relay_login_t *login,
                             const anonid_mail_error_t *error);

/* Counts what went wrong; after too much of it the client is sent away. */
void anonid_relay_login_error(anonid_relay_login_t *login);

/* The last words before the connection ends. */
void anonid_relay_login_bye(anonid_relay_login_t *login, const char *text);

#endif
