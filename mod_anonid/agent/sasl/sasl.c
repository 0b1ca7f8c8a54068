/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One login by libsasl2; see sasl.h.
 *
 * Owned by the event loop's thread, but for the time that a job of the thread
 * pool runs its step: `busy` says so, and nobody touches it then.
 */
#include "agent/sasl/sasl.h"
#include "agent/sasl/scram_iterations.h"
#include "agent/base/thread_pool.h"

#include <sasl/sasl.h>
#include <sasl/saslutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct anonid_sasl_t {
    anonid_sasl_login_t login;
    char *user;
    char *host;
    sasl_secret_t *password; /* libsasl2's form of the secret */
    sasl_conn_t *conn;
    sasl_callback_t callbacks[4];
    sasl_channel_binding_t binding;

    char challenge[ANONID_SASL_MAX + 1];
    unsigned challenge_length;
    int challenges; /* how many came */
    int code;       /* of the last step */
    const char *out;
    unsigned out_length;

    int busy;
    int closed;
    anonid_sasl_stepped_t stepped;
    void *context;
    char text[ANONID_SASL_MAX / 3 * 4 + 8];
};

static int give_name(void *context, int id, const char **result,
                     unsigned *length)
{
    anonid_sasl_t *sasl = context;

    /* No authorization id: some servers refuse one that they would not have
     * written in the same way. */
    *result = id == SASL_CB_AUTHNAME ? sasl->user : "";
    if (length)
        *length = (unsigned)strlen(*result);
    return SASL_OK;
}

static int give_secret(sasl_conn_t *conn, void *context, int id,
                       sasl_secret_t **secret)
{
    anonid_sasl_t *sasl = context;

    (void)conn;
    (void)id;
    *secret = sasl->password;
    return SASL_OK;
}

static void set_callbacks(anonid_sasl_t *sasl)
{
    const sasl_callback_t callbacks[] = {
        { SASL_CB_USER, ANONID_SASL_CALLBACK(give_name), sasl },
        { SASL_CB_AUTHNAME, ANONID_SASL_CALLBACK(give_name), sasl },
        { SASL_CB_PASS, ANONID_SASL_CALLBACK(give_secret), sasl },
        { SASL_CB_LIST_END, NULL, NULL }
    };

    memcpy(sasl->callbacks, callbacks, sizeof(callbacks));
}

static size_t password_size(size_t length)
{
    return sizeof(sasl_secret_t) + length;
}

static sasl_secret_t *copy_password(const anonid_secret_t *secret)
{
    size_t length = anonid_secret_length(secret);
    sasl_secret_t *password = calloc(1, password_size(length));

    if (!password)
        return NULL;
    password->len = length;
    memcpy(password->data, anonid_secret_data(secret), length);
    return password;
}

/* No layer of libsasl2's own: that is TLS's part. */
static int set_properties(anonid_sasl_t *sasl)
{
    const anonid_mechanism_t *mech = &sasl->login.mechanism;
    sasl_security_properties_t props = { 0 };

    if (!mech->reveals)
        props.security_flags = SASL_SEC_NOPLAINTEXT | SASL_SEC_NOANONYMOUS;
    if (sasl_setprop(sasl->conn, SASL_SEC_PROPS, &props) != SASL_OK)
        return 0;
    if (mech->binding == ANONID_BINDING_NONE || !sasl->login.binding.name)
        return mech->binding != ANONID_BINDING_USED;
    sasl->binding.name = sasl->login.binding.name;
    sasl->binding.critical = mech->binding == ANONID_BINDING_USED;
    sasl->binding.len = sasl->login.binding.length;
    sasl->binding.data = sasl->login.binding.data;
    return sasl_setprop(sasl->conn, SASL_CHANNEL_BINDING, &sasl->binding)
           == SASL_OK;
}

static void destroy(anonid_sasl_t *sasl)
{
    if (sasl->conn)
        sasl_dispose(&sasl->conn);
    if (sasl->password)
        explicit_bzero(sasl->password, password_size(sasl->password->len));
    free(sasl->password);
    anonid_secret_drop(sasl->login.secret);
    free(sasl->user);
    free(sasl->host);
    explicit_bzero(sasl, sizeof(*sasl));
    free(sasl);
}

anonid_sasl_t *anonid_sasl_open(const anonid_sasl_login_t *login,
                                const char **why)
{
    anonid_sasl_t *sasl = calloc(1, sizeof(*sasl));

    *why = "no memory";
    if (!sasl)
        return NULL;
    sasl->login = *login;
    sasl->login.secret = anonid_secret_hold(login->secret);
    sasl->user = strdup(login->user);
    sasl->host = strdup(login->host);
    sasl->password = copy_password(login->secret);
    set_callbacks(sasl);
    if (!sasl->user || !sasl->host || !sasl->password) {
        destroy(sasl);
        return NULL;
    }
    *why = "libsasl2 cannot begin a login";
    if (sasl_client_new(login->service, sasl->host, NULL, NULL,
                        sasl->callbacks, 0, &sasl->conn)
            == SASL_OK
        && set_properties(sasl))
        return sasl;
    destroy(sasl);
    return NULL;
}

void anonid_sasl_close(anonid_sasl_t *sasl)
{
    if (!sasl)
        return;
    sasl->closed = 1;
    if (!sasl->busy)
        destroy(sasl);
}

int anonid_sasl_complete(const anonid_sasl_t *sasl)
{
    return sasl->code == SASL_OK;
}

static void report(anonid_sasl_t *sasl, anonid_sasl_result_t result,
                   const char *text)
{
    sasl->stepped(sasl->context, result, text);
}

/* Reports what libsasl2 said. */
static void report_step(anonid_sasl_t *sasl)
{
    if (sasl->code == SASL_BADAUTH || sasl->code == SASL_BADSERV
        || sasl->code == SASL_BADPROT) {
        report(sasl, ANONID_SASL_BAD_SERVER, sasl_errdetail(sasl->conn));
        return;
    }
    if (sasl->code != SASL_OK && sasl->code != SASL_CONTINUE) {
        report(sasl, ANONID_SASL_FAILED, sasl_errdetail(sasl->conn));
        return;
    }
    if (!sasl->out) {
        report(sasl, ANONID_SASL_RESPONSE, sasl->challenges == 0 ? NULL : "");
        return;
    }
    if (sasl_encode64(sasl->out, sasl->out_length, sasl->text,
                      sizeof(sasl->text), NULL)
        != SASL_OK) {
        report(sasl, ANONID_SASL_FAILED, "the response is too long");
        return;
    }
    report(sasl, ANONID_SASL_RESPONSE, sasl->text);
}

/* What sasl_client_start is to choose from: one mechanism. Named twice it is
 * a negotiation to libsasl2, which then says "y" for a channel binding that
 * was not offered; named once it says "n". */
static void mechanism_list(const anonid_mechanism_t *mech, char *list,
                           size_t size)
{
    if (mech->binding == ANONID_BINDING_UNUSED)
        snprintf(list, size, "%s %s", mech->base, mech->base);
    else
        snprintf(list, size, "%s", mech->name);
}

void anonid_sasl_begin(anonid_sasl_t *sasl, anonid_sasl_stepped_t stepped,
                       void *context)
{
    char list[64];

    sasl->stepped = stepped;
    sasl->context = context;
    mechanism_list(&sasl->login.mechanism, list, sizeof(list));
    sasl->code = sasl_client_start(sasl->conn, list, NULL, &sasl->out,
                                   &sasl->out_length, NULL);
    report_step(sasl);
}

static void run_step(void *data)
{
    anonid_sasl_t *sasl = data;

    sasl->code =
        sasl_client_step(sasl->conn, sasl->challenge, sasl->challenge_length,
                         NULL, &sasl->out, &sasl->out_length);
}

static void step_done(void *data)
{
    anonid_sasl_t *sasl = data;

    sasl->busy = 0;
    if (sasl->closed)
        destroy(sasl);
    else
        report_step(sasl);
}

/* NULL, or what makes SCRAM's server-first message unacceptable. */
static const char *check_server_first(anonid_sasl_t *sasl)
{
    long count =
        anonid_scram_iterations(sasl->challenge, sasl->challenge_length);

    if (count < 0)
        return "SCRAM: no iteration count";
    if (count < ANONID_SCRAM_ITERATIONS_MIN)
        return "SCRAM: an iteration count below 4,096 gives the password away";
    if (count > ANONID_SCRAM_ITERATIONS_MAX)
        return "SCRAM: an iteration count above 65,536 is refused";
    return NULL;
}

static int decode(anonid_sasl_t *sasl, const char *challenge, size_t length)
{
    if (length / 4 * 3 > ANONID_SASL_MAX)
        return 0;
    if (sasl_decode64(challenge, (unsigned)length, sasl->challenge,
                      sizeof(sasl->challenge), &sasl->challenge_length)
        != SASL_OK)
        return 0;
    sasl->challenge[sasl->challenge_length] = '\0';
    return 1;
}

void anonid_sasl_step(anonid_sasl_t *sasl, const char *challenge,
                      size_t length, anonid_sasl_stepped_t stepped,
                      void *context)
{
    const char *wrong = NULL;

    sasl->stepped = stepped;
    sasl->context = context;
    if (!decode(sasl, challenge, length)) {
        report(sasl, ANONID_SASL_BAD_SERVER, "a challenge is not base64");
        return;
    }
    if (sasl->code != SASL_CONTINUE) {
        report(sasl, ANONID_SASL_BAD_SERVER, "a challenge too many");
        return;
    }
    sasl->challenges++;
    if (!sasl->login.mechanism.scram || sasl->challenges > 1) {
        run_step(sasl);
        report_step(sasl);
        return;
    }
    wrong = check_server_first(sasl);
    if (wrong) {
        report(sasl, ANONID_SASL_BAD_SERVER, wrong);
        return;
    }
    sasl->busy = 1;
    if (anonid_thread_pool_add(run_step, step_done, sasl) != APR_SUCCESS) {
        sasl->busy = 0;
        report(sasl, ANONID_SASL_FAILED, "no thread to compute on");
    }
}
