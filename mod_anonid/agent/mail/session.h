/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session with a mail server: a transport whose octets are a protocol's
 * replies. At any time one user gets them: the login, a transaction, the
 * pool. Sees to it that there is one reply for each command and not an octet
 * more. Event loop only.
 */
#ifndef ANONID_AGENT_MAIL_SESSION_H
#define ANONID_AGENT_MAIL_SESSION_H

#include "agent/mail/driver.h"
#include "agent/mail/gate.h"
#include "agent/mail/identity.h"
#include "agent/net/transport.h"

struct bufferevent;

typedef struct {
    void (*ready)(void *context); /* connected, or TLS is up; may be NULL */
    void (*reply)(void *context, const anonid_mail_reply_t *reply);
    void (*drained)(void *context); /* may be NULL */
    /* The end: the user closes the session. */
    void (*failed)(void *context, const anonid_mail_error_t *error);
} anonid_session_user_t;

typedef struct anonid_session_t {
    anonid_login_t *login;
    const anonid_mail_server_t *server;
    const anonid_mail_driver_t *driver;
    anonid_transport_t *transport;
    anonid_gate_pass_t *pass; /* held from the login to the end */
    anonid_capabilities_t caps;
    const char *mechanism; /* that it was logged on by; NULL: it is not */
    char *welcome; /* what the server said to the login that succeeded, as far
                      as the driver keeps it */
    size_t welcome_length;
    const anonid_session_user_t *user;
    void *context;
    int expected;   /* replies that are owed to us */
    int used;       /* transactions that went before */
    int in_replies; /* replies are being handed out */
    int spent;      /* the server said more: no further transaction */
    int is_untold;  /* the server cannot be told whom the session is for, so
                       that it is for anybody */
    int closed;
    void *pooled;                 /* the pool's own */
    void (*ended)(void *context); /* after QUIT */
    struct anonid_session_t *next;
} anonid_session_t;

/* Connects; the user hears of it. NULL without memory. */
anonid_session_t *anonid_session_open(anonid_login_t *login,
                                      const anonid_mail_server_t *server,
                                      const anonid_session_user_t *user,
                                      void *context);

/* Hands replies and errors to another user from now on. */
void anonid_session_use(anonid_session_t *s, const anonid_session_user_t *user,
                        void *context);

/* Closes at once. May be called from the user's functions. */
void anonid_session_close(anonid_session_t *s);

/* Keeps a copy of a reply as the session's welcome: 1, or 0 without
 * memory. */
int anonid_session_keep(anonid_session_t *s, const anonid_mail_reply_t *reply);

/* Takes the connection out of a session that is logged on and owes nothing,
 * which ends: a bufferevent without callbacks, disabled, that owns its
 * descriptor, with whatever the server has said since in its input. *pass is
 * the caller's to leave when the connection ends. May be called from the
 * user's functions. */
struct bufferevent *anonid_session_detach(anonid_session_t *s,
                                          anonid_gate_pass_t **pass);

/* Takes the session over and ends it in the protocol's words. ended (or NULL)
 * is called when it is closed, so that the server has room for another. */
void anonid_session_quit(anonid_session_t *s, void (*ended)(void *context),
                         void *context);

/* Closes the sessions that are still ending; of which nobody hears. */
void anonid_session_stop(void);

/* Enters a state and queues a command with its CRLF, to which one reply is
 * owed. The second wipes the secret, of any length, that follows the command
 * after a space (command NULL: is all of the line). */
void anonid_session_say(anonid_session_t *s, anonid_phase_t phase,
                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void anonid_session_say_secret(anonid_session_t *s, anonid_phase_t phase,
                               const char *command, const char *secret);

/* Enters a state in which the server owes a reply without a command. */
void anonid_session_await(anonid_session_t *s, anonid_phase_t phase);

/* Tells the user of a error in the present state. */
void anonid_session_fail(anonid_session_t *s, anonid_mail_error_kind_t kind,
                         const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
