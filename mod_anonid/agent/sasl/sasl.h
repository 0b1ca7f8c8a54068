/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SASL engine: one login's side of a mechanism. Takes challenges and gives
 * responses in base64, as every mail protocol carries them. Knows no protocol
 * and no connection. A turn that may take long runs on the thread pool.
 */
#ifndef ANONID_AGENT_SASL_SASL_H
#define ANONID_AGENT_SASL_SASL_H

#include "agent/net/binding.h"
#include "agent/provider/provider.h"
#include "agent/sasl/mechanism.h"
#include "agent/secret/secret.h"

/* How often SCRAM may hash the password. Less makes it easy to find the
 * password out from what was overheard (RFC 7677 section 4); more would let a
 * server keep a thread busy. */
#define ANONID_SCRAM_ITERATIONS_MIN 4096
#define ANONID_SCRAM_ITERATIONS_MAX 65536

/* libsasl2 declares its callbacks as functions of another type. */
#define ANONID_SASL_CALLBACK(function)                                        \
    ((int (*)(void))(void (*)(void))(function))

typedef struct anonid_sasl_t anonid_sasl_t;

typedef struct {
    const char *service; /* "smtp" */
    const char *host;    /* the server's, for GSS-API and DIGEST */
    int port;
    const char *user;
    const char *account;     /* the user with domain: "DOMAIN\\user" */
    anonid_secret_t *secret; /* held while the engine lives; may be NULL */
    anonid_credentials_t *credentials; /* so are these */
    anonid_mechanism_t mechanism;
    anonid_binding_t binding;
} anonid_sasl_login_t;

typedef enum {
    ANONID_SASL_RESPONSE,   /* send `text`; the exchange goes on */
    ANONID_SASL_BAD_SERVER, /* the server broke the mechanism's rules */
    ANONID_SASL_FAILED      /* here: no memory, a module that refuses */
} anonid_sasl_result_t;

/* text: the response in base64 (NULL as a first response: the mechanism has
 * none), or why it failed. It lives until the callback returns. */
typedef void (*anonid_sasl_stepped_t)(void *context,
                                      anonid_sasl_result_t result,
                                      const char *text);

/* Readies the libraries, once per program, before threads have work. */
apr_status_t anonid_sasl_library_start(void);

/* 1 if the mechanism can be spoken here ("SCRAM-SHA-256"). */
int anonid_sasl_supported(const char *mechanism);

/* An engine for one login; NULL and a constant sentence in *why. */
anonid_sasl_t *anonid_sasl_open(const anonid_sasl_login_t *login,
                                const char **why);

/* Wipes and frees it; a step that still runs is waited for elsewhere, and its
 * callback is not made. NULL is fine. */
void anonid_sasl_close(anonid_sasl_t *sasl);

/* The initial response. Called back before it returns, or later. */
void anonid_sasl_begin(anonid_sasl_t *sasl, anonid_sasl_stepped_t stepped,
                       void *context);

/* Answers a challenge. Called back before it returns, or later. */
void anonid_sasl_step(anonid_sasl_t *sasl, const char *challenge,
                      size_t length, anonid_sasl_stepped_t stepped,
                      void *context);

/* 1 if a text holds the secret that the login goes by; see secret/shown.h. */
int anonid_sasl_is_shown(const anonid_sasl_t *sasl, const char *text);

/* 1 once the mechanism is satisfied; for SCRAM only after the server has
 * shown that it knows the password. Success means nothing before. */
int anonid_sasl_complete(const anonid_sasl_t *sasl);

#endif
