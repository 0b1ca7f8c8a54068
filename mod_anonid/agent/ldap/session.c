/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to an LDAP server; see session.h.
 */
#include "agent/ldap/session.h"
#include "agent/ldap/socket.h"
#include "agent/ldap/tls.h"
#include "agent/net/peer.h"

#include "common/service.h"

#include <openldap.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Octets of one message, and how many there may be before an answer: more
 * than any answer to us needs. libldap 2.5 forgets to free some that it cannot
 * read, or did not ask for. */
#define MESSAGE_MAX 16384
#define MESSAGES_MAX 16

/* Where libldap would connect to by itself: nowhere. */
#define NOWHERE "ldapi://%2Fdev%2Fnull"

struct anonid_ldap_t {
    LDAP *ld;
    int fd; /* ld's, once there is an ld */
    LDAPURLDesc *url;
    char *domain; /* the rootDSE's defaultNamingContext; NULL: it has none */
    anonid_deadline_t deadline;
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

/* libldap reads its defaults at the first call, which must not be two. */
static void start_library(void)
{
    int version = 0;

    (void)ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version);
}

void anonid_ldap_reply(anonid_ldap_reply_t *reply, int result,
                       const char *text)
{
    reply->result = result;
    reply->ppolicy = ANONID_PPOLICY_NONE;
    reply->expires = -1;
    snprintf(reply->text, sizeof(reply->text), "%s", text ? text : "");
}

/* ---- operations ---- */

/* Notes why libldap could not carry an operation out. */
static void note_error(const anonid_ldap_t *ldap, int result,
                       anonid_ldap_reply_t *reply)
{
    char *text = NULL;

    (void)ldap_get_option(ldap->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
    anonid_ldap_reply(reply, result, text);
    ldap_memfree(text);
}

static void note_silence(const anonid_ldap_t *ldap, int rc,
                         anonid_ldap_reply_t *reply)
{
    int result = LDAP_SERVER_DOWN;

    if (rc == 0) {
        anonid_ldap_reply(reply, LDAP_TIMEOUT, "no answer in time");
        return;
    }
    (void)ldap_get_option(ldap->ld, LDAP_OPT_RESULT_CODE, &result);
    note_error(ldap, result == LDAP_SUCCESS ? LDAP_SERVER_DOWN : result,
               reply);
}

/* The next message that belongs to an operation; NULL with *reply filled.
 * Others are taken too, so that they do not pile up in libldap; an unsolicited
 * one is the end (RFC 4511 section 4.4.1: the server disconnects). */
static LDAPMessage *await(const anonid_ldap_t *ldap, int id,
                          anonid_ldap_reply_t *reply)
{
    anonid_deadline_t deadline =
        anonid_deadline_within(ldap->deadline, ANONID_LDAP_ANSWER_SECONDS);
    int unsolicited = 0;

    for (int i = 0; i < MESSAGES_MAX && !unsolicited; i++) {
        int left = anonid_deadline_left(deadline);
        struct timeval wait = { left / 1000, left % 1000 * 1000 };
        LDAPMessage *message = NULL;
        int rc =
            ldap_result(ldap->ld, LDAP_RES_ANY, LDAP_MSG_ONE, &wait, &message);

        if (rc <= 0) {
            note_silence(ldap, rc, reply);
            return NULL;
        }
        if (ldap_msgid(message) == id && rc != LDAP_RES_INTERMEDIATE)
            return message;
        unsolicited = ldap_msgid(message) == LDAP_RES_UNSOLICITED;
        ldap_msgfree(message);
    }
    anonid_ldap_reply(reply, LDAP_PROTOCOL_ERROR,
                      "the server says other things and answers nothing");
    return NULL;
}

/* What the response's password-policy control says, if there is one. */
static void read_policy(LDAP *ld, LDAPControl **controls,
                        anonid_ldap_reply_t *reply)
{
    LDAPControl *control =
        ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, NULL);
    LDAPPasswordPolicyError error = PP_noError;
    ber_int_t expire = -1, grace = -1;

    if (!control
        || ldap_parse_passwordpolicy_control(ld, control, &expire, &grace,
                                             &error)
               != LDAP_SUCCESS)
        return;
    if (error != PP_noError)
        reply->ppolicy = (int)error;
    if (expire >= 0)
        reply->expires = expire;
    else if (grace >= 0)
        reply->expires = 0;
}

/* Takes a result of that type (LDAP_RES_...) apart, and frees it. */
static void read_result(const anonid_ldap_t *ldap, LDAPMessage *message,
                        int type, anonid_ldap_reply_t *reply)
{
    LDAPControl **controls = NULL;
    char *text = NULL;
    int result = LDAP_OTHER, rc;

    if (ldap_msgtype(message) != type) {
        anonid_ldap_reply(reply, LDAP_PROTOCOL_ERROR,
                          "the answer is of another type");
        ldap_msgfree(message);
        return;
    }
    rc = ldap_parse_result(ldap->ld, message, &result, NULL, &text, NULL,
                           &controls, 1);
    anonid_ldap_reply(reply, rc == LDAP_SUCCESS ? result : rc, text);
    if (rc == LDAP_SUCCESS && controls)
        read_policy(ldap->ld, controls, reply);
    ldap_memfree(text);
    ldap_controls_free(controls);
}

/* Waits for the one result of an operation; rc is what starting it said. */
static void finish(const anonid_ldap_t *ldap, int rc, int id, int type,
                   anonid_ldap_reply_t *reply)
{
    LDAPMessage *message;

    if (rc != LDAP_SUCCESS) {
        note_error(ldap, rc, reply);
        return;
    }
    message = await(ldap, id, reply);
    if (message)
        read_result(ldap, message, type, reply);
}

void anonid_ldap_bind(anonid_ldap_t *ldap, const char *dn,
                      const char *password, size_t length,
                      anonid_ldap_reply_t *reply)
{
    char oid[] = LDAP_CONTROL_PASSWORDPOLICYREQUEST;
    LDAPControl policy = { oid, { 0, NULL }, 0 };
    LDAPControl *controls[] = { &policy, NULL };
    struct berval credentials = { length, (char *)password };
    int id = 0;
    int rc = ldap_sasl_bind(ldap->ld, dn, LDAP_SASL_SIMPLE, &credentials,
                            controls, NULL, &id);

    finish(ldap, rc, id, LDAP_RES_BIND, reply);
}

/* At most two entries: the second is enough to know. */
static int start_search(const anonid_ldap_t *ldap, const char *base, int scope,
                        const char *filter, const char *attribute, int *id)
{
    char *attributes[] = { (char *)(attribute ? attribute : LDAP_NO_ATTRS),
                           NULL };
    struct timeval limit = { ANONID_LDAP_ANSWER_SECONDS, 0 };

    return ldap_search_ext(ldap->ld, base, scope, filter, attributes, 0, NULL,
                           NULL, &limit, 2, id);
}

/* An entry's DN, or the first value of its attribute; NULL: it has none. */
static char *pick(const anonid_ldap_t *ldap, LDAPMessage *entry,
                  const char *attribute)
{
    struct berval **values;
    char *value;

    if (!attribute)
        return ldap_get_dn(ldap->ld, entry);
    values = ldap_get_values_len(ldap->ld, entry, attribute);
    value = values && values[0] ? ber_strdup(values[0]->bv_val) : NULL;
    ldap_value_free_len(values);
    return value;
}

/* What is wanted of the search's first entry, *entries of which have come;
 * *reply is the search's own. */
static char *collect(const anonid_ldap_t *ldap, int id, const char *attribute,
                     int *entries, anonid_ldap_reply_t *reply)
{
    char *found = NULL;

    for (;;) {
        LDAPMessage *message = await(ldap, id, reply);
        int type = message ? ldap_msgtype(message) : -1;

        if (!message)
            return found;
        if (type != LDAP_RES_SEARCH_ENTRY
            && type != LDAP_RES_SEARCH_REFERENCE) {
            read_result(ldap, message, LDAP_RES_SEARCH_RESULT, reply);
            return found;
        }
        if (type == LDAP_RES_SEARCH_ENTRY && (*entries)++ == 0)
            found = pick(ldap, message, attribute);
        ldap_msgfree(message);
        if (*entries > 1 || anonid_deadline_left(ldap->deadline) == 0) {
            anonid_ldap_reply(reply, LDAP_TIMEOUT, "no end of the search");
            return found;
        }
    }
}

char *anonid_ldap_search_one(anonid_ldap_t *ldap, const char *base, int scope,
                             const char *filter, const char *attribute,
                             anonid_ldap_reply_t *reply)
{
    int id = 0, entries = 0;
    int rc = start_search(ldap, base, scope, filter, attribute, &id);
    char *found;

    if (rc != LDAP_SUCCESS) {
        note_error(ldap, rc, reply);
        return NULL;
    }
    found = collect(ldap, id, attribute, &entries, reply);
    if (entries > 1)
        anonid_ldap_reply(reply, LDAP_SIZELIMIT_EXCEEDED,
                          "the search finds more than one entry");
    else if (reply->result == LDAP_SUCCESS && found && *found)
        return found;
    else if (reply->result == LDAP_SUCCESS)
        anonid_ldap_reply(reply, LDAP_NO_SUCH_OBJECT,
                          "the search finds no entry");
    ldap_memfree(found);
    return NULL;
}

const char *anonid_ldap_domain(const anonid_ldap_t *ldap)
{
    return ldap->domain;
}

/* ---- opening ---- */

static int set_options(LDAP *ld)
{
    static const int version = LDAP_VERSION3, deref = LDAP_DEREF_NEVER;
    static const ber_len_t message_max = MESSAGE_MAX;
    ber_len_t max = message_max;
    Sockbuf *buffer = NULL;
    int rc = ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);

    if (rc == LDAP_OPT_SUCCESS)
        rc = ldap_set_option(ld, LDAP_OPT_DEREF, &deref);
    if (rc == LDAP_OPT_SUCCESS)
        rc = ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    if (rc == LDAP_OPT_SUCCESS)
        rc = ldap_get_option(ld, LDAP_OPT_SOCKBUF, &buffer);
    if (rc == LDAP_OPT_SUCCESS)
        (void)ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &max);
    return rc;
}

/* 1 with a handle on the connected socket, or 0 with *reply filled. */
static int attach(anonid_ldap_t *ldap, anonid_ldap_reply_t *reply)
{
    int rc = ldap_init_fd(ldap->fd, LDAP_PROTO_TCP, NOWHERE, &ldap->ld);

    if (rc != LDAP_SUCCESS)
        ldap->ld = NULL;
    else
        rc = set_options(ldap->ld);
    if (rc != LDAP_SUCCESS)
        anonid_ldap_reply(reply, rc, NULL);
    return rc == LDAP_SUCCESS;
}

static int connect_socket(anonid_ldap_t *ldap, anonid_ldap_reply_t *reply)
{
    char why[256];

    ldap->fd = anonid_ldap_socket(ldap->url, ldap->deadline, why, sizeof(why));
    if (ldap->fd < 0)
        anonid_ldap_reply(reply, LDAP_SERVER_DOWN, why);
    return ldap->fd >= 0;
}

/* 1 if the server is ready for TLS. Nothing that it sent after its answer has
 * been read: that would be a part of the handshake. */
static int ask_for_tls(anonid_ldap_t *ldap, anonid_ldap_reply_t *reply)
{
    int id = 0;
    int rc = ldap_start_tls(ldap->ld, NULL, NULL, &id);

    finish(ldap, rc, id, LDAP_RES_EXTENDED, reply);
    if (reply->result == LDAP_SUCCESS)
        return 1;
    if (reply->result > 0)
        anonid_ldap_reply(reply, LDAP_CONNECT_ERROR,
                          "the server refuses StartTLS");
    return 0;
}

static int start_tls(anonid_ldap_t *ldap, const anonid_ldap_server_t *server,
                     anonid_ldap_reply_t *reply)
{
    const char *host = ldap->url->lud_host ? ldap->url->lud_host : "localhost";
    char why[256];
    int ok = anonid_ldap_tls_start(ldap->ld, ldap->fd, server->ca_file,
                                   server->tls_name ? server->tls_name : host,
                                   ldap->deadline, why, sizeof(why));

    if (!ok)
        anonid_ldap_reply(reply, LDAP_CONNECT_ERROR, why);
    return ok;
}

/* 1 if the server is on this machine, by its name and by the address that the
 * name led to: a resolver must not be what decides where a password goes in
 * the clear. */
static int is_loopback(const anonid_ldap_t *ldap)
{
    const char *host = ldap->url->lud_host;

    return (!host || anonid_host_is_loopback(host))
           && anonid_peer_is_loopback(ldap->fd);
}

/* 1 if a password may be sent, or 0 with *reply filled. */
static int secure(anonid_ldap_t *ldap, const anonid_ldap_server_t *server,
                  anonid_ldap_reply_t *reply)
{
    const char *scheme = ldap->url->lud_scheme;

    if (strcasecmp(scheme, "ldapi") == 0)
        return 1;
    if (strcasecmp(scheme, "ldaps") == 0)
        return start_tls(ldap, server, reply);
    if (is_loopback(ldap) && !server->starttls)
        return 1;
    return ask_for_tls(ldap, reply) && start_tls(ldap, server, reply);
}

/* 1 if the server answers, whatever it answers: it is asked what kind of
 * directory it is. */
static int is_awake(anonid_ldap_t *ldap, anonid_ldap_reply_t *reply)
{
    static const char attribute[] = "defaultNamingContext";
    int id = 0, entries = 0;
    int rc = start_search(ldap, "", LDAP_SCOPE_BASE, "(objectClass=*)",
                          attribute, &id);

    if (rc != LDAP_SUCCESS)
        note_error(ldap, rc, reply);
    else
        ldap->domain = collect(ldap, id, attribute, &entries, reply);
    return rc == LDAP_SUCCESS && reply->result >= 0
           && reply->result != LDAP_PROTOCOL_ERROR;
}

static anonid_ldap_t *make(const char *url, anonid_ldap_reply_t *reply)
{
    anonid_ldap_t *ldap = calloc(1, sizeof(*ldap));

    if (!ldap) {
        anonid_ldap_reply(reply, LDAP_NO_MEMORY, NULL);
        return NULL;
    }
    ldap->fd = -1;
    ldap->deadline = anonid_deadline_in(ANONID_LDAP_SERVER_SECONDS);
    if (ldap_url_parse(url, &ldap->url) == LDAP_URL_SUCCESS)
        return ldap;
    anonid_ldap_reply(reply, LDAP_PARAM_ERROR, "not an LDAP URL");
    anonid_ldap_close(ldap);
    return NULL;
}

anonid_ldap_t *anonid_ldap_open(const anonid_ldap_server_t *server,
                                anonid_ldap_reply_t *reply)
{
    anonid_ldap_t *ldap;

    (void)pthread_once(&library_once, start_library);
    ldap = make(server->url, reply);
    if (ldap && connect_socket(ldap, reply) && attach(ldap, reply)
        && secure(ldap, server, reply) && is_awake(ldap, reply))
        return ldap;
    anonid_ldap_close(ldap);
    return NULL;
}

void anonid_ldap_close(anonid_ldap_t *ldap)
{
    if (!ldap)
        return;
    if (ldap->ld)
        (void)ldap_unbind_ext_s(ldap->ld, NULL, NULL);
    else if (ldap->fd >= 0)
        close(ldap->fd);
    ldap_free_urldesc(ldap->url);
    ldap_memfree(ldap->domain);
    free(ldap);
}
