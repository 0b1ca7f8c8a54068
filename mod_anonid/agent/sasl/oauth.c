/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mechanisms that show an access token: OAUTHBEARER (RFC 7628) and what came
 * before it, XOAUTH2; see family.h.
 *
 *   OAUTHBEARER  "n,a=" user "," ^A "host=" host ^A "port=" port ^A
 *                "auth=Bearer " token ^A ^A
 *   XOAUTH2      "user=" user ^A "auth=Bearer " token ^A ^A
 *
 * A server that does not like the token says why in a challenge, in JSON, and
 * wants an answer (^A, or nothing) before it refuses.
 */
#include "agent/oauth/token.h"
#include "agent/sasl/family.h"
#include "agent/base/log.h"
#include "agent/secret/shown.h"

#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 1024 /* of all but the token; names have 256 octets at most */

typedef struct {
    const anonid_sasl_login_t *login;
    int is_bearer; /* OAUTHBEARER, else XOAUTH2 */
    size_t size;
    char text[];
} oauth_t;

static int supported(const char *base)
{
    return strcmp(base, "OAUTHBEARER") == 0 || strcmp(base, "XOAUTH2") == 0;
}

static void *open_login(const anonid_sasl_login_t *login, const char **why)
{
    const anonid_secret_t *token;
    oauth_t *oauth;
    size_t size;

    *why = "the account has no token";
    if (!login->credentials)
        return NULL;
    token = anonid_access_token(login->credentials);
    size = ROOM + anonid_secret_length(token);
    *why = "no memory";
    oauth = calloc(1, sizeof(*oauth) + size);
    if (!oauth)
        return NULL;
    oauth->login = login;
    oauth->is_bearer = strcmp(login->mechanism.info->base, "XOAUTH2") != 0;
    oauth->size = size;
    return oauth;
}

static int is_slow(const void *state, const anonid_sasl_turn_t *turn)
{
    (void)state;
    (void)turn;
    return 0;
}

static const char *queue(const void *state)
{
    (void)state;
    return NULL;
}

/* A saslname (RFC 5801 section 4): ',' and '=' are written otherwise. */
static void escape(const char *name, char *out, size_t size)
{
    size_t n = 0;

    for (; *name && n + 4 <= size; name++) {
        if (*name == ',' || *name == '=')
            n += (size_t)sprintf(out + n, "=%02X", (unsigned)*name);
        else
            out[n++] = *name;
    }
    out[n] = '\0';
}

static int write_bearer(oauth_t *oauth, const char *token)
{
    const anonid_sasl_login_t *login = oauth->login;
    char user[ROOM / 2];

    escape(login->account, user, sizeof(user));
    return snprintf(oauth->text, oauth->size,
                    "n,a=%s,\001host=%s\001port=%d\001auth=Bearer %s\001\001",
                    user, login->host, login->port, token);
}

static void begin(oauth_t *oauth, anonid_sasl_turn_t *turn)
{
    const char *token =
        anonid_secret_data(anonid_access_token(oauth->login->credentials));
    int n = oauth->is_bearer ? write_bearer(oauth, token)
                             : snprintf(oauth->text, oauth->size,
                                        "user=%s\001auth=Bearer %s\001\001",
                                        oauth->login->account, token);

    turn->outcome = ANONID_TURN_FAILED;
    turn->why = "the names are too long";
    if (n < 0 || (size_t)n >= oauth->size)
        return;
    turn->outcome = ANONID_TURN_SATISFIED;
    turn->response = oauth->text;
    turn->response_length = (size_t)n;
}

static const char *member(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text ? text : "not said";
}

static void log_refusal(const oauth_t *oauth, const anonid_sasl_turn_t *turn)
{
    json_t *json =
        json_loadb(turn->challenge, turn->challenge_length, 0, NULL);
    char text[256];

    snprintf(text, sizeof(text), "status %s, scope %s", member(json, "status"),
             member(json, "scope"));
    anonid_text_clean(text);
    if (anonid_secret_is_shown(anonid_access_token(oauth->login->credentials),
                               text))
        snprintf(text, sizeof(text), "it repeats the token");
    anonid_log(ANONID_LOG_INFO,
               "the server %s refuses the token of the account '%s': %s",
               oauth->login->host, oauth->login->account, text);
    json_decref(json);
}

/* The server has said why not, and refuses after this. */
static void give_in(oauth_t *oauth, anonid_sasl_turn_t *turn)
{
    log_refusal(oauth, turn);
    turn->outcome = ANONID_TURN_MORE;
    turn->response = oauth->is_bearer ? "\001" : "";
    turn->response_length = oauth->is_bearer;
}

static void take_turn(void *state, anonid_sasl_turn_t *turn)
{
    oauth_t *oauth = state;

    turn->why = NULL;
    turn->response = NULL;
    if (oauth->text[0] == '\0')
        begin(oauth, turn);
    else
        give_in(oauth, turn);
}

static void finish(void *state)
{
    oauth_t *oauth = state;

    explicit_bzero(oauth, sizeof(*oauth) + oauth->size);
    free(oauth);
}

const anonid_sasl_family_t anonid_sasl_oauth = { supported, open_login,
                                                 is_slow,   queue,
                                                 take_turn, finish };
